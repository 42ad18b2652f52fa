"""The one error handler: every condition becomes one sentence, for a script or for a person.

Scripts get application/problem+json (RFC 9457), people a page. What went wrong inside is logged
under a number and never shown.
"""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus

from dash.exceptions import DependencyException
from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, NotFound

from data_layer.errors import MeterbookError, NotSignedIn, TooManyAttempts, Unavailable
from security.request_ids import request_id

_LOG = logging.getLogger("meterbook")
SCRIPT_PATHS = ("/api/", "/_dash", "/healthz", "/metrics")
SENTENCES = {
    400: "the request is not in a form this server reads.",
    404: "there is nothing at this address.",
    405: "this address does not take that method.",
    413: "the request is larger than this address takes.",
    415: "the body is not of a type this address takes.",
}


def install(app: Flask) -> None:
    """Answer every error of the application in one way."""
    app.register_error_handler(MeterbookError, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DependencyException, lambda _error: _http(NotFound()))
    app.register_error_handler(Exception, _unknown)


def _known(error: MeterbookError) -> Response:
    answer = _answer(error.status, error.sentence, problem=error.problem, field=error.field)
    if isinstance(error, TooManyAttempts | Unavailable):
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, NotSignedIn) and request.path.startswith("/api/"):
        wrong = ', error="invalid_token"' if "Authorization" in request.headers else ""
        answer.headers["WWW-Authenticate"] = f'Bearer realm="Meterbook"{wrong}'
    return answer


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    if isinstance(error, CSRFError):
        sentence = "this form is out of date: reload the page and try again."
    else:
        sentence = SENTENCES.get(status, HTTPStatus(status).description.lower() + ".")
    answer = _answer(status, sentence, problem=HTTPStatus(status).phrase.lower().replace(" ", "-"))
    if status == 405 and getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return answer


def _unknown(error: Exception) -> Response:
    number = secrets.token_hex(4)
    # The rule, not the path: that may hold a one-time token or somebody's line breaks.
    _LOG.error(
        "error %s at %s %s, request %s",
        number,
        request.method,
        request.url_rule,
        request_id(),
        exc_info=error,
    )
    return _answer(500, f"something went wrong here; the log names it {number}.", problem="error")


def _answer(status: int, sentence: str, *, problem: str, field: str | None = None) -> Response:
    title = HTTPStatus(status).phrase
    if _is_for_a_person():
        shown = sentence[:1].upper() + sentence[1:]
        page = render_template("error.html", status=status, title=title, sentence=shown)
        return make_response(page, status)
    body = {
        "type": f"urn:meterbook:problem:{problem}",
        "title": title,
        "status": status,
        "detail": sentence,
    }
    if field is not None:
        body["field"] = field
    answer = jsonify(body)
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def _is_for_a_person() -> bool:
    if request.path.startswith(SCRIPT_PATHS):
        return False
    return "text/html" in request.headers.get("Accept", "")
