"""Who stands at this door: the person behind the request's session cookie.

flask-login keeps the person for the length of a request; who it is comes from our own session
table alone, never from a signed cookie that would still work after signing out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Flask, Request, Response, has_request_context, request
from flask_login import LoginManager, current_user
from flask_login import UserMixin as FlaskLoginUser

from data_layer.accounts.model import Viewer
from data_layer.accounts.people import Person
from data_layer.accounts.sign_in import Visit
from data_layer.book import Book
from data_layer.errors import NotSignedIn
from security.bearer import key_viewer

SESSION_COOKIE = "meterbook_session"


@dataclass(frozen=True, slots=True)
class SignedIn(FlaskLoginUser):  # type: ignore[misc]  # flask-login has no types
    """A signed-in person, as flask-login wants to see one."""

    visit: Visit
    session_id: str

    @property
    def person(self) -> Person:
        return self.visit.person

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.person.role, self.person.email)

    def get_id(self) -> str:
        return self.person.email


class _RequestLogin(LoginManager):  # type: ignore[misc]  # flask-login has no types
    """flask-login that asks our session table only.

    Its own signed cookie and "remember me" are left out: they would let in somebody who has
    signed out, and add `Vary: Cookie` to every file.
    """

    def _load_user(self) -> None:
        self._update_request_context_with_user(self._load_user_from_request(request))

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def install(app: Flask, book_of: Callable[[], Book], *, secure: bool) -> None:
    """Have every request know its person from the session cookie."""
    manager = _RequestLogin(app, add_context_processor=False)
    cookie = cookie_name(secure=secure)

    def _person(asking: Request) -> SignedIn | None:
        session_id = asking.cookies.get(cookie, "")
        if not session_id:
            return None
        visit = book_of().sign_in.whoever(session_id)
        return None if visit is None else SignedIn(visit, session_id)

    manager.request_loader(_person)


def cookie_name(*, secure: bool) -> str:
    """`__Host-` binds the cookie to this host and to TLS, where there is TLS."""
    return f"__Host-{SESSION_COOKIE}" if secure else SESSION_COOKIE


def signed_in() -> SignedIn | None:
    """The signed-in person of this request, None when there is none."""
    if not has_request_context() or not current_user.is_authenticated:
        return None
    return cast(SignedIn, current_user._get_current_object())  # noqa: SLF001 - the proxy's own way


def current_viewer() -> Viewer:
    """The viewer of this request, a key or a person. Raises NotSignedIn."""
    by_key = key_viewer()
    if by_key is not None:
        return by_key
    found = signed_in()
    if found is None:
        raise NotSignedIn("you are not signed in.")
    return found.viewer
