"""A day of a home, step by step in one thread, at each of whose system calls something can fail.

    open (recovery of what a crash left)   submit   correct   withdraw   accounts   seal
    submit   owner   audit   session   seal and rebuild   submit   seal   submit   close

Every step may be refused with an error that says so, and the day goes on. Whatever was refused,
the home answers to the end of the day, and serves all it promised.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from sqlalchemy.exc import DBAPIError

from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.errors import MeterbookError
from data_layer.readings.model import ReadingBatch, RowFilter, SeriesKey
from data_layer.readings.operations import correct, submit, void
from data_layer.readings.rules import UPLOAD_PAGE
from tests.faults.power_cut_life import MAY_CORRECT, MAY_SUBMIT, Voice
from tests.faults.power_cut_truth import (
    HALF_HOUR,
    METERS,
    NOW,
    SOURCE,
    START,
    WITHDRAWN,
    Truth,
    facts_of,
    owner_of,
    pair_of,
    reading_of,
)

REFUSED, POISONED, RECEIVING, OVER = "refused", "poisoned", "receiving", "trouble is over"


class Day:
    """One day on a home; what becomes of each step is said."""

    def __init__(self, home: Path, truth: Truth, voice: Voice) -> None:
        self._home = home
        self._voice = voice
        self._numbers = {kind: truth.next_number(kind) for kind in ("accounts", "owner", "audit")}
        self._must_serve = {fact for fact in truth.promised if fact.startswith("reading")}

    def live(self, trouble: AbstractContextManager[None] | None = None) -> None:
        """The whole day; a home that cannot be opened says why and has none.

        With `trouble`, entered once the home is open, all is done in it and then after it.
        """
        books: list[Book] = []
        self._step(
            "open",
            (),
            lambda: books.append(Book.open(self._home, clock=lambda: NOW, scheduled=False)),
        )
        for book in books:
            with trouble or nullcontext():
                self._work(book, 100)
                self._look(book)
            if trouble is not None:
                self._go_on(book)
            self._step("close", (), book.close)

    def _go_on(self, book: Book) -> None:
        """Everything again, on other readings."""
        self._voice.say(OVER)
        self._numbers = {kind: number + 1 for kind, number in self._numbers.items()}
        self._work(book, 300)
        self._look(book)

    def _work(self, book: Book, first: int) -> None:
        """Slots are counted from `first`."""
        store = book.readings.store
        several = (first + 1, first + 2, first + 50, first + 101)
        self._submit(book, [(0, first)])
        self._submit(book, [(meter, slot) for meter in range(3) for slot in several])
        self._revise(book, 0, first + 2)
        self._submit(book, [(1, first + 47)])
        self._revise(book, 1, first + 47)
        self._count("accounts", lambda n: book.accounts.register_many(pair_of(n), actor="tester"))
        self._step("seal", (), store.seal)
        self._submit(book, [(3, first), (3, first + 1)])
        self._count("owner", lambda n: _modify(book, n))
        self._count("audit", lambda n: book.audit.record("tester", "noted", str(n)))
        self._step("session", (), lambda: _begin_and_end(book))
        self._step("seal and rebuild", (), lambda: store.seal(rebuild=True))
        self._submit(book, [(4, first)])
        self._step("last seal", (), store.seal)
        self._submit(book, [(4, first + 1)])

    def _look(self, book: Book) -> None:
        """Readings are shown whatever failed, all that were promised among them."""
        try:
            served = set(facts_of(book.readings.store.rows(RowFilter(limit=10**6)).batch)[0])
            times = START + np.arange(100, 110) * HALF_HOUR
            book.readings.store.registers_at([SeriesKey(f"m-{n}") for n in range(METERS)], times)
            state = book.state()
        except Exception as error:  # noqa: BLE001 - any error is what we are looking for
            return self._voice.trouble(f"nothing is shown any more: {error!r}")
        if lost := self._must_serve - served:
            self._voice.trouble(f"promised and not served: {sorted(lost)[:5]}")
        self._voice.say(RECEIVING if state.receiving else f"not {RECEIVING}: {state.reason}")
        if state.poisoned:
            self._voice.say(POISONED)
        return None

    def _submit(self, book: Book, pairs: list[tuple[int, int]]) -> None:
        facts = tuple(f"reading {meter} {slot} 0" for meter, slot in pairs)
        batch = ReadingBatch.from_readings([reading_of(*pair) for pair in pairs])
        self._step(
            "submit", facts, lambda: submit(book.readings, MAY_SUBMIT, batch, rules=UPLOAD_PAGE)
        )

    def _revise(self, book: Book, meter: int, slot: int) -> None:
        new = reading_of(meter, slot, 1)

        def work() -> None:
            if slot % 10 == WITHDRAWN:
                key = SeriesKey(new.meter_id)
                at = new.read_at
                void(book.readings, MAY_CORRECT, key, read_at=at, source=SOURCE, reason="test")
            else:
                correct(book.readings, MAY_CORRECT, new, reason="test")

        self._step("revise", (f"reading {meter} {slot} 1",), work)

    def _count(self, kind: str, change: Callable[[int], object]) -> None:
        number = self._numbers[kind]
        self._step(kind, (f"{kind} {number}",), lambda: change(number))

    def _step(self, name: str, facts: tuple[str, ...], work: Callable[[], object]) -> None:
        self._voice.ask(*facts)
        try:
            work()
        except (MeterbookError, DBAPIError) as error:
            self._voice.say(
                f"{REFUSED} {name}: {type(error).__name__} {' '.join(str(error).split())}"
            )
        except Exception as error:  # noqa: BLE001 - any other is what we are looking for
            self._voice.trouble(f"{name} failed with {error!r}, which tells the caller nothing")
        else:
            self._voice.promise(*facts)
            self._must_serve |= {fact for fact in facts if fact.startswith("reading")}


def day_before(home: Path, voice: Voice) -> None:
    """What is in the home when the day begins: day files, a snapshot, a log to be merged."""
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        for slots in (range(50, 60), range(100, 110, 3)):
            pairs = [
                (meter, slot) for meter in range(5, METERS) for slot in (*slots, slots[0] + 96)
            ]
            facts = tuple(f"reading {meter} {slot} 0" for meter, slot in pairs)
            voice.ask(*facts)
            batch = ReadingBatch.from_readings([reading_of(*pair) for pair in pairs])
            submit(book.readings, MAY_SUBMIT, batch, rules=UPLOAD_PAGE)
            voice.promise(*facts)
            book.accounts.register_many(pair_of(slots[0]), actor="tester")
            voice.promise(f"accounts {slots[0]}")
            book.readings.store.seal()


def _modify(book: Book, number: int) -> None:
    account = book.accounts.get("m-0")
    assert account is not None
    book.accounts.modify(owner_of(account, number), actor="tester")


def _begin_and_end(book: Book) -> None:
    session = book.sessions.begin(email="a@example.com", role=Role.HOUSEHOLD, stamp="s")
    book.sessions.end(session)
