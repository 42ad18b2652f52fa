"""Physical lines of a CSV file in chunks of bounded size, and the fields of a single line.

A line ends at LF; a quoted field does not run over it. So a damaged line costs itself and no
other, and a file of any size is read in bounded memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_layer.errors import BadInput

CHUNK_BYTES = 5_000_000
"""About 100,000 lines of a register file."""
LONGEST_LINE = 4096
_BOM = b"\xef\xbb\xbf"
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, and where they stand: `first_line` counts from 1, the header being line 1."""

    data: bytes
    first_line: int
    bytes_read: int
    """Bytes of the file up to the end of this block."""

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Each line that is not blank with its number, without its line end."""
        for number, line in enumerate(self.data.split(b"\n"), start=self.first_line):
            if line.strip():
                yield number, line.rstrip(b"\r")

    def parts(self) -> Iterator[Block]:
        """The same lines in about eight smaller blocks."""
        begin, number = 0, self.first_line
        step = len(self.data) // 8 + 1
        while begin < len(self.data):
            end = self.data.find(b"\n", begin + step) + 1 or len(self.data)
            part = self.data[begin:end]
            yield Block(part, number, self.bytes_read)
            number += part.count(b"\n")
            begin = end


def header_of(path: Path) -> list[str]:
    """Names of the first line in lower case, outer spaces gone. Raises BadInput."""
    with path.open("rb") as file:
        first = file.readline(LONGEST_LINE + 1)
    if not first.strip():
        raise BadInput("the file is empty: its first line must name the columns.", field="file")
    if b"\0" in first:
        raise BadInput(
            "the file is not text: its line 1 holds a NUL byte. Export it as CSV in UTF-8.",
            field="file",
        )
    try:
        names = fields_of(first.removeprefix(_BOM).rstrip(b"\r\n"))
    except BadInput as error:
        raise BadInput(
            f"line 1 must name the columns, as CSV in UTF-8: {error.sentence}", field="file"
        ) from error
    return [name.lower() for name in names]


def blocks_of(path: Path, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Block]:
    """The lines after the header, in blocks of about `chunk_bytes`.

    Of a line that fills a whole block only its beginning is kept: it is refused for its length.
    """
    with path.open("rb") as file:
        skipped = len(file.readline())
        number, read, rest = 2, skipped, b""
        while piece := file.read(chunk_bytes):
            read += len(piece)
            cut = piece.rfind(b"\n") + 1
            if not cut:
                rest = (rest + piece)[: LONGEST_LINE + 1]
                continue
            data, rest = rest + piece[:cut], piece[cut:]
            yield Block(data, number, read)
            number += data.count(b"\n")
        if rest:
            yield Block(rest, number, read)


def fields_of(line: bytes) -> list[str]:
    """The fields of one line, outer spaces gone. Raises BadInput naming what is wrong."""
    if len(line) > LONGEST_LINE:
        raise BadInput(f"line of {len(line)} bytes is too long: at most {LONGEST_LINE}.")
    if b"\0" in line:
        raise BadInput(
            f"line holds a NUL byte as byte {line.index(0) + 1}: it is not text, or damaged. "
            "Export the file again."
        )
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"line is not UTF-8 text from byte {error.start + 1} on.") from error
    try:
        (row,) = csv.reader([text], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError) as error:
        raise BadInput(f"line {text[:_SHOWN]!r} is not CSV: {error}.") from error
    return [field.strip(" \t") for field in row]


def row_of(line: bytes, columns: int) -> list[str]:
    """The fields of one line, as many as the header has. Raises BadInput."""
    fields = fields_of(line)
    if len(fields) != columns:
        raise BadInput(
            f"line {_shown(line)!r} has {len(fields)} fields: it must have {columns}, one for "
            "each column of line 1."
        )
    return fields


def _shown(line: bytes) -> str:
    return line[:_SHOWN].decode("utf-8", errors="replace")
