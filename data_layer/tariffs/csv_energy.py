"""The energy of a version from its rows: which kind they make, and that no cell goes unused.

    price_series filled                      price_series
    up_to_kwh filled                         slabs, a row a step
    from, to, weekdays or months filled      time_of_use: such a row is a band, the one without
                                             them the rate of all other times
    one row, and none of these               flat

The first of these that is true of a version's rows is its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from data_layer.tariffs.csv_rows import Row, Rows
from data_layer.tariffs.documents import WEEKDAYS
from data_layer.tariffs.faults import Fault

WHEN = ("from", "to", "weekdays", "months")
"""Columns that say when a rate applies: one of them filled makes the row a band."""
ENERGY_COLUMNS = ("rate_name", "unit_rate", "up_to_kwh", *WHEN, "price_series")
USED = {
    "price_series": ("price_series",),
    "slabs": ("unit_rate", "up_to_kwh"),
    "time_of_use": ("rate_name", "unit_rate", *WHEN),
    "flat": ("unit_rate",),
}
IN_WORDS = {
    "price_series": "a price series",
    "slabs": "slabs (up_to_kwh)",
    "time_of_use": "rate bands",
    "flat": "one rate at all times",
}


def is_band(row: Row) -> bool:
    """Whether a row says when its rate applies."""
    return any(row.get(column) for column in WHEN)


def unused(rows: Rows) -> Iterator[Fault]:
    """Every filled cell of a version's energy that its kind does not use, by line."""
    kind = _kind(rows)
    for line, row in rows:
        for column in ENERGY_COLUMNS:
            value = row.get(column, "")
            if value and column not in USED[kind]:
                sentence = (
                    f"{column} {value[:40]!r} does nothing in a version with {IN_WORDS[kind]}: "
                    f"of the columns for energy it uses only {' and '.join(USED[kind])}."
                )
                yield Fault(sentence, column, line, row["code"])


def energy_document(rows: Rows) -> dict[str, object]:
    """The energy of a version as its document has it, without what its rows leave empty."""
    match _kind(rows):
        case "price_series":
            return {"kind": "price_series", "series": once(rows, "price_series")}
        case "slabs":
            return {"kind": "slabs", "steps": [_rate(row) | _limit(row) for _, row in rows]}
        case "flat":
            return {"kind": "flat", **_rate(rows[0][1])}
    energy: dict[str, object] = {
        "kind": "time_of_use",
        "bands": [_band(row) for _, row in band_rows(rows)],
    }
    for _, row in _at_other_times(rows)[:1]:
        energy["otherwise"] = {"name": row.get("rate_name") or "Other times"} | _rate(row)
    return energy


def band_rows(rows: Rows) -> Rows:
    """The rows of a version that are bands of its document; those too many without times, too."""
    first = next(iter(_at_other_times(rows)), None)
    return [pair for pair in rows if pair is not first]


def misses_other_times(rows: Rows) -> bool:
    """Whether rows are bands without a rate for all other times."""
    return _kind(rows) == "time_of_use" and not _at_other_times(rows)


def other_times(rows: Rows) -> Iterator[Fault]:
    """That the rows of a version have not one rate for all other times beside their bands."""
    always = _at_other_times(rows)
    if _kind(rows) == "time_of_use" and len(always) != 1:
        line, row = rows[0]
        sentence = (
            f"the version from {row['valid_from'][:40]} has {len(always)} rates without "
            f"{', '.join(WHEN[:-1])} and {WHEN[-1]}; rate bands need exactly one, for all other "
            "times."
        )
        yield Fault(sentence, "", line, row["code"])


def once(rows: Rows, column: str) -> str:
    """A cell that is said for all rows together: what the first says that says something."""
    return next((row[column] for _, row in rows if row.get(column)), "")


def differing(rows: Rows, columns: Iterable[str]) -> Iterator[Fault]:
    """Cells that have to say the same in all rows, and do not."""
    for column in columns:
        said = {row.get(column, "") for _, row in rows} - {""}
        if len(said) > 1:
            sentence = f"{column} differs between rows: {' and '.join(sorted(said))[:80]!r}."
            yield Fault(sentence, column, rows[0][0], rows[0][1]["code"])


def _at_other_times(rows: Rows) -> Rows:
    return [pair for pair in rows if not is_band(pair[1])]


def _kind(rows: Rows) -> str:
    for column, kind in (("price_series", "price_series"), ("up_to_kwh", "slabs")):
        if any(row.get(column) for _, row in rows):
            return kind
    return "flat" if len(rows) == 1 and not is_band(rows[0][1]) else "time_of_use"


def _rate(row: Row) -> dict[str, str]:
    return {"rate": row["unit_rate"]} if row.get("unit_rate") else {}


def _limit(row: Row) -> dict[str, str]:
    return {"up_to_kwh": row["up_to_kwh"]} if row["up_to_kwh"] else {}


def _band(row: Row) -> dict[str, object]:
    times = {column: row[column] for column in ("from", "to") if row.get(column)}
    name = {"name": row["rate_name"]} if row.get("rate_name") else {}
    band: dict[str, object] = {**name, **_rate(row), **times}
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
