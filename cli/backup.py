"""`flask backup`, `restore`, `verify`: a copy of the whole home, and what proves that it is one."""

from __future__ import annotations

from pathlib import Path

import click

from cli.console import OperatorCommand, answer, load_settings, progress_bar, tell
from cli.home_access import beside_the_server, done, for_work
from data_layer.accounts.model import OPERATOR
from data_layer.clock import system_clock
from data_layer.journeys.back_up import BACK_UP
from data_layer.journeys.check_backup import checked_backup
from data_layer.journeys.fingerprint import Fingerprint, home_fingerprint
from data_layer.journeys.restore_home import restore_home
from data_layer.storage.home import Home


@click.command("backup", cls=OperatorCommand)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    help="Then remove the oldest whole backups of this home beside it, so that N stay.",
    metavar="N",
)
def backup(*, folder: Path | None, keep: int | None) -> None:
    """Copy the whole home while readings are taken.

    Into FOLDER, which is made; without it into a new one in METERBOOK_BACKUPS, named by the time.
    """
    params: dict[str, object] = {} if folder is None else {"to": str(folder.absolute())}
    if keep is not None:
        params["keep"] = keep
    with for_work() as book:
        job = done(book, BACK_UP, params, actor=OPERATOR.name, title="backing up")
    removed, warnings = (_texts(job.result.get(name)) for name in ("removed", "warnings"))
    told = {name: said for name, said in job.result.items() if name not in ("removed", "warnings")}
    lines = [f"{name.replace('_', ' ')}: {value}" for name, value in told.items()]
    for sentence in warnings:
        tell(f"Warning: {sentence}")
    answer(
        {"job": job.id, **told, "removed": removed, "warnings": warnings},
        [*lines, *(f"removed: {place}" for place in removed)],
    )


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else []


@click.command("restore", cls=OperatorCommand)
@click.argument("folder", type=click.Path(path_type=Path))
def restore(*, folder: Path) -> None:
    """Build the home of a backup in an empty place.

    The backup is FOLDER, the place METERBOOK_HOME: empty, or not there.
    """
    settings = load_settings()
    url = settings.database_url
    with progress_bar("restoring") as advance:
        done = restore_home(
            folder.absolute(),
            settings.home,
            database_url=None if url is None else url.get_secret_value(),
            clock=system_clock,
            progress=advance,
        )
    told = {
        "home": str(done.home),
        "made_at": done.made_at,
        "day_files": done.day_files,
        "in_log": done.in_log,
        "series": done.series,
        "state": done.told.state,
    }
    lines = [f"{name.replace('_', ' ')}: {value}" for name, value in told.items()]
    answer({**told, "parts": done.told.as_json()}, [*lines[:-1], *_rows(done.told), lines[-1]])


@click.command("verify", cls=OperatorCommand)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def verify(*, folder: Path | None) -> None:
    """Check a backup or the home, tell its state.

    Every file of the backup FOLDER is checked, or without one of the home. Equal states mean
    equal readings, accounts, staff, tariffs, bills and keys.
    """
    with progress_bar("checking") as advance:
        if folder is None:
            with beside_the_server() as book:
                home = Home.existing(book.home)
                found = home_fingerprint(home, book.database, book.accounts, book.staff, advance)
                what = book.home
        else:
            what, found = folder.absolute(), checked_backup(folder.absolute(), advance).told
    answer(
        {"checked": str(what), "state": found.state, "parts": found.as_json()},
        [f"checked: {what}", *_rows(found), f"state: {found.state}"],
    )


def _rows(found: Fingerprint) -> list[str]:
    return [
        f"{name.replace('_', ' ')}: {part.rows}"
        for name, part in sorted(found.parts.items())
        if part.rows and name != "timezone"
    ]
