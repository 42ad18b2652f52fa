"""What days cost is written as a bill writes money, in the decimals of its currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from callbacks.usage_cost import amount
from data_layer.billing.costs import Cost

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("exact", "currency", "digits", "shown"),
    [
        ("2.0347", "SGD", 2, "SGD 2.03"),
        ("1234.565", "SGD", 2, "SGD 1,234.57"),
        ("-0.125", "EUR", 2, "EUR -0.13"),
        ("203.5", "JPY", 0, "JPY 204"),
        ("1.23449", "KWD", 3, "KWD 1.234"),
    ],
)
def test_costs_have_the_decimals_of_their_currency(
    exact: str, currency: str, digits: int, shown: str
) -> None:
    assert amount(Cost(DAY, DAY, Decimal(exact), currency, digits)) == shown
