"""How often one person or address may ask: generous for pages, tight where passwords are tried.

Keys of the REST door have limits of their own: security/bearer.py.

Counted in memory: one process serves a home. The wait after failed sign-ins is another matter
and survives restarts: data_layer/accounts/attempts.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import TypeVar

from flask import Flask, g, request

from data_layer.errors import TooManyAttempts
from security.allowance import Allowance
from security.bearer import key_viewer
from security.viewer import signed_in

TRIES = 60
"""How often a password or a link may be tried from one address in a minute."""
MINUTE = 60
View = TypeVar("View", bound=Callable[..., object])


class Tries:
    """So many in the minute that begins with a subject's first, then none until it has ended."""

    def __init__(self, most: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._now = now
        self._counted: dict[str, tuple[float, int]] = {}
        """When each subject's minute ends, and how many it has taken."""
        self._lock = Lock()

    def take(self, subject: str) -> bool:
        """Take one; False when there is none left."""
        now = self._now()
        with self._lock:
            ends, taken = self._counted.get(subject, (0.0, 0))
            if now >= ends:
                self._counted = {
                    name: kept for name, kept in self._counted.items() if kept[0] > now
                }
                ends, taken = now + MINUTE, 0
            self._counted[subject] = ends, taken + 1
            return taken < self._most


def install(app: Flask, *, per_minute: int) -> None:
    """Count every request but those by key, and those for files of the product."""
    pages = Allowance(per_minute)

    @app.before_request
    def _count() -> None:
        if key_viewer() is None and not ("policy" in g and g.policy.is_file):
            wait = pages.take(_who())
            if wait:
                raise _too_many(wait)


def slowly(view: View) -> View:
    """The view, refused after TRIES in a minute."""
    tries = Tries(TRIES)

    @wraps(view)
    def counted(*arguments: object, **named: object) -> object:
        if not tries.take(_who()):
            raise _too_many(MINUTE)
        return view(*arguments, **named)

    return counted  # type: ignore[return-value]


def _too_many(wait: int) -> TooManyAttempts:
    return TooManyAttempts("too many requests: wait a minute.", retry_after=wait)


def _who() -> str:
    person = signed_in()
    return person.get_id() if person else request.remote_addr or ""
