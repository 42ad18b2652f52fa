"""No address under /api/ falls through to the pages: what is not there is a JSON 404."""

from __future__ import annotations

from typing import NoReturn

from flask import Blueprint

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
        raise NotFound(f"there is no /api/{path[:80]}.")

    return door
