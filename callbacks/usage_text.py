"""What the usage page says in words: ranges, bars, numbers, quality, what stands out."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from api.day_range import DayRange, whole
from api.usage_view import epochs_of
from data_layer.clock import HALF_HOUR, HomeZone, epoch_of
from data_layer.readings.model import Consumption
from data_layer.readings.queries import SeriesTable

UNKNOWN = "—"
KEYBOARD_HINT = "A click on a bar leads into it; by keyboard, so does its row in “Show as table”."
NIGHT_ENDS = 6
"""Local hour; night is from midnight until then."""


def kwh(watt_hours: int | None, *, decimals: int = 3) -> str:
    """A number people read: `1,234.567`; an em dash when it is unknown."""
    return UNKNOWN if watt_hours is None else f"{watt_hours / 1000:,.{decimals}f}"


def day_text(day: date, *, year: bool = True) -> str:
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if year else "")


def moment_text(moment: datetime) -> str:
    return f"{day_text(moment)}, {moment:%H:%M}"


def short_moment_text(moment: datetime, *, today: date) -> str:
    """`20 Nov 18:30`; with its year when that is another one than today's."""
    year = "" if moment.year == today.year else f" {moment.year}"
    return f"{moment.day} {moment:%b}{year} {moment:%H:%M}"


def range_text(days: DayRange, *, short: bool = False) -> str:
    """`Thu 20 Nov 2026`, `16 – 22 Nov 2026`, `November 2026`, `2026`."""
    first, last = days.first, days.last
    if days.unit == "day":
        return day_text(first, year=not short)
    if days.unit == "month":
        return f"{first:%B}" if short else f"{first:%B %Y}"
    if days.unit == "year":
        return str(first.year)
    if first.day == 1 and whole("month", last).last == last:
        if whole("year", first).first == first and whole("year", last).last == last:
            return f"{first.year} – {last.year}"
        return f"{first:%b %Y} – {last:%b %Y}"
    same_year, same_month = (
        first.year == last.year,
        (first.year, first.month) == (last.year, last.month),
    )
    opening = f"{first.day}"
    if not same_month:
        opening += f" {first:%b}"
    if not same_year:
        opening += f" {first.year}"
    closing = f"{last.day} {last:%b}" + ("" if short and same_year else f" {last.year}")
    return f"{opening} – {closing}"


def bucket_text(zone: HomeZone, start: int, end: int, resolution: str) -> str:
    """The time of one bar."""
    opens = zone.local(start)
    if resolution in ("half_hour", "hour"):
        return f"{day_text(opens, year=False)}, {clock_text(zone, start, end)}"
    return range_text(DayRange(opens.date(), zone.day_of(end - 1)))


def clock_text(zone: HomeZone, start: int, end: int) -> str:
    """From when to when within a day, as long as it really lasts when the clock changes."""
    opens, closes = zone.local(start), zone.local(end)
    passed = opens.replace(tzinfo=None) + timedelta(seconds=end - start)
    said = f"{opens:%H:%M} – {passed:%H:%M}"
    if opens.fold:
        return f"{said} (second time)"
    if opens.replace(fold=1).utcoffset() != opens.utcoffset():
        return f"{said} (first time)"
    if passed < closes.replace(tzinfo=None):
        return f"{said} (then the clock goes forward)"
    return said


def bar_text(name: str, consumption_wh: int, estimated_wh: int) -> str:
    """What pointing at a bar tells."""
    said = f"{name}<br><b>{kwh(consumption_wh)} kWh</b>"
    return f"{said}<br>split of {kwh(estimated_wh)} kWh estimated" if estimated_wh else said


def quality_text(zone: HomeZone, total: Consumption, days: DayRange, *, now: int) -> str:
    """What the numbers of the whole shown range rest on, and until when there are any."""
    if total.data_until is None:
        return "There is no reading yet."
    until = f"Data until {moment_text(total.data_until)}."
    if total.consumption_wh is None:
        return until
    unknown = _unknown_stretches(zone, total, days, now=now)
    said = [f"Nothing is known {' and '.join(unknown)}."] if unknown else []
    if missing := total.missing_between:
        noun = "half hour is" if missing == 1 else "half hours are"
        said.append(f"{missing:,} {noun} missing{' in between' if unknown else ''}, not counted.")
    if total.estimated_wh:
        said.append(
            "Readings stand further apart than half an hour for "
            f"{kwh(total.estimated_wh)} of {kwh(total.consumption_wh)} kWh: the split between them "
            "is estimated (hatched), the total from one reading to the next is as read."
        )
    elif not missing:
        said.append(f"Every {'other ' if unknown else ''}half hour is measured.")
    return " ".join([*said, until])


def _unknown_stretches(
    zone: HomeZone, total: Consumption, days: DayRange, *, now: int
) -> list[str]:
    """What lies in the range before and after all that is known; not what is still to come."""
    if total.start_time is None or total.end_time is None:
        return []
    opens, closes = epochs_of(days, zone)
    first, last = epoch_of(total.start_time), epoch_of(total.end_time)
    said = [stretch_text(zone, opens, first)] if opens < first else []
    if last < closes and zone.day_of(last) < zone.day_of(now):
        said.append(stretch_text(zone, last, min(closes, zone.day_start(zone.day_of(now)))))
    return said


def stretch_text(zone: HomeZone, start: int, end: int) -> str:
    """`from 1 Jul to 31 Dec 2023`; with the time of day where it is not of whole days."""
    first, last = zone.day_of(start), zone.day_of(end - 1)
    opens, closes = zone.local(start), zone.local(end)
    if zone.day_start(first) == start and closes.date() != last:
        if first == last:
            return f"of {day_text(first)}"
        opening = f"{first.day}"
        if (first.year, first.month) != (last.year, last.month):
            opening += f" {first:%b}" if first.year == last.year else f" {first:%b} {first.year}"
        return f"from {opening} to {last.day} {last:%b} {last.year}"
    end_of_day = f"{closes:%H:%M}" if closes.date() == last else "24:00"
    if first == last:
        return f"of {day_text(first)} from {opens:%H:%M} to {end_of_day}"
    return f"from {moment_text(opens)} to {day_text(last)}, {end_of_day}"


def change_text(series: SeriesTable, compared: SeriesTable, days: DayRange) -> str:
    """How the shown days compare with the others, in one sentence. Both finished: total against
    total, however long either is. Otherwise only the half hours or days that are known entirely
    of both, counted from the start: half a day is never held against a whole one."""
    mine, theirs = series.complete, compared.complete
    finished = bool(mine.all() and theirs.all())
    if not finished:
        count = min(len(mine), len(theirs))
        both = mine[:count] & theirs[:count]
        if not both.any():
            return f"There is nothing yet to compare with {range_text(days)}."
        mine, theirs = _first(both, len(mine)), _first(both, len(theirs))
    now = int(series.consumption_wh[mine].sum())
    then = int(compared.consumption_wh[theirs].sum())
    against = f"{range_text(days)}{'' if finished else ' over the same part'} ({kwh(then)} kWh)"
    if then == 0:
        return f"Compared with {against}."
    percent = round(100 * (now - then) / then)
    if percent == 0:
        return f"The same as {against}."
    return f"{abs(percent):,} % {'more' if percent > 0 else 'less'} than {against}."


def _first(chosen: npt.NDArray[np.bool_], length: int) -> npt.NDArray[np.bool_]:
    """The choice for a longer column: nothing beyond its end."""
    return np.pad(chosen, (0, length - len(chosen)))


def insight_text(zone: HomeZone, series: SeriesTable) -> str:
    """Peak, base load and night share of half hours, in one plain sentence; "" without any.

    Of measured half hours alone: a split says nothing of when energy was used, and the night's
    share is left out where more than a hundredth of all was split.
    """
    measured = np.flatnonzero(series.complete & (series.estimated_wh == 0))
    used = series.consumption_wh[measured]
    if len(measured) < 2 or not used.sum():
        return ""
    peak = int(measured[used.argmax()])
    base_kw = int(used.min()) / 1000 * 3600 / HALF_HOUR
    when = bucket_text(zone, int(series.edges[peak]), int(series.edges[peak + 1]), "half_hour")
    said = f"Peak {when} with {kwh(int(used.max()))} kWh. Base load {base_kw:.2f} kW."
    if 100 * series.estimated_wh.sum() > series.consumption_wh.sum():
        return said
    starts = [zone.local(int(epoch)) for epoch in series.edges[measured]]
    at_night = np.array([start.hour < NIGHT_ENDS for start in starts])
    share = round(100 * int(used[at_night].sum()) / int(used.sum()))
    return f"{said} {share} % used between midnight and {NIGHT_ENDS:02d}:00."


def ticks(
    zone: HomeZone, series: SeriesTable, resolution: str, *, days: int
) -> list[tuple[int, str]]:
    """At most about eight labels below the bars, at places that mean something."""
    starts = [zone.local(int(epoch)) for epoch in series.edges[:-1]]
    if resolution in ("half_hour", "hour"):
        if days <= 2:
            every = 3 if days == 1 else 6
            return [
                (n, f"{start:%H:%M}")
                for n, start in enumerate(starts)
                if start.minute == 0 and start.hour % every == 0 and not start.fold
            ]
        opens = [(n, s) for n, s in enumerate(starts) if s.hour == 0 and s.minute == 0]
        return [(n, f"{s.day} {s:%b}") for n, s in _some(opens)]
    shape = {
        "day": "{0.day} {0:%b}",
        "week": "{0.day} {0:%b}",
        "month": "{0:%b} {0:%y}",
        "year": "{0:%Y}",
    }
    if resolution == "day" and days <= 8:
        shape["day"] = "{0:%a} {0.day}"
    return [(n, shape[resolution].format(start)) for n, start in _some(list(enumerate(starts)))]


def _some(places: list[tuple[int, datetime]]) -> list[tuple[int, datetime]]:
    """Every place, or every second, third... so that no more than eight remain."""
    return places[:: max(1, -(-len(places) // 8))]
