"""What may be a meter id, an e-mail, an account."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_layer.accounts.model import Account, Role, StaffMember
from data_layer.accounts.rules import (
    check_account,
    check_email,
    check_meter_id,
    check_staff,
    moved_in_at,
)
from data_layer.clock import HomeZone
from data_layer.errors import BadInput


@pytest.mark.parametrize("meter_id", ["531-204-118", "E12/345 B", "A", "a" * 32])
def test_meter_ids_of_the_allowlist_are_accepted(meter_id: str) -> None:
    assert check_meter_id(meter_id) == meter_id


@pytest.mark.parametrize("meter_id", ["", " 531", "531 ", "-1", "a" * 33, "a,b", "a\n", "é1", "٣"])
def test_other_meter_ids_are_refused(meter_id: str) -> None:
    with pytest.raises(BadInput, match="meter_id"):
        check_meter_id(meter_id)


def test_emails_are_folded() -> None:
    assert check_email(" Tan@Example.ORG ") == "tan@example.org"


@pytest.mark.parametrize(
    "email", ["tan", "a@b", "a b@c.de", "a@b.de,c@d.ef", "<a@b.de>", "a@b.d\x00"]
)
def test_what_is_no_email_is_refused(email: str) -> None:
    with pytest.raises(BadInput, match=r"name@example\.com"):
        check_email(email)


@pytest.mark.parametrize("name", ["two\nlines", "nul\x00", "x" * 201])
def test_a_name_is_one_printable_line(name: str) -> None:
    with pytest.raises(BadInput, match="owner_name"):
        check_account(Account("1", name, "somewhere"))


@given(st.text(max_size=300))
def test_whatever_is_accepted_as_a_name_is_safe_in_a_line(name: str) -> None:
    try:
        kept = check_account(Account("1", name, "somewhere")).owner_name
    except BadInput:
        return
    assert kept
    assert kept.isprintable()
    assert kept == kept.strip()


def test_staff_are_admins_or_analysts() -> None:
    with pytest.raises(BadInput, match="admin or government"):
        check_staff(StaffMember("a@b.de", "A", Role.HOUSEHOLD))


def test_a_household_moves_in_at_its_local_midnight() -> None:
    zone = HomeZone("Asia/Singapore")
    account = Account("1", "A", "B", moved_in="2026-03-01")

    assert zone.format(moved_in_at(account, zone) or 0) == "2026-03-01T00:00:00+08:00"
