"""How often one person or address may ask: generous for pages, tight where passwords are tried.

Keys of the REST door have limits of their own: security/bearer.py.

Counted in memory: one process serves a home. The wait after failed sign-ins is another matter
and survives restarts: data_layer/accounts/attempts.py.
"""

from __future__ import annotations

from flask import Flask, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from security.bearer import key_viewer
from security.viewer import signed_in

EVERYBODY = "3000 per minute"
PASSWORDS = "60 per minute"


def install(app: Flask) -> Limiter:
    """Count every request but those by key, and those for files of the product."""
    limiter = Limiter(
        _who, app=app, default_limits=[EVERYBODY], storage_uri="memory://", headers_enabled=False
    )

    @limiter.request_filter
    def _is_counted_elsewhere() -> bool:
        return key_viewer() is not None or ("policy" in g and g.policy.is_file)

    return limiter


def _who() -> str:
    person = signed_in()
    return person.get_id() if person else get_remote_address()
