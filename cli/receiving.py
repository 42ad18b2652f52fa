"""`flask receiving`: stop taking readings, and take them again."""

from __future__ import annotations

from flask.cli import AppGroup

from cli.console import OperatorCommand, answer
from cli.home_access import beside_the_server, done, for_work
from data_layer.accounts.model import OPERATOR
from data_layer.journeys.receiving_switch import SWITCH_RECEIVING

receiving = AppGroup("receiving", help="Stop and resume receiving readings.")


@receiving.command("stop", cls=OperatorCommand, with_appcontext=False)
def stop() -> None:
    """Take no readings from now on, over restarts too; pages and queries go on."""
    _switch(receive=False)


@receiving.command("resume", cls=OperatorCommand, with_appcontext=False)
def resume() -> None:
    """Take readings again."""
    _switch(receive=True)


@receiving.command("status", cls=OperatorCommand, with_appcontext=False)
def status() -> None:
    """Say whether receiving is stopped, since when and by whom."""
    with beside_the_server() as book:
        stopped = book.receiving_switch.stopped
        since = None if stopped is None else book.zone.format(stopped.at)
        when = "" if stopped is None else f"{book.zone.said(stopped.at)}, {book.zone.name} time,"
    actor = None if stopped is None else stopped.actor
    said = "Receiving is not stopped."
    if stopped is not None:
        said = f"Receiving was stopped at {when} by {actor or 'somebody'}."
    answer({"stopped": stopped is not None, "since": since, "by": actor}, [said])


def _switch(*, receive: bool) -> None:
    title = "resuming" if receive else "stopping"
    with for_work() as book:
        job = done(book, SWITCH_RECEIVING, {"receive": receive}, actor=OPERATOR.name, title=title)
    said = "Readings are taken again." if receive else "No readings are taken until resumed."
    answer({"job": job.id, **job.result}, [said])
