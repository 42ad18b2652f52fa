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
    """Where the sums before the slot stand, and how far the next slot's are from there.

    Nothing is used between stored blocks.
    """
    stored = page[BLOCKS]
    if stored == 0:
        return HEADER, 0
    block = slot // SLOTS
    within, apart = slot - block * SLOTS, 2
    place = block - page[HEADER]
    if place < 0:
        place, within, apart = 0, 0, 0
    elif place >= stored or page[HEADER + place] != block:
        place = _below(page, HEADER, stored, block)
        if place == stored or page[HEADER + place] != block:
            within, apart = 0, 0
    return int(HEADER + stored + 2 * (place * SLOTS + within)), apart


@inlined
def _leave_out(page: Ints, hole: int, edges: Ints, start: int, step: int, out: Ints) -> None:
    """Take meters out of the buckets that lie wholly in one of their holes."""
    buckets, holes = out.shape[1], page[HOLES]
    first = start if step else edges[0]
    last = start + step * buckets if step else edges[buckets]
    for n in range(holes):
        opens, closes = page[hole + n], page[hole + holes + n]
        if closes <= first or opens >= last:
            continue
        bucket = max(0, -((start - opens) // step)) if step else _below(edges, 0, buckets, opens)
        while bucket < buckets:
            a = start + step * bucket if step else edges[bucket]
            b = start + step * (bucket + 1) if step else edges[bucket + 1]
            if b > closes:
                break
            if a < b:
                out[3, bucket] -= 1
            bucket += 1


@compiled(types.int64(READ_INTS, READ_INTS, types.int64, types.int64, types.int64[:, ::1]))
def differences(page: Ints, edges: Ints, start: int, step: int, out: Ints) -> int:
    """Energy, estimated part, missing and reporting between edges, into `out` (4, buckets).

    Edges ascend: start, start + step, ... or, without a step, those given. Returns how many of
    them lie off the grid; there the energy is that at the slot before.
    """
    buckets = out.shape[1]
    lives, known = page[LIVES], page[KNOWN]
    firsts = HEADER + page[BLOCKS] + 2 * (page[BLOCKS] * SLOTS + 1)
    lasts = firsts + lives
    lows = lasts + lives
    highs = lows + 2 * known + 1
    hole = highs + 2 * known + 1
    first_edge = start if step else edges[0]
    begun = _below(page, firsts, lives, first_edge)
    over = _below(page, lasts, lives, first_edge + 1)
    slot = (first_edge - page[ORIGIN]) // HALF_HOUR
    low = _below(page, lows, known, slot)
    high = _below(page, highs, known, slot)
    off = 0
    before, last_energy, last_estimated, last_after, last_full, last_over = 0, 0, 0, 0, 0, 0
    within, place, apart, steps, stride = 0, 0, 0, 0, -_NEVER
    # What comes next in each list is held, so that most edges look at none of them.
    next_first, next_last, next_low, next_high = first_edge, first_edge, slot - 1, slot - 1
    low_sum, high_sum = page[lows + known + low], page[highs + known + high]
    for n in range(buckets + 1):
        edge = start + step * n if step else edges[n]
        if edge - before == stride and within + steps < SLOTS:
            slot, within, place = slot + steps, within + steps, place + apart * steps
            after = slot
        else:
            since = edge - page[ORIGIN]
            slot = since // HALF_HOUR
            aligned = slot * HALF_HOUR == since
            after = slot if aligned else slot + 1
            off += after - slot
            place, apart = _slot_sum(page, slot)
            within = slot - slot // SLOTS * SLOTS
            # Buckets of the same length are stepped through until their block ends.
            steps = (edge - before) // HALF_HOUR
            stride = edge - before if aligned and steps * HALF_HOUR == edge - before else -1
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
    _leave_out(page, hole, edges, start, step, out)
    return off
