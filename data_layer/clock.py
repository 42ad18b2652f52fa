"""Time: instants in UTC, and the home's own zone that decides days, weeks and months.

Inside, an instant is a whole number of seconds since 1970-01-01T00:00Z (`epoch`), in columns
as int64. At the doors it is an aware `datetime` or ISO text. A naive text is local to the home.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from data_layer.errors import BadInput

HALF_HOUR, DAY = 1800, 86_400
STEADY_DAYS = 7
"""No clock is changed and changed back within so many days: in Tucuman it was, within twelve."""
Epochs = npt.NDArray[np.int64]
Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC. Handed in, so that tests decide what time it is."""

FIRST_YEAR, LAST_YEAR = 1990, 2100
TIME_RULE = "a date and time such as 2026-11-20T10:30:00, with or without an offset"
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.0+)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)


def system_clock() -> datetime:
    return datetime.now(UTC)


def epoch_of(moment: datetime) -> int:
    """Whole seconds since 1970; the moment must be aware."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a zone or an offset")
    return int(moment.timestamp())


class HomeZone:
    """The time zone of a home: turns instants into local days and back, exactly."""

    def __init__(self, name: str) -> None:
        try:
            self.zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadInput(
                f"time zone {name!r} is unknown: use a name such as Asia/Singapore.",
                field="timezone",
            ) from error
        self.name = name

    @cached_property
    def _day_starts(self) -> Epochs:
        """Epoch of every local midnight from FIRST_YEAR to LAST_YEAR.

        Midnights STEADY_DAYS apart that stand off UTC by the same have others like them between;
        around a change of the clock each day is asked. To ask all took 70 ms of every start.
        """
        first = date(FIRST_YEAR, 1, 1)
        count = (date(LAST_YEAR, 1, 1) - first).days + 1
        starts = epoch_of(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)) + DAY * np.arange(count)
        probes = [*range(0, count - 1, STEADY_DAYS), count - 1]
        offsets = [self._midnight(first + timedelta(n)) - int(starts[n]) for n in probes]
        for (low, high), (before, after) in zip(pairwise(probes), pairwise(offsets), strict=True):
            if before == after:
                starts[low:high] += before
            else:
                days = range(low, high)
                starts[low:high] = [self._midnight(first + timedelta(n)) for n in days]
        starts[-1] += offsets[-1]
        return starts

    def _midnight(self, day: date) -> int:
        return epoch_of(datetime(day.year, day.month, day.day, tzinfo=self.zone))

    @cached_property
    def grid_phase(self) -> int:
        """Seconds by which local half hours stand off the UTC half hours (0 in most zones)."""
        return int(self.day_start(date(2020, 1, 1)) % HALF_HOUR)

    def local(self, epoch: int) -> datetime:
        return datetime.fromtimestamp(epoch, self.zone)

    def day_of(self, epoch: int) -> date:
        return self.local(epoch).date()

    def days_of(self, epochs: Epochs) -> npt.NDArray[np.int64]:
        """Local days of many instants, as `date.toordinal` numbers. O(n log days)."""
        found = np.searchsorted(self._day_starts, epochs, side="right") - 1
        return found.astype(np.int64) + date(FIRST_YEAR, 1, 1).toordinal()

    def day_start(self, day: date) -> int:
        """Epoch of the local midnight that opens the day."""
        index = day.toordinal() - date(FIRST_YEAR, 1, 1).toordinal()
        if 0 <= index < len(self._day_starts):
            return int(self._day_starts[index])
        return self._midnight(day)

    def format(self, epoch: int) -> str:
        """ISO text with the home's offset, for example 2026-11-20T18:30:00+08:00."""
        return self.local(epoch).isoformat()

    def said(self, epoch: int) -> str:
        """A moment as people read it, local and without offset: 2026-11-20 18:30:00."""
        return f"{self.local(epoch):%Y-%m-%d %H:%M:%S}"

    def parse(self, text: str, *, field: str = "timestamp") -> int:
        """Read ISO text; without an offset it is local to the home.

        A local time that the clock skips in spring is refused; one that it shows twice in autumn
        means its first showing. Raises BadInput naming field, value and rule.
        """
        match = _TIME.fullmatch(text)
        if match is None:
            raise BadInput(f"{field} {text[:40]!r} is not {TIME_RULE}.", field=field)
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=self.zone)
            if match[7]:
                moment = moment.replace(tzinfo=datetime.fromisoformat(text).tzinfo)
        except ValueError as error:
            raise BadInput(f"{field} {text!r} does not exist: {error}.", field=field) from error
        if not FIRST_YEAR < year < LAST_YEAR:
            raise BadInput(
                f"{field} {text!r} is outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}.",
                field=field,
            )
        epoch = epoch_of(moment)
        if not match[7] and self.local(epoch).replace(tzinfo=None) != moment.replace(tzinfo=None):
            raise BadInput(
                f"{field} {text!r} does not exist in {self.name}: the clock skips it.", field=field
            )
        return epoch

    def showings(self, epoch: int) -> tuple[int, ...]:
        """Every instant at which the clock shows what it shows at this one: two of them in autumn.

        >>> HomeZone("Europe/London").showings(1792888200)
        (1792888200, 1792891800)
        """
        shown = self.local(epoch)
        return tuple(sorted({epoch_of(shown.replace(fold=fold)) for fold in (0, 1)}))

    def boundaries(self, start: int, end: int, resolution: str) -> Epochs:
        """Bucket edges covering [start, end), both ends included as the outermost edges.

        `resolution` is half_hour, hour, day, week (from Monday), month or year. Half hours and
        hours count from local midnight, so a clock-change day has 46 or 50 half hours.
        """
        if end <= start:
            raise BadInput("a period must end after it starts.", field="to")
        if resolution in ("half_hour", "hour"):
            step = HALF_HOUR if resolution == "half_hour" else 2 * HALF_HOUR
            days = self._starts_between(start, end)
            edges = np.concatenate([np.arange(a, b, step) for a, b in pairwise(days)])
        else:
            edges = self._calendar_edges(start, end, resolution)
        inner = edges[(edges > start) & (edges < end)]
        return np.concatenate(([start], inner, [end])).astype(np.int64)

    def _starts_between(self, start: int, end: int) -> Epochs:
        """Local midnights from the day of `start` to the first one at or after `end`."""
        low = bisect_right(self._day_starts, start) - 1
        high = int(np.searchsorted(self._day_starts, end, side="left"))
        return self._day_starts[max(low, 0) : high + 1]

    def _calendar_edges(self, start: int, end: int, resolution: str) -> Epochs:
        day, last = self.day_of(start), self.day_of(end)
        opens: dict[str, Callable[[date], bool]] = {
            "day": lambda _: True,
            "week": lambda d: d.weekday() == 0,
            "month": lambda d: d.day == 1,
            "year": lambda d: d.day == 1 and d.month == 1,
        }
        if resolution not in opens:
            raise BadInput(
                f"resolution {resolution!r} is unknown: use half_hour, hour, day, week, month "
                "or year.",
                field="resolution",
            )
        is_edge = opens[resolution]
        span = (day + timedelta(days=n) for n in range((last - day).days + 1))
        return np.array([self.day_start(d) for d in span if is_edge(d)], dtype=np.int64)
