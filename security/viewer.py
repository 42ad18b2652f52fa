"""Who stands at this door: the person behind the request's session cookie.

flask-login keeps the person for the length of a request; who it is comes from our own session
table alone, never from a signed cookie that would still work after signing out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Flask, Request, Response, g, has_request_context
from flask_login import LoginManager, current_user
from flask_login import UserMixin as FlaskLoginUser

from data_layer.accounts.model import Viewer
from data_layer.accounts.people import Person
from data_layer.book import Book
from data_layer.errors import NotSignedIn

SESSION_COOKIE = "meterbook_session"


@dataclass(frozen=True, slots=True)
class SignedIn(FlaskLoginUser):  # type: ignore[misc]  # flask-login has no types
    """A signed-in person, as flask-login wants to see one."""

    person: Person
    session_id: str

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.person.role, self.person.email)

    def get_id(self) -> str:
        return self.person.email


class _RequestLogin(LoginManager):  # type: ignore[misc]  # flask-login has no types
    """flask-login without its "remember me" cookie, which would add `Vary: Cookie` everywhere."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def install(app: Flask, book_of: Callable[[], Book], *, secure: bool) -> None:
    """Have every request know its person from the session cookie."""
    manager = _RequestLogin(app, add_context_processor=False)
    manager.session_protection = None
    cookie = cookie_name(secure=secure)

    @manager.request_loader
    def _person(request: Request) -> SignedIn | None:
        session_id = request.cookies.get(cookie, "")
        if not session_id:
            return None
        person = book_of().sign_in.whoever(session_id, renew=g.get("renews", True))
        return None if person is None else SignedIn(person, session_id)


def cookie_name(*, secure: bool) -> str:
    """`__Host-` binds the cookie to this host and to TLS, where there is TLS."""
    return f"__Host-{SESSION_COOKIE}" if secure else SESSION_COOKIE


def signed_in() -> SignedIn | None:
    """The signed-in person of this request, None when there is none."""
    if not has_request_context() or not current_user.is_authenticated:
        return None
    return cast(SignedIn, current_user._get_current_object())  # noqa: SLF001 - the proxy's own way


def current_viewer() -> Viewer:
    """The viewer of this request. Raises NotSignedIn."""
    found = signed_in()
    if found is None:
        raise NotSignedIn("you are not signed in.")
    return found.viewer
