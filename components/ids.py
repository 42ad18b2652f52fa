"""Every id on every page, so that layout, callback and test cannot disagree about one.

Each page has a StrEnum of its own whose values start with the page's name. Charts come in pairs
addressed by pattern (see `charts.py`): the server fills `chart_source(name)`, the browser paints
it into `chart(name)` in the colors of the theme.
"""

from __future__ import annotations

from enum import StrEnum


class Shell(StrEnum):
    """The frame around every page."""

    LOCATION = "_pages_location"
    """Dash's own: the address bar."""
    THEME = "shell-theme"
    """Store: "light" or "dark", kept by assets/js/theme.js."""
    NAVIGATION = "shell-navigation"
    MAIN = "main"
    ANNOUNCEMENT = "shell-announcement"
    """Polite live region: what screen readers are told after a change."""
    HELP = "shell-help"


class Usage(StrEnum):
    """A household's consumption."""

    VIEW = "usage-view"
    """Store: the page's whole state, the same words as in the address."""
    METERS = "usage-meters"
    CARDS = "usage-cards"
    CONTROLS = "usage-controls"
    MESSAGE = "usage-message"
    TITLE = "usage-title"
    QUALITY = "usage-quality"
    CHART = "usage"
    """Name for chart(...) and chart_source(...)."""
    TABLE = "usage-table"
    EXPORT = "usage-export"


def chart(name: str) -> dict[str, str]:
    """Id of the drawn graph; its clickData is the callback's input."""
    return {"type": "chart", "name": name}


def chart_source(name: str) -> dict[str, str]:
    """Id of the store that a callback fills with a figure from figures.py."""
    return {"type": "chart-source", "name": name}
