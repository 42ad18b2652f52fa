"""Every route of the application has its own heading in docs/routes.md, and no other is named."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

from app import create_app
from settings import Settings

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "routes.md"
ALL_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def routes(server: Flask) -> set[str]:
    """As in the document: `GET /path`, and the bare path where every method is answered."""
    found = set()
    for rule in server.url_map.iter_rules():
        methods = (rule.methods or set()) & ALL_METHODS
        if methods == ALL_METHODS:
            found.add(rule.rule)
        else:
            found |= {f"{method} {rule.rule}" for method in methods}
    return found


def test_every_route_has_a_heading_and_every_heading_a_route(tmp_path: Path) -> None:
    headings = set(re.findall(r"^### (.+)$", DOCUMENT.read_text(), flags=re.MULTILINE))
    assert headings == routes(create_app(Settings(home=tmp_path)))
