"""What a downloaded file is called: what it is of, which meter, which time, in this order."""

from __future__ import annotations

import re

from api.usage_view import UsageView
from data_layer.billing.model import Bill

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def bill_name(bill: Bill, ending: str) -> str:
    """`bill_531-204-118_2026-10_version_2.pdf`."""
    return f"bill_{_meter(bill.meter_id)}_{bill.month}_version_{bill.version}.{ending}"


def usage_name(view: UsageView) -> str:
    """`usage_531-204-118_2026-10-01_2026-10-31.csv`."""
    return f"usage_{_meter(view.meter_id)}_{view.range.first}_{view.range.last}.csv"


def attachment(name: str) -> dict[str, str]:
    """The header that has a browser keep the answer as a file of this name."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _meter(meter_id: str) -> str:
    """A meter's id as part of a file name: spaces and slashes, which ids may hold, as dashes."""
    return _NOT_IN_NAMES.sub("-", meter_id)
