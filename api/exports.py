"""The door for downloads: what a page shows, as CSV, streamed and complete; bills as PDF too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from flask import Blueprint, Response, request

from api import (
    all_bills_export,
    bill_export,
    group_exports,
    reading_export,
    usage_export,
    usage_view,
)
from api.bill_filter import read_bill_filter
from api.bill_view import read_version
from api.download_names import attachment, bill_name, usage_name
from api.group_view import read_view
from api.reading_filter import read_filter
from data_layer.accounts.model import Role
from data_layer.billing import queries as bills
from data_layer.billing.model import Bill
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import NotFound
from data_layer.readings.model import Action
from security import policy
from security.viewer import current_viewer


def exports(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: GET /exports/groups/<what>.csv, usage.csv and readings.csv, with the page's words;
    GET /exports/bills/<month>.pdf and .csv?meter_id=...&version=...; GET /exports/bills.csv"""
    door = Blueprint("exports", __name__)
    policy.allow("exports.groups", {Role.GOVERNMENT, Role.ADMIN}, renews=False)
    policy.allow("exports.readings", {Role.ADMIN}, renews=False)
    policy.allow("exports.usage", {Role.HOUSEHOLD, Role.ADMIN}, renews=False)
    policy.allow("exports.every_bill", {Role.ADMIN}, renews=False)
    for name in ("bill", "bill_lines"):
        roles = {Role.HOUSEHOLD, Role.ADMIN}
        policy.allow(f"exports.{name}", roles, renews=False, takes_keys=True)

    @door.get("/exports/groups/<what>.csv")
    def groups(what: str) -> Response:
        book = book_of()
        scope = book.authorize(current_viewer(), Action.READ_GROUPS)
        if what not in group_exports.EXPORTS:
            raise NotFound(f"there is no export {what[:40]!r}.")
        view = read_view(request.args.to_dict(flat=False), book.zone, now=epoch_of(book.clock()))
        name = f"{what}_{view.first}_{view.last}.csv"
        return _csv(group_exports.export(book, scope, view, what), name)

    @door.get("/exports/readings.csv")
    def readings() -> Response:
        book = book_of()
        scope = book.authorize(current_viewer(), Action.READ_READINGS)
        wanted = read_filter(request.args.to_dict(flat=False), book.zone)
        return _csv(reading_export.export(book.readings, scope, wanted), "readings.csv")

    @door.get("/exports/usage.csv")
    def usage() -> Response:
        book = book_of()
        words = request.args.to_dict(flat=False)
        view = usage_view.read_view(words, book.zone, now=epoch_of(book.clock()))
        scope = book.authorize(current_viewer(), Action.READ_METER, view.meter_id)
        return _csv(usage_export.export(book, scope, view), usage_name(view))

    @door.get("/exports/bills.csv")
    def every_bill() -> Response:
        book = book_of()
        scope = book.authorize(current_viewer(), Action.READ_BILLS)
        wanted = read_bill_filter(request.args.to_dict(flat=False))
        return _csv(all_bills_export.export(book.billing, scope, wanted), "bills.csv")

    @door.get("/exports/bills/<month>.pdf")
    def bill(month: str) -> Response:
        book = book_of()
        found = _bill(book, month)
        # Here, because what draws a PDF takes a fifth of a start and 20 MB: most never need it.
        from api.bill_pdf import bill_pdf

        return Response(
            bill_pdf(found, book.zone),
            mimetype="application/pdf",
            headers=attachment(bill_name(found, "pdf")),
        )

    @door.get("/exports/bills/<month>.csv")
    def bill_lines(month: str) -> Response:
        book = book_of()
        found = _bill(book, month)
        return _csv(bill_export.export(found, book.zone), bill_name(found, "csv"))

    return door


def _bill(book: Book, month: str) -> Bill:
    """The bill that the address names, as far as it is the viewer's to see."""
    meter_id = request.args.get("meter_id", "")
    scope = book.authorize(current_viewer(), Action.READ_BILLS, meter_id)
    version = read_version(request.args.get("version", ""))
    return bills.bill(book.billing, scope, meter_id=meter_id, month=month, version=version)


def _csv(lines: Iterator[str], name: str) -> Response:
    """A streamed download. The first chunk is made now, so that a refusal is still an answer."""
    first = next(lines, "")
    return Response(
        chain([first], lines),
        mimetype="text/csv",
        headers=attachment(name),
    )
