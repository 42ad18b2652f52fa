"""The frame around every page: where you are, who you are, and the way out.

Plain arguments in, layout out; app.py knows the viewer and hands over what is to be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import dcc, html, page_container
from dash.development.base_component import Component

from components.attributes import aria, data
from components.ids import Shell

ROLE_NAMES = {"household": "Household", "government": "Government analyst", "admin": "Operator"}
SIGN_OUT_PATH = "/sign-out"
FEW_ENTRIES = 6
"""So many entries have room for an icon each beside the name, and for a row on a phone."""
SHORTCUTS = (
    ("/", "Go to the search or the first filter"),
    ("?", "Show this help"),
    ("t", "Switch between light and dark"),
    ("Esc", "Close what is open"),
)


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One page in the navigation."""

    path: str
    title: str
    icon: str
    """Name of a Bootstrap icon, such as `graph-up`."""


def frame(
    *,
    name: str,
    role: str,
    items: Sequence[NavigationItem],
    zone: str,
    csrf_token: str,
    demo: bool = False,
    notice: str = "",
    content: Component | None = None,
) -> html.Div:
    """The whole document body. `content` stands in for Dash's page container in tests."""
    return html.Div(
        [
            html.A("Skip to content", href=f"#{Shell.MAIN}", className="skip-link"),
            dcc.Store(id=Shell.THEME),
            html.Aside(_banners(demo=demo, notice=notice), **aria(label="Notices")),
            html.Header(
                html.Div(
                    [
                        wordmark(items[0].path if items else "/"),
                        _navigation(items),
                        html.Div(
                            [theme_switch(), _user_menu(name, role, csrf_token)],
                            className="bar-end",
                        ),
                    ],
                    className="bar",
                ),
                className="top",
            ),
            html.Main(content or page_container, id=Shell.MAIN, tabIndex="-1", className="page"),
            _footer(zone),
            _help(),
        ],
        className="frame",
    )


def icon(name: str) -> html.I:
    """A decorative Bootstrap icon, silent for screen readers."""
    return html.I(className=f"bi bi-{name}", **aria(hidden="true"))


def wordmark(href: str) -> dcc.Link:
    """The product's name and mark, a link to the viewer's main page."""
    return dcc.Link(
        [html.Span(className="mark", **aria(hidden="true")), html.Span("Meterbook")],
        href=href,
        className="wordmark",
    )


def theme_switch() -> html.Button:
    """Switches light and dark in the browser alone; assets/js/theme.js listens."""
    return html.Button(
        [
            html.Span(icon("moon"), className="when-light"),
            html.Span(icon("sun"), className="when-dark"),
            html.Span("Switch between light and dark", className="visually-hidden"),
        ],
        type="button",
        className="icon-button",
        title="Light or dark (t)",
        disable_n_clicks=True,
        **data(theme_switch="true"),
    )


def _navigation(items: Sequence[NavigationItem]) -> html.Nav:
    """The pages in a row. Many of them are a menu where it is narrow: assets/js/menu.js opens it,
    assets/css/navigation.css hides its button where there is room for the row."""
    links = [
        html.Li(
            dcc.Link(
                [icon(item.icon), html.Span(item.title)], href=item.path, className="nav-entry"
            )
        )
        for item in items
    ]
    row = html.Ul(links, id=Shell.PAGES, className="nav-list")
    if len(items) <= FEW_ENTRIES:
        return html.Nav(row, id=Shell.NAVIGATION, className="navigation", **aria(label="Pages"))
    button = html.Button(
        [icon("list"), "Menu"],
        type="button",
        className="nav-button",
        disable_n_clicks=True,
        **aria(expanded="false", controls=Shell.PAGES),
    )
    return html.Nav(
        [button, row],
        id=Shell.NAVIGATION,
        className="navigation navigation-many",
        **aria(label="Pages"),
    )


def _user_menu(name: str, role: str, csrf_token: str) -> html.Details:
    sign_out = html.Form(
        [
            dcc.Input(type="hidden", name="csrf_token", value=csrf_token),
            html.Button(
                [icon("box-arrow-right"), "Sign out"],
                type="submit",
                className="menu-entry",
                disable_n_clicks=True,
            ),
        ],
        action=SIGN_OUT_PATH,
        method="post",
    )
    return html.Details(
        [
            html.Summary(
                [
                    icon("person-circle"),
                    html.Span(name, className="user-name"),
                    icon("chevron-down"),
                ],
                className="user-summary",
                title="Your account",
            ),
            html.Div(
                [
                    html.P(
                        [html.Strong(name), html.Span(ROLE_NAMES.get(role, role))],
                        className="menu-who",
                    ),
                    html.Button(
                        [icon("keyboard"), "Keyboard shortcuts"],
                        type="button",
                        className="menu-entry",
                        disable_n_clicks=True,
                        **data(help="true"),
                    ),
                    sign_out,
                ],
                className="menu",
            ),
        ],
        className="user-menu",
    )


def _banners(*, demo: bool, notice: str) -> list[Component]:
    banners: list[Component] = []
    if demo:
        text = "Demo: every household and every reading here is made up."
        banners.append(html.P([icon("stars"), html.Span(text)], className="banner banner-demo"))
    # assets/js/session.js keeps this one true without a reload.
    banners.append(
        html.P(
            [icon("cone-striped"), html.Span(notice)],
            id=Shell.NOTICE,
            hidden=not notice,
            className="banner banner-maintenance",
            role="status",
        )
    )
    return banners


def _footer(zone: str) -> html.Footer:
    return html.Footer(
        [
            html.Span(f"All times are {zone} time."),
            html.Span(["Press ", html.Kbd("?"), " for shortcuts."], className="footer-help"),
        ],
        className="foot",
    )


def _help() -> html.Dialog:
    rows = [html.Div([html.Dt(html.Kbd(key)), html.Dd(text)]) for key, text in SHORTCUTS]
    return html.Dialog(
        [
            html.H2("Keyboard shortcuts", id=f"{Shell.HELP}-title"),
            html.Dl(rows, className="shortcuts"),
            html.Form(
                html.Button(
                    "Close", type="submit", className="btn btn-primary", disable_n_clicks=True
                ),
                method="dialog",
            ),
        ],
        id=Shell.HELP,
        className="dialog",
        **aria(labelledby=f"{Shell.HELP}-title"),
    )
