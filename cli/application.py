"""The application of the `flask` command: its commands and nothing to serve, so it starts quickly.

`.flaskenv` names it. `create_app` of app.py carries the same commands, for a `flask` that is
pointed there.
"""

from __future__ import annotations

from flask import Flask

import cli


def create_app() -> Flask:
    """No page, no door, no setting read: each command opens what it needs."""
    app = Flask("meterbook", static_folder=None)
    cli.register(app)
    return app
