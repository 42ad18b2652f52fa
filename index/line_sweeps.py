"""A line's 48 half hours in one sweep: the energy of each, and whether a reading opens it.

Loops here have one shape, so that they run as vector instructions: a view of one line, positions
without a sign (one with a sign might count from an array's end), numbers of one width from load
to store, and one thing a loop. Written as one loop over signed positions the same work takes five
times as long.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from index.compiled import inlined
from index.grid import SLOTS
from index.history import HALF_HOUR, Bytes, Ints
from index.leaf_access import escaped

_OFFSET, _STEP = np.uint32((1 << 31) - 1), np.uint16((1 << 15) - 1)
_WORD_TOP, _STEP_TOP = np.uint32(31), np.uint16(15)
_ONE, _LINE = np.uint64(1), np.uint64(SLOTS)


@inlined
def sweep_closed(
    steps: Any, place: int, number: int, escapes: Ints, energy: Ints, read: Bytes, at: int
) -> None:
    """A closed line, its steps at `place`, into energy[at:at + 48] and read[at:at + 48]."""
    line = steps[np.uint64(place)]
    out, there = energy[np.uint64(at) :], read[np.uint64(at) :]
    odd = np.uint16(0)
    for k in range(_LINE):
        out[k] = np.int64(line[k] & _STEP)
    for k in range(_LINE):
        there[k] = np.uint8((line[k] >> _STEP_TOP) ^ np.uint16(1))
    for k in range(_LINE):
        odd |= np.uint16((line[k] & _STEP) == _STEP)
    if odd:
        for k in range(SLOTS):
            if out[k] == _STEP:
                out[k] = escaped(escapes, number * SLOTS + k)


@inlined
def sweep_open(words: Any, place: int, closing: int, energy: Ints, read: Bytes, at: int) -> Any:
    """An open line the same way; `closing` is U behind it less U at its opening.

    Not 0 where an offset escaped: then the energies are not to be used.
    """
    line = words[np.uint64(place)]
    out, there = energy[np.uint64(at) :], read[np.uint64(at) :]
    odd = np.uint32(0)
    for k in range(_LINE - _ONE):
        out[k] = np.int64(np.int32(line[k + _ONE] & _OFFSET) - np.int32(line[k] & _OFFSET))
    out[_LINE - _ONE] = closing - np.int64(line[_LINE - _ONE] & _OFFSET)
    for k in range(_LINE):
        there[k] = np.uint8((line[k] >> _WORD_TOP) ^ np.uint32(1))
    for k in range(_LINE):
        odd |= np.uint32((line[k] & _OFFSET) == _OFFSET)
    return odd


@inlined
def judge(known: Ints, first: int, after: int, start: int, read: Bytes, state: Bytes) -> None:
    """What each half hour from `start` is: estimated, missing, known in part (3, half hours).

    `known` holds the row's intervals at first..after-1, `read` one more than there are half hours.
    """
    estimated, missing, some = state[0], state[1], state[2]
    count = len(some)
    missing[:] = 1
    some[:] = 0
    for interval in range(first, after):
        opens, closes = known[interval, 0] - start, known[interval, 1] - start
        low, high = max(opens // HALF_HOUR, 0), min(-(-closes // HALF_HOUR), count)
        if low < high:
            some[low:high] = 1
        low, high = max(-(-opens // HALF_HOUR), 0), min(closes // HALF_HOUR, count)
        if low < high:
            missing[low:high] = 0
    for n in range(np.uint64(count)):
        measured = read[n] & read[n + _ONE]
        estimated[n] = some[n] & (missing[n] | (np.uint8(1) ^ measured))
