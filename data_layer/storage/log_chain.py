"""The checksums of many log lines in one compiled pass: written into a group, checked on recovery.

    payload,________\\npayload,________\\n        as an encoder lays a group out: `Lines`
    payload,4c1d09ee\\npayload,91b2f0aa\\n        as `chained` completes it in place

CRC-32 sixteen bytes a step: the table of place n gives what a byte does to the remainder n bytes
further on. Where the processor multiplies polynomials, each line is first folded into sixteen bytes
that leave the same remainder, whatever came before it: only one product and one step hang on the
line before, so the processor works on several lines at a time. A remainder is a polynomial whose
highest power is bit 0. The rule in Python, which this is held to, is `log_format.chain`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import types

from index.compiled import READ_BYTES, READ_INTS, compiled, inlined
from index.compiled_words import HAS_PRODUCTS, fold, load, product, store

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Word = np.uint32

ENDING = 10
"""Bytes behind a payload: a comma, eight hex digits and a line feed."""
SLACK = 16
"""A buffer reaches so far behind its last line: texts are copied in words of eight bytes."""
_ALL_ONES = np.uint32(0xFFFFFFFF)
_BLOCK = types.UniTuple(types.int64, 4)  # type: ignore[no-untyped-call]


def _tables() -> npt.NDArray[np.uint32]:
    """What each byte does to the remainder, by how many bytes come behind it."""
    tables = np.zeros((16, 256), dtype=np.uint32)
    remainder = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        remainder = (remainder >> Word(1)) ^ ((remainder & Word(1)) * Word(0xEDB88320))
    tables[0] = remainder
    for behind in range(1, 16):
        before = tables[behind - 1]
        tables[behind] = (before >> Word(8)) ^ tables[0][before & Word(255)]
    return tables


_TABLES = _tables()
_FOLDED_FROM, _FOLDED_TO = 16, 320
"""Lengths of payloads that are folded; no line that recovery would believe is longer."""


def _power(exponent: int) -> int:
    """The remainder of x ** exponent."""
    power = 1 << 31
    for _ in range(exponent):
        power = (power >> 1) ^ ((power & 1) * 0xEDB88320)
    return power


# A product of two words of 64 bits is one power short: it has 127 places, and stands in 128.
_BY_LOW, _BY_HIGH = np.uint64(_power(191) << 32), np.uint64(_power(127) << 32)
"""What carries each half of sixteen bytes sixteen bytes further."""
_PAST = np.array([_power(max(0, 8 * n - 33)) for n in range(_FOLDED_TO)], dtype=np.uint64)
"""What carries a remainder over n bytes, less the 32 powers that a step adds."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Payload lines in one buffer, behind each of them room for comma, checksum and line feed."""

    text: Bytes
    ends: Ints
    """Where each line ends, its line feed included."""

    def __len__(self) -> int:
        return len(self.ends)


def chained(lines: Lines, crc: int) -> tuple[memoryview, int]:
    """Complete the lines in place: their bytes as they go to disk, and the chain's new end."""
    end = _complete(lines.text, lines.ends, crc)
    return lines.text.data[: int(lines.ends[-1])], end


@dataclass(frozen=True, slots=True)
class Checked:
    """The valid lines a block begins with."""

    payload: bytes
    """Without their checksums, each ended by a line feed."""
    lines: int
    length: int
    """Bytes they take in the block."""
    crc: int


def checked(block: bytes, crc: int) -> Checked:
    """Check lines up to the first that does not hold, or to the end of the last whole one."""
    payload = np.empty(len(block) + SLACK, dtype=np.uint8)
    text = np.frombuffer(block, dtype=np.uint8)
    lines, length, written, end = _check(text, crc, payload)
    return Checked(payload[:written].tobytes(), lines, length, end)


@inlined
def _step(low: np.uint64, high: np.uint64) -> Word:
    """The remainder of sixteen bytes."""
    remainder: Word = (
        (
            _TABLES[15, low & 255]
            ^ _TABLES[14, (low >> 8) & 255]
            ^ _TABLES[13, (low >> 16) & 255]
            ^ _TABLES[12, (low >> 24) & 255]
            ^ _TABLES[11, (low >> 32) & 255]
            ^ _TABLES[10, (low >> 40) & 255]
            ^ _TABLES[9, (low >> 48) & 255]
            ^ _TABLES[8, low >> 56]
        )
        ^ (
            _TABLES[7, high & 255]
            ^ _TABLES[6, (high >> 8) & 255]
            ^ _TABLES[5, (high >> 16) & 255]
            ^ _TABLES[4, (high >> 24) & 255]
        )
        ^ (
            _TABLES[3, (high >> 32) & 255]
            ^ _TABLES[2, (high >> 40) & 255]
            ^ _TABLES[1, (high >> 48) & 255]
            ^ _TABLES[0, high >> 56]
        )
    )
    return remainder


@inlined
def _stepped(text: Bytes, at: int, stop: int, crc: Word) -> Word:
    """CRC-32 of text[at:stop] continued from `crc`, both as remainders (not inverted)."""
    while at + 16 <= stop:
        crc = _step(load(text, at) ^ np.uint64(crc), load(text, at + 8))
        at += 16
    while at < stop:
        crc = (crc >> np.uint32(8)) ^ _TABLES[0, (crc ^ np.uint32(text[at])) & np.uint32(255)]
        at += 1
    return crc


@inlined
def _folded(text: Bytes, at: int, stop: int, crc: Word) -> Word:
    """The same, by products."""
    length = stop - at
    if length < _FOLDED_FROM or length >= _FOLDED_TO:
        return _stepped(text, at, stop, crc)
    # Zeros before the first byte leave no remainder: they fill up the first sixteen bytes.
    head = ((length - 1) & 15) + 1
    if head > 8:
        low = load(text, at) << np.uint64(8 * (16 - head))
        high = load(text, at + head - 8)
    else:
        low = np.uint64(0)
        high = load(text, at) << np.uint64(8 * (8 - head))
    low, high = fold(text, at + head, stop, low, high, _BY_LOW, _BY_HIGH)
    carried, _ = product(np.uint64(crc), _PAST[length])
    return _step(low, high ^ carried)


_remainder = _folded if HAS_PRODUCTS else _stepped


@inlined
def _hex_digits(crc: Word) -> np.uint64:
    """Eight lower-case digits as the word that holds them in the order they are read."""
    word = np.uint64(crc)
    word = ((word & np.uint64(0xFFFF)) << np.uint64(32)) | (word >> np.uint64(16))
    mask = np.uint64(0x000000FF000000FF)
    word = ((word & mask) << np.uint64(16)) | ((word >> np.uint64(8)) & mask)
    mask = np.uint64(0x000F000F000F000F)
    word = ((word & mask) << np.uint64(8)) | ((word >> np.uint64(4)) & mask)
    letters = ((word + np.uint64(0x0606060606060606)) >> np.uint64(4)) & np.uint64(
        0x0101010101010101
    )
    return word + np.uint64(0x3030303030303030) + letters * np.uint64(39)


@inlined
def _line_feed(text: Bytes, at: int) -> int:
    """The place of the first line feed from `at` on, else the end."""
    while at + 8 <= len(text):
        word = load(text, at) ^ np.uint64(0x0A0A0A0A0A0A0A0A)
        if (word - np.uint64(0x0101010101010101)) & ~word & np.uint64(0x8080808080808080):
            break
        at += 8
    while at < len(text) and text[at] != 10:
        at += 1
    return at


@compiled(types.int64(types.uint8[::1], READ_INTS, types.int64))
def _complete(text: Bytes, ends: Ints, crc: int) -> int:
    remainder = np.uint32(crc) ^ _ALL_ONES
    start = 0
    for end in ends:
        stop = end - ENDING
        remainder = _remainder(text, start, stop, remainder)
        text[stop] = 44
        store(text, stop + 1, _hex_digits(remainder ^ _ALL_ONES))
        text[end - 1] = 10
        start = end
    return int(remainder ^ _ALL_ONES)


@compiled(_BLOCK(READ_BYTES, types.int64, types.uint8[::1]))
def _check(text: Bytes, crc: int, payload: Bytes) -> tuple[int, int, int, int]:
    """Lines that hold, their length, the length of their payload, and where the chain ends."""
    remainder = np.uint32(crc) ^ _ALL_ONES
    start, lines, written = 0, 0, 0
    while True:
        end = _line_feed(text, start)
        stop = end - ENDING + 1
        if end == len(text) or stop < start or text[stop] != 44:
            break
        following = _remainder(text, start, stop, remainder)
        if load(text, stop + 1) != _hex_digits(following ^ _ALL_ONES):
            break
        for at in range(start, stop, 8):
            store(payload, written + at - start, load(text, at))
        written += stop - start
        payload[written] = 10
        written += 1
        remainder = following
        lines += 1
        start = end + 1
    return lines, start, written, int(remainder ^ _ALL_ONES)
