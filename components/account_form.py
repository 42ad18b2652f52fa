"""The form of an account: who, where, which meter. Field names are those of users.csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from components import ids

LABELS = {
    "meter_id": "Meter",
    "owner_name": "Owner",
    "email": "E-mail",
    "address": "Address",
    "postcode": "Postcode",
    "region": "Region",
    "area": "Area",
    "dwelling_type": "Dwelling type",
    "moved_in": "Moved in",
    "account_type": "Billing",
    "tariff_code": "Tariff",
    "sanctioned_kw": "Sanctioned load in kW",
}
OPTIONAL = (
    "email",
    "postcode",
    "region",
    "area",
    "dwelling_type",
    "moved_in",
    "tariff_code",
    "sanctioned_kw",
)
HINTS = {
    "region": "Choose a word in use, or write a new one.",
    "meter_id": "For example 531-204-118. A meter keeps its id.",
    "email": "Its owner signs in with it.",
    "moved_in": "The household sees nothing from before this day.",
    "tariff_code": "Its code; without one there is no bill.",
    "sanctioned_kw": "Some tariffs charge for each kW of it.",
}
Choices = Mapping[str, Sequence[str]]


def account_form(values: Mapping[str, str], choices: Choices, *, is_new: bool) -> html.Div:
    """Fields with their present values; `choices` are the words a field suggests."""
    return html.Div(
        [_field(name, values.get(name, ""), choices, is_new=is_new) for name in LABELS],
        className="form-grid",
    )


def _field(name: str, value: str, choices: Choices, *, is_new: bool) -> html.Div:
    label = LABELS[name] + (" (optional)" if name in OPTIONAL else "")
    parts: list[Component] = [
        html.Label([label, _control(name, value, choices, is_new=is_new)], className="form-label")
    ]
    if hint := HINTS.get(name, ""):
        parts.append(html.P(hint, className="hint"))
    if name in choices and name != "account_type":
        parts.append(html.Datalist(suggestions(choices[name]), id=ids.account_words(name)))
    parts.append(html.P(id=ids.account_error(name), className="field-error", role="alert"))
    return html.Div(parts, className=f"field field-{name.replace('_', '-')}")


def _control(name: str, value: str, choices: Choices, *, is_new: bool) -> Component:
    if name == "account_type":
        select: Component = dbc.Select(
            id=ids.account_field(name),
            options=[{"value": word, "label": word} for word in choices[name]],
            value=value,
        )
        return select
    kind = {"email": "email", "moved_in": "date"}.get(name, "text")
    text: Component = dbc.Input(
        id=ids.account_field(name),
        type=kind,
        value=value,
        autocomplete="off",
        disabled=name == "meter_id" and not is_new,
        inputmode="decimal" if name == "sanctioned_kw" else None,
        maxlength=200,
        **({"list": ids.account_words(name)} if name in choices else {}),
    )
    return text


def suggestions(words: Sequence[str]) -> list[html.Option]:
    """What a field offers while one types; any other word may be written too."""
    return [html.Option(value=word) for word in words]
