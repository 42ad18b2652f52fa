"""`flask tariff`: what energy costs, from files of JSON or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from flask.cli import AppGroup

from cli.console import OperatorCommand, aligned, answer, tell
from cli.home_access import beside_the_server
from data_layer.accounts.model import OPERATOR
from data_layer.errors import BadInput
from data_layer.readings.model import Action
from data_layer.tariffs.catalog import Entered
from data_layer.tariffs.csv_files import read_tariffs
from data_layer.tariffs.documents import read_tariff, tariff_document, tariff_json
from data_layer.tariffs.faults import Fault
from data_layer.tariffs.model import Tariff
from data_layer.tariffs.price_files import prices_from_csv

tariffs = AppGroup("tariff", help="Enter tariffs and prices, list tariffs.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@tariffs.command("import", cls=OperatorCommand, with_appcontext=False)
@click.argument("files", nargs=-1, required=True, type=FILE)
def import_files(files: tuple[Path, ...]) -> None:
    """Enter the tariffs of FILES, all of them or none: *.json holds one, *.csv any number."""
    read = _read(files)
    with beside_the_server() as book:
        scope = book.authorize(OPERATOR, Action.MANAGE_TARIFFS)
        entered = book.tariffs.enter(scope, read)
        warnings = book.tariffs.warnings(read)
    facts = [
        {"code": code, "new": one.new, "known": one.known, "renamed_from": one.renamed_from}
        for code, one in entered.items()
    ]
    names = {tariff.code: tariff.name for tariff in read}
    lines = [_line(code, names[code], one) for code, one in entered.items()]
    _warn(warnings)
    answer({"tariffs": facts, "warnings": warnings}, lines)


@tariffs.command("prices", cls=OperatorCommand, with_appcontext=False)
@click.argument("name")
@click.argument("file", type=FILE)
def prices(name: str, file: Path) -> None:
    """Enter the prices of FILE (valid_from, valid_to, price) into the series NAME."""
    with beside_the_server() as book:
        scope = book.authorize(OPERATOR, Action.MANAGE_TARIFFS)
        entered = book.tariffs.enter_prices(
            scope, prices_from_csv(_text(file), name=name, zone=book.zone)
        )
    answer(
        {"series": name, "added": entered.added, "known": entered.known},
        [f"Price series {name}: {entered.added} added, {entered.known} known."],
    )


@tariffs.command("list", cls=OperatorCommand, with_appcontext=False)
def list_tariffs() -> None:
    """List tariffs with the versions that apply."""
    with beside_the_server() as book:
        book.authorize(OPERATOR, Action.MANAGE_TARIFFS)
        found = book.tariffs.catalog.all()
        warnings = book.tariffs.warnings(found)
    rows = [
        (one.code, one.name, one.currency, ", ".join(str(v.valid_from) for v in one.versions))
        for one in found
    ]
    lines = aligned([("code", "name", "currency", "valid from"), *rows])
    _warn(warnings)
    answer({"tariffs": [tariff_document(one) for one in found], "warnings": warnings}, lines)


def _warn(warnings: Sequence[str]) -> None:
    for sentence in warnings:
        tell(f"Warning: {sentence}")


def _read(files: Sequence[Path]) -> list[Tariff]:
    """The tariffs of files; everything that is wrong in them is told. Raises BadInput."""
    read: list[Tariff] = []
    wrong: list[BadInput] = []
    for path in files:
        try:
            tariffs, faults = _tariffs_and_faults(path)
        except BadInput as error:
            wrong.append(error)
            continue
        read += tariffs
        told = [fault.error() for fault in faults]
        wrong += [BadInput(f"{path.name}: {one.sentence}", field=one.field) for one in told]
    for one in wrong[1:]:
        tell(one.sentence)
    if wrong:
        raise wrong[0]
    return read


def _tariffs_and_faults(path: Path) -> tuple[list[Tariff], list[Fault]]:
    """What a file says, and what is wrong in it. Raises BadInput where it is no text."""
    text = _text(path)
    if path.suffix.lower() == ".csv":
        return read_tariffs(text)
    try:
        found = read_tariff(tariff_json(text))
    except BadInput as error:
        return [], [Fault.of(error)]
    if isinstance(found, Tariff):
        return [found], []
    return [], [Fault.of(wrong.error) for wrong in found]


def _line(code: str, name: str, entered: Entered) -> str:
    was = entered.renamed_from
    renamed = "" if was is None else f" It is called {name} now; it was called {was}."
    return f"Tariff {code}: {len(entered.new)} new, {entered.known} known.{renamed}"


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8.") from error
