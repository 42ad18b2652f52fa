"""Every icon that is named anywhere is among those we carry."""

from __future__ import annotations

import re
from pathlib import Path

from security.sign_in import ROLE_ICONS

PROJECT = Path(__file__).resolve().parents[3]
STYLES = PROJECT / "assets/vendor/bootstrap-icons/icons.css"
NAMED = re.compile(
    r"""(?:\bicon\(\s*"|symbol(?:: str)?\s*=\s*"|\bICON\s*=\s*"|\bbi-)([a-z][a-z0-9-]+)"""
)


def named_icons() -> dict[str, str]:
    """Icon name -> a file that uses it."""
    found = {}
    for folder in ("pages", "callbacks", "components", "security", "assets/js"):
        for path in (PROJECT / folder).rglob("*.*"):
            if path.suffix in (".py", ".js", ".html"):
                found |= dict.fromkeys(NAMED.findall(path.read_text()), path.name)
    return found


def test_every_named_icon_is_carried():
    carried = set(re.findall(r"\.bi-([a-z0-9-]+) \{", STYLES.read_text()))
    used = named_icons()

    assert len(used) > 20
    assert {name: where for name, where in used.items() if name not in carried} == {}


def test_the_icons_of_the_roles_on_the_sign_in_page_are_carried():

    carried = STYLES.read_text()
    assert [icon for icon in ROLE_ICONS.values() if f".bi-{icon} {{" not in carried] == []
