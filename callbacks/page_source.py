"""How a reading entered on a page names its origin in the log and in the grid."""

from __future__ import annotations

import re

LONGEST = 64
_UNSAFE = re.compile(r"[^!-+\--~]", re.ASCII)


def page_source(actor: str) -> str:
    """`page:` and who entered it, in characters that need no escaping in any file.

    >>> page_source("admin@example.com")
    'page:admin@example.com'
    """
    return _UNSAFE.sub("_", f"page:{actor}")[:LONGEST]
