"""The one place where readings become part of the book: judged, written, seen, acknowledged.

`view` is replaced by one assignment and in the committer's thread alone, so that publishing,
sealing and placing never lose each other's work. Whoever asks a view waits for none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data_layer.clock import Clock
from data_layer.errors import MeterbookError, Unavailable
from data_layer.readings.codec import encode_log
from data_layer.readings.model import GroupPath, ReadingBatch, Verdict, join
from data_layer.readings.newest import Newest, reach
from data_layer.readings.places import Places
from data_layer.readings.store import Judge, Verdicts
from data_layer.readings.tail import Run
from data_layer.readings.view import View
from data_layer.storage.group_commit import GroupCommit
from data_layer.storage.write_ahead_log import WriteAheadLog


@dataclass(frozen=True, slots=True)
class _Submission:
    """What one caller of `append` waits for."""

    batch: ReadingBatch
    verdicts: Verdicts
    judge: Judge


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
        self._committer: GroupCommit[_Submission, Verdicts] = GroupCommit(self._commit)

    @property
    def reason(self) -> str:
        """Why no readings are taken; empty while they are."""
        poison = None if self._log is None else self._log.poisoned
        return self._closed or poison or self._stopped

    def append(self, batch: ReadingBatch, verdicts: Verdicts, judge: Judge) -> Verdicts:
        """See `ReadingStore.append`."""
        self.require()
        if not (verdicts == Verdict.ACCEPTED).any():
            return verdicts
        return self._committer.submit(_Submission(_distinct(batch), verdicts, judge))

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

    def _commit(self, waiting: list[_Submission]) -> Sequence[Verdicts | Exception]:
        answers: list[Verdicts | Exception] = []
        for group in _by_judge(waiting):
            try:
                answers += self._commit_together(group)
            except Unavailable as error:
                answers += [error] * len(group)
            except MeterbookError as error:
                # What one caller sent cannot be written; the others must not suffer for it.
                alone = len(group) == 1
                answers += [error] if alone else [a for one in group for a in self._commit([one])]
        return answers

    def _commit_together(self, group: list[_Submission]) -> list[Verdicts]:
        """One judgment, one write and one fsync for all; then everybody sees it, then answers."""
        self.require()
        if self._log is None:
            raise Unavailable(self._closed)
        batch = join([one.batch for one in group])
        verdicts = np.concatenate([one.verdicts for one in group])
        around = self._newest.around(self.view, _asked(batch, verdicts))
        final = group[0].judge(batch, verdicts, around)
        taken = final == Verdict.ACCEPTED
        accepted = batch if taken.all() else batch.take(taken)
        if len(accepted):
            self._log.append(encode_log(accepted, received_at=self._clock()))
            self._replace(lambda view: view.extended(Run.of(accepted, view.words)))
            self._newest.published(accepted)
        ends = np.cumsum([len(one.batch) for one in group])
        return np.split(final, ends[:-1])

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


def _by_judge(waiting: list[_Submission]) -> Iterator[list[_Submission]]:
    """Neighbors that share their judge; in practice all."""
    group: list[_Submission] = []
    for one in waiting:
        if group and one.judge is not group[0].judge:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


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
