"""The engine against the exact oracle, and the worked examples people will hold it to."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from data_layer.clock import HomeZone
from data_layer.errors import RuleBroken
from data_layer.tariffs.charges import Charges, LineKind, Supply, Waived, charges, round_half_up
from data_layer.tariffs.half_hours import HalfHours
from data_layer.tariffs.model import (
    Energy,
    Every,
    FlatRate,
    Prices,
    PriceSeries,
    RateBand,
    Slab,
    Slabs,
    StandingCharge,
    Subsidy,
    Tariff,
    TariffVersion,
    Tax,
    TimeOfUse,
)
from data_layer.tariffs.rules import check_version
from tests.unit.tariffs.exact_oracle import Bill, fine, half_up, slots_of
from tests.unit.tariffs.random_rates import bands, rate

HISTORIES = int(os.environ.get("METERBOOK_HISTORIES", "300"))
SEED = os.environ.get("METERBOOK_SEED", "") or str(random.randrange(10**9))
ZONES = [HomeZone(name) for name in ("Europe/London", "Asia/Singapore", "Australia/Lord_Howe")]
CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5), date(2026, 10, 4)]


def one_day(wh: list[int], day: date = date(2026, 6, 1)) -> HalfHours:
    filled = np.array(wh + [0] * (48 - len(wh)), dtype=np.int64)
    return HalfHours.of(ZONES[1], day, filled, days=1)


def tariff_of(*versions: TariffVersion) -> Tariff:
    for version in versions:
        check_version(version)
    return Tariff("T", "Test", "EUR", versions)


def amounts(found: Charges) -> list[tuple[str, int]]:
    return [(line.label, line.amount) for line in found.lines]


def test_the_worked_example_of_a_prepaid_day() -> None:
    plan = TariffVersion(
        date(2026, 1, 1),
        FlatRate(Decimal("5.00")),
        StandingCharge(per_day=Decimal("2.00")),
        Subsidy(Decimal(2), Decimal(1), Every.DAY),
    )
    found = charges(tariff_of(plan), one_day([4000, 4000]), Supply())
    assert amounts(found) == [
        ("Energy", 4000),
        ("Standing charge", 200),
        ("Subsidy, 100 % of the first 2 kWh of each day", -1000),
    ]
    assert found.gross == 3200


def test_a_subsidy_says_its_share_and_what_its_kwh_cost() -> None:
    """3 kWh at night and the first 2 by day: 3 x 0.10 + 2 x 0.3333, and of it a quarter."""
    energy = TimeOfUse(
        (RateBand("Night", Decimal("0.10"), 0, 120),), RateBand("Day", Decimal("0.3333"))
    )
    relief = Subsidy(Decimal(5), Decimal("0.25"), Every.DAY)
    plan = TariffVersion(date(2026, 1, 1), energy, subsidy=relief)
    found = charges(tariff_of(plan), one_day([1000, 2000, 0, 0, 4000]), Supply())
    (line,) = [line for line in found.lines if line.kind is LineKind.SUBSIDY]
    assert line.waived == Waived(Decimal("0.25"), Decimal("0.9666"))
    assert (line.quantity, line.amount) == (Decimal(5), -24)


def test_slabs_of_a_month_and_tax_on_rounded_lines() -> None:
    steps = (
        Slab(Decimal("0.10"), Decimal(100)),
        Slab(Decimal("0.20"), Decimal(300)),
        Slab(Decimal("0.3333")),
    )
    version = TariffVersion(date(2026, 1, 1), Slabs(steps), tax=Tax(Decimal("0.09"), "GST"))
    wh = np.zeros(30 * 48, dtype=np.int64)
    wh[0], wh[700], wh[1400] = 150_000, 100_000, 60_001
    found = charges(
        tariff_of(version), HalfHours.of(ZONES[1], date(2026, 6, 1), wh, days=30), Supply()
    )
    assert amounts(found) == [
        ("Energy, first 100 kWh", 1000),
        ("Energy, 100 to 300 kWh", 4000),
        ("Energy, above 300 kWh", 333),
        ("GST 9 %", 480),
    ]
    assert (found.net, found.tax, found.gross) == (5333, 480, 5813)


def test_a_new_version_inside_a_month_shares_slabs_and_charges_by_days() -> None:
    def version(first: date, rate: str) -> TariffVersion:
        steps = (Slab(Decimal(rate), Decimal(30)), Slab(Decimal(1)))
        return TariffVersion(first, Slabs(steps), StandingCharge(per_kw_month=Decimal("3.00")))

    tariff = tariff_of(version(date(2026, 1, 1), "0.10"), version(date(2026, 6, 11), "0.20"))
    wh = np.full(30 * 48, 1000, dtype=np.int64)
    half_hours = HalfHours.of(ZONES[1], date(2026, 6, 1), wh, days=30)
    found = charges(tariff, half_hours, Supply(sanctioned_kw=Decimal(4)))
    assert amounts(found) == [
        ("Energy, first 10 kWh", 100),
        ("Energy, above 10 kWh", 47_000),
        ("Charge for sanctioned load, 10 of 30 days", 400),
        ("Energy, first 20 kWh", 400),
        ("Energy, above 20 kWh", 94_000),
        ("Charge for sanctioned load, 20 of 30 days", 800),
    ]


def test_bands_follow_the_clock_on_the_night_it_is_set_back() -> None:
    night = RateBand("Night", Decimal("0.05"), 0, 5 * 60)
    version = TariffVersion(date(2026, 1, 1), TimeOfUse((night,), RateBand("Day", Decimal("0.25"))))
    half_hours = HalfHours.of(
        ZONES[0], date(2026, 10, 25), np.full(50, 1000, dtype=np.int64), days=1
    )
    found = charges(tariff_of(version), half_hours, Supply())
    assert [(line.label, line.quantity) for line in found.lines] == [
        ("Night", Decimal("12.000")),
        ("Day", Decimal("38.000")),
    ]


def test_a_day_without_a_version_or_a_price_is_refused_by_name() -> None:
    late = tariff_of(TariffVersion(date(2026, 7, 1), FlatRate(Decimal(1))))
    with pytest.raises(RuleBroken, match=r"valid only from 2026-07-01.*no rate for 2026-06-01"):
        charges(late, one_day([1]), Supply())
    series = tariff_of(TariffVersion(date(2026, 1, 1), PriceSeries("agile")))
    with pytest.raises(RuleBroken, match="'agile' is not stored"):
        charges(series, one_day([1]), Supply())
    start = int(one_day([1]).starts[0])
    short = Prices("agile", np.array([start], np.int64), (Decimal(1),), start + 47 * 1800)
    with pytest.raises(RuleBroken, match="no price for a half hour of 2026-06-01: it is not"):
        charges(series, one_day([1]), Supply(), {"agile": short})


def test_nothing_used_still_has_its_energy_line() -> None:
    version = TariffVersion(date(2026, 1, 1), FlatRate(Decimal(1)))
    assert amounts(charges(tariff_of(version), one_day([0]), Supply())) == [("Energy", 0)]


@pytest.mark.parametrize(
    ("amount", "digits", "expected"),
    [("0.125", 2, 13), ("-0.125", 2, -13), ("0.5", 0, 1), ("0.4999", 0, 0), ("1.0005", 3, 1001)],
)
def test_ties_go_away_from_zero(amount: str, digits: int, expected: int) -> None:
    assert round_half_up(Decimal(amount), digits) == expected


def _energy(chance: random.Random) -> Energy:
    kind = chance.randrange(4)
    if kind == 0:
        return FlatRate(rate(chance))
    if kind == 1:
        return bands(chance)
    if kind == 2:
        return PriceSeries("prices")
    limits = sorted(chance.sample(range(1, 400_000), chance.randint(0, 3)))
    steps = [Slab(rate(chance), Decimal(limit).scaleb(-3)) for limit in limits]
    return Slabs((*steps, Slab(rate(chance))))


def _version(chance: random.Random, first: date, number: int) -> TariffVersion:
    subsidy = None
    if chance.random() < 0.6:
        units = Decimal(chance.randint(0, 60_000)).scaleb(-3)
        subsidy = Subsidy(
            units, Decimal(chance.randint(0, 100)).scaleb(-2), chance.choice([*Every])
        )
    standing = StandingCharge(
        chance.choice((Decimal(0), rate(chance))), chance.choice((Decimal(0), rate(chance)))
    )
    tax = Tax(Decimal(chance.choice((0, 5, 9, 20))).scaleb(-2))
    return TariffVersion(first, _energy(chance), standing, subsidy, tax, number)


@pytest.mark.timeout(60 + HISTORIES)
def test_equals_the_exact_oracle_over_random_histories() -> None:
    for number in range(HISTORIES):
        name = f"{SEED}-{number}"
        _compare_one(random.Random(name), name)


def _compare_one(chance: random.Random, name: str) -> None:
    zone = chance.choice(ZONES)
    first = chance.choice(
        [chance.choice(CHANGES) - timedelta(days=chance.randrange(4)), date(2026, 1, 1)]
    ) + timedelta(days=chance.choice((0, 0, 30)))
    count = chance.choice((1, 2, 3, 5, 8, 33))
    inside = sorted(chance.sample(range(count), min(count, chance.randint(1, 3))))
    starts = [date(2020, 1, 1), *(first + timedelta(days=n) for n in inside)]
    tariff = tariff_of(*(_version(chance, day, n + 1) for n, day in enumerate(starts)))
    usage: dict[date, list[int]] = {}
    prices: dict[int, Decimal] = {}
    wh: list[int] = []
    for day in (first + timedelta(days=n) for n in range(count)):
        epochs = [epoch for epoch, _ in slots_of(zone.zone, day)]
        gap = chance.random() < 0.1
        usage[day] = [
            0 if gap or chance.random() < 0.2 else chance.randint(0, 4000) for _ in epochs
        ]
        prices |= {epoch: rate(chance, negative=True) for epoch in epochs}
        wh += usage[day]
    kw, digits = Decimal(chance.randint(0, 120)).scaleb(-1), chance.choice((0, 2, 3))
    series = Prices(
        "prices", np.array(list(prices), np.int64), tuple(prices.values()), max(prices) + 1800
    )
    half_hours = HalfHours.of(zone, first, np.array(wh, dtype=np.int64), days=count)
    found = charges(tariff, half_hours, Supply(kw, digits), {"prices": series})
    oracle = Bill(
        tariff,
        zone.zone,
        usage,
        kw=Fraction(kw),
        digits=digits,
        prices={epoch: fine(price) for epoch, price in prices.items()},
    )
    told = Counter[tuple[date, str, int]]()
    for line in found.lines:
        told[line.first_day, line.kind.value, line.amount] += bool(line.amount)
    expected = Counter[tuple[date, str, int]]()
    for (day, kind, _), amount in oracle.amounts.items():
        expected[day, kind, amount] += bool(amount)
    assert +told == +expected, f"METERBOOK_SEED={SEED}: history {name}"
    for line in found.lines:
        assert (line.waived is not None) == (line.kind is LineKind.SUBSIDY), name
        if line.waived is not None:
            again = Fraction(line.waived.share) * Fraction(line.waived.cost) * 10**digits
            assert line.amount == -half_up(again), name
    assert sum(line.amount for line in found.lines) == found.gross == sum(oracle.amounts.values())
    energy = sum(line.quantity for line in found.lines if line.kind is LineKind.ENERGY)
    assert energy == Decimal(sum(wh)).scaleb(-3), name
    for day, cost in found.day_costs:
        assert abs(Fraction(cost) - oracle.day_cost[day]) < Fraction(1, 10**40), (name, day)
    days = sum((Fraction(cost) for _, cost in found.day_costs), Fraction(0))
    assert abs(days - oracle.cost) < Fraction(1, 10**40), name
    whole_days = chance.randint(0, count)
    end = [*prices, series.end][int(half_hours.opens[whole_days])]
    reach = {"prices": _until(series, end)} if whole_days else {}
    early = charges(tariff, half_hours.up_to(end), Supply(kw, digits), reach)
    assert early.day_costs[:whole_days] == found.day_costs[:whole_days], name


def _until(series: Prices, end: int) -> Prices:
    count = int(np.searchsorted(series.starts, end))
    return Prices(series.name, series.starts[:count], series.price[:count], end)
