"""The list of refused rows one may download: every one of them, in a file of its own.

line,verdict,reason
17,BELOW_PREVIOUS,"reading 90.000 at ... is below the previous ..."
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from data_layer.readings.model import Rejection

HEADER = ("line", "verdict", "reason")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class RejectionsFile:
    """Written row by row, so that memory does not grow; removed when nothing was refused."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w", encoding="utf-8", newline="")
        self._path.chmod(0o600)
        self._writer = csv.writer(self._file)
        self._writer.writerow(HEADER)
        self.count = 0

    def add(self, rejections: Iterable[Rejection]) -> None:
        for rejection in rejections:
            reason = without_formula(rejection.sentence)
            self._writer.writerow((rejection.line, rejection.verdict.name, reason))
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
        if not self.count:
            self._path.unlink(missing_ok=True)


def without_formula(text: str) -> str:
    """Text no spreadsheet takes for a formula: such a start gets an apostrophe before it."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
