"""The words of a component, as a reader comes upon them."""

from __future__ import annotations


def text(part: object) -> str:
    """All texts below a component, joined by spaces."""
    if part is None or isinstance(part, bool):
        return ""
    if isinstance(part, list | tuple):
        return " ".join(text(one) for one in part)
    children = getattr(part, "children", part)
    return str(children) if isinstance(children, str | int | float) else text(children)
