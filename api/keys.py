"""REST: API keys are made, listed and revoked by admins."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from api.account_contract import KeyAnswer, KeyMade, KeysAnswer, KeysAsked, NewKey
from api.answers import json_answer
from api.parameters import Given, one_of, optional, page, parameters
from api.reference import Call
from data_layer.accounts.model import Role
from data_layer.accounts.rules import check_meter_id
from data_layer.book import Book
from data_layer.errors import BadInput
from data_layer.readings.model import Action
from security import policy
from security.viewer import current_viewer

CALLS = {
    "keys.find": Call("List every API key there is or was", KeysAsked, KeysAnswer),
    "keys.make": Call("Make an API key; it is told once", NewKey, KeyMade, status=201),
    "keys.revoke": Call("End an API key", None, KeyAnswer),
}
MOST_METERS = 100


def keys(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: GET and POST /api/keys, DELETE /api/keys/<number>."""
    door = Blueprint("keys", __name__)
    for name in CALLS:
        policy.allow(name, {Role.ADMIN}, takes_keys=True)

    @door.get("/api/keys")
    def find() -> Response:
        offset, limit = page(parameters(*KeysAsked.model_fields))
        book = book_of()
        book.authorize(current_viewer(), Action.OPERATE)
        every = book.api_keys.all()
        shown = [key.facts(book.zone) for key in every[offset : offset + limit]]
        return json_answer({"keys": shown, "total": len(every)})

    @door.post("/api/keys")
    def make() -> Response:
        given = parameters(*NewKey.model_fields)
        role = Role(one_of(given, "role", list(Role)))
        book, viewer = book_of(), current_viewer()
        book.authorize(viewer, Action.OPERATE)
        key, bare = book.api_keys.issue(
            role, name=optional(given, "name"), meter_ids=_meters(given), actor=viewer.name
        )
        return json_answer({**key.facts(book.zone), "key": bare}, 201)

    @door.delete("/api/keys/<int:number>")
    def revoke(number: int) -> Response:
        parameters()
        book, viewer = book_of(), current_viewer()
        book.authorize(viewer, Action.OPERATE)
        return json_answer(book.api_keys.revoke(f"k{number}", actor=viewer.name).facts(book.zone))

    return door


def _meters(given: Given) -> list[str]:
    meters = given.get("meters")
    if meters is None:
        return []
    if not isinstance(meters, list) or len(meters) > MOST_METERS:
        raise BadInput(f"meters must be a list of up to {MOST_METERS} meter ids.", field="meters")
    if not all(type(meter) is str for meter in meters):
        raise BadInput("meters must each be a text.", field="meters")
    return [check_meter_id(meter) for meter in meters]
