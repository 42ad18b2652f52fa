"""Making bills that stay: one meter's on demand, everybody's by the batch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.exc import IntegrityError

from data_layer.billing.making import make
from data_layer.billing.model import Bill, why_again
from data_layer.billing.room import BillingRoom
from data_layer.errors import Conflict, Forbidden
from data_layer.readings.model import Action, Scope
from data_layer.readings.room import require_meter


@dataclass(frozen=True, slots=True)
class Issued:
    """The bill of a month as it stands, and whether this version is new."""

    bill: Bill
    is_new: bool


def issue(room: BillingRoom, scope: Scope, *, meter_id: str, month: str) -> Issued:
    """Make a past month's bill, or its next version when it would now say something else.

    Repeatable: as long as readings, tariff and account say the same, the stored bill is the
    answer. Raises Forbidden, NotFound, RuleBroken, BadInput, Conflict.
    """
    require_managing(scope)
    require_meter(scope, meter_id)
    made = make(room, _reading(scope, meter_id), meter_id, month)
    stored = room.shelf.latest(meter_id, month)
    reason = why_again(stored, made)
    if stored is not None and reason is None:
        return Issued(stored, is_new=False)
    version = 1 if stored is None else stored.version + 1
    bill = replace(made, version=version, reason=reason or "")
    try:
        with room.shelf.database.write() as connection:
            room.shelf.put(connection, [bill], actor=scope.actor)
    except IntegrityError as error:
        raise Conflict(
            f"the bill of {month} was made by somebody else in the meantime: look again."
        ) from error
    return Issued(bill, is_new=True)


def require_managing(scope: Scope) -> None:
    if scope.action is not Action.MANAGE_BILLS:
        raise Forbidden(f"permission to {scope.action} does not make bills.")


def _reading(scope: Scope, meter_id: str) -> Scope:
    """Whoever may make a meter's bill may read the meter for it."""
    return Scope(scope.actor, Action.READ_METER, meter_ids=frozenset({meter_id}))
