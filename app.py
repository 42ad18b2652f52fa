"""The composition root: the one place where settings, book, pages, doors and security meet.

    python app.py                     opens the home for writing and serves it
    flask <group> <command>           in this folder cli/application.py, without pages; elsewhere
                                      `create_app()` for the same commands
    create_app(settings)              for another WSGI server or a test: the first request that
                                      needs the home opens it for writing; nothing before
    create_app(settings, book=book)   the caller has opened the book and closes it

Pages and callbacks are listed here by hand: `dash.register_page` for each page module, and
`register(app, book)` for each callback module, whose ROLES hold for all that it registered.
"""

from __future__ import annotations

import gc

# What is imported stays: looking through it for garbage again and again costs a fifth of a start.
gc.disable()

import sys
from collections.abc import Callable, Iterator
from threading import Lock
from types import ModuleType
from typing import Any, cast

import click
import dash
from dash import Dash, html
from dash.development.base_component import Component
from flask import Blueprint, Flask
from flask_compress import Compress
from flask_wtf.csrf import generate_csrf
from pydantic import ValidationError
from werkzeug.local import LocalProxy

import api.problems
import callbacks.accounts
import callbacks.bill
import callbacks.billing
import callbacks.frame
import callbacks.government
import callbacks.keys
import callbacks.operations
import callbacks.readings
import callbacks.tariffs
import callbacks.upload
import callbacks.usage
import cli
import pages.accounts
import pages.bill
import pages.billing
import pages.government
import pages.keys
import pages.not_found
import pages.operations
import pages.readings
import pages.tariffs
import pages.upload
import pages.usage
from api.accounts import accounts
from api.bills import bills
from api.corrections import corrections
from api.documents import documents
from api.exports import exports
from api.group_totals import group_totals
from api.health import health
from api.jobs import jobs
from api.keys import keys
from api.maintenance import maintenance
from api.meter_readings import meter_readings
from api.meter_usage import meter_usage
from api.metrics import metrics
from api.stored_readings import stored_readings
from api.tariffs import tariffs
from api.unknown import unknown
from api.uploads import uploads
from api.watching import Watching
from cli.application_logs import write_logs
from cli.serving import serve
from components import dash_json
from components.document import document
from components.shell import NavigationItem, frame
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.errors import MeterbookError
from data_layer.storage.home import PRIVATE_FOLDER
from security import notice
from security.asset_files import asset_urls
from security.exposure import refuse_if_exposed
from security.install import Surroundings, install, trusted_hosts
from security.policy import Access
from security.typed_callbacks import TypedDash
from security.viewer import current_viewer, signed_in
from settings import PROJECT_FOLDER, Settings, what_is_refused

gc.freeze()
gc.enable()

ASSETS = PROJECT_FOLDER / "assets"
PAGES: tuple[ModuleType, ...] = (
    pages.operations,
    pages.upload,
    pages.accounts,
    pages.readings,
    pages.tariffs,
    pages.billing,
    pages.government,
    pages.usage,
    pages.bill,
    pages.keys,
)
"""In the order of the navigation; a role's main page is the first that is for it."""
CALLBACKS: tuple[ModuleType, ...] = (
    callbacks.frame,
    callbacks.operations,
    callbacks.upload,
    callbacks.accounts,
    callbacks.readings,
    callbacks.tariffs,
    callbacks.billing,
    callbacks.government,
    callbacks.usage,
    callbacks.bill,
    callbacks.keys,
)


def create_app(settings: Settings | None = None, *, book: Book | None = None) -> Flask:
    """The whole application, guarded; nothing is opened yet unless a book is handed in."""
    settings = settings or Settings()
    opener = _Opener(settings, book)
    shared = cast(Book, LocalProxy(opener.book))
    asset_url = asset_urls(ASSETS)
    server = Flask("meterbook", root_path=str(PROJECT_FOLDER), static_folder=None)
    Compress(server)  # first, because what is registered first touches an answer last
    access = Access()
    app = _dash(server, asset_url)
    _register_pages(app, shared, access)
    _register_callbacks(app, shared, access)
    for door in _doors(opener.book, asset_url, secure=settings.secure_cookies):
        server.register_blueprint(door)
    watching = Watching()
    server.register_blueprint(metrics(opener.book, watching.registry))
    watching.install(server)
    install(
        server,
        Surroundings(
            book_of=opener.book,
            private_folder=settings.home / PRIVATE_FOLDER,
            trusted_hosts=trusted_hosts(settings.trusted_hosts, host=settings.host),
            secure_cookies=settings.secure_cookies,
            asset_url=asset_url,
            requests_per_minute=settings.requests_per_minute,
            key_requests_per_minute=settings.key_requests_per_minute,
        ),
        access=access,
        callback_map=app.callback_map,
        script_hashes=app.csp_hashes(),
    )
    api.problems.install(server)
    cli.register(server)
    server.extensions["meterbook"] = (app, access)
    return server


def _doors(
    book_of: Callable[[], Book], asset_url: Callable[[str], str], *, secure: bool
) -> Iterator[Blueprint]:
    """The machines' doors; `unknown` answers for what the others leave of /api/."""
    for door in (uploads, exports, health):
        yield door(book_of)
    for door in (accounts, meter_readings, stored_readings, corrections, meter_usage, bills):
        yield door(book_of)
    for door in (group_totals, tariffs, jobs, keys, maintenance):
        yield door(book_of)
    yield documents(asset_url, secure=secure)
    yield unknown()


class _Opener:
    """Opens the book for writing when it is first needed, once, whichever thread asks."""

    def __init__(self, settings: Settings, book: Book | None) -> None:
        self._settings = settings
        self._book = book
        self._lock = Lock()

    def book(self) -> Book:
        if self._book is None:
            with self._lock:
                if self._book is None:
                    self._book = open_book(self._settings)
        return self._book


def open_book(settings: Settings) -> Book:
    """The home of the settings, opened for writing."""
    url = settings.database_url
    return Book.open(
        settings.home,
        timezone=settings.timezone,
        database_url=None if url is None else url.get_secret_value(),
        backups=settings.backups,
        backups_kept=settings.backups_kept,
        min_group=settings.min_group,
    )


def _dash(server: Flask, asset_url: Callable[[str], str]) -> Dash:
    dash_json.install()
    app = TypedDash(
        "meterbook",
        server=cast(Any, server),  # Dash's types know its own servers only
        use_pages=True,
        pages_folder="",
        assets_folder=str(ASSETS),
        include_assets_files=False,
        # With validation Dash would put the layouts of all roles into everybody's document.
        suppress_callback_exceptions=True,
        title="Meterbook",
        update_title="",
        enable_mcp=False,
    )
    app.index_string = document(asset_url)
    return app


def _register_pages(app: Dash, book: Book, access: Access) -> None:
    register_page: Callable[..., None] = dash.register_page
    for page in PAGES:
        register_page(
            page.__name__,
            path=page.PATH,
            title=f"{page.TITLE} - Meterbook",
            layout=_for_its_roles(page),
        )
        access.allow_page(page.PATH, page.ROLES)
    lost = pages.not_found
    register_page("not_found_404", path=lost.PATH, title=lost.TITLE, layout=lost.layout)
    app.layout = lambda: _frame(book, access)


def _for_its_roles(page: ModuleType) -> Callable[..., Component]:
    """The page's layout, for its roles only: Dash also asks for it without loading the page."""

    def layout(**query: str) -> Component:
        if current_viewer().role not in page.ROLES:
            return pages.not_found.for_another_role()
        return cast(Component, page.layout(**query))

    return layout


def _frame(book: Book, access: Access) -> html.Div:
    found = signed_in()
    if found is None:
        return html.Div()  # Dash looks at the layout once while it is set up
    person = found.person
    items = [
        NavigationItem(page.PATH, page.TITLE, page.ICON)
        for page in PAGES
        if person.role in access.pages[page.PATH] & _listed_for(page)
    ]
    return frame(
        name=person.name,
        role=person.role.value,
        items=items,
        zone=book.zone.name,
        csrf_token=generate_csrf(),
        demo=book.demo,
        notice=notice.of(book),
    )


def _listed_for(page: ModuleType) -> frozenset[Role]:
    """Whose navigation names the page: of its roles all, unless it says which."""
    return frozenset(Role(role) for role in getattr(page, "LISTED_FOR", page.ROLES))


def _register_callbacks(app: Dash, book: Book, access: Access) -> None:
    """Each module's callbacks get the module's roles; Dash's own router is for every role."""
    known: set[str] = set()
    for module in CALLBACKS:
        module.register(app, book)
        access.allow_callbacks(app.callback_map.keys() - known, module.ROLES)
        known = set(app.callback_map)
    for prepare in app.server.before_request_funcs.get(None, ()):
        prepare()  # Dash completes its callbacks at the first request: have it do so now
    access.allow_callbacks(app.callback_map.keys() - known, Role)


def main() -> int:
    """Serve the home until told to stop. Returns the exit code."""
    try:
        settings = Settings()
        write_logs(settings.home)
        with open_book(settings) as book:
            refuse_if_exposed(book, host=settings.host)
            return serve(create_app(settings, book=book), book, settings)
    except ValidationError as error:
        _, sentence = what_is_refused(error)
        click.echo(f"Meterbook does not start: {sentence}", err=True)
    except (MeterbookError, OSError) as error:
        click.echo(f"Meterbook does not start: {error}", err=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
