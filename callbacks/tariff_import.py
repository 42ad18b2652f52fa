"""A file of tariffs or prices: checked as it arrives, entered when told so, or forgotten."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from dash import html

from callbacks.tariff_report import Checked
from components import messages, view
from data_layer.accounts.model import Viewer
from data_layer.book import Book
from data_layer.errors import BadInput, MeterbookError
from data_layer.journeys.upload_staging import StagedFile
from data_layer.readings.model import Action, Scope
from data_layer.tariffs.catalog import Planned
from data_layer.tariffs.faults import Fault
from data_layer.tariffs.tariff_files import LARGEST_FILE, TariffFile, read_tariff_file

Asked = Mapping[str, str | Sequence[str]]
"""The words of the address; one may stand there several times."""
Words = dict[str, str]
_NO_CODE = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)
FORGOTTEN = {"file": "", "series": ""}


def arrived(book: Book, viewer: Viewer, file: str) -> Words:
    """The words under which a file that has arrived is checked. Raises NotFound."""
    book.authorize(viewer, Action.MANAGE_TARIFFS)
    return {"file": book.staging.find(file).id, "series": ""}


def checked(book: Book, viewer: Viewer, asked: Asked) -> Checked | None:
    """What the file of the address says and would do; None where it names no file.

    Raises NotFound for a file that is gone.
    """
    scope = book.authorize(viewer, Action.MANAGE_TARIFFS)
    if not view.word(asked, "file"):
        return None
    staged = book.staging.find(view.word(asked, "file"))
    series = series_name(asked, staged.name)
    read = _read(book, staged, series)
    faults = list(read.faults)
    plan: dict[str, list[Planned]] = {}
    added = None
    try:
        added = book.tariffs.plan_prices(scope, read.prices) if read.prices else None
    except MeterbookError as error:
        faults.append(Fault.of(error))
    for tariff in read.tariffs:
        try:
            plan |= book.tariffs.plan(scope, [tariff])
        except MeterbookError as error:
            faults.append(Fault.of(error, tariff=tariff.code))
    faults.sort(key=lambda fault: fault.line or 0)
    return Checked(staged.name, read, series, plan, added, faults)


def entered(book: Book, viewer: Viewer, asked: Asked) -> Any:
    """Enter the file of the address; what came of it, in words. Raises what refuses it."""
    scope = book.authorize(viewer, Action.MANAGE_TARIFFS)
    staged = book.staging.find(view.word(asked, "file"))
    read = _read(book, staged, series_name(asked, staged.name))
    if read.faults:
        raise read.faults[0].error()
    enter = _enter_prices if read.is_prices else _enter_tariffs
    said = enter(book, scope, read)
    book.staging.discard(staged.id)
    warned = book.tariffs.warnings(read.tariffs)
    return html.Div([messages.success(said), *map(messages.warning, warned)])


def discarded(book: Book, viewer: Viewer, asked: Asked) -> Words:
    """Forget the file of the address."""
    book.authorize(viewer, Action.MANAGE_TARIFFS)
    book.staging.discard(view.word(asked, "file"))
    return FORGOTTEN


def series_name(asked: Asked, name: str) -> str:
    """The series that prices are for: as asked, else as the file is called."""
    given = view.word(asked, "series").strip()
    stem = PurePath(name).stem
    return given or _NO_CODE.sub("-", stem).strip("-._")[:32]


def _read(book: Book, staged: StagedFile, series: str) -> TariffFile:
    if staged.bytes > LARGEST_FILE:
        said = f"the file has {staged.bytes:,} bytes; {LARGEST_FILE:,} are the most."
        raise BadInput(said, field="file")
    return read_tariff_file(staged.path.read_bytes(), series=series, zone=book.zone)


def _enter_tariffs(book: Book, scope: Scope, read: TariffFile) -> str:
    entered = book.tariffs.enter(scope, read.tariffs)
    names = {one.code: one.name for one in read.tariffs}
    versions = [
        f"{code}: version{'s' if len(one.new) > 1 else ''} {', '.join(map(str, one.new))}"
        for code, one in entered.items()
        if one.new
    ]
    said = [f"Entered {'; '.join(versions)}."] if versions else []
    said += [
        f"{code} is called {names[code]} now; it was called {one.renamed_from}."
        for code, one in entered.items()
        if one.renamed_from is not None
    ]
    return " ".join(said) or "Everything was known already."


def _enter_prices(book: Book, scope: Scope, read: TariffFile) -> str:
    if read.prices is None:
        raise AssertionError("a file of prices has prices")
    name, entered = read.prices.name, book.tariffs.enter_prices(scope, read.prices)
    return f"Entered {entered.added:,} prices of series {name}; {entered.known:,} were known."
