"""CSV text that is safe to open in a spreadsheet, for every file a person downloads."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

ROWS_A_CHUNK = 2000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_LATER_FORMULA = re.compile(r"""([,;]["' ]*)(?=[=+@-])""")


def safe_cell(text: str) -> str:
    """The text, with `'` before it when a spreadsheet would take it for a formula.

    >>> safe_cell("=1+1")
    "'=1+1"
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def cell(value: object) -> str:
    """One value as text: numbers as they are, None as nothing, text made safe."""
    if value is None:
        return ""
    return safe_cell(value) if isinstance(value, str) else str(value)


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Rows as CSV text in chunks of a few thousand, for a streamed answer."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for number, row in enumerate(rows, 1):
        writer.writerow([cell(value) for value in row])
        if number % ROWS_A_CHUNK == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    if text.tell():
        yield text.getvalue()


def provenance_lines(facts: Sequence[tuple[str, str]]) -> str:
    """Comment lines above the header that say what the file shows, one fact a line.

    A spreadsheet reads them as cells too: what follows a separator is kept from being a formula.
    """
    shown = ((name, _LATER_FORMULA.sub(r"\1'", " ".join(said.split()))) for name, said in facts)
    return "".join(f"# {name}: {said}\n" for name, said in shown)
