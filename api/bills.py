"""REST: bills are shown to those they are for, and made by admins."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from api.answers import json_answer
from api.bill_answers import bill_facts, bill_summary, projection_facts
from api.bill_contract import (
    BillAnswer,
    BillAsked,
    BillIssued,
    BillMeterAsked,
    BillsAnswer,
    BillsAsked,
    BillToIssue,
    ProjectionAnswer,
)
from api.parameters import meter_id, page, parameters, text, whole
from api.reference import Call
from data_layer.accounts.model import Role
from data_layer.billing import operations, queries
from data_layer.book import Book
from data_layer.readings.model import Action
from security import policy
from security.viewer import current_viewer

CALLS = {
    "bills.get_last_month_bill": Call("The bill of last month", BillMeterAsked, BillAnswer),
    "bills.find": Call("The bills of a meter", BillsAsked, BillsAnswer),
    "bills.show": Call("The bill of a month", BillAsked, BillAnswer),
    "bills.projection": Call("What the running month will cost", BillMeterAsked, ProjectionAnswer),
    "bills.issue": Call("Bill a past month of a meter", BillToIssue, BillIssued),
}
READ = ("get_last_month_bill", "find", "show", "projection")
MOST_VERSIONS = 999_999_999


def bills(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: GET /api/get_last_month_bill, /api/bills and below."""
    door = Blueprint("bills", __name__)
    for name in READ:
        roles = {Role.HOUSEHOLD, Role.ADMIN}
        policy.allow(f"bills.{name}", roles, renews=False, takes_keys=True)
    policy.allow("bills.issue", {Role.ADMIN}, takes_keys=True)

    @door.get("/api/get_last_month_bill")
    def get_last_month_bill() -> Response:
        meter = meter_id(parameters(*BillMeterAsked.model_fields))
        book = book_of()
        scope = book.authorize(current_viewer(), Action.READ_BILLS, meter)
        found = queries.last_month_bill(book.billing, scope, meter_id=meter)
        return json_answer(bill_facts(found, book.zone))

    @door.get("/api/bills")
    def find() -> Response:
        given = parameters(*BillsAsked.model_fields)
        meter, (offset, limit) = meter_id(given), page(given)
        book = book_of()
        scope = book.authorize(current_viewer(), Action.READ_BILLS, meter)
        every = queries.bills(book.billing, scope, meter_id=meter)
        shown = [bill_summary(bill, book.zone) for bill in every[offset : offset + limit]]
        return json_answer({"bills": shown, "total": len(every)})

    @door.get("/api/bills/<month>")
    def show(month: str) -> Response:
        given = parameters(*BillAsked.model_fields)
        meter, version = meter_id(given), whole(given, "version", 0, least=1, most=MOST_VERSIONS)
        book = book_of()
        scope = book.authorize(current_viewer(), Action.READ_BILLS, meter)
        found = queries.bill(
            book.billing, scope, meter_id=meter, month=month, version=version or None
        )
        return json_answer(bill_facts(found, book.zone))

    @door.get("/api/bills/projection")
    def projection() -> Response:
        meter = meter_id(parameters(*BillMeterAsked.model_fields))
        book = book_of()
        scope = book.authorize(current_viewer(), Action.READ_BILLS, meter)
        found = queries.projection(book.billing, scope, meter_id=meter)
        shown = None if found is None else projection_facts(found, book.zone.format)
        return json_answer({"meter_id": meter, "projection": shown})

    @door.post("/api/bills")
    def issue() -> Response:
        given = parameters(*BillToIssue.model_fields)
        meter, month = meter_id(given), text(given, "month")
        book = book_of()
        scope = book.authorize(current_viewer(), Action.MANAGE_BILLS, meter)
        issued = operations.issue(book.billing, scope, meter_id=meter, month=month)
        return json_answer({**bill_facts(issued.bill, book.zone), "is_new": issued.is_new})

    return door
