"""Puts the whole of security around one Flask application; called once, by app.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from markupsafe import Markup

from components.document import SIGN_IN_STYLES, head
from data_layer.book import Book
from security import csrf, guard, headers, notice, rate_limits, request_ids, viewer
from security.allowance import Allowance
from security.bearer import Bearers
from security.guard import Guard
from security.policy import Access
from security.secret_key import KeyFromHome, secret_key
from security.sign_in import sign_in


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What security has to know of where it stands."""

    book_of: Callable[[], Book]
    private_folder: Path
    trusted_hosts: Sequence[str]
    secure_cookies: bool
    asset_url: Callable[[str], str]
    requests_per_minute: int
    key_requests_per_minute: int


def install(
    app: Flask,
    around: Surroundings,
    *,
    access: Access,
    callback_map: Mapping[str, Mapping[str, Any]],
    script_hashes: Sequence[str],
) -> None:
    """Guard every route the application has and will have. Order matters: the guard comes first."""
    secure = around.secure_cookies
    app.config["TRUSTED_HOSTS"] = list(around.trusted_hosts)
    app.session_interface = KeyFromHome(lambda: secret_key(around.private_folder))
    viewer.install(app, around.book_of, secure=secure)
    protection = csrf.install(app, secure=secure)
    bearers = Bearers(around.book_of, Allowance(around.key_requests_per_minute))
    guard.install(
        app, Guard(access, callback_map, protection, around.book_of, bearers, behind_proxy=secure)
    )
    rate_limits.install(app, per_minute=around.requests_per_minute)
    request_ids.install(app)
    notice.install(app, around.book_of)
    headers.install(app, script_hashes=script_hashes, secure=secure)
    app.jinja_env.globals["head"] = Markup(head(around.asset_url, styles=SIGN_IN_STYLES))  # noqa: S704 - made of our own constants
    app.register_blueprint(sign_in(around.book_of, secure=secure))


def trusted_hosts(configured: str, *, host: str) -> list[str]:
    """The names this server answers to: those configured, or loopback and its own address."""
    named = [name.strip() for name in configured.split(",") if name.strip()]
    return named or ["127.0.0.1", "localhost", "[::1]", host]
