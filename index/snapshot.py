"""A version of the index in one file: written whole or not at all, read by memory map.

    offset 0   magic      8 bytes  b"MTRIDX2\\n"
           8   length     uint64   of the header's JSON text, little endian
          16   checksum   uint32   CRC-32 of that text
          20   header     JSON     {"generation", "origin", "size", "sections": {name: {...}}}
               padding    to a multiple of 64
               sections   raw little-endian arrays, each from a multiple of 64 (counted from
                          the end of the padding); the header holds dtype, shape, offset, crc32

The lines, nearly all of it, seldom change: a version that only added to a snapshot's lines is
saved with what it added, and its `words` and `shorts` point into that earlier file beside it, by
name and by the checksum of its header. Every so often the next one is whole again.

A snapshot can always be built again from the day files, so there is no repair here: anything
that is not right raises SnapshotDamaged, and the caller rebuilds.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import numpy.typing as npt

from index.cells import Cells
from index.day_block import DayLines, Origin, Pool
from index.day_readings import Key
from index.directory import Directory
from index.grid import DAY, Grid
from index.leaves import Leaves
from index.long_gaps import LongGaps
from index.prefix_table import PrefixTable
from index.roster import Names, Roster
from index.segments import Segments
from index.side_columns import SideColumns, stacked
from index.tidying import tidied

MAGIC = b"MTRIDX2\n"
_PRELUDE = struct.Struct("<8sQI")
_ALIGN = 64
_MOST_ADDED = 4
"""A snapshot points to an earlier one while it adds less than one line to so many."""
_DTYPES = {
    "int64": np.int64,
    "int32": np.int32,
    "uint32": np.uint32,
    "uint16": np.uint16,
    "uint8": np.uint8,
}

Array = npt.NDArray[Any]
_SEGMENTS = ("rows", "start", "end", "opening", "closing", "shift", "kind")
_GAPS = ("rows", "t0", "t1", "u0", "u1", "low", "high")
_TABLE = ("before", "line", "within")
_SIDE = ("rows", "times", "values", "kinds")


class SnapshotDamaged(ValueError):
    """The file is not a snapshot of this index, or not a whole one: build the index again."""


@dataclass(frozen=True, eq=False)
class Loaded:
    roster: Roster
    leaves: Leaves
    cells: Cells
    generation: int


# -- writing -----------------------------------------------------------------------------------


def save(path: FilePath, roster: Roster, leaves: Leaves, cells: Cells, *, generation: int) -> None:
    """Write beside the path, fsync, rename, fsync the folder."""
    leaves = tidied(leaves)
    sections = _sections(roster, leaves, cells)
    described, offset = dict[str, Any](), 0
    origin = leaves.lines.origin
    if origin is not None and _may_point_to(origin, path, leaves.lines):
        described = {"words": dict(origin.words), "shorts": dict(origin.shorts)}
        for name in described:
            described[name] |= {"file": origin.path.name, "header": origin.checksum}
            sections[f"more_{name}"] = sections.pop(name)[1:]
    for name, parts in sections.items():
        size = sum(part.nbytes for part in parts)
        checksum = 0
        for part in parts:
            checksum = zlib.crc32(_bytes(part), checksum)
        described[name] = {
            "dtype": parts[0].dtype.name,
            "shape": [sum(len(part) for part in parts), *parts[0].shape[1:]],
            "offset": offset,
            "crc32": checksum,
        }
        offset += -(-size // _ALIGN) * _ALIGN
    header = {
        "generation": generation,
        "origin": leaves.grid.origin,
        "size": offset,
        "sections": described,
    }
    text = json.dumps(header).encode()
    beside = path.with_name(path.name + ".tmp")
    with beside.open("wb") as file:
        file.write(_padded(_PRELUDE.pack(MAGIC, len(text), zlib.crc32(text)) + text))
        for parts in sections.values():
            for part in parts:
                file.write(_bytes(part))
            file.write(bytes(-sum(part.nbytes for part in parts) % _ALIGN))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _may_point_to(origin: Origin, path: FilePath, lines: DayLines) -> bool:
    """Whether a snapshot at the path need hold only the lines added to those of the other."""
    added = lines.words.more.nbytes + lines.shorts.more.nbytes
    given = lines.words.given.nbytes + lines.shorts.given.nbytes
    beside = origin.path.parent == path.parent.resolve() and origin.path.name != path.name
    return beside and origin.path.exists() and added * _MOST_ADDED < given


def _bytes(array: Array) -> memoryview:
    return memoryview(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGN)


def _sections(roster: Roster, leaves: Leaves, cells: Cells) -> dict[str, tuple[Array, ...]]:
    """Every section, as arrays that stand in the file one behind the other."""
    blocks = sorted(leaves.side)
    beside = [leaves.side[block] for block in blocks]
    found: dict[str, Array] = {
        "names": _text(roster.keys),
        "paths": _text(roster.paths),
        "cell": roster.cell,
        "blocks": leaves.blocks,
        "base": leaves.base,
        "place": leaves.directory.place,
        "line": leaves.directory.line,
        "escapes": leaves.lines.escapes,
        "side_blocks": np.array(blocks, dtype=np.int64),
        "side_start": np.cumsum([0, *(len(side) for side in beside)], dtype=np.int64),
    }
    for name in _SIDE:
        parts = [getattr(side, name) for side in beside] or [getattr(stacked([]), name)]
        found[f"side_{name}"] = np.concatenate(parts)
    for name in _SEGMENTS:
        found[f"segment_{name}"] = getattr(leaves.segments, name)
    for name in _GAPS:
        found[f"gap_{name}"] = getattr(leaves.gaps, name)
    for name in _TABLE:
        found[f"energy_{name}"] = getattr(cells.energy, name)
        found[f"estimated_{name}"] = getattr(cells.estimated, name)
    sections: dict[str, tuple[Array, ...]] = {name: (array,) for name, array in found.items()}
    for name, pool in (("words", leaves.lines.words), ("shorts", leaves.lines.shorts)):
        sections[name] = (pool.given, pool.more)
    return sections


def _text(content: Sequence[tuple[str, ...]]) -> Array:
    return np.frombuffer(json.dumps(content).encode(), dtype=np.uint8)


# -- reading -----------------------------------------------------------------------------------


def load(path: FilePath, *, verify: bool) -> Loaded:
    """Attach; the arrays are views of the mapped file and may not be written to."""
    try:
        mapped = _Mapped.of(path)
        found = mapped.sections(verify=verify)
        return _assembled(mapped, found)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise SnapshotDamaged(f"{path.name} is not a whole snapshot: {error}.") from error


@dataclass(frozen=True, eq=False)
class _Mapped:
    """A snapshot's file, its header read and checked."""

    path: FilePath
    header: dict[str, Any]
    checksum: int
    body: memoryview

    @classmethod
    def of(cls, path: FilePath) -> _Mapped:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < _PRELUDE.size:
                raise ValueError("it is too short")
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        magic, length, checksum = _PRELUDE.unpack(view[: _PRELUDE.size])
        if magic != MAGIC:
            raise ValueError("it does not begin as one")
        text = bytes(view[_PRELUDE.size : _PRELUDE.size + length])
        if len(text) != length or zlib.crc32(text) != checksum:
            raise ValueError("its header is damaged")
        header = json.loads(text)
        start = -(-(_PRELUDE.size + length) // _ALIGN) * _ALIGN
        if size != start + header["size"]:
            raise ValueError(f"it has {size} bytes instead of {start + header['size']}")
        return cls(path.resolve(), header, checksum, view[start:])

    @cached_property
    def earlier(self) -> _Mapped:
        """The file that holds this one's lines: itself, if it is whole."""
        told = self.header["sections"]["words"]
        if "file" not in told:
            return self
        found = _Mapped.of(self.path.with_name(told["file"]))
        if found.checksum != told["header"]:
            raise ValueError(f"{told['file']} is not the snapshot it goes on from")
        return found

    def sections(self, *, verify: bool) -> dict[str, Array]:
        found = {}
        for name, section in self.header["sections"].items():
            body = self.earlier.body if "file" in section else self.body
            dtype = np.dtype(_DTYPES[section["dtype"]]).newbyteorder("<")
            count = int(np.prod(section["shape"], dtype=np.int64))
            data = body[section["offset"] : section["offset"] + count * dtype.itemsize]
            if verify and zlib.crc32(data) != section["crc32"]:
                raise ValueError(f"section {name} is damaged")
            found[name] = np.frombuffer(data, dtype=dtype, count=count).reshape(section["shape"])
        return found

    def origin(self) -> Origin:
        earlier = self.earlier
        told = earlier.header["sections"]
        return Origin(earlier.path, earlier.checksum, told["words"], told["shorts"])


def _keys(text: bytes) -> tuple[Key, ...]:
    return tuple((meter, register) for meter, register in json.loads(text))


def _assembled(mapped: _Mapped, found: dict[str, Array]) -> Loaded:
    header = mapped.header
    paths = json.loads(found["paths"].tobytes())
    roster = Roster(
        Names(lambda: _keys(found["names"].tobytes())),
        found["cell"],
        tuple((region, area, dwelling) for region, area, dwelling in paths),
    )
    side = SideColumns(*(found[f"side_{name}"] for name in _SIDE))
    bounds = found["side_start"].tolist()
    leaves = Leaves(
        grid=Grid(int(header["origin"]) % DAY),
        blocks=found["blocks"],
        base=found["base"],
        directory=Directory(found["place"], found["line"]),
        lines=DayLines(
            Pool.of(found["words"], found.get("more_words")),
            Pool.of(found["shorts"], found.get("more_shorts")),
            found["escapes"],
            mapped.origin(),
        ),
        side={
            block: side.take(slice(low, high))
            for block, low, high in zip(
                found["side_blocks"].tolist(), bounds[:-1], bounds[1:], strict=True
            )
        },
        segments=Segments(len(roster), *(found[f"segment_{name}"] for name in _SEGMENTS)),
        gaps=LongGaps(*(found[f"gap_{name}"] for name in _GAPS)),
    )
    energy, estimated = (
        PrefixTable(*(found[f"{measure}_{name}"] for name in _TABLE))
        for measure in ("energy", "estimated")
    )
    cells = Cells(roster.paths, energy, estimated)
    return Loaded(roster, leaves, cells, int(header["generation"]))
