"""What every parser gives: chunks of a file in columns, with a verdict for each bad line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from data_layer.clock import HomeZone
from data_layer.readings.interval_runs import IntervalBatch
from data_layer.readings.model import ReadingBatch, Rejection


class Format(StrEnum):
    """File formats that are recognized by their header."""

    REGISTER_CSV = "register_csv"
    PORTAL_INTERVAL = "portal_interval"
    LCL_INTERVAL = "lcl_interval"
    INTERVAL_CSV = "interval_csv"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines of a file: what could be read, what not, and how far the file is read."""

    batch: ReadingBatch | IntervalBatch
    rejections: tuple[Rejection, ...]
    bytes_read: int


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file does not say itself: the zone of its naive times, its meter, its source."""

    zone: HomeZone
    meter_id: str = ""
    """The meter of files that name none."""
    source: str = ""


Parser = Callable[[Path, Origin], Iterator[Chunk]]
