"""Lines for the log from plain payloads, as tests have them; the product writes from columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data_layer.storage.log_chain import ENDING, SLACK, Lines
from data_layer.storage.write_ahead_log import WriteAheadLog


def lines_of(payloads: Sequence[bytes]) -> Lines:
    """Payload lines (no line feed, no checksum) as an encoder lays them out."""
    text = b"".join([line + bytes(ENDING) for line in payloads]) + bytes(SLACK)
    ends = np.cumsum([len(line) + ENDING for line in payloads], dtype=np.int64)
    return Lines(np.frombuffer(bytearray(text), dtype=np.uint8), ends)


def append(log: WriteAheadLog, payloads: Sequence[bytes]) -> None:
    """Prepare and write payload lines. Raises Unavailable."""
    log.write(log.prepare(lines_of(payloads)))
