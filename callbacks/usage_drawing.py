"""Turns an answer about one meter into what the usage page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash import html
from dash.development.base_component import Component

from api.address_choices import PERIODS, RESOLUTIONS
from api.day_range import DayRange, whole
from api.usage_view import COMPARISONS, UsageView, drawable_resolutions, too_fine
from callbacks import usage_text as text
from callbacks.usage_answers import Answer
from components import figures, messages, tables, view
from components.cards import Figure, figure_cards
from components.ids import Usage
from components.usage_controls import Choices, crumbs
from components.usage_figures import UsageBars, usage_chart
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.readings.model import Consumption
from data_layer.readings.periods import SOURCE_PERIODS
from data_layer.readings.queries import SeriesTable

Words = Mapping[str, str | Sequence[str]]
PATH = "/usage"
EXPORT_PATH = "/exports/usage.csv"
TITLES = {
    "last_30min": "Last 30 minutes",
    "today": "Today",
    "this_week": "This week",
    "this_month": "This month",
    "last_month": "Last month",
}
EACH = {
    "half_hour": "half hour",
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "year": "year",
}
MOST_TABLE_ROWS = 400


def address_of(words: Words, days: DayRange) -> str:
    """The address of the same page over other days, in the resolution that suits them."""
    return view.address(
        PATH,
        words,
        from_=days.first.isoformat(),
        to=days.last.isoformat(),
        period=None,
        resolution=None,
    )


def cards(totals: Sequence[Consumption], words: Words, *, today: date) -> Component:
    """The five periods: how much, and the register at both ends."""
    return figure_cards(
        [
            _card(period, total, words, today=today)
            for period, total in zip(SOURCE_PERIODS, totals, strict=True)
        ],
        store_id=Usage.VIEW,
        label="Five periods",
    )


def _card(period: str, total: Consumption, words: Words, *, today: date) -> Figure:
    ends = ((total.start_time, total.start_reading_wh), (total.end_time, total.end_reading_wh))
    facts = tuple(
        (text.short_moment_text(moment, today=today), text.kwh(reading))
        for moment, reading in ends
        if moment is not None
    )
    shown = "today" if period == "last_30min" else period
    cleared = {"from_": None, "to": None, "resolution": None}
    title, href = TITLES[period], view.address(PATH, words, period=shown, **cleared)
    opens, closes = total.start_time, total.end_time
    if period == "last_30min" and opens and closes and closes.date() < today:
        day = DayRange(opens.date(), opens.date())
        title, href = "Latest half hour", address_of(words, day)
    return Figure(
        title=title,
        value=text.kwh(total.consumption_wh),
        facts=facts,
        note=_card_note(total),
        href=href,
        current=period == view.word(words, "period", "today") and not view.word(words, "from"),
    )


def _card_note(total: Consumption) -> str:
    if total.consumption_wh is None:
        return "No reading in this period" if total.start_time is None else "One reading only"
    said = []
    if total.estimated_wh:
        said.append(f"split of {text.kwh(total.estimated_wh)} kWh estimated")
    if total.missing_between:
        said.append(f"{total.missing_between:,} half hours missing")
    return ", ".join(said)


def choices(book: Book, words: Words, asked: UsageView, *, errors: Mapping[str, str]) -> Choices:
    """What the controls offer around the shown days."""
    before, after = asked.range.shifted(-1), asked.range.shifted(1)
    return Choices(
        periods=list(PERIODS.items()),
        previous=(text.range_text(before), address_of(words, before)),
        following=(text.range_text(after), address_of(words, after)),
        now=_now(book, words, asked),
        comparisons=[
            (label, view.address(PATH, words, compare=word), word == asked.compare)
            for word, label in COMPARISONS.items()
        ],
        resolutions=list(drawable_resolutions(asked.range).items()),
        resolution=asked.resolution,
        first=view.word(words, "from") or asked.range.first.isoformat(),
        last=view.word(words, "to") or asked.range.last.isoformat(),
        errors=errors,
    )


def _now(book: Book, words: Words, asked: UsageView) -> str:
    """The present day, week, month or year, like the one that is shown."""
    today = book.zone.day_of(epoch_of(book.clock()))
    unit = asked.range.unit
    return address_of(words, whole(unit, today) if unit else _ending(asked.range, today))


def _ending(days: DayRange, today: Any) -> DayRange:
    return DayRange(today - (days.last - days.first), today)


def heading(words: Words, answer: Answer, cost: Component | None) -> list[Component]:
    """The range and what holds it, the total and what it costs, and how it compares."""
    days = answer.view.range
    holders = [
        (text.range_text(each, short=True), address_of(words, each)) for each in days.holders()
    ]
    if answer.whole is not None and answer.whole.days > max(days.days, 366):
        holders.insert(0, ("All years", address_of(words, answer.whole)))
    said: list[Component] = [
        crumbs([*holders, (text.range_text(days, short=bool(holders)), "")], store_id=Usage.VIEW),
        html.P(
            [
                html.Span(text.kwh(answer.total.consumption_wh), className="number"),
                html.Span(" kWh", className="unit"),
            ],
            className="chart-total",
        ),
        *([cost] if cost is not None else []),
    ]
    known = answer.total.consumption_wh is not None
    if known and answer.counted is not None and answer.compared_days is not None:
        change = text.change_text(*answer.counted, answer.compared_days)
        said.append(html.P(change, className="chart-change"))
    return said


def quality(book: Book, answer: Answer) -> list[Component]:
    """What the numbers rest on, and how a keyboard comes to each bar."""
    now = epoch_of(book.clock())
    said = text.quality_text(book.zone, answer.total, answer.view.range, now=now)
    leads_on = answer.view.range.days > 1 and not answer.view.as_table
    return [
        messages.note(said),
        *([html.P(text.KEYBOARD_HINT, className="chart-hint")] if leads_on else []),
    ]


def message(book: Book, words: Words, answer: Answer) -> Component | None:
    """Why there is nothing to see, and where there is; None when there is something."""
    if answer.latest is None:
        return messages.empty(
            "No reading yet",
            f"Meter {answer.total.meter_id} has not sent a reading. The first one will appear "
            "here by itself; half an hour later there is the first consumption.",
            symbol="hourglass-split",
        )
    if answer.series.known.any():
        return None
    latest = book.zone.day_of(answer.latest.read_at - 1)
    day = DayRange(latest, latest)
    return messages.empty(
        f"Nothing is known of {text.range_text(answer.view.range)}",
        f"The latest reading is of {text.moment_text(book.zone.local(answer.latest.read_at))}.",
        view.link(
            f"Show {text.range_text(day)}",
            address_of(words, day),
            store_id=Usage.VIEW,
            className="btn btn-primary",
        ),
        symbol="calendar-x",
    )


def coarsened(answer: Answer) -> Component | None:
    """Why another resolution is drawn than was asked for, if so."""
    asked = answer.view
    if not asked.refused_resolution:
        return None
    why = too_fine(asked.refused_resolution, asked.range)
    return messages.note(f"{why}: {RESOLUTIONS[asked.resolution].lower()} are shown instead.")


def chart(book: Book, words: Words, answer: Answer) -> figures.FigureDict:
    """The bars, with what they are compared with behind them."""
    asked, zone = answer.view, book.zone
    compared = answer.compared_series
    bars = UsageBars(
        labels=_labels(book, answer),
        measured_kwh=_kwh(answer.series, answer.series.consumption_wh - answer.series.estimated_wh),
        estimated_kwh=_kwh(answer.series, answer.series.estimated_wh),
        compared_kwh=_fitted(compared, len(answer.series.known)) if compared else (),
        addresses=_addresses(book, words, answer),
        ticks=text.ticks(zone, answer.series, asked.resolution, days=asked.range.days),
    )
    return usage_chart(
        bars,
        title=f"kWh per {EACH[asked.resolution]}, {text.range_text(asked.range)}",
        subtitle=f"{zone.name} time",
        compared_name=text.range_text(answer.compared_days) if answer.compared_days else "",
    )


def _kwh(series: SeriesTable, watt_hours: Any) -> list[float | None]:
    return [
        round(value / 1000, 3) if known else None
        for value, known in zip(watt_hours.tolist(), series.known.tolist(), strict=True)
    ]


def _fitted(series: SeriesTable, length: int) -> list[float | None]:
    """The compared bars, as many as there are bars to compare."""
    values = _kwh(series, series.consumption_wh)[:length]
    return values + [None] * (length - len(values))


def _labels(book: Book, answer: Answer) -> list[str]:
    series, compared = answer.series, answer.compared_series
    resolution = answer.view.resolution
    labels = []
    for n, (start, end) in enumerate(zip(series.edges[:-1], series.edges[1:], strict=True)):
        name = text.bucket_text(book.zone, int(start), int(end), resolution)
        label = text.bar_text(name, int(series.consumption_wh[n]), int(series.estimated_wh[n]))
        if compared is not None and n < len(compared.known) and compared.known[n]:
            opens, closes = int(compared.edges[n]), int(compared.edges[n + 1])
            other = text.bucket_text(book.zone, opens, closes, resolution)
            label += f"<br>{other}<br>{text.kwh(int(compared.consumption_wh[n]))} kWh"
        labels.append(label)
    return labels


def bucket_days(book: Book, answer: Answer, n: int) -> DayRange:
    """The local days of one bar."""
    edges = answer.series.edges
    return DayRange(book.zone.day_of(int(edges[n])), book.zone.day_of(int(edges[n + 1]) - 1))


def _addresses(book: Book, words: Words, answer: Answer) -> list[str]:
    """Where each bar leads: to its own days, unless these are all that is shown already."""
    if answer.view.range.days == 1:
        return []
    days = [bucket_days(book, answer, n) for n in range(len(answer.series.known))]
    return [address_of(words, each) for each in days]


def table(book: Book, words: Words, answer: Answer) -> Component | None:
    """The rows of the CSV, whose times lead into them; for keyboards and screen readers."""
    if not answer.view.as_table:
        return None
    series, resolution = answer.series, answer.view.resolution
    count = len(series.known)
    if count > MOST_TABLE_ROWS:
        return messages.note(
            f"{count:,} {RESOLUTIONS[resolution].lower()} are too many for a table: "
            "choose a coarser resolution, or take the CSV, which has them all."
        )
    addresses = _addresses(book, words, answer)
    rows = []
    for n in range(count):
        name = _row_name(book, answer, n)
        when: Component | str = name
        if addresses:
            when = view.link(name, addresses[n], store_id=Usage.VIEW)
        rows.append([when, *_numbers(series, n)])
    return tables.table(
        ["Time", "kWh", "Split estimated", "Missing half hours"],
        rows,
        caption=f"Consumption of {text.range_text(answer.view.range)}",
        numbers=(1, 2, 3),
    )


def _row_name(book: Book, answer: Answer, n: int) -> str:
    """The time of a row; within one day, which the caption names, the time of day alone."""
    start, end = answer.series.edges[n : n + 2].tolist()
    resolution = answer.view.resolution
    if answer.view.range.days == 1 and resolution in ("half_hour", "hour"):
        return text.clock_text(book.zone, start, end)
    return text.bucket_text(book.zone, start, end, resolution)


def _numbers(series: SeriesTable, n: int) -> tuple[str, str, str]:
    missing = f"{int(series.missing_half_hours[n]):,}"
    if not series.known[n]:
        if not series.missing_half_hours[n]:
            return ("not yet", text.UNKNOWN, text.UNKNOWN)
        return ("unknown", text.UNKNOWN, missing)
    used, estimated = int(series.consumption_wh[n]), int(series.estimated_wh[n])
    return (text.kwh(used), text.kwh(estimated), missing)
