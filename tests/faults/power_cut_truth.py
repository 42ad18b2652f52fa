"""What was asked of a home and what it promised: the facts a home that comes back is held to.

A fact is a line of words. That it is going to be asked is said before, that it was promised is
said after the home answered. A home opened again must hold every promised fact, may hold one
that was only asked, and nothing else; each as a whole.

    reading <meter> <slot> <revision>    accounts <n>        two new accounts in one write
    audit <n>   a line of the audit      owner <n>           several fields of account m-0
    begin <id>  a session                end <id>            its end
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from data_layer.accounts.model import Account
from data_layer.quantities import VOID_WH
from data_layer.readings.model import ACTUAL, Ints, Reading, ReadingBatch

HALF_HOUR = 1800
START = 1_781_625_600
DAYS = 20
SLOTS = DAYS * 48
METERS = 8
NOW = datetime.fromtimestamp(START + SLOTS * HALF_HOUR, UTC)
SOURCE = "api:k1"
WITHDRAWN = 7
"""The second revision of a slot whose number ends so withdraws the reading."""
ASKED, PROMISED, OPENED, TROUBLE = "?", "=", "O", "X"


@dataclass
class Truth:
    """Facts asked for and facts promised, over all lives of one home."""

    asked: set[str] = field(default_factory=set)
    promised: set[str] = field(default_factory=set)

    def hear(self, said: Iterable[str], *, ended: int) -> None:
        """Take over what a life said before it was ended (monotonic ns).

        A promise given while the file system is being shut down does not count: a program whose
        machine has no power gives none, while ext4 and XFS let an fsync that is under way at that
        moment succeed though its data is gone (one that ended before or begins after is honest).
        """
        for line in said:
            if line[0] == ASKED:
                self.asked.add(line[1:])
            elif line[0] == PROMISED:
                at, fact = line[1:].split(" ", 1)
                (self.promised if int(at) < ended else self.asked).add(fact)

    def contradicted_by(self, kind: str, found: set[str]) -> Iterator[str]:
        """Sentences on promised facts of a kind that are not there, and on invented ones."""
        mine = f"{kind} "
        lost = {fact for fact in self.promised if fact.startswith(mine)} - found
        if lost:
            yield f"lost: {_some(lost)}"
        if invented := found - self.asked - self.promised:
            yield f"invented: {_some(invented)}"

    def numbers(self, kind: str, facts: set[str]) -> list[int]:
        """Of facts that are counted, the numbers."""
        return [int(fact.split()[1]) for fact in facts if fact.startswith(f"{kind} ")]

    def next_number(self, kind: str) -> int:
        return max(self.numbers(kind, self.asked | self.promised), default=0) + 1


def _some(facts: set[str]) -> str:
    return f"{len(facts)} facts, such as {', '.join(sorted(facts)[:5])}"


# --- what the facts say ------------------------------------------------------------------------


def value_of(meter: int, slot: int, revision: int) -> int:
    """The one true value: rises with time, so that any order of arrival is acceptable."""
    return VOID_WH if revision and slot % 10 == WITHDRAWN else slot * 100 + meter + revision


def reading_of(meter: int, slot: int, revision: int = 0) -> Reading:
    value = value_of(meter, slot, revision)
    return Reading(
        f"m-{meter}",
        "S",
        START + slot * HALF_HOUR,
        None if value == VOID_WH else value,
        revision=revision,
        source=SOURCE,
    )


def facts_of(batch: ReadingBatch) -> tuple[list[str], Ints, Ints, Ints]:
    """The facts of stored rows, and their meters, slots and revisions.

    Raises AssertionError for a row that says anything but the truth.
    """
    meters = np.array([int(key.meter_id[2:]) for key in batch.series], dtype=np.int64)
    meter = meters[batch.series_code] if len(batch) else np.zeros(0, dtype=np.int64)
    slot, beside = np.divmod(batch.read_at - START, HALF_HOUR)
    revision = batch.revision
    withdrawn = (revision > 0) & (slot % 10 == WITHDRAWN)
    value = np.where(withdrawn, VOID_WH, slot * 100 + meter + revision)
    sources = {batch.sources[code] for code in set(batch.source_code.tolist())}
    types = {batch.types[code] for code in set(batch.type_code.tolist())}
    whole = not beside.any() and (batch.value_wh == value).all() and not batch.flag.any()
    assert whole, "a row says something else than was sent"
    assert sources <= {SOURCE}, "a row comes from elsewhere"
    assert types <= {ACTUAL}, "a row is of another type"
    columns = (meter.tolist(), slot.tolist(), revision.tolist())
    return [f"reading {m} {s} {r}" for m, s, r in zip(*columns, strict=True)], meter, slot, revision


def owner_of(account: Account, number: int) -> Account:
    """The account in its n-th state: fields that belong together."""
    region = "East" if number % 2 else "West"
    return replace(account, owner_name=f"Owner {number}", address=f"{number} Road", region=region)


def pair_of(number: int) -> list[Account]:
    """The two accounts of one registration."""
    return [Account(f"a-{number}-{n}", f"Owner {number}", f"{n} Road") for n in (1, 2)]
