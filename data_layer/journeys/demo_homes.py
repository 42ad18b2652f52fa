"""The synthetic households of the demo: where they live, in what, and who they are.

Eight planning areas over the five regions. Every area has three common dwelling types; two areas
also have one with so few homes that government pages must withhold it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import cycle, islice

import numpy as np

from data_layer.accounts.demo_people import DEMO_PEOPLE, DemoPerson
from data_layer.accounts.model import Account, Role
from data_layer.journeys.demo_tariffs import demo_tariff
from data_layer.readings.model import GroupPath
from data_layer.readings.simulator import SimulatedMeter, meter_ids

_TWO, _THREE, _FOUR, _FIVE, _CONDO, _LANDED = (
    "1-room / 2-room",
    "3-room",
    "4-room",
    "5-room and Executive",
    "Private Apartments and Condominiums",
    "Landed Properties",
)
_COMMON = {
    ("Central", "Bishan"): (_FOUR, _FIVE, _CONDO),
    ("Central", "Queenstown"): (_TWO, _THREE, _CONDO),
    ("East", "Bedok"): (_THREE, _FOUR, _FIVE),
    ("East", "Tampines"): (_THREE, _FOUR, _FIVE),
    ("North", "Woodlands"): (_TWO, _FOUR, _FIVE),
    ("North East", "Sengkang"): (_FOUR, _FIVE, _CONDO),
    ("North East", "Serangoon"): (_FOUR, _CONDO, _LANDED),
    ("West", "Jurong West"): (_THREE, _FOUR, _FIVE),
}
_RARE = {GroupPath("East", "Bedok", _LANDED): 3, GroupPath("North", "Woodlands", _CONDO): 2}
FEWEST_METERS = len(_COMMON) * 3 + sum(_RARE.values())

_FAMILY_NAMES = (
    "Tan", "Lim", "Lee", "Ng", "Wong", "Goh", "Chua", "Ong", "Koh", "Teo", "Nair", "Pillai",
    "Kumar", "Menon", "Abdullah", "Ismail", "Rahman", "Osman", "Fernandez", "de Souza",
)  # fmt: skip
_GIVEN_NAMES = (
    "Wei Ming", "Hui Min", "Jia Hao", "Xin Yi", "Kai Wen", "Mei Ling", "Zhi Xuan", "Yi Ting",
    "Arun", "Priya", "Deepa", "Ravi", "Nurul", "Siti", "Faisal", "Hakim", "Daniel", "Grace",
)  # fmt: skip
_STREETS = ("Street 11", "Street 23", "Avenue 3", "Avenue 8", "Drive", "Crescent", "Road")


def demo_accounts(count: int, *, seed: int, now: date) -> tuple[Account, ...]:
    """That many accounts of active households, at least FEWEST_METERS; the household's two
    meters stand first. Same seed, same people."""
    random = np.random.default_rng(seed)
    names = meter_ids(count, seed=seed)
    homes = sorted(islice(_places(), count), key=_away_from_the_household)
    accounts = [
        _account(meter_id, place, random, now) for meter_id, place in zip(names, homes, strict=True)
    ]
    priced = [
        replace(account, tariff_code=demo_tariff(place)) for place, account in enumerate(accounts)
    ]
    return (*_owned_by_the_household(priced[:2]), *priced[2:])


def simulated_meters(accounts: tuple[Account, ...], *, last_day: date) -> list[SimulatedMeter]:
    """The accounts' meters: a few never send every half hour, one was exchanged."""
    exchanged = last_day - timedelta(days=100)
    return [
        SimulatedMeter(
            account.meter_id,
            account.dwelling_type,
            has_gaps=place % 25 == 12,
            exchanged_on=exchanged if place == 5 else None,
        )
        for place, account in enumerate(accounts)
    ]


def _places() -> Iterator[GroupPath]:
    """Rare places first, then the common ones in turn, so that they fill evenly."""
    for path, homes in _RARE.items():
        yield from [path] * homes
    yield from cycle(
        GroupPath(region, area, kind) for (region, area), kinds in _COMMON.items() for kind in kinds
    )


def _away_from_the_household(path: GroupPath) -> tuple[bool, GroupPath]:
    """Homes like the demo household's first: a flat in Bishan, where it has two."""
    return path != GroupPath("Central", "Bishan", _FOUR), path


def _account(meter_id: str, place: GroupPath, random: np.random.Generator, now: date) -> Account:
    name = f"{_one_of(_FAMILY_NAMES, random)} {_one_of(_GIVEN_NAMES, random)}"
    street = f"{place.area} {_one_of(_STREETS, random)}"
    number, floor, door = random.integers(1, (899, 25, 299)).tolist()
    landed = place.dwelling_type == _LANDED
    moved_in = now - timedelta(days=int(random.integers(450, 6000)))
    return Account(
        meter_id=meter_id,
        owner_name=name,
        address=f"{number} {street}" if landed else f"{number} {street} #{floor:02d}-{door:03d}",
        region=place.region,
        area=place.area,
        postcode=f"{random.integers(10_000, 829_999):06d}",
        dwelling_type=place.dwelling_type,
        moved_in=moved_in.isoformat(),
    )


def _one_of(words: tuple[str, ...], random: np.random.Generator) -> str:
    return words[int(random.integers(len(words)))]


def _owned_by_the_household(accounts: list[Account]) -> list[Account]:
    person = demo_household()
    return [replace(row, owner_name=person.name, email=person.email) for row in accounts]


def demo_household() -> DemoPerson:
    """Who signs in as a household."""
    return next(person for person in DEMO_PEOPLE if person.role is Role.HOUSEHOLD)
