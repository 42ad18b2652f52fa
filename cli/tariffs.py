"""`flask tariff`: what energy costs, from files of JSON or CSV."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from cli.console import OperatorCommand, aligned, answer
from cli.home_access import beside_the_server
from data_layer.accounts.model import OPERATOR
from data_layer.errors import BadInput
from data_layer.readings.model import Action
from data_layer.tariffs.csv_files import prices_from_csv, tariffs_from_csv
from data_layer.tariffs.documents import tariff_document, tariff_from_text
from data_layer.tariffs.model import Tariff

tariffs = AppGroup("tariff", help="Enter tariffs and prices, list tariffs.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@tariffs.command("import", cls=OperatorCommand, with_appcontext=False)
@click.argument("files", nargs=-1, required=True, type=FILE)
def import_files(files: tuple[Path, ...]) -> None:
    """Enter the tariffs of FILES, all of them or none: *.json holds one, *.csv any number."""
    read = [tariff for path in files for tariff in _read(path)]
    with beside_the_server() as book:
        scope = book.authorize(OPERATOR, Action.MANAGE_TARIFFS)
        entered = book.tariffs.enter(scope, read)
    facts = [{"code": code, "new": one.new, "known": one.known} for code, one in entered.items()]
    lines = [
        f"Tariff {code}: {len(one.new)} new, {one.known} known." for code, one in entered.items()
    ]
    answer({"tariffs": facts}, lines)


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
    rows = [
        (one.code, one.name, one.currency, ", ".join(str(v.valid_from) for v in one.versions))
        for one in found
    ]
    lines = aligned([("code", "name", "currency", "valid from"), *rows])
    answer({"tariffs": [tariff_document(one) for one in found]}, lines)


def _read(path: Path) -> list[Tariff]:
    """The tariffs of a file. Raises BadInput naming the file."""
    try:
        if path.suffix.lower() == ".csv":
            return tariffs_from_csv(_text(path))
        return [tariff_from_text(_text(path))]
    except BadInput as error:
        raise BadInput(f"{path.name}: {error.sentence}", field=error.field) from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name} is not UTF-8.") from error
