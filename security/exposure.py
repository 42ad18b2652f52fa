"""Refuses to serve beyond this machine what everybody could sign in to."""

from __future__ import annotations

import ipaddress

from data_layer.accounts.passwords import DEMO_PASSWORDS, matches
from data_layer.book import Book
from data_layer.errors import Forbidden


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_if_exposed(book: Book, *, host: str) -> None:
    """Raise Forbidden for a demo home, or a known password, on an address others can reach."""
    if is_loopback(host):
        return
    if book.demo:
        raise Forbidden(
            f"{book.home} is the demo, whose passwords everybody knows: it is served on this "
            f"machine only, not on {host}. Set METERBOOK_HOST=127.0.0.1 or use another home."
        )
    for member in book.staff.all():
        if any(matches(member.password_hash, password) for password in DEMO_PASSWORDS):
            raise Forbidden(
                f"{member.email} still has a demo password, which everybody knows: give them "
                f"another one before serving on {host}."
            )
