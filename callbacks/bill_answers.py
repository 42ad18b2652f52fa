"""Asks the book what the bill page shows: a meter's bills, one of them, and what is to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from api.bill_view import BillView
from data_layer.accounts.model import Account, AccountType, Status
from data_layer.billing import queries
from data_layer.billing.model import Bill
from data_layer.billing.queries import Projection
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import Conflict, NotFound, RuleBroken
from data_layer.readings.model import Scope


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is of one meter."""

    meter_id: str
    account: Account | None
    """None for a meter that belongs to nobody yet."""
    has_tariff: bool
    """The account names one that is in the catalog."""
    today: date
    bills: tuple[Bill, ...]
    """The newest version of every month, newest month first."""
    bill: Bill | None
    """The one that is shown."""
    versions: tuple[Bill, ...]
    """All versions of that month, newest first."""
    refused: str
    """Why the bill that was asked for is not shown."""
    projection: Projection | None
    why_no_projection: str
    """A sentence where the running month cannot be priced."""


def answer(book: Book, scope: Scope, view: BillView, meter_id: str) -> Answer:
    """Everything the page shows of a meter."""
    room = book.billing
    account = book.accounts.get(meter_id)
    bills = tuple(queries.bills(room, scope, meter_id=meter_id))
    shown, refused = _shown(book, scope, view, meter_id, bills)
    versions: list[Bill] = []
    if shown is not None:
        versions = queries.versions(room, scope, meter_id=meter_id, month=shown.month)
    projection, why_not = _projection(book, scope, account)
    return Answer(
        meter_id=meter_id,
        account=account,
        has_tariff=account is not None and _is_in_catalog(book, account.tariff_code),
        today=book.zone.day_of(epoch_of(book.clock())),
        bills=bills,
        bill=shown,
        versions=tuple(versions),
        refused=refused,
        projection=projection,
        why_no_projection=why_not,
    )


def _is_in_catalog(book: Book, code: str) -> bool:
    try:
        book.tariffs.catalog.get(code)
    except NotFound:
        return False
    return True


def is_billed(account: Account | None) -> bool:
    """Whether an account's months are billed as they end."""
    return (
        account is not None
        and account.account_type is AccountType.POSTPAID
        and account.status is Status.ACTIVE
        and bool(account.tariff_code)
    )


def _shown(
    book: Book, scope: Scope, view: BillView, meter_id: str, bills: tuple[Bill, ...]
) -> tuple[Bill | None, str]:
    """The bill that is asked for, else the newest; and why it is not there."""
    if not view.month:
        return (bills[0] if bills else None), ""
    try:
        found = queries.bill(
            book.billing, scope, meter_id=meter_id, month=view.month, version=view.version
        )
    except NotFound as error:
        return None, error.sentence
    return found, ""


def _projection(book: Book, scope: Scope, account: Account | None) -> tuple[Projection | None, str]:
    """What the running month will cost, or why that cannot be told."""
    if account is None or not is_billed(account):
        return None, ""
    try:
        return queries.projection(book.billing, scope, meter_id=account.meter_id), ""
    except (NotFound, Conflict, RuleBroken) as error:
        return None, f"What this month will cost cannot be told: {error.sentence}"
