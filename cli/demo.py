"""`flask demo`: a home to look around in, synthetic from end to end."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from cli.console import OperatorCommand, answer, load_settings, progress_bar
from cli.home_access import owning_the_home
from data_layer.clock import system_clock
from data_layer.errors import Conflict
from data_layer.journeys.bill_demo import bill_since
from data_layer.journeys.create_demo import DAYS, METERS, create_demo
from data_layer.journeys.demo_recipe import SEED, Recipe
from data_layer.journeys.extend_demo import extend_demo
from settings import PROJECT_FOLDER

DEMO_FOLDER = "demo"
demo = AppGroup("demo", help="A home to look around in.")


@demo.command("create", cls=OperatorCommand, with_appcontext=False)
@click.option("--meters", default=METERS, show_default=True, help="Households.")
@click.option("--days", default=DAYS, show_default=True, help="Days of readings before today.")
@click.option("--seed", default=SEED, show_default=True, help="Same seed, same people.")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="Folder of the new home; METERBOOK_HOME, or demo/, when not given.",
)
def create(*, meters: int, days: int, seed: int, home: Path | None) -> None:
    """Create a demo home with households, readings up to now and one-click accounts."""
    with progress_bar("creating the demo") as advance:
        made = create_demo(
            home or _usual_folder(),
            now=system_clock(),
            progress=advance,
            meters=meters,
            days=days,
            seed=seed,
        )
    answer(
        {"home": str(made.folder), "meters": made.meters, "readings": made.readings},
        [
            f"{made.folder} holds {made.meters} meters and {made.readings:,} readings.",
            f"To serve it: METERBOOK_HOME={made.folder} python app.py",
        ],
    )


@demo.command("extend", cls=OperatorCommand, with_appcontext=False)
def extend() -> None:
    """Add what the demo's meters would have sent from their latest readings up to now."""
    with owning_the_home() as book, progress_bar("extending the demo") as advance:
        if not book.demo:
            raise Conflict(f"{book.home} is not a demo home: its readings come from its meters.")
        accounts = book.accounts.all()
        added = extend_demo(
            book.readings,
            accounts,
            Recipe.of(book.home, accounts=len(accounts)),
            now=book.clock(),
            progress=advance,
        )
        billed = bill_since(book.billing, accounts, progress=advance)
    answer(
        {
            "home": str(book.home),
            "readings": added.readings,
            "refused": added.refused,
            "bills": billed,
        },
        [f"{book.home} holds {added.readings:,} readings and {billed:,} bills more, up to now."],
    )


def _usual_folder() -> Path:
    """METERBOOK_HOME; where nobody set it, never the project folder itself."""
    settings = load_settings()
    return settings.home if "home" in settings.model_fields_set else PROJECT_FOLDER / DEMO_FOLDER
