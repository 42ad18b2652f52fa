"""The readings room: the store and what its rules must know of meters and accounts, handed in.

Readings never import accounts: whether a meter is registered, which registers make its
consumption and how many households a group has come in as plain callables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from data_layer.clock import Clock, HomeZone
from data_layer.errors import NotFound
from data_layer.readings.model import GroupPath, Scope, SeriesKey
from data_layer.readings.store import ReadingStore


class Standing(Enum):
    """How a meter stands with its utility; only an active one may submit readings."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


def only_default_register(meter_id: str) -> tuple[SeriesKey, ...]:
    """A meter of one register: its consumption is that register's."""
    return (SeriesKey(meter_id),)


def no_households() -> Mapping[GroupPath, int]:
    return {}


@dataclass(frozen=True)
class ReadingRoom:
    """What every query and operation on readings receives first."""

    store: ReadingStore
    zone: HomeZone
    clock: Clock
    standing: Callable[[str], Standing]
    counting: Callable[[str], tuple[SeriesKey, ...]] = only_default_register
    """Registers that make the meter's consumption: its total register, else all its bands."""
    households: Callable[[], Mapping[GroupPath, int]] = no_households
    """Households in every place of the lattice, for group totals."""
    registry: Callable[[], object] = lambda: None
    """The state that `standing` speaks of: the same object until any standing changes."""


def unknown_meter(meter_id: str) -> NotFound:
    """The one answer for a meter that does not exist and for one that is another's."""
    return NotFound(f"meter {meter_id[:40]!r} is not known.", field="meter_id")


def require_meter(scope: Scope, meter_id: str) -> None:
    """Raise NotFound when the scope does not speak of this meter."""
    if scope.meter_ids is not None and meter_id not in scope.meter_ids:
        raise unknown_meter(meter_id)
