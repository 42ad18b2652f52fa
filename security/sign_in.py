"""The pages before the application: sign in, sign out, choose a password by a one-time link.

Rendered here, without Dash, so that nothing of the application loads for somebody unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from data_layer.accounts.demo_people import DEMO_PEOPLE, DemoPerson
from data_layer.accounts.links import Link, Purpose
from data_layer.accounts.model import Role
from data_layer.accounts.passwords import LONGEST, SHORTEST
from data_layer.book import Book
from data_layer.errors import BadInput, MeterbookError, NotSignedIn, TooManyAttempts
from security.policy import SIGN_IN_PATH, allow, allow_everyone
from security.rate_limits import slowly
from security.redirects import local_path
from security.viewer import cookie_name, signed_in

ROLE_WORDS = {
    Role.HOUSEHOLD.value: "Household",
    Role.GOVERNMENT.value: "Government analyst",
    Role.ADMIN.value: "Operator",
}
ROLE_ICONS = {
    Role.HOUSEHOLD.value: "house-door",
    Role.GOVERNMENT.value: "buildings",
    Role.ADMIN.value: "tools",
}


@dataclass(frozen=True, slots=True)
class _Doors:
    """The views, with what they need."""

    book_of: Callable[[], Book]
    secure: bool

    def show(self) -> ResponseReturnValue:
        wanted = local_path(request.args.get("next", "/"))
        if signed_in() is not None:
            return redirect(wanted)
        return self._form(wanted=wanted)

    def enter(self) -> ResponseReturnValue:
        wanted = local_path(request.form.get("next", "/"))
        email = request.form.get("email", "")
        try:
            session_id = self.book_of().sign_in.enter(
                email=email,
                password=request.form.get("password", ""),
                address=request.remote_addr or "",
            )
        except (NotSignedIn, TooManyAttempts) as error:
            return self._form(wanted=wanted, email=email, error=error)
        return self._begin(session_id, wanted)

    def leave(self) -> ResponseReturnValue:
        person = signed_in()
        if person is not None:
            self.book_of().sign_in.leave(person.session_id, person=person.person)
        session.clear()
        answer = make_response(redirect(SIGN_IN_PATH))
        answer.delete_cookie(
            cookie_name(secure=self.secure), secure=self.secure, httponly=True, samesite="Lax"
        )
        return answer

    def show_link(self, token: str) -> ResponseReturnValue:
        link = self.book_of().links.look(token)
        return _password_form(link, email=link.email)

    def use_link(self, token: str) -> ResponseReturnValue:
        sign_in = self.book_of().sign_in
        link = self.book_of().links.look(token)
        email, name = request.form.get("email", ""), request.form.get("name", "")
        password = request.form.get("password", "")
        try:
            if password != request.form.get("repeated", ""):
                raise BadInput("the two passwords are not the same.", field="repeated")  # noqa: TRY301 - shown like the others
            session_id = sign_in.set_password(
                token,
                password=password,
                address=request.remote_addr or "",
                email=email,
                name=name,
            )
        except BadInput as error:
            return _password_form(link, email=link.email or email, name=name, error=error)
        return self._begin(session_id, "/")

    def _begin(self, session_id: str, wanted: str) -> Response:
        """A new session and new form tokens: nothing from before signing in lives on."""
        held = signed_in()
        if held is not None:
            self.book_of().sessions.end(held.session_id)
        session.clear()
        answer = make_response(redirect(wanted, code=303))
        answer.set_cookie(
            cookie_name(secure=self.secure),
            session_id,
            httponly=True,
            secure=self.secure,
            samesite="Lax",
            path="/",
        )
        return answer

    def _form(
        self, *, wanted: str, email: str = "", error: MeterbookError | None = None
    ) -> ResponseReturnValue:
        page = render_template(
            "sign_in.html",
            next=wanted,
            email=email,
            error=_sentence(error),
            demo_people=self._demo_people(),
            roles=ROLE_WORDS,
            icons=ROLE_ICONS,
        )
        return _answer(page, error)

    def _demo_people(self) -> Sequence[DemoPerson]:
        book = self.book_of()
        if not book.demo:
            return ()
        return [
            person
            for person in DEMO_PEOPLE
            if book.staff.get(person.email) or book.accounts.by_email(person.email)
        ]


def sign_in(book_of: Callable[[], Book], *, secure: bool) -> Blueprint:
    """Routes: /sign-in, /sign-out (POST), /set-up/<token>."""
    pages = Blueprint("sign_in", __name__, template_folder="templates")
    doors = _Doors(book_of, secure)
    pages.add_url_rule(SIGN_IN_PATH, "show", doors.show, methods=["GET"])
    pages.add_url_rule(SIGN_IN_PATH, "enter", slowly(doors.enter), methods=["POST"])
    pages.add_url_rule("/sign-out", "leave", doors.leave, methods=["POST"])
    pages.add_url_rule("/set-up/<token>", "show_link", slowly(doors.show_link), methods=["GET"])
    pages.add_url_rule("/set-up/<token>", "use_link", slowly(doors.use_link), methods=["POST"])
    for name in ("show", "enter", "show_link", "use_link"):
        allow_everyone(f"sign_in.{name}")
    allow("sign_in.leave", Role)
    return pages


def _password_form(
    link: Link, *, email: str, name: str = "", error: MeterbookError | None = None
) -> ResponseReturnValue:
    page = render_template(
        "set_password.html",
        is_first_admin=link.purpose is Purpose.FIRST_ADMIN,
        email=email,
        name=name,
        error=_sentence(error),
        shortest=SHORTEST,
        longest=LONGEST,
    )
    return _answer(page, error)


def _sentence(error: MeterbookError | None) -> str:
    return "" if error is None else error.sentence[:1].upper() + error.sentence[1:]


def _answer(page: str, error: MeterbookError | None) -> ResponseReturnValue:
    if error is None:
        return page
    headers = {}
    if isinstance(error, TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after)
    return page, error.status, headers
