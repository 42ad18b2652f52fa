"""`flask maintenance`: the end of a day and of a month, on demand."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from cli.billed import tell_failed
from cli.console import FAILED, OperatorCommand, answer
from cli.home_access import beside_the_server, followed, for_work
from data_layer.accounts.model import OPERATOR
from data_layer.clock import epoch_of
from data_layer.journeys.bill_month import how_it_ended
from data_layer.journeys.maintenance import MaintenanceType, begin_maintenance, under_way

WANTED = click.Choice([kind.value for kind in MaintenanceType])
maintenance = AppGroup("maintenance", help="End the day, or the month before this one, now.")


@maintenance.command("run", cls=OperatorCommand, with_appcontext=False)
@click.argument("maintenance_type", type=WANTED)
@click.pass_context
def run(ctx: click.Context, /, maintenance_type: str) -> None:
    """Do daily, monthly or both kinds of maintenance and follow them to their end.

    Exit code 1 when a bill failed; all else is done.
    """
    wanted = MaintenanceType(maintenance_type)
    with for_work() as book:
        today = book.zone.day_of(epoch_of(book.clock()))
        begun = begin_maintenance(book.jobs, wanted, today=today, actor=OPERATOR.name)
        ended = [followed(book, job_id, title="maintenance") for job_id in begun]
    lines = [f"{job.kind.replace('_', ' ')}: {how_it_ended(job)}" for job in ended]
    answer({"jobs": [{"job": job.id, "kind": job.kind, **job.result} for job in ended]}, lines)
    if sum(tell_failed(job.result) for job in ended):
        ctx.exit(FAILED)


@maintenance.command("status", cls=OperatorCommand, with_appcontext=False)
def status() -> None:
    """Say what maintenance waits or runs."""
    with beside_the_server() as book:
        job = under_way(book.jobs)
    said = "No maintenance is under way."
    if job is not None:
        said = f"{job.kind.replace('_', ' ')} is under way (job {job.id})."
    answer({"is_maintenance_mode": job is not None, "job": job and job.id}, [said])
