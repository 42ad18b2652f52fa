"""Who has which row, and where each row counts: the root of the tree.

The directory is kept in key order for look-ups and ranges; the rows themselves stand in order of
(path, key) after a build, so that a cell is a slice of every column. A row that comes later is
put at the end until the next build.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from sortedcontainers import SortedDict  # type: ignore[import-untyped]

from index.day_readings import Key, Path, Places
from index.history import Ints

IN_NO_CELL, COUNTS_NOT = -1, -2
"""In place of a cell: counts for its meter alone; counts in nothing."""
_ABSENT: Path = ("\0", "\0", "\0")
"""What stands for the path of a register that is not in the mapping."""


@dataclass(frozen=True, eq=False)
class Names:
    """Keys by row and the ways to find them; shared by versions whose rows are the same."""

    _keys: tuple[Key, ...] | Callable[[], tuple[Key, ...]]
    """The keys, or how to read them: a snapshot is attached without looking at them."""
    _last: list[tuple[tuple[Key, ...], Ints]] = field(default_factory=list)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        return self._keys() if callable(self._keys) else self._keys

    @cached_property
    def directory(self) -> SortedDict[Key, int]:
        return SortedDict((key, row) for row, key in enumerate(self.keys))

    def rows_of(self, series: tuple[Key, ...]) -> Ints:
        """The row of each series, -1 where it has none. Remembered for the last tuple asked:
        days that follow each other name the same series."""
        for known, rows in self._last:
            if known is series:
                return rows
        directory = self.directory
        rows = np.array([directory.get(key, -1) for key in series], dtype=np.int64)
        self._last[:] = [(series, rows)]
        return rows

    @cached_property
    def by_rank(self) -> Ints:
        """Rows in the order of their keys."""
        return np.fromiter(self.directory.values(), np.int64, len(self.keys))

    @cached_property
    def rank(self) -> Ints:
        """Place of each row's key in that order."""
        rank = np.empty(len(self.keys), dtype=np.int64)
        rank[self.by_rank] = np.arange(len(self.keys))
        return rank

    @cached_property
    def meters(self) -> tuple[str, ...]:
        return tuple(sorted({meter_id for meter_id, _ in self.keys}))

    @cached_property
    def meter(self) -> Ints:
        """Number of each row's meter in `meters`."""
        number = {meter_id: n for n, meter_id in enumerate(self.meters)}
        return np.array([number[meter_id] for meter_id, _ in self.keys], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Roster:
    """Names by row, the cell of each row, and the paths the cells stand for."""

    names: Names
    cell: Ints
    paths: tuple[Path, ...]
    places: Places | None = None
    """The mapping the cells were made from, where that is known."""

    @classmethod
    def of(cls, keys: Iterable[Key], places: Places) -> Roster:
        """Rows by (path, key); those without a path come last."""
        known = set(keys)
        paths = tuple(sorted({_plain(p) for key in known if (p := places.get(key)) is not None}))
        number = {path: n for n, path in enumerate(paths)}

        def order(key: Key) -> tuple[int, Key]:
            path = places.get(key)
            return (len(paths) if path is None else number[_plain(path)]), key

        ranked = tuple(sorted(known, key=order))
        asked = [places.get(key, _ABSENT) for key in ranked]
        return cls(Names(ranked), _cells(asked, paths), paths, places)

    def __len__(self) -> int:
        return len(self.cell)

    @property
    def keys(self) -> tuple[Key, ...]:
        return self.names.keys

    @property
    def directory(self) -> SortedDict[Key, int]:
        return self.names.directory

    @property
    def meters(self) -> tuple[str, ...]:
        return self.names.meters

    @property
    def meter(self) -> Ints:
        return self.names.meter

    @cached_property
    def number_of_path(self) -> dict[Path, int]:
        return {path: n for n, path in enumerate(self.paths)}

    def with_keys(self, keys: Iterable[Key]) -> Roster:
        """Room for keys that are new; they count in no cell yet."""
        new = tuple(sorted(key for key in set(keys) if key not in self.directory))
        if not new:
            return self
        cell = np.concatenate((self.cell, np.full(len(new), IN_NO_CELL, dtype=np.int64)))
        return Roster(Names((*self.keys, *new)), cell, self.paths)

    def with_places(self, places: Places) -> Roster:
        """Rows stay where they are and count where `places` says; new paths come at the end."""
        if places is self.places:
            return self
        asked = [places.get(key, _ABSENT) for key in self.keys]
        wanted = {_plain(path) for path in set(asked) if path is not None and path != _ABSENT}
        paths = (*self.paths, *sorted(wanted - set(self.paths)))
        return Roster(self.names, _cells(asked, paths), paths, places)


def _plain(path: Path) -> Path:
    region, area, dwelling_type = path
    return region, area, dwelling_type


def _cells(asked: list[Path | None], paths: tuple[Path, ...]) -> Ints:
    number: dict[Path | None, int] = {path: n for n, path in enumerate(paths)}
    number[None], number[_ABSENT] = COUNTS_NOT, IN_NO_CELL
    return np.array([number[path] for path in asked], dtype=np.int64)
