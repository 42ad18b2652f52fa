"""The list of API keys and the acts on it, in the words of their page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import html, no_update
from dash.development.base_component import Component

from callbacks.field_errors import in_words, missing
from components import dialogs, ids, messages
from components.shell import ROLE_NAMES
from components.tables import spoken, table
from data_layer.accounts.api_keys import ApiKey
from data_layer.accounts.model import Role, Viewer
from data_layer.accounts.rules import check_meter_id
from data_layer.book import Book
from data_layer.clock import HomeZone
from data_layer.errors import BadInput, MeterbookError
from data_layer.readings.model import Action

Said = dict[str, Any]
KEY_TEXT = "keys-made-key"
LABELS = {"name": "Purpose", "role": "Role", "meter": "Meters"}
ERRORS = {"name": "name_error", "role": "role_error", "meter": "meters_error"}
MOST_METERS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the form."""

    name: str
    role: str
    meters: str


def listed(book: Book, viewer: Viewer) -> Component:
    """Every key there is, the newest first, then those that were revoked."""
    book.authorize(viewer, Action.OPERATE)
    keys = sorted(book.api_keys.all(), key=lambda key: (key.revoked_at is not None, -key.number))
    if not keys:
        return messages.empty(
            "No API key yet",
            "A machine needs one to send readings or to ask for usage. Make the first above.",
            symbol="key",
        )
    return table(
        ("Key", "For", "Stands for", "Made", "Last used", "State", "Revoke"),
        [_row(key, book.zone) for key in keys],
        caption="API keys",
    )


def _row(key: ApiKey, zone: HomeZone) -> tuple[Component | str, ...]:
    is_live = key.revoked_at is None
    state = "done" if is_live else "ended"
    said = "in force" if is_live else f"revoked {_time(key.revoked_at, zone)}"
    revoke: Component | str = ""
    if is_live:
        revoke = dbc.Button(
            "Revoke",
            id=ids.revoke_key(key.id),
            title=f"Revoke key {key.id}",
            size="sm",
            outline=True,
            color="danger",
        )
    return (
        key.id,
        key.name or "-",
        _stands_for(key),
        _made(key, zone),
        html.Span(
            spoken(_time(key.last_used_at, zone) or "never", "used", first=True),
            className="one-line",
        ),
        html.Span(said, className=f"state state-{state}"),
        revoke,
    )


def _made(key: ApiKey, zone: HomeZone) -> html.Span:
    """When above whom; one after the other where the row is a paragraph."""
    when = spoken(_time(key.created_at, zone), "made", first=True)
    by = spoken(key.created_by, "by", first=True)
    return html.Span([html.Span(when, className="one-line"), html.Br(), " ", by])


def _stands_for(key: ApiKey) -> str:
    who = ROLE_NAMES[key.role.value]
    meters = ", ".join(bound.meter_id for bound in key.meters)
    return f"{who}: {meters}" if meters else who


def _time(at: int | None, zone: HomeZone) -> str:
    return "" if at is None else zone.local(at).strftime("%Y-%m-%d %H:%M")


def empty_form() -> Said:
    """The form as it opens."""
    return {
        "is_open": True,
        "name": "",
        "role": Role.ADMIN.value,
        "meters": "",
        "form_message": "",
        **dict.fromkeys(ERRORS.values(), ""),
    }


def made(book: Book, viewer: Viewer, asked: Asked, *, changed: int) -> Said:
    """The new key to copy, or a sentence beside the field that is wrong."""
    try:
        book.authorize(viewer, Action.OPERATE)
        key, text = book.api_keys.issue(
            _role(asked.role), name=_name(asked.name), meter_ids=_meters(asked), actor=viewer.name
        )
    except MeterbookError as error:
        return _refused(error)
    return {
        "is_open": False,
        "form_message": "",
        **dict.fromkeys(ERRORS.values(), ""),
        "made": True,
        "text": _shown_once(key, text),
        "changed": changed + 1,
    }


def _shown_once(key: ApiKey, text: str) -> list[Component]:
    return [
        html.P(f"Key {key.id} for {key.name}, {_stands_for(key)}. Copy it now: it is shown once."),
        html.Div(
            [
                html.Code(text, className="one-time-link", id=KEY_TEXT),
                dialogs.copy_button("Copy the key", source=KEY_TEXT),
            ],
            className="copied-text",
        ),
        html.P(
            ["A machine sends it as ", html.Code("Authorization: Bearer KEY"), "."],
            className="hint",
        ),
    ]


def _refused(error: MeterbookError) -> Said:
    """The form as it was; the sentence stands beside its field, or below all of them."""
    field = "meter" if error.field == "meter_id" else error.field or ""
    sentence = in_words(error, LABELS | {"meter_id": "Meters"})
    errors = {name: sentence if field == known else "" for known, name in ERRORS.items()}
    return {
        "is_open": True,
        **errors,
        "form_message": "" if field in ERRORS else messages.error(sentence),
        "made": False,
        "text": "",
        "changed": no_update,
    }


def _name(name: str) -> str:
    """A key made by a person says what it is for: nobody remembers when it is to be revoked."""
    if not name.strip():
        raise missing("name")
    return name


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError as error:
        allowed = ", ".join(role.value for role in Role)
        raise BadInput(f"role {word[:40]!r} must be one of {allowed}.", field="role") from error


def _meters(asked: Asked) -> list[str]:
    """The meters of a household's key; the field is hidden for others, whatever stands in it."""
    if asked.role != Role.HOUSEHOLD.value:
        return []
    meters = [text.strip() for text in asked.meters.split(",") if text.strip()]
    if len(meters) > MOST_METERS:
        raise BadInput(f"meter must be at most {MOST_METERS} ids.", field="meter")
    return [check_meter_id(meter) for meter in meters]


def question(book: Book, viewer: Viewer, key_id: str) -> str:
    """What is asked before a key is revoked."""
    book.authorize(viewer, Action.OPERATE)
    key = next((key for key in book.api_keys.all() if key.id == key_id), None)
    name = f" for {key.name}" if key is not None and key.name else ""
    return f"Key {key_id[:20]}{name}: whatever uses it is refused at once, and it never comes back."


def revoked(book: Book, viewer: Viewer, key_id: str, *, changed: int) -> Said:
    """The key opens nothing any more."""
    try:
        book.authorize(viewer, Action.OPERATE)
        key = book.api_keys.revoke(key_id, actor=viewer.name)
    except MeterbookError as error:
        return {"is_open": False, "message": messages.error(error.sentence), "changed": no_update}
    said = messages.success(f"Key {key.id} is revoked.")
    return {"is_open": False, "message": said, "changed": changed + 1}
