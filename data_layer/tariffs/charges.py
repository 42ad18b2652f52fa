"""The one engine: consumption and a tariff in, lines of a bill out. Pure; prepaid uses it too.

    half hours ──parts──> pieces ──by level──> lines (each rounded once) ──> net, tax, gross
    (a part: days of one calendar month under one version)

Rounding: each line once, half-up (a tie goes away from zero), to the currency's smallest unit;
totals are sums of rounded lines. Tax is a line on the sum of its part's other lines. Inside a
line everything is exact: whole Wh times decimal rates, divided at most once.

The cost of a single day is its unrounded marginal cost within its part: what the part costs up to
the end of the day less what it costs up to its beginning. So days add up to the unrounded part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from enum import StrEnum
from itertools import groupby

import numpy as np

from data_layer.tariffs.half_hours import HalfHours, Ints
from data_layer.tariffs.model import PricesOf, Tariff, TariffVersion
from data_layer.tariffs.pieces import Level, Pieces, cut

EXACT = Context(prec=60)
"""Products never come near 60 digits; a quotient this long cannot be mistaken for a tie."""
ROUNDING_RULE = "Each line is rounded once, half up, to the smallest unit of the currency."


class LineKind(StrEnum):
    ENERGY = "energy"
    STANDING = "standing"
    SUBSIDY = "subsidy"
    TAX = "tax"


@dataclass(frozen=True, slots=True)
class Waived:
    """How a subsidy's amount comes about: `share` of `cost`."""

    share: Decimal
    """0.5 for 50 %."""
    cost: Decimal
    """What the line's kWh cost at the rates of their half hours: exact, in whole units."""


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One line: quantity times rate, and the amount in minor units (cents), rounded once."""

    kind: LineKind
    label: str
    first_day: date
    last_day: date
    quantity: Decimal
    unit: str
    """kWh, days, or kW; for tax the currency's whole unit."""
    rate: Decimal | None
    """Per unit; None where it changes from half hour to half hour."""
    amount: int
    waived: Waived | None = field(default=None, compare=False)
    """Of a subsidy; None on bills stored before it was kept. It explains the amount and is no
    part of it, so a bill that lacks it says the same and gets no new version."""


@dataclass(frozen=True, slots=True)
class Charges:
    """All lines of a period in order, and the unrounded cost of each of its days."""

    lines: tuple[ChargeLine, ...]
    day_costs: tuple[tuple[date, Decimal], ...]
    """Marginal, with tax, in the currency's whole unit."""
    versions: tuple[int, ...]
    """Numbers of the tariff versions that applied."""

    @property
    def net(self) -> int:
        return net_of(self.lines)

    @property
    def tax(self) -> int:
        return tax_of(self.lines)

    @property
    def gross(self) -> int:
        return self.net + self.tax


def net_of(lines: Iterable[ChargeLine]) -> int:
    """Sum of all lines but tax, in minor units."""
    return sum(line.amount for line in lines if line.kind is not LineKind.TAX)


def tax_of(lines: Iterable[ChargeLine]) -> int:
    """Sum of the tax lines, in minor units."""
    return sum(line.amount for line in lines if line.kind is LineKind.TAX)


@dataclass(frozen=True, slots=True)
class Supply:
    """What of an account its charges depend on."""

    sanctioned_kw: Decimal = Decimal(0)
    minor_digits: int = 2
    """Decimals of the currency: 2, for yen 0, for dinars 3."""


def charges(
    tariff: Tariff, half_hours: HalfHours, supply: Supply, prices_of: PricesOf | None = None
) -> Charges:
    """What a period costs. Raises RuleBroken where the tariff or a price series has no rate."""
    lines: list[ChargeLine] = []
    costs: list[tuple[date, Decimal]] = []
    versions: list[int] = []
    with localcontext(EXACT):
        for version, part in _parts(tariff, half_hours):
            found = _Part(version, part, supply, prices_of or {})
            lines += found.lines()
            costs += zip(part.days, found.day_costs(), strict=True)
            versions.append(version.number)
    return Charges(tuple(lines), tuple(costs), tuple(dict.fromkeys(versions)))


def round_half_up(amount: Decimal, minor_digits: int) -> int:
    """An amount of whole units in minor units.

    >>> round_half_up(Decimal("0.125"), 2), round_half_up(Decimal("-0.125"), 2)
    (13, -13)
    """
    return int(amount.scaleb(minor_digits).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def percent(share: Decimal) -> str:
    """A share as it stands on a bill.

    >>> percent(Decimal("0.125")), percent(Decimal(1))
    ('12.5 %', '100 %')
    """
    return f"{(share * 100).normalize():f} %"


def _parts(tariff: Tariff, half_hours: HalfHours) -> Iterator[tuple[TariffVersion, HalfHours]]:
    """Runs of days in one calendar month under one version."""
    applies = [tariff.on(day) for day in half_hours.days]
    runs = groupby(
        range(len(applies)),
        key=lambda n: (half_hours.days[n].replace(day=1), applies[n].valid_from),
    )
    for _, numbers in runs:
        places = list(numbers)
        yield applies[places[0]], half_hours.part(places[0], places[-1] + 1)


def _days_in_month(day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - day.replace(day=1)).days


class _Part:
    """The charges of one part; amounts in whole units, unrounded until a line is made."""

    def __init__(
        self, version: TariffVersion, part: HalfHours, supply: Supply, prices_of: PricesOf
    ) -> None:
        self.version, self.part, self.supply = version, part, supply
        self.count, self.of_month = len(part.days), _days_in_month(part.days[0])
        share = (self.count, self.of_month)
        self.pieces: Pieces = cut(
            part, version.energy, version.subsidy, share_of_month=share, prices_of=prices_of
        )

    def lines(self) -> list[ChargeLine]:
        found = [*self._energy(), *self._standing(), *self._subsidy()]
        return found + self._tax(sum(line.amount for line in found))

    def day_costs(self) -> list[Decimal]:
        wh = self.pieces.by_day_and_level(self.count)
        waived = self.pieces.by_day_and_level(self.count, only_subsidized=True)
        standing = self.version.standing
        daily = standing.per_day
        daily += standing.per_kw_month * self.supply.sanctioned_kw / self.of_month
        with_tax = 1 + self.version.tax.rate
        return [
            (self._priced(used) - self._share * self._priced(free) + daily) * with_tax
            for used, free in zip(wh, waived, strict=True)
        ]

    @property
    def _share(self) -> Decimal:
        return Decimal(0) if self.version.subsidy is None else self.version.subsidy.share

    def _priced(self, wh: Ints) -> Decimal:
        """What Wh of each level cost. A day has few of a price series' thousand levels."""
        levels, places = self.pieces.levels, np.flatnonzero(wh)
        used = zip(places.tolist(), wh[places].tolist(), strict=True)
        return sum((one * levels[place].rate for place, one in used), Decimal(0)).scaleb(-3)

    def _energy(self) -> Iterator[ChargeLine]:
        """A line a label; a label whose price changes all the time has no single rate."""
        wh = self.pieces.by_level().tolist()
        priced: dict[str, list[tuple[Level, int]]] = {}
        for level, used in zip(self.pieces.levels, wh, strict=True):
            priced.setdefault(level.label, []).append((level, used))
        only_one = len(priced) == 1
        for label, shares in priced.items():
            used = sum(one for _, one in shares)
            if not used and not only_one:
                continue
            cost = sum((one * level.rate for level, one in shares), Decimal(0)).scaleb(-3)
            rate = shares[0][0].rate if len(shares) == 1 else None
            yield self._line(LineKind.ENERGY, label, Decimal(used).scaleb(-3), "kWh", rate, cost)

    def _standing(self) -> Iterator[ChargeLine]:
        standing, count = self.version.standing, Decimal(self.count)
        if standing.per_day:
            cost = standing.per_day * count
            yield self._line(
                LineKind.STANDING, "Standing charge", count, "days", standing.per_day, cost
            )
        if standing.per_kw_month and self.supply.sanctioned_kw:
            load = self.supply.sanctioned_kw
            cost = standing.per_kw_month * load * count / self.of_month
            whole = self.count == self.of_month
            label = "Charge for sanctioned load"
            label += "" if whole else f", {self.count} of {self.of_month} days"
            yield self._line(LineKind.STANDING, label, load, "kW", standing.per_kw_month, cost)

    def _subsidy(self) -> Iterator[ChargeLine]:
        subsidy = self.version.subsidy
        if subsidy is None:
            return
        waived = self.pieces.by_level(only_subsidized=True)
        units = Decimal(int(np.sum(waived))).scaleb(-3)
        found = Waived(subsidy.share, self._priced(waived))
        cost = -found.share * found.cost
        label = f"Subsidy, {percent(subsidy.share)} of the first "
        label += f"{subsidy.units_kwh.normalize():f} kWh of each {subsidy.every}"
        yield self._line(LineKind.SUBSIDY, label, units, "kWh", None, cost, found)

    def _tax(self, net: int) -> list[ChargeLine]:
        tax = self.version.tax
        if not tax.rate:
            return []
        base = Decimal(net).scaleb(-self.supply.minor_digits)
        label = f"{tax.name} {percent(tax.rate)}"
        return [self._line(LineKind.TAX, label, base, "net", tax.rate, base * tax.rate)]

    def _line(
        self,
        kind: LineKind,
        label: str,
        quantity: Decimal,
        unit: str,
        rate: Decimal | None,
        cost: Decimal,
        waived: Waived | None = None,
    ) -> ChargeLine:
        days = self.part.days
        amount = round_half_up(cost, self.supply.minor_digits)
        return ChargeLine(kind, label, days[0], days[-1], quantity, unit, rate, amount, waived)
