"""A bill as a JSON document and back, without loss: decimals as text, money in minor units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from data_layer.billing.model import Bill

Document = dict[str, Any]
_BILL: TypeAdapter[Bill] = TypeAdapter(Bill)


def bill_document(bill: Bill) -> Document:
    """The stored form."""
    document: Document = _BILL.dump_python(bill, mode="json")
    return document


def bill_from(document: Mapping[str, Any]) -> Bill:
    """A stored bill. Raises pydantic's ValidationError for a row that no Meterbook wrote."""
    return _BILL.validate_python(document)
