"""Tariffs as CSV, for those who keep them in a spreadsheet.

A file has a row a rate; rows of one code and one `valid_from` make one version. What is said once
for the whole version (name, standing charge, tax ...) may be left empty in its other rows.

    code,name,currency,valid_from,rate_name,unit_rate,up_to_kwh,from,to,weekdays,months,...
    HOME,Home,SGD,2026-01-01,Night,0.18,,22:00,06:00,mon-fri,,...
    HOME,,,2026-01-01,Day,0.31,,,,,,...

A row with `up_to_kwh` makes slabs, one with `from`, `to`, `weekdays` or `months` bands,
`price_series` names a series. Every filled cell is used, or is a fault.
"""

from __future__ import annotations

from collections.abc import Sequence

from data_layer.tariffs.csv_energy import (
    band_rows,
    differing,
    energy_document,
    is_band,
    misses_other_times,
    once,
    other_times,
    unused,
)
from data_layer.tariffs.csv_rows import Row, Rows, read_rows
from data_layer.tariffs.document_faults import Wrong
from data_layer.tariffs.documents import read_tariff
from data_layer.tariffs.faults import Fault
from data_layer.tariffs.model import CODE, Tariff

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
COLUMN_OF = {
    "rate": "unit_rate",
    "name": "rate_name",
    "series": "price_series",
    "per_day": "standing_per_day",
    "per_kw_month": "standing_per_kw_month",
    "units_kwh": "subsidy_units_kwh",
    "share": "subsidy_share",
    "every": "subsidy_every",
}
"""Columns whose fields in the document have another name."""
PARTS = {
    "standing": {"standing_per_day": "per_day", "standing_per_kw_month": "per_kw_month"},
    "subsidy": {
        "subsidy_units_kwh": "units_kwh",
        "subsidy_share": "share",
        "subsidy_every": "every",
    },
    "tax": {"tax_rate": "rate", "tax_name": "name"},
}
"""Parts of a version beside its energy, each with its columns and their fields."""
OF_TARIFF = ("name", "currency")
OF_VERSION = ("price_series", *(column for columns in PARTS.values() for column in columns))
"""Columns that are said once for the whole tariff, or for the whole version."""


def read_tariffs(text: str) -> tuple[list[Tariff], list[Fault]]:
    """The tariffs of a file that are well, in its order, and everything wrong with the others."""
    rows, faults = read_rows(text, COLUMNS, REQUIRED)
    if not rows and not faults:
        faults = [Fault("the file has no tariff: there is no row below its header.")]
    found = []
    for code in dict.fromkeys(row["code"] for _, row in rows):
        own = [(line, row) for line, row in rows if row["code"] == code]
        read = _tariff(code, own)
        if isinstance(read, Tariff):
            found.append(read)
        else:
            faults += read
    return found, faults


def _tariff(code: str, rows: Rows) -> Tariff | list[Fault]:
    """The tariff of its rows, or everything that is wrong with them, each with its line."""
    if not code:
        return [fault for pair in rows for fault in _keyless("code", pair)]
    dated = [pair for pair in rows if pair[1]["valid_from"]]
    undated = [pair for pair in rows if not pair[1]["valid_from"]]
    parts = [
        [pair for pair in dated if pair[1]["valid_from"] == day]
        for day in dict.fromkeys(row["valid_from"] for _, row in dated)
    ]
    faults = list(differing(rows, OF_TARIFF))
    for part in parts:
        faults += [*unused(part), *differing(part, OF_VERSION), *other_times(part)]
    for pair in undated:
        faults += _keyless("valid_from", pair)
    found = read_tariff(_document(code, rows, parts))
    if isinstance(found, Tariff):
        return faults or found
    return faults + [
        _fault(code, wrong, rows, parts)
        for wrong in found
        if (parts or wrong.place != ("versions",)) and not _is_told(wrong, parts)
    ]


def _keyless(key: str, pair: tuple[int, Row]) -> list[Fault]:
    """What is wrong with a row that does not say which tariff or version it is of.

    That is its key, and cells that are wrong whatever other rows it belongs to.
    """
    line, row = pair
    code = row["code"]
    faults = [Fault(f"{key} is missing.", key, line, code)]
    found = read_tariff(_document("NONE", [pair], [[pair]]))
    if not isinstance(found, Tariff):
        own = [one for one in found if not one.is_missing and not one.is_among]
        if key == "valid_from":
            own = [one for one in own if one.place[:1] == ("versions",)]
        faults += [_fault(code, one, [pair], [[pair]]) for one in own]
    return faults


def _is_told(wrong: Wrong, parts: Sequence[Rows]) -> bool:
    """Whether that a rate for all other times is missing has been told in the file's words."""
    is_otherwise = wrong.place[:1] == ("versions",) and wrong.place[2:] == ("energy", "otherwise")
    return is_otherwise and misses_other_times(parts[_numbers(wrong.place)[0]])


def _fault(code: str, wrong: Wrong, rows: Rows, parts: Sequence[Rows]) -> Fault:
    """What is wrong with the document, at the line it was made from and in the file's words."""
    column = _column(wrong.place)
    return Fault(column + wrong.said, column, _line(wrong.place, rows, parts), code)


def _line(place: Sequence[str | int], rows: Rows, parts: Sequence[Rows]) -> int:
    column = _column(place)
    numbers = _numbers(place)
    own = parts[numbers[0]] if numbers else rows
    if len(numbers) > 1:
        return (band_rows(own) if "bands" in place else own)[numbers[1]][0]
    if "otherwise" in place:
        own = [pair for pair in own if not is_band(pair[1])]
    return next((line for line, row in own if row.get(column)), own[0][0])


def _numbers(place: Sequence[str | int]) -> list[int]:
    return [part for part in place if isinstance(part, int)]


def _column(place: Sequence[str | int]) -> str:
    """The column that a field of the document comes from."""
    names = [part for part in place if isinstance(part, str)]
    if "tax" in names:
        return f"tax_{names[-1]}"
    return names[-1] if len(names) == 1 else COLUMN_OF.get(names[-1], names[-1])


def _document(code: str, rows: Rows, parts: Sequence[Rows]) -> dict[str, object]:
    """The document that rows make, without what they leave empty."""
    name = once(rows, "name") or (code if CODE.fullmatch(code) else "unnamed")
    currency = once(rows, "currency")
    head = {"code": code, "name": name} | ({"currency": currency} if currency else {})
    return {**head, "versions": [_version(part) for part in parts]}


def _version(rows: Rows) -> dict[str, object]:
    day = rows[0][1]["valid_from"]
    document: dict[str, object] = {"valid_from": day} if day else {}
    document["energy"] = energy_document(rows)
    for part, columns in PARTS.items():
        said = {name: once(rows, column) for column, name in columns.items()}
        if found := {name: value for name, value in said.items() if value}:
            document[part] = found
    return document
