"""The page's state is its address: the store, links and forms that carry it.

A page has one view store. Links made by `link` and forms made by `form` name that store; when one
is used, assets/js/url_state.js writes the new address with history.pushState and puts the same
words into the store, which is the callback's input. Without JavaScript they are plain links and
forms. Back and Forward put the former words back. A word's value is a string, or a list of
strings when the address repeats it (`area=Bedok&area=Bishan`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from components.attributes import data

View = Mapping[str, str | Sequence[str]]


def store(store_id: str, query: View) -> dcc.Store:
    """The view store of a page, holding what the address said when the page was opened."""
    return dcc.Store(id=store_id, data=dict(query))


def words(view: View, name: str) -> tuple[str, ...]:
    """All values of one word of the view, none when it is absent."""
    value = view.get(name, ())
    return (value,) if isinstance(value, str) else tuple(str(part) for part in value)


def word(view: View, name: str, default: str = "") -> str:
    """The first value of one word of the view."""
    found = words(view, name)
    return found[0] if found else default


def address(path: str, view: View, **changes: str | Sequence[str] | None) -> str:
    """The page's address with some words changed; None or "" removes a word.

    A trailing underscore is dropped, so that `from_="2026-11-01"` sets `from`.
    """
    merged = {**view, **{name.rstrip("_"): value for name, value in changes.items()}}
    pairs = {name: value for name, value in merged.items() if value}
    return f"{path}?{urlencode(pairs, doseq=True)}" if pairs else path


def link(
    children: Any, href: str, *, store_id: str, current: bool = False, **attributes: Any
) -> html.A:
    """A link inside one page: changes the view without loading the page again."""
    if current:
        attributes["aria-current"] = "true"
    return html.A(children, href=href, **data(view=store_id), **attributes)


def form(
    children: Sequence[Component],
    path: str,
    *,
    store_id: str,
    keep: View | None = None,
    **attributes: Any,
) -> html.Form:
    """A form whose named fields are words of the view; a changed select or box sends it at once.

    Text and date fields send on Enter or by its submit button. `keep` are words that the form
    has no field for and that stay as they are.
    """
    hidden = [
        dcc.Input(type="hidden", name=name, value=value)
        for name in (keep or {})
        for value in words(keep or {}, name)
    ]
    return html.Form(
        [*hidden, *children],
        action=path,
        method="get",
        **data(view=store_id),
        **attributes,
    )
