"""A CSV table as bytes, read strictly: what a person's editor or spreadsheet may have left.

UTF-8 (a byte order mark and CR LF are let pass, as spreadsheets write them), a header with
exactly the table's columns in any order, every row as long as the header, no control
characters. Empty lines are passed over. Written: LF, the table's order, quotes where needed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence

from data_layer.errors import BadInput, Corrupt

Row = dict[str, str]

MAXIMUM_FIELD = 2_000
FIELD_RULE = f"one line of at most {MAXIMUM_FIELD} characters, without control characters"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BrokenTable(Corrupt):
    """The file breaks the table's form or rules."""


def parse_table(text: bytes, columns: Sequence[str], *, name: str) -> list[Row]:
    """The table's rows. Raises BrokenTable naming file and line."""
    lines = csv.reader(io.StringIO(_decode(text, name), newline=""), strict=True)
    filled = _filled_lines(lines, name)
    number, header = next(filled, (1, []))
    if sorted(header) != sorted(columns):
        raise BrokenTable(
            f"{name} line {number} must be the header with the columns {', '.join(columns)}."
        )
    rows = []
    for number, values in filled:
        if len(values) != len(header):
            raise BrokenTable(
                f"{name} line {number} has {len(values)} fields where the header has {len(header)}."
            )
        for field, value in zip(header, values, strict=True):
            if not _is_plain(value):
                raise BrokenTable(f"{name} line {number}: {field} must be {FIELD_RULE}.")
        rows.append(dict(zip(header, values, strict=True)))
    return rows


def format_table(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """The file's bytes. Raises BadInput for a value a line cannot hold."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        for field, value in row.items():
            if not _is_plain(value):
                raise BadInput(f"{field} {value[:40]!r} must be {FIELD_RULE}.", field=field)
        writer.writerow([row[field] for field in columns])
    try:
        return out.getvalue().encode()
    except UnicodeEncodeError as error:
        raise BadInput("a value holds half a character and cannot be written.") from error


def version_of(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _decode(text: bytes, name: str) -> str:
    text = text.removeprefix(_BYTE_ORDER_MARK)
    if b"\0" in text:
        raise BrokenTable(f"{name} line {_line_of(text, text.index(0))} holds a NUL byte.")
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise BrokenTable(f"{name} line {_line_of(text, error.start)} is not UTF-8.") from error


def _line_of(text: bytes, place: int) -> int:
    return text.count(b"\n", 0, place) + 1


def _filled_lines(lines: Iterator[list[str]], name: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while True:
        try:
            values = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise BrokenTable(f"{name} line {number + 1} cannot be read: {error}.") from error
        number += 1
        if values:
            yield number, values


def _is_plain(value: str) -> bool:
    return len(value) <= MAXIMUM_FIELD and not _CONTROL.search(value)
