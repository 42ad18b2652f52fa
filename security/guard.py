"""The one door-keeper: every request passes here, and is refused unless a policy lets it in.

Routes are judged by what `policy` was told of their endpoint, pages by their path, Dash callbacks
by their output key. Nothing said means no. Which meter somebody may see is not decided here but
below every door, by `accounts.authorize`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import NotFound as NoSuchPage
from werkzeug.exceptions import RequestEntityTooLarge

from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.errors import Forbidden, NotSignedIn
from security.bearer import HOW, Bearers
from security.callback_body import read_callback_body
from security.headers import cache_files_long, never_cache
from security.policy import (
    MEGABYTE,
    NO_ROLE,
    SIGN_IN_PATH,
    Access,
    Policy,
    allow,
    allow_everyone,
    policy_of,
)
from security.viewer import SignedIn, signed_in

PAGE_ENDPOINTS = ("/", "/<path:path>")
CALLBACK_ENDPOINT = "/_dash-update-component"
COMPONENT_FILES_ENDPOINT = "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"
KEYED_PATHS = ("/api/", "/metrics")
FORWARDED = (
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via",
)  # fmt: skip
"""With any of these a request has come through a proxy on this machine."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Guard:
    """Judges requests to one application."""

    access: Access
    callback_map: Mapping[str, Mapping[str, Any]]
    csrf: CSRFProtect
    book_of: Callable[[], Book]
    bearers: Bearers
    behind_proxy: bool

    def judge(self) -> ResponseReturnValue | None:
        """Before every request: None lets it in, an answer is given instead, or it raises."""
        endpoint = request.endpoint
        if endpoint is None:
            return None  # no such route or method: Flask's own 404 or 405
        policy = policy_of(endpoint)
        if policy is None:
            raise Forbidden("nobody may use this address.")
        g.policy = policy
        if policy.everyone and policy.is_file:
            return None
        _limit_body(policy)
        if policy.takes_keys and self.bearers.present():
            self.bearers.judge(policy.roles)
            return None
        if not policy.everyone:
            person = signed_in()
            if person is None:
                is_own = policy.from_loopback and not self.behind_proxy and _is_from_loopback()
                return None if is_own else _to_sign_in()
            answer = self._judge_person(person, endpoint, policy)
            if answer is not None:
                return answer
        if policy.checks_forms and request.method not in SAFE_METHODS:
            self.csrf.protect()
        return None

    def _judge_person(
        self, person: SignedIn, endpoint: str, policy: Policy
    ) -> ResponseReturnValue | None:
        """Whether this person's role may do this, and whether doing it keeps them signed in."""
        renews = policy.renews
        if endpoint in PAGE_ENDPOINTS:
            answer = self._judge_page(person)
            if answer is not None:
                return answer
        elif endpoint == CALLBACK_ENDPOINT:
            body = read_callback_body(self.callback_map)
            renews = not body.is_poll
            self._require(person, self.access.callbacks.get(body.output, NO_ROLE))
        else:
            self._require(person, policy.roles)
        if renews:
            self.book_of().sessions.renew(person.session_id, person.visit.session)
        return None

    def _judge_page(self, person: SignedIn) -> ResponseReturnValue | None:
        """A page by its address: its roles, the way home from "/", 404 for no page at all."""
        role = person.person.role
        path = request.path.rstrip("/") or "/"
        roles = self.access.pages.get(path)
        home = self.access.home_of(role)
        if path == "/" and home is not None and role not in (roles or NO_ROLE):
            return redirect(home)
        if roles is None:
            raise NoSuchPage
        self._require(person, roles)
        return None

    def _require(self, person: SignedIn, roles: frozenset[Role]) -> None:
        if person.person.role in roles:
            return
        self.book_of().audit.record(person.person.email, "denied", request.path)
        raise Forbidden(f"this is not for a {person.person.role.value} account.")


def install(app: Flask, guard: Guard) -> None:
    """Judge every request of the application, before anything else does."""
    for endpoint in (*PAGE_ENDPOINTS, "/_dash-layout", "/_dash-dependencies"):
        allow(endpoint, Role)
    allow(CALLBACK_ENDPOINT, Role, largest_body=MEGABYTE)
    allow(COMPONENT_FILES_ENDPOINT, Role, is_file=True)
    allow_everyone("_dash_assets.static", is_file=True)
    allow_everyone("/_favicon.ico", is_file=True)
    allow("/_reload-hash", NO_ROLE)
    app.before_request(guard.judge)

    @app.after_request
    def _cache(response: Response) -> Response:
        policy: Policy | None = g.get("policy")
        if policy is not None and policy.is_file:
            return cache_files_long(response, for_everyone=policy.everyone)
        return never_cache(response)


def _is_from_loopback() -> bool:
    """Whether a process of this machine asks for itself, as far as can be told."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _limit_body(policy: Policy) -> None:
    request.max_content_length = policy.largest_body
    if (request.content_length or 0) > policy.largest_body:
        raise RequestEntityTooLarge


def _to_sign_in() -> ResponseReturnValue:
    """Somebody who opens a page is led to the sign-in and back; a script is told 401."""
    if request.path.startswith(KEYED_PATHS):
        raise NotSignedIn(f"an API key is missing: {HOW}.")
    is_script = request.path.startswith("/_dash")
    accepts_page = "text/html" in request.headers.get("Accept", "")
    if is_script or not accepts_page or request.method != "GET":
        raise NotSignedIn("you are not signed in.")
    wanted = request.full_path.rstrip("?")
    query = "" if wanted == "/" else f"?{urlencode({'next': wanted})}"
    return redirect(f"{SIGN_IN_PATH}{query}")
