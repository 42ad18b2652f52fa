"""The list of refused rows one may download: every one of them, in a file of its own.

line,verdict,reason,text
17,BELOW_PREVIOUS,"reading 90.000 at ... is below the previous ...","531-204-118,...,90.000"

`text` is the row as it stands in the file, its beginning when it is long.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from data_layer.readings.model import Rejection

HEADER = ("line", "verdict", "reason", "text")
LONGEST_TEXT = 200
_READ_AT_ONCE = 1 << 16
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class RejectionsFile:
    """Written row by row, so that memory does not grow; removed when nothing was refused."""

    def __init__(self, path: Path, *, of: Path) -> None:
        """`of` is the file whose rows are refused."""
        self._path = path
        self._source = _SourceLines(of)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._path.chmod(0o600)
        self._writer = csv.writer(self._file)
        self._writer.writerow(HEADER)
        self.count = 0

    def add(self, rejections: Iterable[Rejection]) -> None:
        for rejection in rejections:
            reason = without_formula(rejection.sentence)
            text = without_formula(self._source.text(rejection.line))
            self._writer.writerow((rejection.line, rejection.verdict.name, reason, text))
            self.count += 1

    def __enter__(self) -> RejectionsFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._source.close()
        if not self.count:
            self._path.unlink(missing_ok=True)


class _SourceLines:
    """Lines of a file by number. Asked in order, the file is read once; memory stays bounded."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._number = 0
        self._line = b""

    def text(self, number: int) -> str:
        """The beginning of the line, nothing in it that could not be printed."""
        if number < self._number:
            self._file.seek(0)
            self._number = 0
        while self._number < number:
            self._line = piece = self._file.readline(_READ_AT_ONCE)
            while piece and not piece.endswith(b"\n"):
                piece = self._file.readline(_READ_AT_ONCE)
            self._number += 1
        start = self._line[: 4 * LONGEST_TEXT].decode("utf-8", errors="replace").strip("\r\n")
        return "".join(letter if letter.isprintable() else " " for letter in start[:LONGEST_TEXT])

    def close(self) -> None:
        self._file.close()


def without_formula(text: str) -> str:
    """Text no spreadsheet takes for a formula: such a start gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
