"""Bring a demo home up to now: its households go on living where their readings end.

    each meter's latest reading ──> simulated from there to last midnight ──> sealed and indexed
                                ──> today's readings, left in the log as on any running day

Everything goes the way real data goes. The seed is kept in the home, so an extended home holds
the very half hours that a longer creation would have given it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from data_layer.accounts.model import OPERATOR, Account, Status
from data_layer.clock import epoch_of
from data_layer.journeys.demo_homes import simulated_meters
from data_layer.journeys.demo_recipe import Recipe
from data_layer.readings.model import Action, Ints, Scope, SeriesKey
from data_layer.readings.operations import submit
from data_layer.readings.room import ReadingRoom
from data_layer.readings.rules import SIMULATOR
from data_layer.readings.simulator import Simulator
from data_layer.readings.store import Progress


@dataclass(frozen=True, slots=True)
class Extension:
    """What was added."""

    readings: int = 0
    refused: int = 0
    """Rows that broke a rule, because somebody had changed the demo by hand."""

    def __add__(self, more: Extension) -> Extension:
        return Extension(self.readings + more.readings, self.refused + more.refused)


def extend_demo(
    room: ReadingRoom,
    accounts: Sequence[Account],
    recipe: Recipe,
    *,
    now: datetime,
    progress: Progress,
) -> Extension:
    """Submit what the demo's active meters would have sent since their latest readings.

    Days that are over are sealed. Repeating it adds nothing. A meter without any reading stays
    without.
    """
    zone, until = room.zone, epoch_of(now) + 1
    street = _Street(room, tuple(accounts[: recipe.meters]))
    begin = zone.day_start(zone.day_of(street.left_at(until)))
    midnight = zone.day_start(zone.day_of(until - 1))
    simulator = street.simulator(begin, recipe.seed)
    past = Extension()
    if begin < midnight:
        for month_end in zone.boundaries(begin, midnight, "month").tolist()[1:]:
            past += street.live_on(simulator, month_end)
            progress("readings", month_end - begin, until - begin)
    if past.readings:
        room.store.seal(progress)
    return past + street.live_on(simulator, until)


@dataclass(frozen=True, slots=True)
class _Street:
    """The demo's households and where their readings are kept."""

    room: ReadingRoom
    households: tuple[Account, ...]

    def left_at(self, until: int) -> int:
        """The earliest instant at which a meter's readings end; `until` when all are there."""
        return int(self._latest(until)[0].min(initial=until - 1))

    def simulator(self, begin: int, seed: int) -> Simulator:
        first_day = self.room.zone.day_of(begin)
        # No meter is exchanged again: the register goes on from the one that stands there.
        meters = simulated_meters(self.households, last_day=first_day)
        return Simulator(meters, self.room.zone, first_day=first_day, seed=seed)

    def live_on(self, simulator: Simulator, end: int) -> Extension:
        """Store what the meters send from their latest readings on, before `end`."""
        batch = simulator.continued(*self._latest(end), end)
        if not len(batch):
            return Extension()
        scope = Scope(OPERATOR.name, Action.SUBMIT_READINGS, meter_ids=None)
        receipt = submit(self.room, scope, batch, rules=SIMULATOR)
        return Extension(receipt.accepted, receipt.rejected)

    def _latest(self, end: int) -> tuple[Ints, Ints]:
        """Time and register of each meter's latest reading; `end` where none is to follow."""
        keys = [SeriesKey(household.meter_id) for household in self.households]
        found = {row.meter_id: row for row in self.room.store.latest(keys).rows()}
        last_at = np.full(len(keys), end, dtype=np.int64)
        last_wh = np.zeros(len(keys), dtype=np.int64)
        for place, household in enumerate(self.households):
            row = found.get(household.meter_id)
            if row is not None and row.value_wh is not None and household.status is Status.ACTIVE:
                last_at[place], last_wh[place] = row.read_at, row.value_wh
        return last_at, last_wh
