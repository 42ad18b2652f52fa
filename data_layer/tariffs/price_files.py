"""Price series as CSV: a row a half hour, as suppliers publish them.

    valid_from,valid_to,price
    2026-01-01T00:00,2026-01-01T00:30,0.2134

The price is per kWh in the currency's whole unit; below zero it is paid to who uses energy.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.tariffs.csv_rows import Row, read_rows
from data_layer.tariffs.faults import Fault
from data_layer.tariffs.model import CODE, CODE_RULE, DECIMALS, LARGEST_RATE, Prices

PRICE_COLUMNS = ("valid_from", "valid_to", "price")


def prices_from_csv(text: str, *, name: str, zone: HomeZone) -> Prices:
    """A price series. Rows may come in any order, without gap or overlap. Raises BadInput."""
    prices, faults = read_prices(text, name=name, zone=zone)
    if faults or prices is None:
        raise faults[0].error()
    return prices


def read_prices(text: str, *, name: str, zone: HomeZone) -> tuple[Prices | None, list[Fault]]:
    """The price series of a file, or everything that is wrong with it."""
    rows, faults = read_rows(text, PRICE_COLUMNS, PRICE_COLUMNS)
    if not CODE.fullmatch(name):
        sentence = f"series {name[:40]!r} is not a code: {CODE_RULE}."
        faults.insert(0, Fault(sentence, "series"))
    if not rows and not faults:
        faults = [Fault("the file has no price: there is no row below its header.")]
    points: list[_Point] = []
    for line, row in rows:
        try:
            points.append(_point(line, row, zone))
        except BadInput as error:
            faults.append(Fault.of(error, line=line))
    points.sort()
    for before, after in pairwise(points):
        if after.start != before.end:
            what = "overlaps" if after.start < before.end else "leaves a gap after"
            sentence = (
                f"valid_from {zone.format(after.start)} {what} the price that ends at "
                f"{zone.format(before.end)}."
            )
            faults.append(Fault(sentence, "valid_from", after.line))
    if faults:
        return None, faults
    starts = np.array([point.start for point in points], dtype=np.int64)
    return Prices(name, starts, tuple(point.price for point in points), points[-1].end), []


class _Point(NamedTuple):
    start: int
    end: int
    price: Decimal
    line: int


def _point(line: int, row: Row, zone: HomeZone) -> _Point:
    start = zone.parse(row["valid_from"], field="valid_from")
    end = zone.parse(row["valid_to"], field="valid_to")
    if end <= start:
        raise BadInput("valid_to does not lie after valid_from.", field="valid_to")
    return _Point(start, end, _price(row["price"]), line)


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("NaN")
    exponent = price.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -DECIMALS or price.copy_abs() > LARGEST_RATE:
        raise BadInput(
            f"price {text[:40]!r} is not an amount per kWh with at most {DECIMALS} decimals.",
            field="price",
        )
    return price
