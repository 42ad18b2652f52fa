"""Where to go after signing in: a path of this server, whatever the address asked for."""

from __future__ import annotations

from urllib.parse import urlsplit


def local_path(wanted: str) -> str:
    """The path if it leads nowhere but here, else "/".

    Browsers read `//host`, `/\\host` and a tab inside either as another server's address.
    """
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return "/"
    if not wanted.isprintable():
        return "/"
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else "/"
