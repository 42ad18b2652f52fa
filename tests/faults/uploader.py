"""A server without a web: threads upload, the log is sealed, until somebody kills it.

Started once, it imports all it needs and then forks a child for every line on standard input
(home folder and seed), so that a life begins in milliseconds. On standard output, one line each:

    P <process>           a child was born
    S <meter> <slot>      a reading is about to be submitted
    A <meter> <slot>      it was acknowledged
    X <sentence>          something that must not happen
    G                     the child is gone
"""

from __future__ import annotations

import os
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from data_layer.errors import MeterbookError
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import Action, Reading, ReadingBatch, Scope
from data_layer.readings.operations import submit
from data_layer.readings.room import ReadingRoom, Standing
from data_layer.readings.rules import UPLOAD_PAGE
from data_layer.storage.home import Home

HALF_HOUR = 1800
START = 1_781_625_600
SLOTS = 5 * 48
NOW = datetime.fromtimestamp(START + SLOTS * HALF_HOUR, UTC)
THREADS = 4
METERS = 8
SCOPE = Scope("tester", Action.SUBMIT_READINGS, None)


def value_of(meter: int, slot: int) -> int:
    """The one true value: rises with time, so that any order of arrival is acceptable."""
    return slot * 100 + meter


def reading(meter: int, slot: int) -> Reading:
    at = START + slot * HALF_HOUR
    return Reading(f"m-{meter}", "S", at, value_of(meter, slot), source="api:k1")


def say(lines: str) -> None:
    """One write, so that lines of several threads do not mix."""
    os.write(1, lines.encode())


def active(_: str) -> Standing:
    return Standing.ACTIVE


def upload(room: ReadingRoom, chance: random.Random) -> None:
    """Random readings, alone or in small batches, for ever."""
    while True:
        size = chance.choice([1, 1, 1, 1, 2, 12, 40])
        pairs = {(chance.randrange(METERS), chance.randrange(SLOTS)) for _ in range(size)}
        batch = ReadingBatch.from_readings([reading(*pair) for pair in pairs])
        say("".join(f"S {meter} {slot}\n" for meter, slot in pairs))
        receipt = submit(room, SCOPE, batch, rules=UPLOAD_PAGE)
        if receipt.rejected:
            say(f"X {receipt.rejections[0].sentence}\n")
        say("".join(f"A {meter} {slot}\n" for meter, slot in pairs))


def live(folder: Path, seed: str) -> None:
    """One life of a server: recover, receive, seal now and then."""
    chance = random.Random(seed)
    home = Home.open(folder)
    home.lock()
    store = LocalStore.open(home, clock=lambda: NOW, reserve_bytes=0)
    for sentence in store.damage:
        say(f"X {sentence}\n")
    room = ReadingRoom(store, home.zone, lambda: NOW, active)
    for thread in range(THREADS):
        own = random.Random(f"{seed}.{thread}")
        Thread(target=upload, args=(room, own), daemon=True).start()
    while True:
        time.sleep(chance.uniform(0, 0.1))
        store.seal(rebuild=chance.random() < 0.3)


def main() -> None:
    for line in sys.stdin:
        folder, seed = line.split("\t")
        child = os.fork()
        if not child:
            try:
                live(Path(folder), seed.strip())
            except MeterbookError as error:
                say(f"X {error.sentence}\n")
            finally:
                os._exit(1)
        say(f"P {child}\n")
        os.waitpid(child, 0)
        say("G\n")


if __name__ == "__main__":
    main()
