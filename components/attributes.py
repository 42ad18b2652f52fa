"""HTML attributes with a hyphen, which Python cannot write as keywords."""

from __future__ import annotations

from typing import Any


def aria(**words: str) -> dict[str, Any]:
    """`aria(label="Pages")` is `{"aria-label": "Pages"}`; spread it into a component."""
    return {f"aria-{name.rstrip('_')}": value for name, value in words.items()}


def data(**words: str) -> dict[str, Any]:
    """`data(view="usage-view")` is `{"data-view": "usage-view"}`; underscores become hyphens."""
    return {f"data-{name.replace('_', '-')}": value for name, value in words.items()}
