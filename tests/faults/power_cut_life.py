"""One life of a home under load: opened with recovery, checked, then used until it is ended.

Three uploaders, one of whom corrects and withdraws; a sealer (seal, flush, index, snapshot, now
and then by the job that ends the day); a clerk who changes accounts, writes the audit and opens
and ends sessions. What is asked and what is promised goes to a pipe, a line a fact.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from random import Random
from threading import Thread

from data_layer.accounts.model import Account, Role
from data_layer.book import Book
from data_layer.errors import Conflict, MeterbookError, Unavailable
from data_layer.journeys.end_day import END_DAY
from data_layer.readings.model import Action, ReadingBatch, Scope, SeriesKey, Verdict
from data_layer.readings.operations import correct, submit, void
from data_layer.readings.rules import UPLOAD_PAGE
from data_layer.storage.durable_files import write_atomically
from tests.faults.power_cut_check import check
from tests.faults.power_cut_truth import (
    ASKED,
    METERS,
    NOW,
    OPENED,
    PROMISED,
    SLOTS,
    SOURCE,
    TROUBLE,
    WITHDRAWN,
    Truth,
    owner_of,
    pair_of,
    reading_of,
)

UPLOADERS = 3
MAY_SUBMIT = Scope("tester", Action.SUBMIT_READINGS, None)
MAY_CORRECT = Scope("tester", Action.CORRECT_READINGS, None)


class Voice:
    """What a life says; one write a piece, so that threads do not mix their lines."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def ask(self, *facts: str) -> None:
        self._say(ASKED, facts)

    def promise(self, *facts: str) -> None:
        now = time.monotonic_ns()
        self._say(PROMISED, tuple(f"{now} {fact}" for fact in facts))

    def say(self, line: str) -> None:
        self._say("", (line,))

    def opened(self) -> None:
        self._say(OPENED, ("",))

    def trouble(self, sentence: str) -> None:
        """Something that must not happen while there is power; with the time, to tell."""
        self._say(TROUBLE, (f"{time.monotonic_ns()} {' '.join(sentence.split())}",))

    def _say(self, mark: str, facts: tuple[str, ...]) -> None:
        os.write(self._descriptor, "".join(f"{mark}{fact}\n" for fact in facts).encode())


class _Warnings(logging.Handler):
    """An error in the log is trouble, and where readings are kept a warning is."""

    def __init__(self, voice: Voice) -> None:
        super().__init__(logging.WARNING)
        self._voice = voice

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.name.startswith("data_layer.readings"):
            self._voice.trouble(record.getMessage())


def create(home: Path) -> None:
    """The home every image begins with."""
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        accounts = [
            Account(f"m-{n}", "Owner", "0 Road", region="West" if n % 3 else "East")
            for n in range(METERS)
        ]
        book.accounts.register_many(accounts, actor="tester")


def warm_up(home: Path) -> None:
    """Have all loaded and compiled that is loaded on first use, before anything is forked."""
    create(home)
    for _ in range(2):
        with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
            batch = ReadingBatch.from_readings([reading_of(0, slot) for slot in range(100)])
            submit(book.readings, MAY_SUBMIT, batch, rules=UPLOAD_PAGE)
            _correct(book, Voice(os.open(os.devnull, os.O_WRONLY)), 0, 1)
            check(
                book, Truth(asked={f"reading 0 {slot} {n}" for slot in range(100) for n in (0, 1)})
            )
            book.readings.store.seal(rebuild=True)


def live(home: Path, truth: Truth, voice: Voice, seed: str) -> None:
    """Open, check, work for ever."""
    chance = Random(seed)
    logging.getLogger().addHandler(_Warnings(voice))
    threading.excepthook = lambda failed: voice.trouble(
        f"{failed.exc_type.__name__}: {failed.exc_value}"
    )
    try:
        book = Book.open(home, clock=lambda: NOW, scheduled=chance.random() < 0.3)
        findings = check(book, truth)
    except MeterbookError as error:
        return voice.trouble(error.sentence)
    if findings.wrong:
        return voice.trouble(" | ".join(findings.wrong))
    # What was served once must stay, whoever asked for it and however it got there.
    voice.promise(*(findings.found - truth.promised))
    voice.opened()
    first_day = chance.randrange(SLOTS // 48 - 1)
    for n in range(UPLOADERS):
        _begin(_upload, book, voice, Random(f"{seed}.{n}"), first_day, n == 0)
    _begin(_keep_accounts, book, voice, Random(f"{seed}.clerk"), truth)
    _seal(book, chance)
    return None


def replace_a_file(home: Path, truth: Truth, voice: Voice, _seed: str) -> None:
    """A life of `write_atomically` and nothing else: no later fsync saves an earlier name."""
    path = home / "number"
    found = int(path.read_bytes() or 0) if path.exists() else 0
    promised = max(truth.numbers("file", truth.promised), default=0)
    if not promised <= found < truth.next_number("file"):
        return voice.trouble(f"lost: the file says {found}, {promised} was promised")
    voice.opened()
    for number in count(truth.next_number("file")):
        voice.ask(f"file {number}")
        write_atomically(path, b"%d" % number)
        voice.promise(f"file {number}")
    return None


def _begin(work: Callable[..., None], *words: object) -> None:
    Thread(target=work, args=words, daemon=True).start()


def _upload(book: Book, voice: Voice, chance: Random, first_day: int, corrects: bool) -> None:
    """Random readings, mostly of two days, alone or in small batches, some corrected later."""
    room = book.readings
    while True:
        pairs = {
            (chance.randrange(METERS), _slot(chance, first_day))
            for _ in range(chance.choice([1, 1, 1, 1, 2, 12]))
        }
        facts = [f"reading {meter} {slot} 0" for meter, slot in pairs]
        batch = ReadingBatch.from_readings([reading_of(*pair) for pair in pairs])
        voice.ask(*facts)
        try:
            receipt = submit(room, MAY_SUBMIT, batch, rules=UPLOAD_PAGE)
            for rejection in receipt.rejections:
                # What was corrected meanwhile contradicts its first revision, rightly.
                if rejection.verdict is not Verdict.CONFLICT:
                    voice.trouble(rejection.sentence)
            if receipt.rejected:
                continue
            voice.promise(*facts)
            if corrects and chance.random() < 0.3:
                _correct(book, voice, *min(pairs))
        except Unavailable:
            pass  # the day is being ended, or there is no power any more
        time.sleep(chance.uniform(0, 0.005))


def _slot(chance: Random, first_day: int) -> int:
    if chance.random() < 0.9:
        return first_day * 48 + chance.randrange(96)
    return chance.randrange(SLOTS)


def _correct(book: Book, voice: Voice, meter: int, slot: int) -> None:
    reading = reading_of(meter, slot, 1)
    voice.ask(f"reading {meter} {slot} 1")
    try:
        if slot % 10 == WITHDRAWN:
            key = SeriesKey(reading.meter_id)
            void(
                book.readings,
                MAY_CORRECT,
                key,
                read_at=reading.read_at,
                source=SOURCE,
                reason="test",
            )
        else:
            correct(book.readings, MAY_CORRECT, reading, reason="test")
    except Conflict:
        return  # it says so already
    voice.promise(f"reading {meter} {slot} 1")


def _seal(book: Book, chance: Random) -> None:
    while True:
        time.sleep(chance.uniform(0, 0.06))
        try:
            if chance.random() < 0.2:
                book.jobs.start(END_DAY, {}, actor="tester")
            else:
                book.readings.store.seal(rebuild=chance.random() < 0.3)
        except (Conflict, Unavailable):
            pass  # another end of day is under way


def _keep_accounts(book: Book, voice: Voice, chance: Random, truth: Truth) -> None:
    """Accounts, audit lines and sessions, one act after the other."""
    numbers = {kind: truth.next_number(kind) for kind in ("accounts", "owner", "audit")}
    sessions: list[str] = []
    while True:
        kind = chance.choice(["accounts", "owner", "audit", "audit", "begin", "end"])
        if kind in numbers:
            fact = f"{kind} {numbers[kind]}"
            voice.ask(fact)
            _change(book, kind, numbers[kind])
            voice.promise(fact)
            numbers[kind] += 1
        elif kind == "begin":
            sessions.append(
                book.sessions.begin(email="a@example.com", role=Role.HOUSEHOLD, stamp="s")
            )
            voice.promise(f"begin {sessions[-1]}")
        elif sessions:
            ended = sessions.pop()
            voice.ask(f"end {ended}")
            book.sessions.end(ended)
            voice.promise(f"end {ended}")
        time.sleep(chance.uniform(0, 0.008))


def _change(book: Book, kind: str, number: int) -> None:
    if kind == "accounts":
        book.accounts.register_many(pair_of(number), actor="tester")
    elif kind == "owner":
        account = book.accounts.get("m-0")
        assert account is not None
        book.accounts.modify(owner_of(account, number), actor="tester")
    else:
        book.audit.record("tester", "noted", str(number))
