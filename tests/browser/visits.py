"""The pages a browser visits, role by role: extend PAGES when a page is added."""

from __future__ import annotations

from typing import NamedTuple


class Visit(NamedTuple):
    """One page in one state; `shows` is what is there once it has loaded."""

    name: str
    role: str
    """`household`, `government`, `admin`, or "" before signing in."""
    path: str
    shows: str


CHART = ".js-plotly-plot .trace.bars .point"

PAGES = [
    Visit("sign in", "", "/sign-in", ".entry-card"),
    Visit("usage", "household", "/usage", CHART),
    Visit(
        "usage compared, as table",
        "household",
        "/usage?period=this_month&compare=previous&table=1",
        "table tbody tr",
    ),
    Visit(
        "usage, wrong range", "household", "/usage?from=2026-02-02&to=2026-02-01", "#usage-to-error"
    ),
    Visit("usage, nothing known", "household", "/usage?from=2001-01-01&to=2001-01-01", ".empty"),
    Visit("usage without a meter", "admin", "/usage", ".empty"),
    Visit("usage of an unknown meter", "admin", "/usage?meter=999", "#usage-meter-error"),
]
