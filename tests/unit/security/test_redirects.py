"""After signing in one stays here."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from security.redirects import local_path

HERE = "https://meter.example/sign-in"


@pytest.mark.parametrize("path", ["/", "/usage", "/usage?period=today&meter=531-1", "/a/b#c"])
def test_paths_of_this_server_are_followed(path: str) -> None:
    assert local_path(path) == path


@given(st.text(max_size=60) | st.from_regex(r"[/\\:.a-z\t\n]{1,20}", fullmatch=True))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("http:evil.example")
def test_nothing_leads_to_another_server(wanted: str) -> None:
    """A browser drops tabs and line ends and reads a backslash as a slash before it resolves."""
    shown = local_path(wanted)
    as_read = "".join(c for c in shown if c not in "\t\r\n").replace("\\", "/")

    assert urlsplit(urljoin(HERE, as_read)).netloc == "meter.example"
    assert shown.startswith("/")
