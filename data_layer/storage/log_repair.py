"""Going on after damage to a log: keep every line that holds, set the others aside for people.

`flask home repair` does it:

    1. copy each log as it is to logs/quarantine/            nothing is ever lost by repairing
    2. write the lines that do not hold to logs/quarantine/*.lost
    3. write each log anew from the lines that hold, numbered and chained in order

Run with the server stopped; repeatable after a crash. Lines that end up in two logs do no harm:
merging drops exact repeats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from data_layer.storage.durable_files import disk_trouble, fsync_folder, write_atomically
from data_layer.storage.home import Home
from data_layer.storage.log_format import Header, chain, salvage
from data_layer.storage.log_names import (
    ARCHIVE,
    LOG_NAME,
    last_crc,
    sealed_logs,
    sealed_path,
)
from data_layer.storage.log_recovery import keep_aside, recover
from data_layer.storage.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Repaired:
    """What became of the lines."""

    kept: int
    lost: int
    set_aside: tuple[Path, ...]
    """Copies of the logs as they were, and of the lines that do not hold."""


@dataclass(frozen=True, slots=True)
class _Rewrite:
    """A log as it will be: where it stands now, where it goes, what will be in it."""

    source: Path
    target: Path
    data: bytes


def repair_home(home: Home) -> Repaired | None:
    """Repair the logs of a home that is locked, unless they are well. Raises Unavailable, Corrupt
    for a damaged manifest."""
    flushed = Manifest.load(home.manifest).flushed_generation
    if not recover(home.logs, flushed=flushed).damage:
        return None
    return repair(home.logs, flushed=flushed)


def repair(folder: Path, *, flushed: int) -> Repaired:
    """Make the logs in a folder whole again. `flushed` is the manifest's flushed generation.

    Raises Unavailable when the disk refuses.
    """
    logs = [path for generation, path in sealed_logs(folder) if generation > flushed]
    logs.append(folder / LOG_NAME)
    header = _start(folder, flushed)
    rewrites: list[_Rewrite] = []
    aside: list[Path] = []
    kept = lost = 0
    for path in logs:
        good: list[bytes] = []
        if path.exists():
            good, bad = _lines_of(path.read_bytes())
            aside.extend(_set_aside(path, bad))
            kept, lost = kept + len(good), lost + len(bad)
        data, crc = chain(good, header.crc)
        sealed = path.name != LOG_NAME
        target = sealed_path(folder, header.generation) if sealed else path
        rewrites.append(_Rewrite(path, target, header.line() + data))
        header = Header(header.generation + 1, crc)
    for rewrite in _in_safe_order(rewrites):
        _write(rewrite)
    return Repaired(kept, lost, tuple(aside))


def _start(folder: Path, flushed: int) -> Header:
    """Header of the first log that is not merged yet."""
    archived = sealed_logs(folder / ARCHIVE)
    if archived and archived[-1][0] >= flushed:
        return Header(archived[-1][0] + 1, last_crc(archived[-1][1]) or 0)
    return Header(flushed + 1, previous=0)


def _lines_of(text: bytes) -> tuple[list[bytes], list[bytes]]:
    """Payloads of the lines that hold, and the lines that do not."""
    *lines, unfinished = text.split(b"\n")
    previous = re.match(rb"#METERBOOK-LOG,.*prev=([0-9a-f]{8}),", lines[0] if lines else b"")
    good, bad = salvage(lines, int(previous[1], 16) if previous else 0)
    if good and good[0].startswith(b"#"):
        good = good[1:]
    return good, [*bad, unfinished] if unfinished else bad


def _set_aside(path: Path, bad: list[bytes]) -> list[Path]:
    """The log as it is and, one to a line, what does not hold."""
    copy = keep_aside(path)
    if not bad:
        return [copy]
    lost = copy.with_name(f"{copy.name}.lost")
    write_atomically(lost, b"\n".join(bad) + b"\n")
    return [copy, lost]


def _in_safe_order(rewrites: list[_Rewrite]) -> list[_Rewrite]:
    """Those that move to a higher number from the top down, then the others from the bottom up:
    so no log is written over one that has yet to move."""

    def rises(rewrite: _Rewrite) -> bool:
        return _number(rewrite.target) > _number(rewrite.source)

    return [*filter(rises, reversed(rewrites)), *(each for each in rewrites if not rises(each))]


def _number(path: Path) -> int:
    return int(re.sub(r"[^0-9]", "", path.name) or 0)


def _write(rewrite: _Rewrite) -> None:
    write_atomically(rewrite.target, rewrite.data)
    if rewrite.source != rewrite.target:
        with disk_trouble(f"{rewrite.source.name} could not be replaced"):
            rewrite.source.unlink()
            fsync_folder(rewrite.source.parent)
