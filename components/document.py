"""The HTML document around the application: what must be there before the first paint.

theme.js stands in the head so that a dark page never flashes light. It is a file, not inline
text, because the content security policy forbids inline scripts.
"""

from __future__ import annotations

from collections.abc import Callable

ASSETS_NOT_LOADED_BY_THEMSELVES = r"theme\.js$"
"""For Dash's `assets_ignore`: the head loads these."""


def document(asset_url: Callable[[str], str]) -> str:
    """Dash's index string; `asset_url` gives the (versioned) address of a file in assets/."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
{{%metas%}}
<meta name="color-scheme" content="light dark">
<meta name="description" content="The book of electricity meters">
<title>{{%title%}}</title>
<link rel="icon" href="{asset_url("favicon.svg")}" type="image/svg+xml">
<script src="{asset_url("js/theme.js")}"></script>
<link rel="preload" href="{asset_url("fonts/inter-latin.woff2")}" as="font" crossorigin>
{{%css%}}
</head>
<body>
{{%app_entry%}}
{{%config%}}
{{%scripts%}}
{{%renderer%}}
</body>
</html>
"""
