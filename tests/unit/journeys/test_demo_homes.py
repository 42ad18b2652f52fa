"""The demo's households: many enough to be shown, two places too small to be."""

from __future__ import annotations

from collections import Counter
from datetime import date

from data_layer.accounts.geography import DWELLING_TYPES, PLANNING_AREAS
from data_layer.accounts.rules import check_account
from data_layer.journeys.demo_homes import demo_accounts, demo_household, simulated_meters

NOW = date(2026, 11, 20)
ACCOUNTS = demo_accounts(200, seed=1, now=NOW)


def test_most_places_have_enough_households_and_two_are_small_on_purpose() -> None:
    sizes = sorted(Counter(account.path for account in ACCOUNTS).values())
    assert sizes[:2] == [2, 3]
    assert len(sizes) == 26
    assert min(sizes[2:]) >= 8


def test_places_are_words_of_the_geography() -> None:
    assert {account.region for account in ACCOUNTS} == set(PLANNING_AREAS)
    assert all(account.area in PLANNING_AREAS[account.region] for account in ACCOUNTS)
    assert {account.dwelling_type for account in ACCOUNTS} == set(DWELLING_TYPES)
    assert len({(account.region, account.area) for account in ACCOUNTS}) == 8


def test_household_of_the_sign_in_page_has_two_meters() -> None:
    own = [account for account in ACCOUNTS if account.email]
    assert {(account.email, account.owner_name) for account in own} == {
        (demo_household().email, demo_household().name)
    }
    assert len(own) == 2


def test_accounts_are_valid_and_the_same_for_the_same_seed() -> None:
    assert all(check_account(account) == account for account in ACCOUNTS)
    assert len({account.meter_id for account in ACCOUNTS}) == 200
    assert demo_accounts(200, seed=1, now=NOW) == ACCOUNTS
    assert demo_accounts(200, seed=2, now=NOW) != ACCOUNTS


def test_a_few_meters_have_gaps_and_one_was_exchanged() -> None:
    meters = simulated_meters(ACCOUNTS, last_day=NOW)
    assert [meter.meter_id for meter in meters] == [account.meter_id for account in ACCOUNTS]
    assert sum(meter.has_gaps for meter in meters) == 8
    assert sum(meter.exchanged_on is not None for meter in meters) == 1
