"""A form or a callback counts only when it comes from a page of ours: Flask-WTF's token.

Forms carry it in a hidden field. Dash's renderer and our scripts read it from the cookie
`_csrf_token` and send it back in the header X-CSRFToken, which another site's page cannot do.
"""

from __future__ import annotations

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect, generate_csrf, validate_csrf
from wtforms import ValidationError

CSRF_COOKIE = "_csrf_token"


def install(app: Flask, *, secure: bool) -> CSRFProtect:
    """Ready the check, which the guard runs on every changing request, and hand out cookies."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard asks, after it knows who is there
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its signed cookie
        SESSION_COOKIE_NAME="__Host-meterbook_forms" if secure else "meterbook_forms",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
    )
    protection = CSRFProtect(app)

    @app.after_request
    def _hand_out(response: Response) -> Response:
        is_file = "policy" in g and g.policy.is_file
        if response.mimetype == "text/html" and not is_file and not _has_valid():
            response.set_cookie(
                CSRF_COOKIE, generate_csrf(), secure=secure, samesite="Strict", httponly=False
            )
        return response

    return protection


def _has_valid() -> bool:
    """Keep a cookie that works: a fresh one at each load would only defeat caches."""
    try:
        validate_csrf(request.cookies.get(CSRF_COOKIE))
    except ValidationError:
        return False
    return True
