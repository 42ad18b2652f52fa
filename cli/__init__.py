"""Operators' commands, one file a group; each opens just what it needs of the home."""

from __future__ import annotations

from typing import cast

import click
from flask import Flask
from flask.cli import FlaskGroup

from cli.account import account
from cli.backup import backup, restore, verify
from cli.batch import batch
from cli.bills import bills
from cli.demo import demo
from cli.home import home
from cli.keys import keys
from cli.maintenance import maintenance
from cli.readings import readings
from cli.receiving import receiving
from cli.staff import staff
from cli.tariffs import tariffs

GROUPS = (
    account,
    batch,
    bills,
    demo,
    home,
    keys,
    maintenance,
    readings,
    receiving,
    staff,
    tariffs,
)
COMMANDS = (backup, restore, verify)
"""Commands that need no group."""


def register(app: Flask) -> None:
    """Give the app every group of commands; of those Flask brings along, offer none."""
    for group in (*GROUPS, *COMMANDS):
        app.cli.add_command(group)
    context = click.get_current_context(silent=True)
    if context is None or not isinstance(context.find_root().command, FlaskGroup):
        return
    if context.info_name == "run":
        raise click.UsageError(
            "`flask run` would open the home a second time and without the server's checks: "
            "start Meterbook with `python app.py`."
        )
    for command in cast(FlaskGroup, context.find_root().command).commands.values():
        command.hidden = True
