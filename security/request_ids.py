"""Every answer of the REST door names its request, so that a client's log and ours can be joined.

A client may name it itself by the same header; anything that could not stand in a log unquoted is
passed over and a new name given.
"""

from __future__ import annotations

import re
import secrets
from typing import cast

from flask import Flask, Response, g, request

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


def request_id() -> str:
    """The name of the present request."""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "")
        g.request_id = given if GIVEN.fullmatch(given) else secrets.token_hex(8)
    return cast(str, g.request_id)


def install(app: Flask) -> None:
    """Put the name on every answer under /api/, refusals included."""

    @app.after_request
    def _name(response: Response) -> Response:
        if request.path.startswith("/api/"):
            response.headers[HEADER] = request_id()
        return response
