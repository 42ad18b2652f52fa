"""Tariffs and prices as CSV, for those who keep them in a spreadsheet.

A tariff file has a row a rate; rows of one code and one `valid_from` make one version. What is
said once for the whole version (name, standing charge, tax ...) may be left empty in its other
rows.

    code,name,currency,valid_from,rate_name,unit_rate,up_to_kwh,from,to,weekdays,months,...
    HOME,Home,SGD,2026-01-01,Night,0.18,,22:00,06:00,mon-fri,,...
    HOME,,,2026-01-01,Day,0.31,,,,,,...

A row with `up_to_kwh` makes slabs, one with `from` or `to` bands, `price_series` names a series.

A price file has a row a half hour, as suppliers publish it: `valid_from,valid_to,price`, price
per kWh in the currency's whole unit.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise

import numpy as np

from data_layer.clock import HomeZone
from data_layer.errors import BadInput
from data_layer.tariffs.documents import WEEKDAYS, tariff_from
from data_layer.tariffs.model import CODE, CODE_RULE, DECIMALS, LARGEST_RATE, Prices, Tariff

REQUIRED = ("code", "valid_from")
COLUMNS = (
    *REQUIRED,
    "name",
    "currency",
    "rate_name",
    "unit_rate",
    "up_to_kwh",
    "from",
    "to",
    "weekdays",
    "months",
    "price_series",
    "standing_per_day",
    "standing_per_kw_month",
    "subsidy_units_kwh",
    "subsidy_share",
    "subsidy_every",
    "tax_rate",
    "tax_name",
)
PRICE_COLUMNS = ("valid_from", "valid_to", "price")
Row = Mapping[str, str]


def tariffs_from_csv(text: str) -> list[Tariff]:
    """Every tariff of a file, in its order. Raises BadInput naming line, field, value and rule."""
    rows = list(_rows(text, COLUMNS, REQUIRED))
    if not rows:
        raise BadInput("the file has no tariff: there is no row below its header.")
    found = []
    for code in dict.fromkeys(row["code"] for _, row in rows):
        own = [(line, row) for line, row in rows if row["code"] == code]
        found.append(_tariff(code, own))
    return found


def prices_from_csv(text: str, *, name: str, zone: HomeZone) -> Prices:
    """A price series. Rows may come in any order, without gap or overlap. Raises BadInput."""
    if not CODE.fullmatch(name):
        raise BadInput(f"series {name[:40]!r} is not a code: {CODE_RULE}.", field="series")
    points: list[tuple[int, int, Decimal, int]] = []
    for line, row in _rows(text, PRICE_COLUMNS, PRICE_COLUMNS):
        try:
            start = zone.parse(row["valid_from"], field="valid_from")
            end = zone.parse(row["valid_to"], field="valid_to")
            points.append((start, end, _price(row["price"]), line))
        except BadInput as error:
            raise BadInput(f"line {line}: {error.sentence}", field=error.field) from error
        if end <= start:
            raise BadInput(f"line {line}: valid_to does not lie after valid_from.")
    if not points:
        raise BadInput("the file has no price: there is no row below its header.")
    points.sort()
    for before, after in pairwise(points):
        if after[0] != before[1]:
            what = "overlaps" if after[0] < before[1] else "leaves a gap after"
            raise BadInput(
                f"line {after[3]}: valid_from {zone.format(after[0])} {what} the price that ends "
                f"at {zone.format(before[1])}."
            )
    starts = np.array([start for start, *_ in points], dtype=np.int64)
    return Prices(name, starts, tuple(price for _, _, price, _ in points), points[-1][1])


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("NaN")
    exponent = price.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -DECIMALS or abs(price) > LARGEST_RATE:
        raise BadInput(
            f"price {text[:40]!r} is not an amount per kWh with at most {DECIMALS} decimals.",
            field="price",
        )
    return price


def _rows(text: str, columns: Sequence[str], required: Sequence[str]) -> Iterator[tuple[int, Row]]:
    """Rows with their line number; unknown and missing columns are errors, not guesses."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        for name in header:
            if name not in columns:
                raise BadInput(
                    f"line 1: column {name[:40]!r} is unknown: use {', '.join(columns)}."
                )
        for name in required:
            if name not in header:
                raise BadInput(f"line 1: column {name} is missing.", field=name)
        reader.fieldnames = header
        for row in reader:
            if None in row or None in row.values():
                raise BadInput(f"line {reader.line_num} has another number of cells than line 1.")
            yield reader.line_num, {name: value.strip() for name, value in row.items()}
    except csv.Error as error:
        raise BadInput(f"line {reader.line_num}: {error}.") from error


def _tariff(code: str, rows: Sequence[tuple[int, Row]]) -> Tariff:
    line = rows[0][0]
    try:
        return tariff_from(
            {
                "code": code,
                "name": _once(rows, "name") or code,
                "currency": _once(rows, "currency"),
                "versions": [
                    _version([pair for pair in rows if pair[1]["valid_from"] == day])
                    for day in dict.fromkeys(row["valid_from"] for _, row in rows)
                ],
            }
        )
    except BadInput as error:
        raise BadInput(
            f"tariff {code[:40]!r}, from line {line}: {error.sentence}", field=error.field
        ) from error


def _version(rows: Sequence[tuple[int, Row]]) -> dict[str, object]:
    document: dict[str, object] = {
        "valid_from": rows[0][1]["valid_from"],
        "energy": _energy(rows),
        "standing": _named(rows, {"standing_per_day": "per_day"})
        | _named(rows, {"standing_per_kw_month": "per_kw_month"}),
    }
    subsidy = {f"subsidy_{name}": name for name in ("units_kwh", "share", "every")}
    for part, names in (("subsidy", subsidy), ("tax", {"tax_rate": "rate", "tax_name": "name"})):
        if found := _named(rows, names):
            document[part] = found
    return document


def _named(rows: Sequence[tuple[int, Row]], names: Mapping[str, str]) -> dict[str, str]:
    found = {name: _once(rows, column) for column, name in names.items()}
    return {name: value for name, value in found.items() if value}


def _energy(rows: Sequence[tuple[int, Row]]) -> dict[str, object]:
    if series := _once(rows, "price_series"):
        return {"kind": "price_series", "series": series}
    own = [row for _, row in rows]
    if any(row.get("up_to_kwh") for row in own):
        return {
            "kind": "slabs",
            "steps": [
                {"rate": row.get("unit_rate", "")}
                | ({"up_to_kwh": row["up_to_kwh"]} if row["up_to_kwh"] else {})
                for row in own
            ],
        }
    if len(own) == 1 and not (own[0].get("from") or own[0].get("to")):
        return {"kind": "flat", "rate": own[0].get("unit_rate", "")}
    always = [row for row in own if not (row.get("from") or row.get("to"))]
    if len(always) != 1:
        raise BadInput(
            f"the version from {own[0]['valid_from']} has {len(always)} rates without from and to; "
            "rate bands need exactly one, for all other times."
        )
    return {
        "kind": "time_of_use",
        "bands": [_band(row) for row in own if row is not always[0]],
        "otherwise": {
            "name": always[0].get("rate_name") or "Other times",
            "rate": always[0].get("unit_rate", ""),
        },
    }


def _band(row: Row) -> dict[str, object]:
    band: dict[str, object] = {
        "name": row.get("rate_name", ""),
        "rate": row.get("unit_rate", ""),
        "from": row.get("from") or "00:00",
        "to": row.get("to") or "24:00",
    }
    if row.get("weekdays"):
        band["weekdays"] = _weekdays(row["weekdays"])
    if row.get("months"):
        band["months"] = row["months"].split()
    return band


def _weekdays(text: str) -> list[str]:
    """`mon-fri` or `sat sun` as a list of names; what is no name is left to the document's rule."""
    found: list[str] = []
    for word in text.lower().split():
        first, dash, last = word.partition("-")
        if dash and first in WEEKDAYS and last in WEEKDAYS:
            start, stop = WEEKDAYS.index(first), WEEKDAYS.index(last)
            stop += 7 if stop < start else 0
            found += [WEEKDAYS[number % 7] for number in range(start, stop + 1)]
        else:
            found.append(word)
    return found


def _once(rows: Sequence[tuple[int, Row]], column: str) -> str:
    """A cell that is said for all rows together. Raises BadInput when they differ."""
    said = {row.get(column, "") for _, row in rows} - {""}
    if len(said) > 1:
        raise BadInput(f"{column} differs between rows: {' and '.join(sorted(said))[:80]!r}.")
    return said.pop() if said else ""
