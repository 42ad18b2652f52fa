"""The bills of all meters as a list: filtered, ordered, a block of rows at a time."""

from __future__ import annotations

from dataclasses import dataclass

from data_layer.billing.model import Bill, BillFilter, month_days
from data_layer.billing.room import BillingRoom
from data_layer.errors import Forbidden
from data_layer.readings.model import Action, Scope


@dataclass(frozen=True, slots=True)
class BillPage:
    """A block of bills, and how many the filter finds in all."""

    bills: tuple[Bill, ...]
    total: int


def find(room: BillingRoom, scope: Scope, wanted: BillFilter) -> BillPage:
    """The newest version of every bill that fits. Raises Forbidden, BadInput.

    Only for who may see all meters: a household asks for one meter's bills.
    """
    if scope.action is not Action.READ_BILLS or scope.meter_ids is not None:
        raise Forbidden(f"permission to {scope.action} does not list the bills of all meters.")
    if wanted.month:
        month_days(wanted.month)
    return BillPage(*room.shelf.find(wanted))
