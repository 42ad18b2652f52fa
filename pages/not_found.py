"""What stands where nothing is, and where a page is for another role."""

from __future__ import annotations

from dash import dcc, html

from components.messages import empty

PATH = "/404"
TITLE = "Not found"


def layout(**_query: str) -> html.Div:
    """There is no page at this address."""
    return empty(
        "Nothing here",
        "There is no page at this address. It may have moved, or the link has a slip in it.",
        dcc.Link("Go to your main page", href="/", className="btn btn-primary", refresh=True),
        symbol="signpost",
        is_page=True,
    )


def for_another_role() -> html.Div:
    """The page exists, but not for this viewer."""
    return empty(
        "Not for this account",
        "This page is for another role. Sign in with an account that has it.",
        dcc.Link("Go to your main page", href="/", className="btn btn-primary", refresh=True),
        symbol="lock",
        is_page=True,
    )
