"""`Authorization: Bearer <key>`: a machine's way past the guard, for /api, /metrics and
bills to download.

No cookie identifies anybody here, so no form token is asked: another site's page cannot make a
browser send this header. What is no key is counted by address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import g, request

from data_layer.accounts.model import Role, Viewer
from data_layer.book import Book
from data_layer.errors import Forbidden, NotSignedIn, TooManyAttempts
from security.allowance import Allowance

WRONG_KEYS_PER_MINUTE = 60
HOW = "send one as `Authorization: Bearer KEY`"


@dataclass(frozen=True, slots=True)
class Bearers:
    """Lets keys in: known, within their limit, of a role that may."""

    book_of: Callable[[], Book]
    requests: Allowance
    wrong_keys: Allowance = field(default_factory=lambda: Allowance(WRONG_KEYS_PER_MINUTE))

    @staticmethod
    def present() -> bool:
        """Whether the request says who it is by this header, and so not by a cookie."""
        return "HTTP_AUTHORIZATION" in request.environ

    def judge(self, roles: frozenset[Role]) -> None:
        """Let the key in as the viewer of this request.

        Raises NotSignedIn, TooManyAttempts, Forbidden.
        """
        book = self.book_of()
        scheme, _, text = request.environ["HTTP_AUTHORIZATION"].partition(" ")
        key = book.api_keys.find(text.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise self._unknown()
        wait = self.requests.take(key.id)
        if wait:
            raise TooManyAttempts(
                f"API key {key.id} asks too often: wait {wait} seconds.", retry_after=wait
            )
        if key.role not in roles:
            book.audit.record(key.actor, "denied", request.path)
            raise Forbidden(f"this is not for a {key.role.value} key.")
        book.api_keys.used(key)
        g.key_viewer = book.api_keys.viewer(key)

    def _unknown(self) -> NotSignedIn | TooManyAttempts:
        wait = self.wrong_keys.take(request.remote_addr or "")
        if wait:
            return TooManyAttempts(
                f"too many wrong keys came from this address: wait {wait} seconds.",
                retry_after=wait,
            )
        return NotSignedIn(f"the API key is unknown or revoked: {HOW}.")


def key_viewer() -> Viewer | None:
    """The viewer of a request that came in with a key."""
    return cast("Viewer | None", g.get("key_viewer"))
