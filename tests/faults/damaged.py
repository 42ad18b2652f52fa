"""Bytes that rot, and ends that are missing, in every stored file: noticed, never served as true.

log.txt, sealed logs        read-only, a copy in quarantine, the exact command that repairs
day files                   read-only with a sentence when the size is another; else noticed
                            by `DayFiles.check` and whenever the index is built from them; with
                            no snapshot beside them at every start, and their rows not shown
manifest                    read-only with a sentence: its checksum does not hold
snapshot of the index       passed over, built again
a cut end of log.txt        cannot be told from a torn write: copied aside, the rest holds
registry files              for people to edit: a broken one is reported, any other is an edit
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from random import Random

from data_layer.errors import Corrupt, MeterbookError
from data_layer.readings.local_store import LocalStore
from data_layer.storage.day_files import DayFiles
from data_layer.storage.home import Home
from data_layer.storage.log_repair import repair_home
from data_layer.storage.manifest import Manifest
from tests.faults import home_oracle
from tests.faults.disk_model import Disk, Image
from tests.faults.home_layer import SOON
from tests.faults.lives import Broken, Failure, Runner, Tally, said
from tests.faults.recording import clear, read_image, write_image

DAILY, MANIFEST = "home/daily/", "home/.meterbook/manifest.json"
SNAPSHOT = "home/.meterbook/snapshot/"
_LOG = re.compile(r"home/logs/(log|sealed-\d+)\.txt")


def explore(runner: Runner, seed: str, tally: Tally, *, times: int) -> None:
    """Damage every file of the home that a seed's life leaves behind, so many times each."""
    image, promised = _whole(runner, seed)
    for name in [path for path, content in image.items() if content]:
        for time in range(times):
            follow(runner, f"{seed}%{name}@{time}", image, promised, tally)


def replay(runner: Runner, seed: str, damage: str, tally: Tally) -> None:
    """One damage again."""
    image, promised = _whole(runner, seed)
    follow(runner, f"{seed}%{damage}", image, promised, tally)


def _whole(runner: Runner, seed: str) -> tuple[Image, frozenset[object]]:
    """What a life leaves behind, in half of them with all in day files, and what must be in it."""
    life = runner.first(seed)
    promised = frozenset(life.promises.at(len(life.operations)).must)
    if Random(f"sealed {seed}").random() < 0.5:
        return life.recorder.now.everything(), promised
    with Home.existing(runner.folder / "home") as home:
        home.lock()
        with LocalStore.open(home, clock=lambda: SOON, reserve_bytes=0) as store:
            store.seal()
    return read_image(str(runner.folder)), promised


def follow(
    runner: Runner, damage: str, image: Image, promised: frozenset[object], tally: Tally
) -> None:
    """One damage, and what the store says of it."""
    path = f"{runner.layer.name}/{damage}"
    name = damage.partition("%")[2].rpartition("@")[0]
    ruined = dict(image)
    chance = Random(path)
    ruined[name] = _ruined(image[name] or b"", chance)
    if name.startswith(DAILY) and chance.random() < 0.5:
        for other in [each for each in ruined if each.startswith(SNAPSHOT)]:
            del ruined[other]
    tally.faults += 1
    try:
        clear(str(runner.folder))
        write_image(str(runner.folder), Disk.of(ruined).everything())
        _look(runner.folder / "home", name, image, ruined, promised)
    except Exception as error:  # noqa: BLE001  whatever it is, it was not what is written above
        tally.failures.append(Failure(path, said(error), traceback.format_exc()))


def _ruined(content: bytes, chance: Random) -> bytes:
    """One bit flipped, a digit that is another, or the end cut off."""
    way = chance.random()
    if way < 0.25:
        return content[: chance.randrange(len(content))]
    digits = [place for place, byte in enumerate(content) if 48 <= byte <= 57]
    if way < 0.6 and digits:
        place = chance.choice(digits)
        other = chance.choice([b"%d" % n for n in range(10) if 48 + n != content[place]])
        return content[:place] + other + content[place + 1 :]
    place = chance.randrange(len(content))
    flipped = bytes([content[place] ^ 1 << chance.randrange(8)])
    return content[:place] + flipped + content[place + 1 :]


def _look(
    folder: Path, name: str, image: Image, ruined: Image, promised: frozenset[object]
) -> None:
    """Raise Broken when something is served as true that is not."""
    try:
        with Home.existing(folder) as home:
            home.lock()
            with LocalStore.open(home, clock=lambda: SOON, reserve_bytes=0) as store:
                if store.damage:
                    _check_damage(store, home, name, promised)
                else:
                    if name.startswith(DAILY):
                        _check_thoroughly(store, home, name)
                        return
                    found = frozenset(home_oracle.rows(store))
                    missing = promised - found
                    if found - promised or missing - _cut_off(name, image, ruined):
                        raise Broken(f"{name} is damaged, and nobody says so")
                    home_oracle.check(store, home, found)
                    return
    except MeterbookError as error:
        if name.startswith(DAILY) or name == MANIFEST:
            raise Broken(f"{name} is damaged, and nothing is shown: {error.sentence}") from error
        return
    _repair(folder, name)


def _check_damage(store: LocalStore, home: Home, name: str, promised: frozenset[object]) -> None:
    if store.receiving:
        raise Broken("readings are taken into a damaged home")
    said_so = " ".join(store.damage)
    if _LOG.fullmatch(name):
        if f"METERBOOK_HOME={home.folder} .venv/bin/flask home repair" not in said_so:
            raise Broken(f"no command is given: {said_so}")
        if not any((home.logs / "quarantine").iterdir()):
            raise Broken("no copy is kept")
    if name.startswith(DAILY) and Path(name).name not in said_so:
        raise Broken(f"the damaged file is not named: {said_so}")
    if name.startswith(DAILY) and not any(home.snapshot.iterdir()):
        invented = frozenset(home_oracle.rows(store)) - promised
        if invented:
            raise Broken(f"shown from a damaged file: {list(invented)[:3]}")


def _check_thoroughly(store: LocalStore, home: Home, name: str) -> None:
    """At the start only sizes of day files are compared; contents when something is merged into
    one, and when the index is built from it."""
    problems = DayFiles(home.daily).check(Manifest.load(home.manifest))
    if not any(Path(name).name in problem for problem in problems):
        raise Broken(f"{name} is damaged, and nobody says so")
    try:
        store.seal(rebuild=True)
    except Corrupt:
        return
    raise Broken(f"{name} is damaged, and the index is built from it")


def _repair(folder: Path, name: str) -> None:
    """The command that was printed makes logs whole again."""
    if not _LOG.fullmatch(name):
        return
    with Home.existing(folder) as home:
        home.lock()
        repair_home(home)
        with LocalStore.open(home, clock=lambda: SOON, reserve_bytes=0) as store:
            if store.damage:
                raise Broken(f"repaired, and still damaged: {store.damage}")
            home_oracle.rows(store)


def _cut_off(name: str, image: Image, ruined: Image) -> frozenset[object]:
    """Readings in the part of the open log that is gone without a trace."""
    before, after = image[name] or b"", ruined[name] or b""
    if name != "home/logs/log.txt" or not before.startswith(after):
        return frozenset()
    whole = after[: after.rfind(b"\n") + 1]
    gone = before[len(whole) :].decode().splitlines()
    return home_oracle.parsed_log_lines(gone)
