"""What the bills page's address asks for, read once for its grid and its export alike.

?month=2026-10&meter=531-2&sort=-gross
"""

from __future__ import annotations

from api.address_words import Words, choice, one
from data_layer.billing.model import BillFilter, BillOrder, month_days
from data_layer.errors import BadInput

SORTS: dict[str, BillOrder] = {
    "month": "month",
    "meter_id": "meter_id",
    "consumption_kwh": "consumption_wh",
    "gross": "gross",
    "version": "version",
    "made_at": "made_at",
}
"""Columns by which bills can be ordered, and what the shelf calls them."""
USUAL_ORDER = "-month"


def read_bill_filter(words: Words) -> BillFilter:
    """The bills an address asks for. Raises BadInput naming field, value and rule."""
    month = one(words, "month")
    if month:
        month_days(month)
    meter = one(words, "meter")
    if not meter.isprintable():
        raise BadInput(f"meter {meter[:40]!r} is not part of a meter's id.", field="meter")
    sort = one(words, "sort", USUAL_ORDER)
    by = choice({"sort": (sort.removeprefix("-"),)}, "sort", SORTS, "month")
    return BillFilter(
        month=month,
        meter_contains=meter,
        sort_by=SORTS[by],
        descending=sort.startswith("-"),
    )
