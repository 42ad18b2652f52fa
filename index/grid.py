"""Slots and blocks: how instants become places on the half-hour grid.

    time        origin ......................... origin + 1800 * slot
    slot        a half-hour boundary, numbered from the origin; half hour n is [slot n, slot n+1)
    block       48 slots: [48 * block, 48 * block + 48)

The origin (0 <= origin < one day) is chosen at build so that blocks open at a local midnight:
in a zone without clock changes every block is a local day. It never leaves the index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.history import HALF_HOUR, Ints, Mask

SLOTS = 48
"""Slots in a block."""
DAY = SLOTS * HALF_HOUR


@dataclass(frozen=True)
class Grid:
    """The arithmetic between epoch seconds, slots and blocks. All of it floors."""

    origin: int

    @classmethod
    def opening_at(cls, midnight: int, grid_phase: int) -> Grid:
        """A grid with the home's phase whose blocks open at that midnight, if the phase allows."""
        fits = (midnight - grid_phase) % HALF_HOUR == 0
        return cls(midnight % DAY if fits else grid_phase % DAY)

    def slot(self, times: npt.ArrayLike) -> Ints:
        """The last slot at or before each time."""
        return (np.asarray(times, dtype=np.int64) - self.origin) // HALF_HOUR

    def slot_after(self, times: npt.ArrayLike) -> Ints:
        """The first slot at or after each time."""
        return -((self.origin - np.asarray(times, dtype=np.int64)) // HALF_HOUR)

    def time(self, slots: npt.ArrayLike) -> Ints:
        return np.asarray(slots, dtype=np.int64) * HALF_HOUR + self.origin

    def block(self, times: npt.ArrayLike) -> Ints:
        """The block in which each time lies."""
        return (np.asarray(times, dtype=np.int64) - self.origin) // DAY

    def on_grid(self, times: npt.ArrayLike) -> Mask:
        result: Mask = (np.asarray(times, dtype=np.int64) - self.origin) % HALF_HOUR == 0
        return result
