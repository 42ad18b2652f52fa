"""Whether a home that came back holds what it promised, and answers what its files say."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from data_layer.book import Book
from data_layer.quantities import VOID_WH
from data_layer.readings.codec import decode_day, decode_log
from data_layer.readings.model import GroupPath, Ints, ReadingBatch, RowFilter, SeriesKey, join
from data_layer.storage.day_files import DayFiles
from data_layer.storage.home import Home
from data_layer.storage.log_format import payloads
from data_layer.storage.log_names import ARCHIVE, LOG_NAME, sealed_logs
from tests.faults.power_cut_truth import (
    HALF_HOUR,
    METERS,
    SLOTS,
    START,
    Truth,
    facts_of,
    owner_of,
    pair_of,
)

_EVERY = 1_000_000
_SLOTS = np.arange(SLOTS)
_TIMES = START + _SLOTS * HALF_HOUR
_HOURS = START + np.arange(0, SLOTS + 1, 2) * HALF_HOUR


class Findings:
    """Sentences on what is wrong, and the facts that were found."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.found: set[str] = set()


def check(book: Book, truth: Truth) -> Findings:
    """Look at everything. The store must have been opened by recovery."""
    findings = Findings()
    for look in (_readings, _accounts, _audit, _sessions):
        try:
            findings.wrong += look(book, truth, findings.found)
        except AssertionError as error:
            findings.wrong.append(str(error))
    return findings


def _readings(book: Book, truth: Truth, found: set[str]) -> Iterator[str]:
    yield from book.state().problems
    served = book.readings.store.rows(RowFilter(limit=_EVERY)).batch
    facts, meter, slot, revision = facts_of(served)
    found.update(facts)
    if len(set(facts)) < len(facts):
        yield "a reading is served twice"
    yield from truth.contradicted_by("reading", set(facts))
    stored = facts_of(_on_disk(book))[0]
    if set(stored) != set(facts):
        yield f"files and answers differ: {sorted(set(stored) ^ set(facts))[:5]}"
    yield from _answers(book, _effective(meter, slot, revision))


def _on_disk(book: Book) -> ReadingBatch:
    """Every row of day files and logs, read without the store; merged ones more than once.

    An end of day that a cut left unfinished goes on beside: what it moved is looked at again.
    """
    home = Home.existing(book.home)
    files = DayFiles(home.daily)
    while True:
        before = _closed_logs(home)
        batches = [decode_day(files.path(day)) for day in files.days()]
        try:
            for path in [path for _, path in sealed_logs(home.logs)] + [home.logs / LOG_NAME]:
                batches += [decode_log(block) for block in payloads(path)]
        except FileNotFoundError:
            continue
        if _closed_logs(home) == before:
            return join(batches)


def _closed_logs(home: Home) -> tuple[object, ...]:
    return sealed_logs(home.logs), sealed_logs(home.logs / ARCHIVE)


def _effective(meter: Ints, slot: Ints, revision: Ints) -> Ints:
    """The value of each meter and slot by its highest revision, VOID_WH where there is none."""
    highest = np.full((METERS, SLOTS), -1)
    np.maximum.at(highest, (meter, slot), revision)
    value = _SLOTS * 100 + np.arange(METERS)[:, None] + highest
    withdrawn = (highest > 0) & (_SLOTS % 10 == 7)
    return np.where((highest < 0) | withdrawn, VOID_WH, value)


def _answers(book: Book, effective: Ints) -> Iterator[str]:
    """The index and the tail beside it, against the rule for gaps on the effective readings."""
    store = book.readings.store
    known = np.stack([_register(row) for row in effective])
    answered = store.registers_at([SeriesKey(f"m-{n}") for n in range(METERS)], _TIMES)
    for n in np.flatnonzero((answered != known).any(axis=1)).tolist():
        at = int(np.flatnonzero(answered[n] != known[n])[0])
        yield f"register of m-{n} at slot {at}: {answered[n, at]} instead of {known[n, at]}"
    paths = sorted({account.path for account in book.accounts.all()})
    groups = [[path] for path in paths]
    answers = store.totals(groups, _HOURS).consumption_wh
    for path, answer in zip(paths, answers, strict=True):
        own = [n for n in range(METERS) if _path(book, n) == path]
        expected = sum((_hourly(known[n]) for n in own), np.zeros(len(_HOURS) - 1, np.int64))
        if (answer != expected).any():
            yield f"totals of {path}: {answer.sum()} instead of {expected.sum()}"


def _path(book: Book, meter: int) -> GroupPath:
    account = book.accounts.get(f"m-{meter}")
    assert account is not None, f"account m-{meter} is gone"
    return account.path


def _register(values: Ints) -> Ints:
    """The register at every slot: read, or interpolated in whole Wh, VOID_WH outside."""
    at = np.flatnonzero(values != VOID_WH)
    if not len(at):
        return np.full(SLOTS, VOID_WH)
    after = np.clip(np.searchsorted(at, _SLOTS, side="right"), 1, max(1, len(at) - 1))
    if len(at) == 1:
        return np.where(at[0] == _SLOTS, values, VOID_WH)
    t0, t1 = at[after - 1], at[after]
    v0, v1 = values[t0], values[t1]
    inside = (at[0] <= _SLOTS) & (at[-1] >= _SLOTS)
    return np.where(inside, v0 + (v1 - v0) * (_SLOTS - t0) // (t1 - t0), VOID_WH)


def _hourly(register: Ints) -> Ints:
    """Consumption in each hour: differences of the register, which stands still outside."""
    at = np.flatnonzero(register != VOID_WH)
    if not len(at):
        return np.zeros(len(_HOURS) - 1, np.int64)
    edges = np.clip((_HOURS - START) // HALF_HOUR, at[0], at[-1])
    return np.diff(register[edges])


def _accounts(book: Book, truth: Truth, found: set[str]) -> Iterator[str]:
    accounts = {account.meter_id: account for account in book.accounts.all()}
    pairs = {int(name.split("-")[1]) for name in accounts if name.startswith("a-")}
    for number in sorted(pairs):
        for asked in pair_of(number):
            have = accounts.get(asked.meter_id)
            if have is None or have.owner_name != asked.owner_name:
                yield f"accounts {number} are there in part"
    facts = {f"accounts {number}" for number in pairs}
    yield from truth.contradicted_by("accounts", facts)
    owner = accounts["m-0"]
    number = int(re.sub(r"\D", "", owner.owner_name) or 0)
    if owner_of(owner, number) != owner and number:
        yield f"owner {number} is there in part: {owner}"
    promised = max(truth.numbers("owner", truth.promised), default=0)
    if not promised <= number <= max(truth.numbers("owner", truth.asked), default=0):
        yield f"owner {number} is in force, {promised} was promised"
    found.update(facts | ({f"owner {number}"} if number else set()))


def _audit(book: Book, truth: Truth, found: set[str]) -> Iterator[str]:
    if (broken := book.audit.verify()) is not None:
        yield f"the audit's chain breaks at line {broken}"
    noted = [entry.subject for entry in book.audit.recent(_EVERY, action="noted")]
    if len(set(noted)) < len(noted):
        yield "a line of the audit is there twice"
    facts = {f"audit {number}" for number in noted}
    yield from truth.contradicted_by("audit", facts)
    found.update(facts)


def _sessions(book: Book, truth: Truth, found: set[str]) -> Iterator[str]:
    ids = {fact.split()[1] for fact in truth.promised if fact.startswith("begin ")}
    ends = {fact.split()[1] for fact in truth.asked if fact.startswith("end ")}
    for name in ids - ends:
        if book.sessions.find(name) is None:
            yield f"session {name} is lost"
    for name in ids:
        if f"end {name}" in truth.promised and book.sessions.find(name) is not None:
            yield f"session {name} was ended and lives"
