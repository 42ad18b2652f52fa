"""Lives of meters and their tariffs, as chance has them: what is sent, in which order, and when.

Readings every half hour, at odd times, days apart or not at all; exchanges and rollovers (new
segments, at once or after a gap); late, corrected and withdrawn readings; one register, a total
beside others, bands; tariffs of every kind that change inside the month; people who move in.
"""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from data_layer.tariffs.model import (
    Energy,
    Every,
    FlatRate,
    PriceSeries,
    Slab,
    Slabs,
    StandingCharge,
    Subsidy,
    Tariff,
    TariffVersion,
    Tax,
)
from tests.unit.tariffs.random_rates import bands, rate

HALF_HOUR, DAY = 1800, 86_400
READ, INITIAL = 0, 1
SERIES = "prices"
CURRENCIES = {"EUR": 2, "JPY": 0, "KWD": 3}
Row = tuple[int, int, int]
"""(time, kind, Wh)."""
REGISTERS: tuple[dict[str, str], ...] = (
    {},
    {"S": "import_total", "EX": "export"},
    {"DY": "import_band", "NT": "import_band", "EX": "export"},
    {"S": "import_total", "DY": "import_band", "K": "info"},
)
"""What is written of a meter; of the first kind nothing is, so it has its register S."""


@dataclass(frozen=True)
class Change:
    """A later revision: another value, or None where the reading is withdrawn."""

    register: str
    time: int
    kind: int
    wh: int | None


@dataclass
class History:
    """One meter, its account and its tariff."""

    meter_id: str
    roles: dict[str, str]
    tariff: Tariff
    sanctioned_kw: Decimal
    moved_in: date | None
    sent: dict[str, list[Row]] = field(default_factory=dict)
    late: dict[str, list[Row]] = field(default_factory=dict)
    """Sent after the month was billed."""
    changes: list[Change] = field(default_factory=list)
    """Made after the late ones came."""

    @property
    def digits(self) -> int:
        return CURRENCIES[self.tariff.currency]


def history(chance: random.Random, meter_id: str, first: date, start: int, end: int) -> History:
    """A life around the local month [start, end) that opens with `first`."""
    found = History(
        meter_id,
        chance.choice((*REGISTERS[:1] * 3, *REGISTERS)),
        _tariff(chance, meter_id, first),
        Decimal(chance.randint(0, 120)).scaleb(-1),
        first + timedelta(days=chance.randint(-3, 27)) if chance.random() < 0.2 else None,
    )
    whole_month = chance.random() < 0.15
    for register in found.roles or {"S": ""}:
        rows = _rows(chance, start, end, whole_month=whole_month)
        found.sent[register], found.late[register] = _parted(chance, rows)
        found.changes += _changes(chance, register, rows)
    return found


# --- readings ------------------------------------------------------------------------------


def _rows(chance: random.Random, start: int, end: int, *, whole_month: bool) -> list[Row]:
    """One register around [start, end); its first instant is on the grid of half hours."""
    time = start + chance.choice((-2 * DAY, -5000, 0, 0, 0, HALF_HOUR, 3 * DAY + 900))
    stop = end + chance.choice((-6 * DAY, -700, 0, 0, 0, 400, DAY, 12 * DAY))
    wh = chance.choice((0, 0, 7_345, 999_999_000, chance.randrange(10**9)))
    thrift = chance.choice((0, 1, 1, 1, 40))
    rows = [(time, chance.choice((READ, INITIAL)), wh)]
    if whole_month:
        time = start
        rows = [(time, READ, wh)]
    for step in _steps(chance, start, whole_month=whole_month):
        if chance.random() < (0.001 if whole_month else 0.02):
            time += chance.choice((0, 0, 1, HALF_HOUR, 900, 2 * DAY + 77))
            wh = chance.choice((0, 0, 3, wh, 10**6))
            rows.append((time, INITIAL, wh))
        time = step.after(time)
        if time > stop:
            break
        if chance.random() > 0.15:
            wh += chance.randrange(4_001) * thrift * max(1, (step.seconds // HALF_HOUR))
        rows.append((time, READ, wh))
    return _without_repeats(rows)


@dataclass(frozen=True)
class _Step:
    seconds: int
    phase: int | None
    """Of the grid the reading stands on; None where it stands on none."""

    def after(self, time: int) -> int:
        if self.phase is None:
            return time + self.seconds
        return (time - self.phase) // HALF_HOUR * HALF_HOUR + self.phase + self.seconds


def _steps(chance: random.Random, start: int, *, whole_month: bool) -> Iterator[_Step]:
    phase = start % HALF_HOUR
    while True:
        shape = "half hours" if whole_month else chance.choice(("half hours", "odd", "far", "far"))
        if shape == "half hours":
            for _ in range(chance.choice((1, 3, 48, 100))):
                many = 1 if chance.random() > 0.04 else chance.randint(1, 60)
                yield _Step(HALF_HOUR * many, phase)
        elif shape == "odd":
            for _ in range(chance.randint(1, 20)):
                yield _Step(chance.choice((1, 61, 899, 1237, 1801, 4000, 20_000)), None)
        else:
            for _ in range(chance.randint(1, 4)):
                grid = chance.choice((phase, phase, None))
                yield _Step(chance.choice((DAY // 2, DAY, 3 * DAY, 6 * DAY)), grid)


def _without_repeats(rows: list[Row]) -> list[Row]:
    """One row a key; of an initial upon an initial the last."""
    return [(time, kind, wh) for (time, kind), wh in {(t, k): wh for t, k, wh in rows}.items()]


def _parted(chance: random.Random, rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """What comes in time and what comes late. Initial readings are never late: what follows one
    would be refused without it."""
    if chance.random() < 0.5:
        return rows, []
    if chance.random() < 0.5:
        late = {row for row in rows if chance.random() < 0.3}
    else:
        place = chance.randrange(len(rows))
        late = set(rows[place : place + chance.choice((1, 5, 60, 500))])
    late = {row for row in late if row[1] == READ}
    return [row for row in rows if row not in late], [row for row in rows if row in late]


def _changes(chance: random.Random, register: str, rows: list[Row]) -> list[Change]:
    """Corrections that keep to the rule (never below the row before, never above the read after),
    and withdrawals of reads."""
    found: list[Change] = []
    live = sorted(rows)
    for _ in range(chance.choice((0, 0, 0, 1, 3))):
        time, kind, wh = row = chance.choice(live)
        place = bisect_left(live, row)
        low = live[place - 1][2] if place and kind == READ else 0
        following = live[place + 1] if place + 1 < len(live) else None
        high = following[2] if following and following[1] == READ else wh + 5_000
        if kind == READ and len(live) > 3 and chance.random() < 0.3:
            found.append(Change(register, time, kind, None))
            live.pop(place)
        elif (new := chance.randint(low, max(low, high))) != wh:
            found.append(Change(register, time, kind, new))
            live.pop(place)
            insort(live, (time, kind, new))
    return found


# --- tariffs -------------------------------------------------------------------------------


def _tariff(chance: random.Random, code: str, first: date) -> Tariff:
    inside = sorted(chance.sample(range(28), chance.choice((0, 0, 0, 1, 2))))
    starts = [date(2019, 1, 1), *(first + timedelta(days=n) for n in inside)]
    versions = tuple(_version(chance, day, n + 1) for n, day in enumerate(starts))
    return Tariff(code, "Test", chance.choice(("EUR", "EUR", *CURRENCIES)), versions)


def _version(chance: random.Random, first: date, number: int) -> TariffVersion:
    subsidy = None
    if chance.random() < 0.5:
        units = Decimal(chance.choice((0, 2_000, 60_000, chance.randint(0, 500_000)))).scaleb(-3)
        share = Decimal(chance.randint(0, 100)).scaleb(-2)
        subsidy = Subsidy(units, share, chance.choice([*Every]))
    standing = StandingCharge(
        chance.choice((Decimal(0), rate(chance))), chance.choice((Decimal(0), rate(chance)))
    )
    tax = Tax(Decimal(chance.choice((0, 5, 9, 20))).scaleb(-2))
    return TariffVersion(first, _energy(chance), standing, subsidy, tax, number)


def _energy(chance: random.Random) -> Energy:
    match chance.randrange(4):
        case 0:
            return FlatRate(rate(chance, negative=chance.random() < 0.1))
        case 1:
            return bands(chance)
        case 2:
            return PriceSeries(SERIES)
        case _:
            limits = sorted(chance.sample(range(1, 900_000), chance.randint(0, 3)))
            steps = [Slab(rate(chance, negative=True), Decimal(n).scaleb(-3)) for n in limits]
            return Slabs((*steps, Slab(rate(chance))))
