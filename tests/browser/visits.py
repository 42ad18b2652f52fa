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
ROW = ".ag-center-cols-container .ag-row"

PAGES = [
    Visit("sign in", "", "/sign-in", ".entry-card"),
    Visit("usage", "household", "/usage?period=yesterday", CHART),
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
    Visit("bill", "household", "/bill", "#bill-head .bill-total"),
    Visit("bill, no such month", "household", "/bill?month=2001-01", ".empty"),
    Visit("bill, wrong month", "household", "/bill?month=yesterday", ".notice-error"),
    Visit("bill without a meter", "admin", "/bill", ".empty"),
    Visit("bill of an unknown meter", "admin", "/bill?meter=999", "#bill-meter-error"),
    Visit("groups", "government", "/government?split=dwelling_type", ROW),
    Visit(
        "groups per household",
        "government",
        "/government?split=area&per=household&region=East",
        ROW,
    ),
    Visit("groups, nothing known", "government", "/government?from=2001-01-01&to=2001-01-02", ROW),
    Visit("groups, wrong word", "government", "/government?split=meter", ".notice-error"),
    Visit("accounts", "admin", "/accounts", ROW),
    Visit("accounts, none found", "admin", "/accounts?search=nobody-at-all", ".ag-overlay"),
    Visit("readings", "admin", "/readings", ROW),
    Visit("readings, none found", "admin", "/readings?meter=nobody-at-all", ".ag-overlay"),
    Visit("readings, wrong day", "admin", "/readings?from=yesterday", ".notice-error"),
    Visit("upload", "admin", "/upload", "#upload-form"),
    Visit("upload, unknown job", "admin", "/upload?job=99999", ".notice-error"),
    Visit("operations", "admin", "/operations", ".figure-card"),
    Visit("tariffs", "admin", "/tariffs", "#tariffs-list table"),
    Visit("tariff of bands", "admin", "/tariffs?tariff=OFFICE-BANDS", ".day-strip"),
    Visit("tariff of slabs", "admin", "/tariffs?tariff=OFFICE-SLABS", ".tariff-facts table"),
    Visit("tariff of prices", "admin", "/tariffs?tariff=OFFICE-PRICES", ".price-day"),
    Visit("tariff unknown", "admin", "/tariffs?tariff=NONE", "#tariffs-details .notice-error"),
    Visit("tariff file unknown", "admin", "/tariffs?file=999", "#tariffs-report .notice-error"),
    Visit("bills", "admin", "/billing", ROW),
    Visit("bills, none found", "admin", "/billing?meter=nobody-at-all", ".in-place-of-grid .empty"),
    Visit("bills, wrong month", "admin", "/billing?month=2026-13", ".notice-error"),
    Visit("API keys", "admin", "/keys", "#keys-table .empty, #keys-table table"),
]
