"""Readings on this machine: the log, the day files, the index over them and the tail beside it.

    append ──> committer: judge, one write, one fdatasync ──> new View (tail + a run) ──> answer
    seal   ──> log renamed, tail closed ──> day files ──> manifest ──> index ──> snapshot
           ──> new View (index, open tail) ──> sealed log archived
    ask    ──> one View, from beginning to end

This module puts the parts together: `receiving` takes readings, `sealing` ends the day,
`opening` recovers, `view`, `group_totals`, `rankings` and `day_rows` answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from data_layer.clock import Clock, system_clock
from data_layer.errors import Unavailable
from data_layer.readings import rankings
from data_layer.readings.day_rows import DayRows
from data_layer.readings.group_totals import GroupTotals
from data_layer.readings.model import (
    Buckets,
    GroupPath,
    Ints,
    ReadingBatch,
    RowFilter,
    RowPage,
    SeriesKey,
)
from data_layer.readings.newest import reach
from data_layer.readings.opening import Opened, Opening
from data_layer.readings.places import Places
from data_layer.readings.receiving import Receiving
from data_layer.readings.room import only_default_register
from data_layer.readings.sealing import Sealing
from data_layer.readings.store import Judge, Progress, Verdicts
from data_layer.readings.store_state import StoreState, look_at
from data_layer.storage.closing import Closing
from data_layer.storage.home import Home
from data_layer.storage.write_ahead_log import RESERVE_BYTES, WriteAheadLog

FOR_READING = "No readings are taken here: the home is open for reading only."


class LocalStore(Closing):
    """A `ReadingStore` on files. `open` it; one process may write, any number may look."""

    def __init__(
        self, home: Home, opened: Opened, *, log: WriteAheadLog | None, closed: str, clock: Clock
    ) -> None:
        self.damage = opened.damage
        """Sentences on what is wrong with the files; while there are any, none are taken."""
        self.torn_ends = opened.recovered.torn
        """Copies of unfinished ends of the log that a crash left and recovery cut off."""
        self._home = home
        self._log = log
        self._receiving = Receiving(opened.view, log, clock=clock, closed=closed)
        self._totals = GroupTotals()
        self._rows = DayRows(home.daily, home.zone)
        self._sealing = None
        if log is not None:
            self._sealing = Sealing(
                home,
                log,
                opened.view.manifest,
                change=self._receiving.change,
                clock=clock,
                snapshot_is_stale=opened.snapshot_is_stale,
                unsettled=opened.unsettled,
            )

    @classmethod
    def open(
        cls,
        home: Home,
        *,
        counting: Callable[[str], tuple[SeriesKey, ...]] = only_default_register,
        clock: Clock = system_clock,
        writable: bool = True,
        progress: Progress | None = None,
        reserve_bytes: int = RESERVE_BYTES,
    ) -> LocalStore:
        """Open a home's readings; with `writable`, whoever calls holds the home's lock.

        What a crash left behind is recovered first. Damaged files do not stop it: readings are
        shown and none are taken, and `damage` says why. Meters have their place in totals once
        `place` tells. Raises Unavailable, Corrupt.
        """
        opening = Opening(home, Places(counting), progress or _silent)
        if not writable:
            return cls(home, opening.for_reading(), log=None, closed=FOR_READING, clock=clock)
        opened = opening.for_writing()
        if opened.damage:
            return cls(home, opened, log=None, closed=" ".join(opened.damage), clock=clock)
        log = WriteAheadLog.open(home.logs, opened.recovered, reserve_bytes=reserve_bytes)
        return cls(home, opened, log=log, closed="", clock=clock)

    # --- writing -----------------------------------------------------------------------------

    def append(self, batch: ReadingBatch, verdicts: Verdicts, judge: Judge) -> Verdicts:
        return self._receiving.append(batch, verdicts, judge)

    def preview(self, batch: ReadingBatch, verdicts: Verdicts, judge: Judge) -> Verdicts:
        return self._receiving.preview(batch, verdicts, judge)

    def stop_receiving(self, reason: str) -> None:
        """Refuse readings with this reason from now on; who was before is answered first."""
        self._receiving.stop(reason)

    def resume(self) -> None:
        """Take readings again. Raises Unavailable when there is another reason not to."""
        self._receiving.resume()

    def seal(self, progress: Progress | None = None, *, rebuild: bool = False) -> None:
        """See `ReadingStore.seal`. Raises Unavailable, Corrupt; then it can be repeated."""
        if self._sealing is None:
            raise Unavailable(self._receiving.reason)
        self._sealing.run(progress or _silent, rebuild=rebuild)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Day files, manifest and sealed logs stay as they are while this is entered.

        Readings are taken as ever; who wants to seal waits. Raises Unavailable when damaged.
        """
        if self._sealing is None:
            raise Unavailable(self._receiving.reason)
        with self._sealing.held_off():
            yield

    def log_length(self, meanwhile: Callable[[], None]) -> int:
        """Bytes of the open log at the moment when `meanwhile` runs: nothing is written then.

        They hold what was acknowledged by then and nothing else. Raises Unavailable when damaged.
        """
        log = self._log
        if log is None:
            raise Unavailable(self._receiving.reason)

        def look() -> int:
            meanwhile()
            return log.length

        return self._receiving.between(look)

    def place(self, places: Mapping[str, GroupPath | None]) -> None:
        self._receiving.place(places)

    def close(self) -> None:
        """Answer who waits, take nothing more. What was acknowledged is on disk already."""
        self._receiving.close()
        if self._log is not None:
            self._log.close()

    # --- asking ------------------------------------------------------------------------------

    def neighbors(self, batch: ReadingBatch) -> ReadingBatch:
        return self._receiving.view.gather(*reach(batch))

    def latest(self, series: Sequence[SeriesKey]) -> ReadingBatch:
        return self._receiving.view.latest(series)

    def registers(self, meter_id: str) -> tuple[str, ...]:
        return self._receiving.view.registers(meter_id)

    def series(self, keys: Sequence[SeriesKey], edges: Ints) -> Buckets:
        return self._receiving.view.series(keys, edges)

    def registers_at(self, keys: Sequence[SeriesKey], times: Ints) -> Ints:
        return self._receiving.view.registers_at(keys, times)

    def known(self, keys: Sequence[SeriesKey], start: int, end: int) -> tuple[int, int] | None:
        return self._receiving.view.known(keys, start, end)

    def totals(
        self, groups: Sequence[Collection[GroupPath]], edges: Ints, *, at_least: int = 0
    ) -> Buckets:
        return self._totals.totals(self._receiving.view, groups, edges, at_least=at_least)

    def reporting_meters(self) -> Mapping[GroupPath, int]:
        return self._totals.reporting_meters(self._receiving.view)

    def top(
        self, start: int, end: int, limit: int, *, descending: bool = True
    ) -> list[tuple[str, int]]:
        return rankings.top(self._receiving.view, start, end, limit, descending=descending)

    def rows(self, wanted: RowFilter) -> RowPage:
        return self._rows.page(self._receiving.view, wanted)

    def revisions(self, key: SeriesKey, read_at: int) -> ReadingBatch:
        return self._rows.revisions(self._receiving.view, key, read_at)

    def revision(self, key: SeriesKey, read_at: int, kind: int) -> int:
        return self._rows.revision(self._receiving.view, key, read_at, kind)

    def meters(self) -> int:
        """How many meters have readings in the index."""
        return len({meter_id for meter_id, _ in self._receiving.view.index.keys})

    @property
    def changes(self) -> int:
        return self._receiving.changes

    @property
    def receiving(self) -> bool:
        """Whether readings are taken now; `state` says why not."""
        return not self._receiving.reason

    def state(self) -> StoreState:
        return look_at(
            self._home,
            self._receiving.view,
            log_lines=0 if self._log is None else self._log.lines,
            reason=self._receiving.reason,
            damage=self.damage,
            last_seal=None if self._sealing is None else self._sealing.last,
        )


def _silent(what: str, done: int, of: int) -> None:
    """Progress nobody wants to hear of."""
