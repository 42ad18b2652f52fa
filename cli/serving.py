"""How the server runs: waitress and its limits, the log file, the first start, a quiet end."""

from __future__ import annotations

import logging
import signal
from collections.abc import Mapping
from logging.handlers import TimedRotatingFileHandler
from types import FrameType
from typing import Any

import click
import waitress
from flask import Flask

from cli.address import server_address
from data_layer.book import Book
from data_layer.storage.home import PRIVATE_FOLDER
from settings import Settings

THREADS = 16
CONNECTIONS = 1000
SILENT_SECONDS, LOOK_EVERY_SECONDS = 60, 10
"""A connection that says nothing for so long is closed: half a body holds no thread, but memory."""
LARGEST_BODY = 1024 * 1024 * 1024
LARGEST_HEAD = 32 * 1024
LOG_FILE, LOG_DAYS = "meterbook.log", 14


def serve(server: Flask, book: Book, settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; the requests at hand are finished. Returns the exit code."""
    _log_to_file(book)
    waiting = waitress.create_server(
        server,
        host=settings.host,
        port=settings.port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
        channel_timeout=SILENT_SECONDS,
        cleanup_interval=LOOK_EVERY_SECONDS,
        asyncore_use_poll=True,  # select() looks through every silent connection, and knows 1,024
        max_request_header_size=LARGEST_HEAD,
        max_request_body_size=LARGEST_BODY,
        ident=None,
        **_behind_tls(settings),
    )
    signal.signal(signal.SIGTERM, _stop)
    address = server_address(settings, getattr(waiting, "effective_port", settings.port))
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
    """With secure cookies a proxy on this machine ends TLS and says who asked."""
    if not settings.secure_cookies:
        return {}
    return {
        "trusted_proxy": "127.0.0.1",
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        "clear_untrusted_proxy_headers": True,
    }


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM: waitress finishes the requests at hand, then the book is closed."""
    raise SystemExit(0)


def _log_to_file(book: Book) -> None:
    handler = TimedRotatingFileHandler(
        book.home / PRIVATE_FOLDER / LOG_FILE, when="midnight", backupCount=LOG_DAYS
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
