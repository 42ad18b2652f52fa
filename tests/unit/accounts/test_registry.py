"""users.csv as the truth: registered, changed, closed, searched, and edited by hand."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from data_layer.accounts.model import Account, Role, StaffMember, Status
from data_layer.accounts.room import AccountsRoom
from data_layer.accounts.search import AccountFilter, search
from data_layer.errors import BadInput, Conflict, NotFound
from data_layer.readings.model import GroupPath
from data_layer.readings.room import Standing

PLACE = GroupPath("Central", "Orchard", "4-room")
NEW = Account("531-000-009", "Goh Siew Hua", "9 Bedok North")


def rewrite(file: Path, change: dict[str, dict[str, str]]) -> None:
    """Edit cells by hand: {meter_id: {column: value}}."""
    with file.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows:
        row.update(change.get(row["meter_id"], {}))
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_a_registered_account_is_in_the_file_with_its_time(
    room: AccountsRoom, tmp_path: Path
) -> None:
    room.accounts.register(NEW, actor="boss@example.org")

    assert room.accounts.get("531-000-009") == replace(
        NEW, registered_at="2026-11-20T12:00:00+08:00"
    )
    assert "531-000-009,Goh Siew Hua,,9 Bedok North," in (tmp_path / "users.csv").read_text()
    assert room.audit.recent(1)[0].action == "account registered"


def test_registering_a_meter_again_is_refused(furnished: AccountsRoom) -> None:
    with pytest.raises(Conflict, match="531-000-001 is registered already"):
        furnished.accounts.register(replace(NEW, meter_id="531-000-001"), actor="cli")


def test_a_bulk_registration_is_stored_whole_or_not_at_all(furnished: AccountsRoom) -> None:
    wanted = [NEW, replace(NEW, meter_id="531-000-001")]

    with pytest.raises(Conflict):
        furnished.accounts.register_many(wanted, actor="cli")

    assert furnished.accounts.get(NEW.meter_id) is None


def test_a_modified_account_keeps_its_password_and_registration(furnished: AccountsRoom) -> None:
    furnished.accounts.set_password_hash("tan@example.org", "$argon2id$x", actor="cli")
    old = furnished.accounts.by_email("tan@example.org")[0]

    furnished.accounts.modify(
        replace(old, owner_name="Tan W. L.", registered_at="", password_hash=""), actor="cli"
    )

    assert furnished.accounts.get(old.meter_id) == replace(old, owner_name="Tan W. L.")
    assert furnished.audit.recent(1)[0].details == {"fields": "owner_name"}


def test_an_account_given_another_email_loses_the_old_ones_sign_in(
    furnished: AccountsRoom,
) -> None:
    furnished.accounts.set_password_hash("lim@example.org", "$argon2id$x", actor="cli")
    account = furnished.accounts.by_email("lim@example.org")[0]

    furnished.accounts.modify(replace(account, email="new@example.org"), actor="cli")

    assert furnished.accounts.by_email("new@example.org")[0].password_hash == ""


def test_a_second_meter_of_an_email_shares_its_sign_in(furnished: AccountsRoom) -> None:
    furnished.accounts.set_password_hash("tan@example.org", "$argon2id$x", actor="cli")

    furnished.accounts.register(replace(NEW, email="TAN@example.org "), actor="cli")

    hashes = {row.password_hash for row in furnished.accounts.by_email("tan@example.org")}
    assert hashes == {"$argon2id$x"}
    assert len(furnished.accounts.by_email("Tan@Example.org")) == 3


def test_a_deactivated_account_stays_in_totals_but_takes_no_readings(
    furnished: AccountsRoom,
) -> None:
    furnished.accounts.deactivate("531-000-001", actor="cli")

    assert furnished.accounts.standing("531-000-001") is Standing.INACTIVE
    assert furnished.accounts.paths()["531-000-001"] == PLACE
    assert furnished.accounts.households() == {PLACE: 2}
    with pytest.raises(Conflict, match="inactive already"):
        furnished.accounts.deactivate("531-000-001", actor="cli")


def test_unknown_meters_are_said_to_be_unknown(furnished: AccountsRoom) -> None:
    assert furnished.accounts.standing("531-999-999") is Standing.UNKNOWN
    with pytest.raises(NotFound):
        furnished.accounts.deactivate("531-999-999", actor="cli")


def test_a_hand_edit_is_taken_over_and_told_to_listeners(
    furnished: AccountsRoom, tmp_path: Path
) -> None:
    heard: list[str] = []
    furnished.accounts.on_change(lambda: heard.append("changed"))
    before = furnished.accounts.version

    rewrite(tmp_path / "users.csv", {"531-000-003": {"area": "Newton"}})

    assert furnished.accounts.paths()["531-000-003"] == GroupPath("Central", "Newton", "4-room")
    assert furnished.accounts.version != before
    assert heard == ["changed"]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"531-000-003": {"meter_id": "531-000-001"}}, "stands there twice"),
        ({"531-000-002": {"password_hash": "$other"}}, "different passwords"),
        ({"531-000-003": {"email": "boss@example.org"}}, "belongs to staff"),
        ({"531-000-003": {"meter_id": "../etc"}}, "meter_id"),
        ({"531-000-003": {"status": "asleep"}}, "active, inactive"),
        ({"531-000-003": {"moved_in": "2026-02-30"}}, "2026-03-01"),
    ],
)
def test_a_broken_hand_edit_is_reported_and_the_state_before_stays(
    furnished: AccountsRoom, tmp_path: Path, edit: dict[str, dict[str, str]], said: str
) -> None:
    before = furnished.accounts.all()

    rewrite(tmp_path / "users.csv", edit)

    assert furnished.accounts.all() == before
    assert said in (furnished.accounts.problem or "")


def test_a_household_cannot_take_an_email_of_staff(furnished: AccountsRoom) -> None:
    with pytest.raises(BadInput, match="belongs to staff"):
        furnished.accounts.register(replace(NEW, email="Boss@example.org"), actor="cli")


def test_staff_cannot_take_an_email_of_a_household(furnished: AccountsRoom) -> None:
    with pytest.raises(BadInput, match="belongs to a household"):
        furnished.staff.register(StaffMember("tan@example.org", "T", Role.ADMIN), actor="cli")


def test_the_last_active_admin_cannot_be_closed(furnished: AccountsRoom) -> None:
    with pytest.raises(Conflict, match="last active admin"):
        furnished.staff.deactivate("boss@example.org", actor="cli")

    furnished.staff.register(StaffMember("two@example.org", "Two", Role.ADMIN), actor="cli")
    closed = furnished.staff.deactivate("boss@example.org", actor="cli")
    assert closed.status is Status.INACTIVE


def test_search_finds_every_word_anywhere_and_pages(furnished: AccountsRoom) -> None:
    everyone = furnished.accounts.all()

    assert search(everyone, AccountFilter("tan 002")).total == 1
    page = search(everyone, AccountFilter(sort_by="owner_name", limit=1))
    assert (page.accounts[0].owner_name, page.total) == ("Lim Ah Kow", 3)
    with pytest.raises(BadInput):
        search(everyone, AccountFilter(sort_by="password_hash"))
