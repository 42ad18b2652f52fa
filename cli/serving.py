"""How the server runs: waitress and its limits, the log files, the first start, a quiet end."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from types import FrameType
from typing import Any

import click
from flask import Flask

from cli.address import server_address
from cli.connections import Server
from data_layer.book import Book
from settings import Settings

THREADS = 16
CONNECTIONS = 1000
SILENT_SECONDS, LOOK_EVERY_SECONDS = 60, 10
"""A connection that says nothing for so long is closed: half a body holds no thread, but memory."""
LARGEST_BODY = 1024 * 1024 * 1024
LARGEST_HEAD = 32 * 1024


def serve(server: Flask, book: Book, settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; the requests at hand are finished. Returns the exit code."""
    waiting = Server(
        server,
        host=settings.host,
        port=settings.port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=SILENT_SECONDS,
        cleanup_interval=LOOK_EVERY_SECONDS,
        max_request_header_size=LARGEST_HEAD,
        max_request_body_size=LARGEST_BODY,
        ident=None,
        **_behind_tls(settings),
    )
    signal.signal(signal.SIGTERM, _stop)
    address = server_address(settings, waiting.port)
    click.echo(f"Meterbook serves {book.home} at {address}/")
    token = book.sign_in.first_admin_link()
    if token is not None:
        click.echo(
            f"Nobody runs this home yet. Open once, within 24 hours: {address}/set-up/{token}",
            err=True,
        )
    waiting.run()
    return 0


def _behind_tls(settings: Settings) -> Mapping[str, Any]:
    """With secure cookies a proxy on this machine ends TLS and says who asked.

    Without, what a proxy says is believed by nobody, but left to be seen: /metrics is closed to a
    request that came through one.
    """
    if not settings.secure_cookies:
        return {"clear_untrusted_proxy_headers": False}
    return {
        "trusted_proxy": "127.0.0.1",
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        "clear_untrusted_proxy_headers": True,
    }


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM: waitress finishes the requests at hand, then the book is closed."""
    raise SystemExit(0)
