"""The key that signs form tokens: made once per home, kept where only its owner reads."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

SECRET_FILE = "secret_key"  # noqa: S105 - the name of a file


class KeyFromHome(SecureCookieSessionInterface):
    """Flask's signed cookie, which holds form tokens and never an identity.

    The key is fetched when the first request needs it, because an application is made before
    any home is opened.
    """

    def __init__(self, key: Callable[[], str]) -> None:
        self._key = key

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if app.secret_key is None:
            app.secret_key = self._key()
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()  # as Flask does, after it has made a signer: for each key
        return super().open_session(app, request)


def secret_key(private_folder: Path) -> str:
    """The home's key; the first to ask makes it, and of two at once one wins."""
    file = private_folder / SECRET_FILE
    if not file.exists():
        private_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = private_folder / f"{SECRET_FILE}.{secrets.token_hex(8)}.tmp"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(secrets.token_hex(32))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(fresh, file)
        except FileExistsError:
            return file.read_text(encoding="ascii")
        finally:
            fresh.unlink()
    return file.read_text(encoding="ascii")
