"""The last lines of a text file that may be large and may be growing, for people to look at."""

from __future__ import annotations

import os
from pathlib import Path

LINE_BYTES = 512
"""More than any line of the log."""


def last_lines(path: Path, count: int) -> list[str]:
    """The last `count` whole lines, oldest first; none when there is no such file. O(count)."""
    try:
        with path.open("rb") as file:
            length = file.seek(0, os.SEEK_END)
            start = max(0, length - count * LINE_BYTES)
            file.seek(start)
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    lines = text.split("\n")
    whole = lines[:-1] if start == 0 else lines[1:-1]
    return whole[-count:]
