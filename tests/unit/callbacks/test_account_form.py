"""The account form: every fault at once, and words that the home itself uses."""

from __future__ import annotations

from types import SimpleNamespace

from callbacks.account_acts import faults
from callbacks.account_words import areas, words
from components.account_form import LABELS
from data_layer.accounts import geography
from data_layer.accounts.model import Account


def book(*accounts: Account) -> SimpleNamespace:
    return SimpleNamespace(accounts=SimpleNamespace(all=lambda: accounts))


LONDON = book(
    Account("1", "A", "B", region="London", area="Camden", dwelling_type="Flat"),
    Account("2", "A", "B", region="Kent", area="Dover", dwelling_type="Flat"),
)


def test_every_wrong_field_is_named_by_its_label():
    given = dict.fromkeys(LABELS, "") | {"email": "nobody", "moved_in": "May",
                                          "sanctioned_kw": "0"}  # fmt: skip

    found = faults(given)

    assert found["meter_id"] == "Meter is missing."
    assert found["owner_name"] == "Owner is missing."
    assert found["address"] == "Address is missing."
    assert found["email"].startswith("E-mail 'nobody' must look like")
    assert found["moved_in"].startswith("Moved in 'May' must be a date")
    assert found["sanctioned_kw"].startswith("Sanctioned load in kW '0' must be above 0")
    assert len(found) == 6


def test_a_home_with_words_of_its_own_suggests_these_alone():
    assert words(LONDON, geography.REGIONS, "region") == ["Kent", "London"]
    assert words(LONDON, geography.DWELLING_TYPES, "dwelling_type") == ["Flat"]
    assert areas(LONDON, "London") == ["Camden"]
    assert areas(LONDON, "a new one") == ["Camden", "Dover"]


def test_a_home_without_words_suggests_the_reference_ones():
    empty = book(Account("1", "A", "B"))

    assert words(empty, geography.REGIONS, "region") == list(geography.REGIONS)
    assert areas(empty, "East") == list(geography.PLANNING_AREAS["East"])
