"""Operators' commands, one file a group; each opens just what it needs of the home."""

from __future__ import annotations

from flask import Flask

from cli.account import account
from cli.batch import batch
from cli.demo import demo
from cli.home import home
from cli.readings import readings
from cli.staff import staff

GROUPS = (account, batch, demo, home, readings, staff)


def register(app: Flask) -> None:
    """Give the app every group of commands."""
    for group in GROUPS:
        app.cli.add_command(group)
