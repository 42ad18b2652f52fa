"""The document names files that exist, in an order that works, and nothing inline."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from components import document

ASSETS = Path(__file__).resolve().parents[3] / "assets"


def address(name: str) -> str:
    return f"/assets/{name}?v=1"


@pytest.mark.parametrize(
    "name",
    [
        *document.SIGN_IN_STYLES,
        *document.SCRIPTS,
        document.THEME_SCRIPT,
        document.PLOTLY,
        document.FONT,
        document.FAVICON,
    ],
)
def test_every_named_file_is_there(name):
    assert (ASSETS / name).is_file()


def test_theme_is_decided_before_any_style_is_read():
    text = document.document(address)

    assert (
        text.index(document.THEME_SCRIPT) < text.index("stylesheet") < text.index("{%app_entry%}")
    )


def test_our_styles_come_after_bootstrap():
    text = document.head(address)

    assert text.index("bootstrap.min.css") < text.index("css/tokens.css")


def test_no_script_is_inline():
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", document.document(address), re.S)

    assert scripts
    assert all("src=" in attributes and not body for attributes, body in scripts)


def test_styles_and_scripts_refer_to_nothing_on_other_hosts():
    ours = [path for path in ASSETS.rglob("*.[cj]s*") if "vendor" not in path.parts]
    ours += [ASSETS / name for name in document.STYLES]
    fetched = re.compile(r"""(?:url\(|@import|fetch\(|src=)\s*["']?(?:https?:)?//""")

    assert ours
    assert [path.name for path in ours if fetched.search(path.read_text())] == []
