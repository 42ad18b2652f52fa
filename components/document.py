"""The HTML document around the application: which of our files load, and in what order.

Dash would load assets by folder name, ours before Bootstrap's; so it is told to load none
(`include_assets_files=False`) and this list is the one truth, for the server-rendered sign-in
too. theme.js stands in the head so that a dark page never flashes light; it is a file, not
inline text, because the content security policy forbids inline scripts.
"""

from __future__ import annotations

from collections.abc import Callable

STYLES = (
    "vendor/bootstrap/bootstrap.min.css",
    "vendor/bootstrap-icons/icons.css",
    "css/tokens.css",
    "css/frame.css",
    "css/navigation.css",
    "css/controls.css",
    "css/content.css",
    "css/tables.css",
    "css/charts.css",
    "css/bill.css",
    "css/staff.css",
    "css/office.css",
)
SIGN_IN_STYLES = (*STYLES, "css/sign_in.css")
THEME_SCRIPT = "js/theme.js"
SCRIPTS = (
    "js/session.js",
    "js/url_state.js",
    "js/navigation.js",
    "js/menu.js",
    "js/shortcuts.js",
    "js/charts.js",
    "js/pages.js",
    "js/upload.js",
    "js/copy.js",
)
PLOTLY = "vendor/plotly/plotly-basic.min.js"
"""Fetched when the first chart appears; assets/js/charts.js points Dash at it."""
FONT = "fonts/inter-latin.woff2"
"""Without a version, as tokens.css names it."""
FAVICON = "favicon.svg"


def head(asset_url: Callable[[str], str], *, styles: tuple[str, ...] = STYLES) -> str:
    """Icon, theme, font and styles; `asset_url` gives the versioned address of a file."""
    links = [f'<link rel="stylesheet" href="{asset_url(name)}">' for name in styles]
    return "\n".join(
        [
            '<meta name="color-scheme" content="light dark">',
            f'<link rel="icon" href="{asset_url(FAVICON)}" type="image/svg+xml">',
            f'<script src="{asset_url(THEME_SCRIPT)}"></script>',
            f'<link rel="preload" href="/assets/{FONT}" as="font" crossorigin>',
            *links,
        ]
    )


def document(asset_url: Callable[[str], str]) -> str:
    """Dash's index string."""
    scripts = "\n".join(f'<script src="{asset_url(name)}"></script>' for name in SCRIPTS)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
{{%metas%}}
<meta name="description" content="The book of electricity meters">
<meta name="plotly" content="{asset_url(PLOTLY)}">
<title>{{%title%}}</title>
{head(asset_url)}
{{%css%}}
</head>
<body>
{{%app_entry%}}
{{%config%}}
{scripts}
{{%scripts%}}
{{%renderer%}}
</body>
</html>
"""
