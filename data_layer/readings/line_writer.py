"""Readings as lines of text: UTC with a gap for the checksum in the log, local in a day file."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from data_layer.clock import HomeZone
from data_layer.readings.line_codec import received_text
from data_layer.readings.line_kernel import SLACK, write
from data_layer.readings.model import Bytes, Ints
from data_layer.readings.order import instants_of
from data_layer.readings.tail import Run
from data_layer.readings.vocabulary import Vocabulary
from data_layer.storage.log_chain import ENDING, Lines

_NONE = np.zeros(0, dtype=np.int64)
_WIDEST = 25 + 13 + 9 + 8 + 8 + 10 + 2
"""Time, value, revision, kind, flag, commas and line feed at most; words come on top."""


_MINUTE = 60
"""Zones change their offset on a whole minute (St. John's did at one past midnight)."""


class Scratch:
    """A buffer that is written again once what was in it has gone to disk."""

    def __init__(self) -> None:
        self._text = np.empty(1 << 16, dtype=np.uint8)

    def of(self, length: int) -> Bytes:
        """At least so many bytes, whatever is in them."""
        if len(self._text) < length:
            self._text = np.empty(length + length // 4, dtype=np.uint8)
        return self._text


def log_lines(rows: Run, words: Vocabulary, received_at: datetime, scratch: Scratch) -> Lines:
    """Payload lines in the rows' order, in the scratch buffer."""
    received = np.frombuffer(f",{received_text(received_at)}".encode() + bytes(SLACK), np.uint8)
    return _written(rows, words, scratch, received=received, gap=ENDING - 1)


def day_lines(rows: Run, words: Vocabulary, zone: HomeZone) -> bytes:
    """Lines of a day file in the rows' order."""
    instants = np.unique(instants_of(rows.key))
    offsets = _offsets(instants, zone)
    changed = np.flatnonzero(np.diff(offsets, prepend=-1))
    lines = _written(rows, words, Scratch(), changes=instants[changed], offsets=offsets[changed])
    return lines.text[: int(lines.ends[-1])].tobytes() if len(lines) else b""


def _offsets(instants: Ints, zone: HomeZone) -> Ints:
    """Seconds by which the home's clock is ahead of UTC at each instant."""
    minutes, place = np.unique(instants // _MINUTE, return_inverse=True)
    known = [zone.local(int(minute) * _MINUTE).utcoffset() for minute in minutes]
    seconds = [0 if offset is None else int(offset.total_seconds()) for offset in known]
    return np.array(seconds, dtype=np.int64)[place]


def _written(
    rows: Run,
    words: Vocabulary,
    scratch: Scratch,
    *,
    changes: Ints = _NONE,
    offsets: Ints = _NONE,
    received: Bytes | None = None,
    gap: int = 0,
) -> Lines:
    received = np.zeros(SLACK, dtype=np.uint8) if received is None else received
    series, types, sources = words.series.pool(), words.types.pool(), words.sources.pool()
    behind = len(received) - SLACK
    widest = _WIDEST + series.longest + types.longest + sources.longest + behind + gap
    text = scratch.of(len(rows) * widest + 2 * SLACK)
    ends = np.empty(len(rows), dtype=np.int64)
    write(
        text,
        ends,
        rows.key,
        rows.value,
        rows.flag,
        rows.revision,
        rows.type,
        rows.source,
        series.text,
        series.at,
        types.text,
        types.at,
        sources.text,
        sources.at,
        changes,
        offsets,
        received,
        behind,
        gap,
    )
    return Lines(text, ends)
