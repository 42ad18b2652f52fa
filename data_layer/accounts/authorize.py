"""Who may do what: asked once below every door, and denied unless a line here says yes.

    household    reads its own active meters and their bills, from the day it moved in; its API
                 key those of them that it is bound to
    government   reads totals of groups of at least `min_group` households
    admin        everything

A meter that does not exist and a meter of somebody else get the same answer in the same time.
"""

from __future__ import annotations

from collections.abc import Callable

from data_layer.accounts.model import Account, Role, Status, Viewer
from data_layer.accounts.registry import AccountRegistry
from data_layer.accounts.rules import moved_in_at
from data_layer.clock import HomeZone
from data_layer.errors import Forbidden, NotFound
from data_layer.readings.model import Action, Scope
from data_layer.readings.room import unknown_meter


class Denied(NotFound):
    """A household asked for a meter that is not its own, or for none that exists: the same."""


def authorize(
    accounts: AccountRegistry,
    viewer: Viewer,
    action: Action,
    meter_id: str | None = None,
    *,
    min_group: int,
    zone: HomeZone,
    is_meter: Callable[[str], bool] = lambda _: False,
) -> Scope:
    """The scope of this viewer for this action, on one meter or on all that are theirs.

    `is_meter` knows meters that have no account yet, which only admins see. Raises Forbidden for
    an action that is not the role's, NotFound for a meter that is not the viewer's to see.
    """
    if viewer.role is Role.HOUSEHOLD and action in (Action.READ_METER, Action.READ_BILLS):
        return _own_meters(accounts, viewer, action, meter_id, zone)
    if viewer.role is Role.GOVERNMENT and action is Action.READ_GROUPS and meter_id is None:
        return Scope(viewer.name, action, meter_ids=None, at_least=min_group)
    if viewer.role is Role.ADMIN:
        return _any_meter(accounts, viewer, action, meter_id, is_meter)
    raise Forbidden(f"a {viewer.role.value} account may not {action.value}.")


def _own_meters(
    accounts: AccountRegistry,
    viewer: Viewer,
    action: Action,
    meter_id: str | None,
    zone: HomeZone,
) -> Scope:
    own = {account.meter_id: account for account in _active(accounts, viewer)}
    if meter_id is not None:
        own = {name: account for name, account in own.items() if name == meter_id}
    if not own and meter_id is None:
        raise Denied("no meter is registered to you.", field="meter_id")
    if not own and meter_id is not None:
        raise Denied(unknown_meter(meter_id).sentence, field="meter_id")
    instants = {name: moved_in_at(account, zone) for name, account in own.items()}
    return Scope(
        viewer.name,
        action,
        meter_ids=frozenset(own),
        since={name: instant for name, instant in instants.items() if instant is not None},
    )


def _active(accounts: AccountRegistry, viewer: Viewer) -> tuple[Account, ...]:
    if viewer.meter_ids is None:
        return accounts.active_of(viewer.name)
    bound = (accounts.get(meter_id) for meter_id in viewer.meter_ids)
    return tuple(row for row in bound if row is not None and row.status is Status.ACTIVE)


def _any_meter(
    accounts: AccountRegistry,
    viewer: Viewer,
    action: Action,
    meter_id: str | None,
    is_meter: Callable[[str], bool],
) -> Scope:
    if meter_id is None:
        return Scope(viewer.name, action, meter_ids=None)
    if accounts.get(meter_id) is None and not is_meter(meter_id):
        raise unknown_meter(meter_id)
    return Scope(viewer.name, action, meter_ids=frozenset({meter_id}))
