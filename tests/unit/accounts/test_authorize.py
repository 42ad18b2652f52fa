"""Who may do what, and that a stranger's meter is no different from none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data_layer.accounts.meters import Meter
from data_layer.accounts.model import OPERATOR, Role, Viewer
from data_layer.accounts.room import AccountsRoom
from data_layer.clock import HomeZone
from data_layer.errors import Forbidden, NotFound
from data_layer.readings.model import Action

TAN = Viewer(Role.HOUSEHOLD, "tan@example.org")
ANALYST = Viewer(Role.GOVERNMENT, "gov@example.org")
OF_HOUSEHOLDS = {Action.READ_METER, Action.READ_BILLS}


@pytest.mark.parametrize("action", sorted(OF_HOUSEHOLDS))
def test_a_household_reads_its_own_active_meters(furnished: AccountsRoom, action: Action) -> None:
    furnished.accounts.deactivate("531-000-002", actor="cli")

    scope = furnished.authorize(TAN, action)

    assert (scope.action, scope.meter_ids) == (action, {"531-000-001"})
    with pytest.raises(NotFound):
        furnished.authorize(TAN, action, "531-000-002")


def test_a_household_sees_nothing_from_before_it_moved_in(furnished: AccountsRoom) -> None:
    account = furnished.accounts.by_email("tan@example.org")[0]
    furnished.accounts.modify(replace(account, moved_in="2026-03-01"), actor="cli")

    scope = furnished.authorize(TAN, Action.READ_METER, account.meter_id)

    assert scope.earliest(account.meter_id) == HomeZone("Asia/Singapore").parse("2026-03-01T00:00")


def test_anothers_meter_and_no_meter_are_the_same_answer(furnished: AccountsRoom) -> None:
    answers = []
    for meter_id in ("531-000-003", "531-999-999"):
        with pytest.raises(NotFound) as caught:
            furnished.authorize(TAN, Action.READ_METER, meter_id)
        answers.append((type(caught.value), caught.value.sentence.replace(meter_id, "X")))

    assert answers[0] == answers[1]


def test_denials_are_written_down(furnished: AccountsRoom) -> None:
    with pytest.raises(NotFound):
        furnished.authorize(TAN, Action.READ_METER, "531-000-003")

    entry = furnished.audit.recent(1)[0]
    assert (entry.actor, entry.action) == ("tan@example.org", "denied")


@pytest.mark.parametrize("action", sorted(set(Action) - OF_HOUSEHOLDS))
def test_a_household_does_nothing_but_read(furnished: AccountsRoom, action: Action) -> None:
    with pytest.raises(Forbidden):
        furnished.authorize(TAN, action)


@pytest.mark.parametrize("action", sorted(set(Action) - {Action.READ_GROUPS}))
def test_an_analyst_does_nothing_but_read_groups(furnished: AccountsRoom, action: Action) -> None:
    with pytest.raises(Forbidden):
        furnished.authorize(ANALYST, action)


def test_an_analysts_groups_have_a_smallest_size(furnished: AccountsRoom) -> None:
    scope = furnished.authorize(ANALYST, Action.READ_GROUPS)

    assert (scope.meter_ids, scope.at_least) == (None, 5)
    with pytest.raises(Forbidden):
        furnished.authorize(ANALYST, Action.READ_GROUPS, "531-000-001")


@pytest.mark.parametrize("action", Action)
def test_an_admin_may_do_everything_to_known_meters(
    furnished: AccountsRoom, action: Action
) -> None:
    furnished.meters.put(Meter("S1/7", serial_number="S1"))

    assert furnished.authorize(OPERATOR, action).meter_ids is None
    assert furnished.authorize(OPERATOR, action, "531-000-001").meter_ids == {"531-000-001"}
    assert furnished.authorize(OPERATOR, action, "S1/7").meter_ids == {"S1/7"}
    with pytest.raises(NotFound):
        furnished.authorize(OPERATOR, action, "531-999-999")
