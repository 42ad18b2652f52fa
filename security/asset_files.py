"""Addresses of files in assets/, each with its content's hash, so that browsers keep them long."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path


def asset_urls(folder: Path) -> Callable[[str], str]:
    """Gives a file's address, such as /assets/css/frame.css?v=1f0c2a7b9d."""

    @cache
    def address(name: str) -> str:
        digest = sha256((folder / name).read_bytes()).hexdigest()
        return f"/assets/{name}?v={digest[:10]}"

    return address
