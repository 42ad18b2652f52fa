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

from collections.abc import Mapping, Sequence

from data_layer.errors import BadInput
from data_layer.tariffs.csv_energy import energy_document, is_band, once, unused
from data_layer.tariffs.csv_rows import Rows, read_rows
from data_layer.tariffs.documents import Wrong, read_tariff
from data_layer.tariffs.faults import Fault
from data_layer.tariffs.model import Tariff

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
    parts = [
        [pair for pair in rows if pair[1]["valid_from"] == day]
        for day in dict.fromkeys(row["valid_from"] for _, row in rows)
    ]
    faults: list[Fault] = []
    document: dict[str, object] = {"code": code}
    versions: list[dict[str, object]] = []
    try:
        document |= {"name": once(rows, "name") or code, "currency": once(rows, "currency")}
    except BadInput as error:
        faults.append(Fault.of(error, line=rows[0][0], tariff=code))
    for part in parts:
        try:
            versions.append(_version(part))
        except BadInput as error:
            faults.append(Fault.of(error, line=part[0][0], tariff=code))
    idle = [fault for part in parts for fault in unused(part)]
    if faults:
        return idle + faults
    found = read_tariff({**document, "versions": versions})
    if not isinstance(found, Tariff):
        return idle + [_fault(code, wrong, rows, parts) for wrong in found]
    return idle or found


def _fault(code: str, wrong: Wrong, rows: Rows, parts: Sequence[Rows]) -> Fault:
    """What is wrong with the document, at the line it was made from and in the file's words."""
    line = _line(wrong.place, rows, parts)
    if not wrong.rule:
        return Fault.of(wrong.error, line=line, tariff=code)
    column = _column(wrong.place)
    return Fault(column + wrong.rule, column, line, code)


def _line(place: Sequence[str | int], rows: Rows, parts: Sequence[Rows]) -> int:
    numbers = [part for part in place if isinstance(part, int)]
    if not numbers:
        return rows[0][0]
    own = parts[numbers[0]]
    if len(numbers) == 1:
        always = [pair for pair in own if not is_band(pair[1])]
        return (always if "otherwise" in place else own)[0][0]
    if "bands" in place:
        own = [pair for pair in own if is_band(pair[1])]
    return own[numbers[1]][0]


def _column(place: Sequence[str | int]) -> str:
    """The column that a field of the document comes from."""
    names = [part for part in place if isinstance(part, str)]
    if "tax" in names:
        return f"tax_{names[-1]}"
    return names[-1] if len(names) == 1 else COLUMN_OF.get(names[-1], names[-1])


def _version(rows: Rows) -> dict[str, object]:
    document: dict[str, object] = {
        "valid_from": rows[0][1]["valid_from"],
        "energy": energy_document(rows),
        "standing": _named(rows, {"standing_per_day": "per_day"})
        | _named(rows, {"standing_per_kw_month": "per_kw_month"}),
    }
    subsidy = {f"subsidy_{name}": name for name in ("units_kwh", "share", "every")}
    for part, names in (("subsidy", subsidy), ("tax", {"tax_rate": "rate", "tax_name": "name"})):
        if found := _named(rows, names):
            document[part] = found
    return document


def _named(rows: Rows, names: Mapping[str, str]) -> dict[str, str]:
    found = {name: once(rows, column) for column, name in names.items()}
    return {name: value for name, value in found.items() if value}
