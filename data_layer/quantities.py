"""Energy as whole watt-hours inside, as kWh with three decimals at the doors."""

from __future__ import annotations

import re
from decimal import Decimal

from data_layer.errors import BadInput

MAXIMUM_WH = 999_999_999_999
"""Largest register value, 999,999,999.999 kWh: nine digits and three decimals."""

VOID_WH = -1
"""Stands in a value column where a revision withdraws the reading instead of giving a value."""

# Matched before any conversion: Decimal and int also accept 1_000, nan and full-width digits.
KWH_PATTERN = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,3})?", re.ASCII)
KWH_RULE = "up to nine digits, then at most three decimals, for example 1234.500"


def parse_kwh(text: str, *, field: str = "reading") -> int:
    """Read a register value in kWh as whole watt-hours.

    >>> parse_kwh("1234.5")
    1234500

    Raises BadInput when the text is not in canonical form.
    """
    if not KWH_PATTERN.fullmatch(text):
        raise BadInput(f"{field} {text[:40]!r} is not a value in kWh: {KWH_RULE}.", field=field)
    whole, _, decimals = text.partition(".")
    return int(whole) * 1000 + int(decimals.ljust(3, "0") or "0")


def format_kwh(watt_hours: int) -> str:
    """Write watt-hours as kWh with three decimals, the form of every file.

    >>> format_kwh(1234500)
    '1234.500'
    """
    sign = "-" if watt_hours < 0 else ""
    whole, decimals = divmod(abs(watt_hours), 1000)
    return f"{sign}{whole}.{decimals:03d}"


def to_kwh(watt_hours: int) -> Decimal:
    """Watt-hours as an exact Decimal of kWh with three decimals."""
    return Decimal(watt_hours).scaleb(-3)
