"""From a password to a session and back, and everything that ends one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data_layer.accounts.model import Role, StaffMember, Status
from data_layer.accounts.room import AccountsRoom
from data_layer.errors import BadInput, NotFound, NotSignedIn, TooManyAttempts

Enter = Callable[..., str]
PASSWORD = "a long enough one"


def sign_in(room: AccountsRoom, email: str, password: str = PASSWORD, address: str = "a") -> str:
    return room.sign_in.enter(email=email, password=password, address=address)


def who(room: AccountsRoom, session_id: str) -> str | None:
    visit = room.sign_in.whoever(session_id)
    return visit.person.email if visit else None


def test_the_right_password_opens_a_session_in_any_letter_case(
    furnished: AccountsRoom, enter_by_link: Enter
) -> None:
    enter_by_link("tan@example.org")

    session_id = sign_in(furnished, " TAN@example.org")

    visit = furnished.sign_in.whoever(session_id)
    assert visit is not None
    assert (visit.person.email, visit.person.role) == ("tan@example.org", Role.HOUSEHOLD)


def test_wrong_password_unknown_person_and_no_password_are_one_answer(
    furnished: AccountsRoom, enter_by_link: Enter
) -> None:
    enter_by_link("tan@example.org")
    answers = set()
    for n, email in enumerate(("tan@example.org", "nobody@example.org", "lim@example.org")):
        with pytest.raises(NotSignedIn) as caught:
            sign_in(furnished, email, "a wrong password", address=str(n))
        answers.add((type(caught.value), caught.value.sentence))

    assert len(answers) == 1


def test_every_session_has_its_own_id_kept_nowhere_as_it_is(
    furnished: AccountsRoom, enter_by_link: Enter, tmp_path: Path
) -> None:
    ids = {enter_by_link("tan@example.org"), sign_in(furnished, "tan@example.org")}

    assert len(ids) == 2
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("meterbook.sqlite3*"))
    assert not any(session_id.encode() in kept for session_id in ids)


def test_a_signed_out_session_is_dead(furnished: AccountsRoom, enter_by_link: Enter) -> None:
    session_id = enter_by_link("tan@example.org")
    visit = furnished.sign_in.whoever(session_id)
    assert visit is not None

    furnished.sign_in.leave(session_id, person=visit.person)

    assert who(furnished, session_id) is None


@pytest.mark.parametrize(
    ("email", "idle_minutes", "hours"),
    [("tan@example.org", 30, 12), ("gov@example.org", 30, 12), ("boss@example.org", 15, 8)],
)
def test_sessions_end_when_idle_and_at_the_latest_after_a_working_day(
    furnished: AccountsRoom,
    enter_by_link: Enter,
    clock: Any,
    email: str,
    idle_minutes: int,
    hours: int,
) -> None:
    idle = enter_by_link(email)
    clock.pass_by(minutes=idle_minutes - 1)
    assert who(furnished, idle) == email
    clock.pass_by(minutes=1)
    assert who(furnished, idle) is None

    busy = sign_in(furnished, email)
    for _ in range(hours * 6 - 1):
        clock.pass_by(minutes=10)
        visit = furnished.sign_in.whoever(busy)
        assert visit is not None
        furnished.sessions.renew(busy, visit.session)
    clock.pass_by(minutes=10)
    assert who(furnished, busy) is None


def test_sessions_that_are_over_are_cleared_away(
    furnished: AccountsRoom, enter_by_link: Enter, clock: Any
) -> None:
    for email in ("tan@example.org", "gov@example.org"):
        enter_by_link(email)
    clock.pass_by(minutes=20)
    enter_by_link("boss@example.org")
    assert furnished.sessions.end_all("tan@example.org") == 1

    clock.pass_by(minutes=20)
    sign_in(furnished, "boss@example.org")

    assert furnished.sessions.end_all("gov@example.org") == 0
    assert furnished.sessions.end_all("boss@example.org") == 1


def test_last_seen_is_written_once_a_minute(
    furnished: AccountsRoom, enter_by_link: Enter, clock: Any
) -> None:
    session_id = enter_by_link("tan@example.org")
    seen = []
    for _ in range(4):
        clock.pass_by(seconds=30)
        visit = furnished.sign_in.whoever(session_id)
        assert visit is not None
        furnished.sessions.renew(session_id, visit.session)
        seen.append(visit.session.last_seen_at)

    assert len(set(seen)) == 2


def _new_password(room: AccountsRoom, _folder: Path) -> None:
    token = room.sign_in.issue_link("boss@example.org", actor="cli")
    room.sign_in.set_password(token, password="another long one", address="b")


def _new_role(room: AccountsRoom, _folder: Path) -> None:
    member = room.staff.get("boss@example.org")
    assert member is not None
    room.staff.register(StaffMember("two@example.org", "Two", Role.ADMIN), actor="cli")
    room.staff.modify(replace(member, role=Role.GOVERNMENT), actor="cli")


def _closed(room: AccountsRoom, _folder: Path) -> None:
    room.staff.register(StaffMember("two@example.org", "Two", Role.ADMIN), actor="cli")
    room.staff.deactivate("boss@example.org", actor="cli")


def _edited_by_hand(_room: AccountsRoom, folder: Path) -> None:
    file = folder / "admins.csv"
    file.write_text(file.read_text().replace(",admin,active", ",admin,inactive"))


@pytest.mark.parametrize("change", [_new_password, _new_role, _closed, _edited_by_hand])
def test_a_change_of_password_role_or_status_ends_sessions(
    furnished: AccountsRoom,
    enter_by_link: Enter,
    tmp_path: Path,
    change: Callable[[AccountsRoom, Path], None],
) -> None:
    session_id = enter_by_link("boss@example.org")
    assert who(furnished, session_id) == "boss@example.org"

    change(furnished, tmp_path)

    assert who(furnished, session_id) is None


def test_a_household_with_one_meter_left_still_signs_in(
    furnished: AccountsRoom, enter_by_link: Enter
) -> None:
    session_id = enter_by_link("tan@example.org")

    furnished.accounts.deactivate("531-000-001", actor="cli")
    assert who(furnished, session_id) == "tan@example.org"

    furnished.accounts.deactivate("531-000-002", actor="cli")
    assert who(furnished, session_id) is None
    with pytest.raises(NotSignedIn, match="no longer active"):
        sign_in(furnished, "tan@example.org")


def test_guessing_waits_longer_each_time_and_is_forgiven(
    furnished: AccountsRoom, enter_by_link: Enter, clock: Any
) -> None:
    enter_by_link("tan@example.org")
    waits = []
    for _ in range(12):
        with pytest.raises(NotSignedIn):
            sign_in(furnished, "tan@example.org", "a wrong password", address="x")
        with pytest.raises(TooManyAttempts) as caught:
            sign_in(furnished, "tan@example.org", address="x")
        waits.append(caught.value.retry_after)
        clock.pass_by(seconds=caught.value.retry_after)

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert who(furnished, sign_in(furnished, "tan@example.org")) == "tan@example.org"
    with pytest.raises(NotSignedIn):
        sign_in(furnished, "tan@example.org", "a wrong password")


def test_one_address_cannot_try_many_accounts(furnished: AccountsRoom) -> None:
    def guess(n: int) -> None:
        sign_in(furnished, f"p{n}@example.org", "a wrong password", address="203.0.113.9")

    for n in range(21):
        with pytest.raises(NotSignedIn):
            guess(n)
    with pytest.raises(TooManyAttempts):
        guess(21)
    with pytest.raises(NotSignedIn):
        sign_in(furnished, "p1@example.com", "a wrong password", address="198.51.100.1")


def test_a_link_works_once_and_for_a_day(furnished: AccountsRoom, clock: Any) -> None:
    first = furnished.sign_in.issue_link("tan@example.org", actor="cli")
    second = furnished.sign_in.issue_link("tan@example.org", actor="cli")

    with pytest.raises(NotFound):
        furnished.sign_in.set_password(first, password=PASSWORD, address="a")
    furnished.sign_in.set_password(second, password=PASSWORD, address="a")
    with pytest.raises(NotFound):
        furnished.sign_in.set_password(second, password=PASSWORD, address="a")

    late = furnished.sign_in.issue_link("tan@example.org", actor="cli")
    clock.pass_by(hours=24)
    with pytest.raises(NotFound):
        furnished.links.look(late)


@pytest.mark.parametrize(
    "password",
    ["short", "x" * 129, "Password1234", "111111111111", "tan@example.org", "qwertyuiop123"],
)
def test_a_refused_password_does_not_cost_the_link(furnished: AccountsRoom, password: str) -> None:
    token = furnished.sign_in.issue_link("tan@example.org", actor="cli")

    with pytest.raises(BadInput):
        furnished.sign_in.set_password(token, password=password, address="a")

    furnished.sign_in.set_password(token, password=PASSWORD, address="a")


def test_the_first_admin_comes_by_a_link_and_there_is_no_second(room: AccountsRoom) -> None:
    token = room.sign_in.first_admin_link()
    assert token is not None

    session_id = room.sign_in.set_password(
        token, password=PASSWORD, address="a", email="Boss@Example.org", name="The Boss"
    )

    visit = room.sign_in.whoever(session_id)
    assert visit is not None
    assert (visit.person.role, visit.person.email) == (Role.ADMIN, "boss@example.org")
    assert room.sign_in.first_admin_link() is None
    assert room.staff.all()[0].status is Status.ACTIVE


def test_the_first_admins_link_is_dead_once_there_is_an_admin(
    furnished: AccountsRoom, enter_by_link: Enter
) -> None:
    token = furnished.sign_in.first_admin_link()
    assert token is not None
    boss = next(member.email for member in furnished.staff.all() if member.role is Role.ADMIN)
    session_id = enter_by_link(boss)

    for email in (boss, "intruder@example.org"):
        with pytest.raises(NotFound, match="has an admin already"):
            furnished.sign_in.set_password(
                token, password="another long one", address="a", email=email, name="Intruder"
            )

    assert who(furnished, session_id) == boss
    assert furnished.staff.get("intruder@example.org") is None


def test_a_hash_of_other_costs_is_renewed_at_sign_in(furnished: AccountsRoom) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    furnished.accounts.set_password_hash("tan@example.org", old, actor="cli")

    session_id = sign_in(furnished, "tan@example.org")

    account = furnished.accounts.by_email("tan@example.org")[0]
    assert account.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert who(furnished, session_id) == "tan@example.org"
