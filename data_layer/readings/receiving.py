"""The one place where readings become part of the book: judged, written, seen, acknowledged.

`view` is replaced by one assignment and in the committer's turn alone, so that publishing,
sealing and placing never lose each other's work. Whoever asks a view waits for none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

import numpy as np

from data_layer.clock import Clock
from data_layer.errors import Unavailable
from data_layer.readings.line_writer import Scratch, log_lines
from data_layer.readings.model import GroupPath, ReadingBatch, Verdict, join
from data_layer.readings.newest import Newest, reach
from data_layer.readings.places import Places
from data_layer.readings.store import Judge, Verdicts
from data_layer.readings.tail import Arrived, Run, together
from data_layer.readings.view import View
from data_layer.storage.group_commit import GroupCommit
from data_layer.storage.write_ahead_log import Prepared, WriteAheadLog

Answer = TypeVar("Answer")
LARGE = 2_000
"""A submission of so many rows is made ready while the one ahead of it is written."""


@dataclass(frozen=True, slots=True)
class _Submission:
    """What one caller of `append` waits for."""

    batch: ReadingBatch
    verdicts: Verdicts
    judge: Judge
    arrived: Arrived
    """The rows that nothing has been said against yet."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A group judged and written out, to be stored as it is."""

    verdicts: list[Verdicts]
    view: View
    """What is seen once the entry is on disk."""
    entry: Prepared | None
    """None when no row of the group is accepted."""
    scratch: Scratch


class Receiving:
    """Takes readings for a store. `view` is its present state, for anybody to read; `changes`
    counts how often it was replaced, and is counted after it was."""

    def __init__(
        self, view: View, log: WriteAheadLog | None, *, clock: Clock, closed: str = ""
    ) -> None:
        """Without a log nothing is ever taken, and `closed` says why."""
        self.view = view
        self.changes = 0
        self._log = log
        self._clock = clock
        self._closed = closed
        self._stopped = ""
        self._newest = Newest()
        self._spare = [Scratch(), Scratch()]
        self._committer: GroupCommit[_Submission, _Ready, Verdicts] = GroupCommit(
            self._prepare, self._commit, abandoned=self._forget, large=_is_large
        )

    @property
    def reason(self) -> str:
        """Why no readings are taken; empty while they are."""
        poison = None if self._log is None else self._log.poisoned
        return self._closed or poison or self._stopped

    def append(self, batch: ReadingBatch, verdicts: Verdicts, judge: Judge) -> Verdicts:
        """See `ReadingStore.append`."""
        self.require()
        arrived = Run.arrived(batch, verdicts, self.view.words, check=True)
        if not len(arrived.rows):
            return verdicts
        return self._committer.submit(_Submission(batch, verdicts, judge, arrived))

    def preview(self, batch: ReadingBatch, verdicts: Verdicts, judge: Judge) -> Verdicts:
        batch, view = _distinct(batch), self.view
        around = view.gather(*reach(_asked(batch, verdicts)), every_revision=True)
        return judge(batch, verdicts, around)

    def stop(self, reason: str) -> None:
        """Refuse readings from now on; who was before is answered first."""
        self._committer.between(lambda: self._stop(reason))

    def resume(self) -> None:
        self._committer.between(lambda: self._stop(""))
        self.require()

    def change(self, new: Callable[[View], View]) -> View:
        """Replace the view while nothing is being committed; returns the new one."""
        return self._committer.between(lambda: self._replace(new))

    def between(self, action: Callable[[], Answer]) -> Answer:
        """Run an action while no reading is being written."""
        return self._committer.between(action)

    def place(self, paths: Mapping[str, GroupPath | None]) -> None:
        """Tell where meters count from now on."""
        self.change(lambda view: _placed(view, paths))

    def require(self) -> None:
        """Raise Unavailable when no readings are taken."""
        if self.reason:
            raise Unavailable(self.reason)

    def close(self) -> None:
        """Answer who waits, then take nothing more. May be repeated."""
        self._committer.close()

    def _prepare(self, group: list[_Submission], pending: _Ready | None) -> _Ready:
        """One judgment and one entry for all, behind what is stored and what is `pending`."""
        self.require()
        log = self._log
        if log is None:
            raise Unavailable(self._closed)
        view = self.view if pending is None else pending.view
        verdicts, accepted = self._judged(group, view)
        scratch = self._spare[-1] if pending is None else self._other(pending.scratch)
        if not len(accepted.rows):
            return _Ready(verdicts, view, None, scratch)
        lines = log_lines(accepted.rows, view.words, self._clock(), scratch)
        entry = log.prepare(lines, None if pending is None else pending.entry)
        run = accepted.rows.sorted(rising=accepted.rising)
        return _Ready(verdicts, view.extended(run), entry, scratch)

    def _commit(self, ready: _Ready) -> Sequence[Verdicts | Exception]:
        """One write and one fsync; then everybody sees it, then answers."""
        if ready.entry is not None and self._log is not None:
            self._log.write(ready.entry)
            self._replace(lambda _: ready.view)
        return ready.verdicts

    def _forget(self) -> None:
        """What was judged will not be stored, but is remembered as if it were."""
        self._newest = Newest()

    def _judged(self, group: list[_Submission], view: View) -> tuple[list[Verdicts], Arrived]:
        """Final verdicts of each submission, and the rows accepted of all."""
        asked = together([one.arrived for one in group])
        if self._newest.followed_by(asked.rows, view):
            return [one.verdicts for one in group], asked
        final: list[Verdicts] = []
        accepted: list[Arrived] = []
        for judge, some in groupby(group, key=attrgetter("judge")):
            alike = list(some)
            batch = _distinct(join([one.batch for one in alike]))
            verdicts = np.concatenate([one.verdicts for one in alike])
            around = view.gather(*reach(_asked(batch, verdicts)), every_revision=True)
            found = judge(batch, verdicts, around)
            accepted.append(Run.arrived(batch, found, view.words))
            final += np.split(found, np.cumsum([len(one.batch) for one in alike])[:-1])
            view = view.extended(accepted[-1].rows.sorted(rising=accepted[-1].rising))
        return final, together(accepted)

    def _other(self, scratch: Scratch) -> Scratch:
        first, second = self._spare
        return second if scratch is first else first

    def _replace(self, new: Callable[[View], View]) -> View:
        self.view = new(self.view)
        self.changes += 1
        return self.view

    def _stop(self, reason: str) -> None:
        self._stopped = reason


def _asked(batch: ReadingBatch, verdicts: Verdicts) -> ReadingBatch:
    """The rows that nothing has been said against yet."""
    open_rows = verdicts == Verdict.ACCEPTED
    return batch if open_rows.all() else batch.take(open_rows)


def _is_large(submission: _Submission) -> bool:
    return len(submission.batch) >= LARGE


def _distinct(batch: ReadingBatch) -> ReadingBatch:
    """The batch with every series once in its dictionary."""
    if len(set(batch.series)) == len(batch.series):
        return batch
    return join([batch, batch.take(np.zeros(0, dtype=np.int64))])


def _placed(view: View, paths: Mapping[str, GroupPath | None]) -> View:
    places, index = view.places.changed(paths), view.index
    if any(_stands_elsewhere(view, places, meter_id) for meter_id in paths):
        index = index.with_places(places)
    return replace(view, index=index, places=places)


def _stands_elsewhere(view: View, places: Places, meter_id: str) -> bool:
    """Whether the index counts any register of the meter where it should not."""
    keys = [(meter_id, register_id) for register_id in view.index.registers(meter_id)]
    rows = [(key, view.index.row(key)) for key in keys]
    return any(row is not None and view.index.place(row) != places.get(key) for key, row in rows)
