"""`flask batch`: end the day by hand."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from cli.console import OperatorCommand, answer
from cli.home_access import done, for_work
from data_layer.accounts.model import OPERATOR

batch = AppGroup("batch", help="Seal the log into day files and renew the index.")


@batch.command("run", cls=OperatorCommand, with_appcontext=False)
@click.option("--rebuild", is_flag=True, help="Build the index from nothing.")
def run(*, rebuild: bool) -> None:
    """Stop receiving, merge the log into its day files, renew the index, resume."""
    with for_work() as book:
        job = done(
            book, "end_day", {"rebuild": rebuild}, actor=OPERATOR.name, title="ending the day"
        )
    lines = [f"{name.replace('_', ' ')}: {value}" for name, value in job.result.items()]
    answer({"job": job.id, **job.result}, lines)
