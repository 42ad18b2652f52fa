"""What every answer tells the browser: trust this origin only, sniff nothing, be framed nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response, request

YEAR = 365 * 24 * 60 * 60
HOUR = 60 * 60
LASTING_FILES = (".woff2",)
"""Another font gets another name; styles name them without a version."""


def content_security_policy(script_hashes: Sequence[str]) -> str:
    """Scripts only from our own files or with a known hash; never `eval`.

    Inline styles are allowed: plotly and AG Grid position what they draw with them.
    """
    directives = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *script_hashes]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def install(app: Flask, *, script_hashes: Sequence[str], secure: bool) -> None:
    """Put the headers on every answer, errors included."""
    fixed = {
        "Content-Security-Policy": content_security_policy(script_hashes),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if secure:
        fixed["Strict-Transport-Security"] = f"max-age={YEAR}; includeSubDomains"

    @app.after_request
    def _add(response: Response) -> Response:
        response.headers.extend(fixed)  # nobody else sets them, so none is looked for first
        return response


def cache_files_long(response: Response, *, for_everyone: bool) -> Response:
    """Files of the product: a versioned address never changes, another may within the hour."""
    if response.status_code not in (200, 304):
        return never_cache(response)
    response.direct_passthrough = False
    response.make_sequence()  # whole, so that it is compressed at once and its file closed
    versioned = (
        "v" in request.args
        or response.cache_control.max_age == YEAR  # Dash's own, by the fingerprint in the path
        or request.path.endswith(LASTING_FILES)
    )
    words = ["public" if for_everyone else "private", f"max-age={YEAR if versioned else HOUR}"]
    response.headers["Cache-Control"] = ", ".join([*words, *(["immutable"] if versioned else [])])
    return response


def never_cache(response: Response) -> Response:
    """What a signed-in person sees stays out of every cache."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response
