r"""The lines of a log and the chain that binds them: writing, checking, telling torn from damaged.

    #METERBOOK-LOG,1,gen=42,prev=9f31c2aa,5b0c77d1\n
    531-123-456,S,2026-11-20T10:30:00Z,1234.500,,A,,,api:k7,2026-11-20T10:30:02.114Z,4c1d09ee\n
    └──────────────────────────── payload ────────────────────────────────────────┘ └ crc ┘

ASCII, split on \n only. Each crc is CRC-32 of the payload (without comma and crc), continued
from the line before it; the header's continues from `prev`, the last crc of the generation
before. So a changed, lost, added or moved line breaks the chain at that place, and a lost end of
a sealed log shows in the next log's header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from data_layer.errors import Corrupt
from data_layer.storage.log_chain import checked

FORMAT = 1
NO_PREVIOUS = 0
CRC_LENGTH = 9
"""A comma and eight hex digits."""
BLOCK_BYTES = 8 << 20
_LONGEST_HEADER = 200
_HOLE = bytes(8)
_CRC = re.compile(rb",[0-9a-f]{8}")
_HEADER = re.compile(
    rb"#METERBOOK-LOG,(\d{1,4}),gen=([1-9]\d{0,17}),prev=([0-9a-f]{8}),([0-9a-f]{8})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Header:
    """A log's first line."""

    generation: int
    previous: int
    """Last CRC of the generation before."""

    def line(self) -> bytes:
        payload = b"#METERBOOK-LOG,%d,gen=%d,prev=%08x" % (FORMAT, self.generation, self.previous)
        return b"%s,%08x\n" % (payload, crc32(payload, self.previous))

    @property
    def crc(self) -> int:
        """Where the chain starts."""
        return int(self.line()[-CRC_LENGTH:], 16)


FIRST_HEADER = Header(generation=1, previous=NO_PREVIOUS)


def parse_header(line: bytes, path: Path) -> Header:
    """Read the first line, strictly. Raises Corrupt."""
    match = _HEADER.fullmatch(line.removesuffix(b"\n"))
    if match is None:
        raise Corrupt(f"{path} line 1 is not the header of a Meterbook log.")
    if int(match[1]) != FORMAT:
        raise Corrupt(f"{path} has log format {int(match[1])}; this Meterbook reads {FORMAT}.")
    header = Header(generation=int(match[2]), previous=int(match[3], 16))
    if header.line() != line:
        raise Corrupt(f"{path} line 1 does not carry its own checksum.")
    return header


def chain(lines: Sequence[bytes], crc: int) -> tuple[bytes, int]:
    """Payload lines as they go to disk, and the chain's new end: the rule, a line at a time.

    The log itself is written by `log_chain.chained`.
    """
    out = []
    for line in lines:
        crc = crc32(line, crc)
        out.append(b"%s,%08x\n" % (line, crc))
    return b"".join(out), crc


def holds(line: bytes, crc: int) -> bool:
    """Whether a line without its line feed continues a chain that stands at `crc`."""
    return line[-CRC_LENGTH:] == b",%08x" % crc32(line[:-CRC_LENGTH], crc)


@dataclass(slots=True)
class Survey:
    """How far a log holds, and what comes after."""

    path: Path
    header: Header
    lines: int = 0
    """Valid reading lines."""
    crc: int = NO_PREVIOUS
    """Where the chain of valid lines ends."""
    good_bytes: int = 0
    """Length of the header and all valid lines."""
    bad_line: int = 0
    """Number of the first line that does not hold (the header is 1), 0 when all hold."""
    valid_after: int = 0
    """Lines that hold again behind the bad one."""
    torn: bool = False
    """What does not hold is only the unfinished end of the last write."""


def survey(path: Path) -> Survey:
    """Check every line of a log, changing nothing. Raises Corrupt for a header that is none."""
    found = _begin(path)
    for block in _verified(found):
        del block
    return found


def payloads(path: Path, *, expect: int = 0) -> Iterator[bytes]:
    """Verified payload lines of a log in blocks, each line ended by a line feed.

    An unfinished end is left out: it was never acknowledged. Raises Corrupt at the first line
    that does not hold, or when there are fewer lines than expected.
    """
    found = _begin(path)
    yield from _verified(found)
    if found.bad_line and not found.torn:
        raise Corrupt(f"{path} line {found.bad_line} does not carry its checksum.")
    if found.lines < expect:
        raise Corrupt(f"{path} holds {found.lines} lines where {expect} were found before.")


def _begin(path: Path) -> Survey:
    with path.open("rb") as file:
        header = parse_header(file.readline(_LONGEST_HEADER), path)
        return Survey(path, header, crc=header.crc, good_bytes=file.tell())


def _verified(found: Survey) -> Iterator[bytes]:
    """Yield the valid payload lines in blocks; fill in the survey on the way."""
    rest: list[bytes] = []
    for block in _blocks(found.path, start=found.good_bytes):
        length = 0 if rest else found.good_bytes
        if not rest and (good := _take_valid(block, found)):
            yield good
        length = found.good_bytes - length
        if rest or length < len(block):
            rest.append(block if rest else block[length:])
    if rest:
        found.bad_line = found.lines + 2
        _diagnose(found, b"".join(rest))


def _blocks(path: Path, *, start: int) -> Iterator[bytes]:
    """A file's bytes in blocks of whole lines; the last block may lack its line feed."""
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(BLOCK_BYTES):
            yield block + file.readline()


def _take_valid(block: bytes, found: Survey) -> bytes:
    """Payload of the valid lines a block begins with."""
    good = checked(block, found.crc)
    found.crc = good.crc
    found.lines += good.lines
    found.good_bytes += good.length
    return good.payload


def _diagnose(found: Survey, rest: bytes) -> None:
    """Is the rest the unfinished end of the last write, or damage to what was acknowledged?

    A write that a crash cut short leaves a beginning of itself, so no line feed at its end, or
    zeros where the file system had not come to. Anything else was whole once: a line that ends
    properly but does not hold, one whose line feed is another byte, or lines that hold again
    further on.
    """
    *lines, unfinished = rest.split(b"\n")
    found.valid_after = len(salvage(lines, found.crc)[0])
    was_whole = len(unfinished) > CRC_LENGTH and holds(unfinished[:-1], found.crc)
    is_beginning = not lines and not was_whole
    found.torn = not found.valid_after and (is_beginning or _HOLE in rest)


def salvage(lines: Sequence[bytes], crc: int) -> tuple[list[bytes], list[bytes]]:
    """Payloads of lines that hold against the line before them, and the lines that do not.

    The line before may be the damaged one: its stated CRC and the CRC of what it says now are
    both tried, as the damage may lie in either.
    """
    good: list[bytes] = []
    lost: list[bytes] = []
    before = [crc]
    for line in lines:
        payload, stated = line[:-CRC_LENGTH], line[-CRC_LENGTH:]
        if any(holds(line, candidate) for candidate in before):
            good.append(payload)
            before = [int(stated[1:], 16)]
            continue
        lost.append(line)
        computed = [crc32(payload, candidate) for candidate in before[-2:]]
        before = computed + ([int(stated[1:], 16)] if _CRC.fullmatch(stated) else [])
    return good, lost
