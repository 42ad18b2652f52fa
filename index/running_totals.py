"""A group's page: what any cells together have used before each slot, ready to be subtracted.

A group is any set of cells: an area, a region, all, or what an analyst may see. Its page is made
when somebody first asks for it, O(cells x slots), and then answers any buckets in two look-ups
each, whatever the group's size. One array holds it all, so that one call of machine code gets it:

    header   blocks, lives, known, holes (how many), members, origin
    blocks   numbers of the stored blocks
    sums     energy, estimated before each slot of these blocks; and after the last of them
    lives    first known instant of each meter, ascending; last known instant, ascending
    known    begin of each row's wholly known half hours, ascending; running sum of them; end, alike
    holes    begin and end of each silence between the lives of a meter

How much is missing and who reports is counted, so it is exact at any edge, on the grid or off it:

    wholly known half hours before slot s  =  sum over intervals of clip(s - low, 0, high - low)
    meters reporting in [a, b)             =  first < b, less last <= a, less [a, b) in a hole
"""

from __future__ import annotations

import numpy as np
from numba import types

from index.compiled import READ_INTS, compiled, inlined
from index.grid import SLOTS
from index.history import HALF_HOUR, Ints

BLOCKS, LIVES, KNOWN, HOLES, MEMBERS, ORIGIN = range(6)
HEADER = 6
_NEVER = 1 << 62
_STRETCH = 32


def page_of(
    blocks: Ints, sums: Ints, lives: tuple[Ints, Ints], known: tuple[Ints, Ints],
    holes: tuple[Ints, Ints], *, members: int, origin: int,
) -> Ints:  # fmt: skip
    """The page as one array; `sums` are (slots of the blocks + 1, 2), the other columns sorted."""
    header = [len(blocks), len(lives[0]), len(known[0]), len(holes[0]), members, origin]
    ranked: list[Ints] = []
    for column in known:
        ranked += [column, np.concatenate(([0], np.cumsum(column)))]
    parts = (np.array(header), blocks, sums.ravel(), *lives, *ranked, *holes)
    return np.concatenate(parts).astype(np.int64, copy=False)


@inlined
def _below(page: Ints, start: int, count: int, limit: int) -> int:
    """How many of the ascending numbers page[start : start + count] are below the limit."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if page[start + middle] < limit:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def _on(page: Ints, start: int, place: int, count: int, limit: int) -> int:
    """`_below`, known to be `place` or more: seldom much more, so looked for in growing steps."""
    reach = 1
    while place + reach <= count and page[start + place + reach - 1] < limit:
        place += reach
        reach *= 2
    return place + _below(page, start + place, min(reach - 1, count - place), limit)


@inlined
def _slot_sum(page: Ints, slot: int) -> tuple[int, int]:
    """Where the sums before the slot stand, and for how many slots they go on from there.

    Nothing is used between stored blocks.
    """
    stored = page[BLOCKS]
    if stored == 0:
        return HEADER, 0
    block = slot // SLOTS
    within = slot - block * SLOTS
    place = block - page[HEADER]
    ahead = SLOTS - within
    if place < 0:
        place, within, ahead = 0, 0, 0
    elif page[HEADER + stored - 1] - page[HEADER] == stored - 1:
        if place >= stored:
            place, within, ahead = stored, 0, 0
        else:
            ahead += (stored - 1 - place) * SLOTS
    elif place >= stored or page[HEADER + place] != block:
        place = _below(page, HEADER, stored, block)
        if place == stored or page[HEADER + place] != block:
            within, ahead = 0, 0
    return int(HEADER + stored + 2 * (place * SLOTS + within)), ahead


@inlined
def _leave_out(page: Ints, hole: int, edges: Ints, out: Ints) -> None:
    """Take meters out of the buckets that lie wholly in one of their holes."""
    buckets, holes = out.shape[1], page[HOLES]
    for n in range(holes):
        opens, closes = page[hole + n], page[hole + holes + n]
        if closes <= edges[0] or opens >= edges[buckets]:
            continue
        bucket = _below(edges, 0, buckets, opens)
        while bucket < buckets and edges[bucket + 1] <= closes:
            if edges[bucket] < edges[bucket + 1]:
                out[3, bucket] -= 1
            bucket += 1


@inlined
def _of_one_length(edges: Ints, n: int, count: int, step: int) -> int:
    """How many of `count` edges behind edge n follow in equal steps, a stretch at a time."""
    even = 0
    while even < count:
        # Unsigned positions: none is counted from an array's end, so several go at a time.
        low, high = np.uint64(n + even), np.uint64(n + min(even + _STRETCH, count))
        odd = np.int64(0)
        for place in range(low, high):
            odd |= (edges[place + np.uint64(1)] - edges[place]) ^ step
        if odd:
            while edges[n + even + 1] - edges[n + even] == step:
                even += 1
            break
        even = min(even + _STRETCH, count)
    return even


@inlined
def _alike(edges: Ints, n: int, room: int, length: int, buckets: int) -> int:
    """How many buckets from edge n on are of this length, whole half hours, and end in `room`."""
    if length <= 0 or length % HALF_HOUR:
        return 0
    count = min(buckets - n, room // length)
    return _of_one_length(edges, n, count, length) if count > 0 else 0


@inlined
def _stride_through(page: Ints, place: int, apart: int, out: Ints, n: int, count: int) -> None:
    """Energy and estimated part of `count` buckets from n on; the first begins at `place`."""
    for column in range(2):
        sums, told = page[np.uint64(place + column) :], out[column][np.uint64(n) :]
        step = np.uint64(apart)
        for k in range(np.uint64(count)):
            told[k] = sums[step * k + step] - sums[step * k]


@compiled(types.int64(READ_INTS, READ_INTS, types.int64[:, ::1]))
def differences(page: Ints, edges: Ints, out: Ints) -> int:
    """Energy, estimated part, missing and reporting between edges, into `out` (4, buckets).

    Edges ascend. Returns how many of them lie off the grid; there the energy is that at the slot
    before.
    """
    buckets = out.shape[1]
    lives, known = page[LIVES], page[KNOWN]
    firsts = HEADER + page[BLOCKS] + 2 * (page[BLOCKS] * SLOTS + 1)
    lasts = firsts + lives
    lows = lasts + lives
    highs = lows + 2 * known + 1
    hole = highs + 2 * known + 1
    first_edge = edges[0]
    begun = _below(page, firsts, lives, first_edge)
    over = _below(page, lasts, lives, first_edge + 1)
    slot = (first_edge - page[ORIGIN]) // HALF_HOUR
    low = _below(page, lows, known, slot)
    high = _below(page, highs, known, slot)
    off = 0
    before, last_energy, last_estimated, last_after, last_full, last_over = 0, 0, 0, 0, 0, 0
    # What comes next in each list is held, so that most edges look at none of them.
    next_first, next_last, next_low, next_high = first_edge, first_edge, slot - 1, slot - 1
    low_sum, high_sum = page[lows + known + low], page[highs + known + high]
    n = 0
    while n <= buckets:
        edge = edges[n]
        since = edge - page[ORIGIN]
        slot = since // HALF_HOUR
        after = slot if slot * HALF_HOUR == since else slot + 1
        off += after - slot
        place, ahead = _slot_sum(page, slot)
        energy, estimated = page[place], page[place + 1]
        if next_first <= edge:
            begun = _on(page, firsts, begun, lives, edge)
            next_first = page[firsts + begun] if begun < lives else _NEVER
        if next_last <= edge:
            over = _on(page, lasts, over, lives, edge + 1)
            next_last = page[lasts + over] if over < lives else _NEVER
        if next_low < after:
            low = _on(page, lows, low, known, after)
            next_low = page[lows + low] if low < known else _NEVER
            low_sum = page[lows + known + low]
        if next_high < after:
            high = _on(page, highs, high, known, after)
            next_high = page[highs + high] if high < known else _NEVER
            high_sum = page[highs + known + high]
        full = (low - high) * after - low_sum + high_sum
        if n:
            out[0, n - 1] = energy - last_energy
            out[1, n - 1] = estimated - last_estimated
            out[2, n - 1] = page[MEMBERS] * (after - last_after) - (full - last_full)
            out[3, n - 1] = begun - last_over if edge > before else 0
        before, last_energy, last_estimated = edge, energy, estimated
        last_after, last_full, last_over = after, full, over
        if n < buckets and ahead and after == slot:
            # Buckets of one length in which nobody begins or ends differ in their sums alone.
            length = edges[n + 1] - edge
            lives_on = min(next_first - edge, next_last - 1 - edge)
            slots_on = min(ahead, next_low - slot, next_high - slot)
            count = _alike(edges, n, min(lives_on, slots_on * HALF_HOUR), length, buckets)
            if count:
                steps = length // HALF_HOUR
                _stride_through(page, place, 2 * steps, out, n, count)
                out[2, n : n + count] = (page[MEMBERS] - (low - high)) * steps
                out[3, n : n + count] = begun - over
                place += 2 * steps * count
                last_energy, last_estimated = page[place], page[place + 1]
                last_after = slot + steps * count
                last_full = (low - high) * last_after - low_sum + high_sum
                before = edge + length * count
                n += count
        n += 1
    _leave_out(page, hole, edges, out)
    return off
