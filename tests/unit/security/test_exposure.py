"""Which addresses only this machine can reach."""

from __future__ import annotations

import pytest

from security.exposure import is_loopback


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - only looked at
        ("::", False),
        ("192.0.2.1", False),
        ("", False),
        ("localhost.evil.example", False),
    ],
)
def test_loopback_is_recognized(host: str, answer: bool) -> None:
    assert is_loopback(host) is answer
