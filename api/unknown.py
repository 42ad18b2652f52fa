"""No address under /api/ falls through to the pages: what is not there is a JSON 404.

What is there, but not by the method asked, is a 405 that names the methods it has.
"""

from __future__ import annotations

from typing import NoReturn

from flask import Blueprint, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from data_layer.errors import NotFound
from security import policy

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def unknown() -> Blueprint:
    """Routes: every path under /api/ that no resource has taken."""
    door = Blueprint("unknown", __name__)
    policy.allow_everyone("unknown.nothing_here", checks_forms=False)

    @door.route("/api/", defaults={"path": ""}, methods=METHODS)
    @door.route("/api/<path:path>", methods=METHODS)
    def nothing_here(path: str) -> NoReturn:
        others = _methods_of_others()
        if others:
            raise MethodNotAllowed(others)
        raise NotFound(f"there is no /api/{path[:80]}.")

    return door


def _methods_of_others() -> list[str]:
    """The methods by which this address reaches something else than this door."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        raise RuntimeError("there is no request to look at")
    found = []
    for method in METHODS:
        try:
            endpoint, _ = adapter.match(method=method)
        except HTTPException:
            continue
        if endpoint != request.endpoint:
            found.append(method)
    return found
