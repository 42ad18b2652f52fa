"""REST: tariffs and price series are entered and shown. For admins."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from api.answers import json_answer
from api.parameters import in_address, page, parameters, text
from api.reference import Call
from api.tariff_contract import (
    PricesAsked,
    PricesEnteredAnswer,
    TariffAnswer,
    TariffEntered,
    TariffsAnswer,
    TariffsAsked,
)
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.errors import BadInput, NotFound
from data_layer.readings.model import Action
from data_layer.tariffs.document_forms import TariffDocument
from data_layer.tariffs.documents import tariff_document, tariff_from_text
from data_layer.tariffs.model import CODE
from data_layer.tariffs.price_files import prices_from_csv
from security import policy
from security.policy import MEGABYTE
from security.viewer import current_viewer

CSV = "text/csv"
CALLS = {
    "tariffs.find": Call("List tariffs", TariffsAsked, TariffsAnswer),
    "tariffs.show": Call("Show a tariff", None, TariffAnswer),
    "tariffs.enter": Call("Enter a tariff, or more versions of it", TariffDocument, TariffEntered),
    "tariffs.enter_prices": Call(
        "Enter the prices of a series, as CSV: valid_from, valid_to, price",
        PricesAsked,
        PricesEnteredAnswer,
        file=CSV,
    ),
}
LARGEST_PRICES = 8 * MEGABYTE
"""More than the half hours of five years."""


def tariffs(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: /api/tariffs and below."""
    door = Blueprint("tariffs", __name__)
    for name in ("find", "show"):
        policy.allow(f"tariffs.{name}", {Role.ADMIN}, takes_keys=True)
    policy.allow("tariffs.enter", {Role.ADMIN}, largest_body=MEGABYTE, takes_keys=True)
    policy.allow("tariffs.enter_prices", {Role.ADMIN}, largest_body=LARGEST_PRICES, takes_keys=True)

    @door.get("/api/tariffs")
    def find() -> Response:
        offset, limit = page(parameters(*TariffsAsked.model_fields))
        book = book_of()
        book.authorize(current_viewer(), Action.MANAGE_TARIFFS)
        every = book.tariffs.catalog.all()
        asked = every[offset : offset + limit]
        shown = [tariff_document(tariff) for tariff in asked]
        warnings = book.tariffs.warnings(asked)
        return json_answer({"tariffs": shown, "total": len(every), "warnings": warnings})

    @door.get("/api/tariffs/<code>")
    def show(code: str) -> Response:
        parameters()
        book = book_of()
        book.authorize(current_viewer(), Action.MANAGE_TARIFFS)
        if not CODE.fullmatch(code):
            raise NotFound(f"tariff {code[:40]!r} is not in the catalog.", field="code")
        return json_answer(tariff_document(book.tariffs.catalog.get(code)))

    @door.post("/api/tariffs")
    def enter() -> Response:
        if request.mimetype != "application/json":
            raise UnsupportedMediaType
        book = book_of()
        scope = book.authorize(current_viewer(), Action.MANAGE_TARIFFS)
        tariff = tariff_from_text(request.get_data())
        entered = book.tariffs.enter(scope, [tariff])[tariff.code]
        return json_answer(
            {
                "code": tariff.code,
                "new": entered.new,
                "known": entered.known,
                "renamed_from": entered.renamed_from,
                "warnings": book.tariffs.warnings([tariff]),
            }
        )

    @door.post("/api/tariffs/prices")
    def enter_prices() -> Response:
        given = {name: values[0] for name, values in in_address("series").items()}
        series = text(given, "series")
        if request.mimetype != CSV:
            raise UnsupportedMediaType
        book = book_of()
        scope = book.authorize(current_viewer(), Action.MANAGE_TARIFFS)
        prices = prices_from_csv(_file_text(), name=series, zone=book.zone)
        entered = book.tariffs.enter_prices(scope, prices)
        return json_answer({"series": series, "added": entered.added, "known": entered.known})

    return door


def _file_text() -> str:
    try:
        return request.get_data().decode()
    except UnicodeDecodeError as error:
        raise BadInput("the file is not UTF-8.") from error
