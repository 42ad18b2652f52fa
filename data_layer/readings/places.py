"""Where series count in group totals: a meter's place, for the registers that count for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from data_layer.readings.model import GroupPath, SeriesKey
from data_layer.readings.room import only_default_register


class Places(Mapping[tuple[str, str], GroupPath | None]):
    """Immutable; the index asks it about every series it holds.

    A path: the register counts for its meter and in that place. None: it counts in nothing, its
    meter's consumption is made by other registers. Absent: its meter has no place.
    """

    def __init__(
        self,
        counting: Callable[[str], tuple[SeriesKey, ...]] = only_default_register,
        paths: Mapping[str, GroupPath | None] = MappingProxyType({}),
    ) -> None:
        self.counting = counting
        self._paths = paths

    def path(self, meter_id: str) -> GroupPath | None:
        """The meter's place, None when it has none."""
        return self._paths.get(meter_id)

    def changed(self, paths: Mapping[str, GroupPath | None]) -> Places:
        """These meters elsewhere, the others where they are."""
        return Places(self.counting, MappingProxyType({**self._paths, **paths}))

    def __getitem__(self, key: tuple[str, str]) -> GroupPath | None:
        if key not in self.counting(key[0]):
            return None
        path = self._paths.get(key[0])
        if path is None:
            raise KeyError(key)
        return path

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for meter_id, path in self._paths.items():
            if path is not None:
                yield from self.counting(meter_id)

    def __len__(self) -> int:
        return sum(1 for _ in self)
