"""Whether this server does its work: asked by supervisors and load balancers, without sign-in."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from data_layer.book import Book
from security import policy


def health(book_of: Callable[[], Book]) -> Blueprint:
    """Route: GET /healthz, 200 while readings can be taken in or will be soon, else 503."""
    door = Blueprint("health", __name__)
    policy.allow_everyone("health.healthz")

    @door.get("/healthz")
    def healthz() -> tuple[Response, int]:
        state = book_of().state()
        is_well = not state.poisoned
        answer = jsonify(status="ok" if is_well else "failed", receiving=state.receiving)
        return answer, 200 if is_well else 503

    return door
