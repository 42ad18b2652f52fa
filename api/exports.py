"""The door for downloads: what a page shows, as CSV, streamed and complete; bills as PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from flask import Blueprint, Response, request

from api import group_exports, reading_export, usage_export, usage_view
from api.group_view import read_view
from api.reading_filter import read_filter
from data_layer.accounts.model import Role
from data_layer.billing import queries as bills
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import BadInput, NotFound
from data_layer.readings.model import Action
from security import policy
from security.viewer import current_viewer


def exports(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: GET /exports/groups/<what>.csv, usage.csv and readings.csv, with the page's words;
    GET /exports/bills/<month>.pdf?meter_id=...&version=..."""
    door = Blueprint("exports", __name__)
    policy.allow("exports.groups", {Role.GOVERNMENT, Role.ADMIN}, renews=False)
    policy.allow("exports.readings", {Role.ADMIN}, renews=False)
    policy.allow("exports.usage", {Role.HOUSEHOLD, Role.ADMIN}, renews=False)
    policy.allow("exports.bill", {Role.HOUSEHOLD, Role.ADMIN}, renews=False)

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
        name = f"usage_{view.range.first}_{view.range.last}.csv"
        return _csv(usage_export.export(book, scope, view), name)

    @door.get("/exports/bills/<month>.pdf")
    def bill(month: str) -> Response:
        book = book_of()
        meter_id = request.args.get("meter_id", "")
        scope = book.authorize(current_viewer(), Action.READ_BILLS, meter_id)
        version = _version(request.args.get("version", ""))
        found = bills.bill(book.billing, scope, meter_id=meter_id, month=month, version=version)
        name = f"bill_{month}_version_{found.version}.pdf"
        # Here, because what draws a PDF takes a fifth of a start and 20 MB: most never need it.
        from api.bill_pdf import bill_pdf

        return Response(
            bill_pdf(found, book.zone),
            mimetype="application/pdf",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return door


def _version(text: str) -> int | None:
    """The version asked for, None for the newest. Raises BadInput."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise BadInput(f"version {text[:40]!r} is not a number such as 2.", field="version")
    return int(text)


def _csv(lines: Iterator[str], name: str) -> Response:
    """A streamed download. The first chunk is made now, so that a refusal is still an answer."""
    first = next(lines, "")
    return Response(
        chain([first], lines),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
