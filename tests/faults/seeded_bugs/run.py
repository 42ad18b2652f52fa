"""Seed each bug of the bank into a copy of the project, and see its check fail.

    python -m tests.faults.seeded_bugs.run            every bug; each check must also pass without
    python -m tests.faults.seeded_bugs.run poison     those with this in their name
    python -m tests.faults.seeded_bugs.run --list

A bug that escapes is a fault of the tests. One whose words the product no longer has is Rotten.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from tests.faults.seeded_bugs.model import Bug, Check, Rotten
from tests.faults.seeded_bugs.reading_bugs import READING_BUGS
from tests.faults.seeded_bugs.storage_bugs import STORAGE_BUGS

PROJECT = Path(__file__).parents[3]
MEMORY = Path("/dev/shm")  # noqa: S108  a memory disk: the folder itself is private
BUGS = (*STORAGE_BUGS, *READING_BUGS)
COPIED = (
    *("api", "assets", "callbacks", "cli", "components", "data_layer", "index", "pages"),
    *("security", "tests", "app.py", "settings.py", "pyproject.toml", ".flaskenv", "Makefile"),
)
LINKED = ("docs", "README.md", "CHANGELOG.md")
LONGEST_SECONDS = 900
"""For a check without a bug."""
HANGS_AFTER = 10
"""A check hangs when it takes so many times as long as it took without a bug, on the machine as
busy as it was then, and half a minute more."""
MOST_WORDS = 2_000


@contextmanager
def copies(count: int) -> Iterator[list[Path]]:
    """Copies of the project; numba compiles what it needs once in each."""
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="meterbook-bugs-") as folder:
        made = [Path(folder) / str(number) for number in range(count)]
        for copy in made:
            copy.mkdir()
            for name in COPIED:
                _copy(PROJECT / name, copy / name)
            for name in LINKED:
                (copy / name).symlink_to(PROJECT / name)
        yield made


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


@contextmanager
def seeded(copy: Path, bug: Bug) -> Iterator[None]:
    """The copy with the bug in it."""
    before = {name: (copy / name).read_bytes() for name in bug.files if (copy / name).exists()}
    bug.apply(copy)
    try:
        yield
    finally:
        for name, text in before.items():
            (copy / name).write_bytes(text)


def trouble(check: Check, copy: Path, seconds: float) -> str:
    """What a check says against a copy, nothing when it passes; HUNG when it is not done in time.

    Raises Rotten when the check itself did not run.
    """
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            check.command(), cwd=copy, env=environment, capture_output=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return HUNG
    said = (done.stdout + done.stderr).decode()[-MOST_WORDS:]
    if done.returncode not in (0, check.failed):
        raise Rotten(f"{check.name} did not run:\n{said}")
    return said if done.returncode else ""


HUNG = "hung"
CAUGHT = ("caught", HUNG)


def verdict(bug: Bug, copy: Path, seconds: float) -> str:
    """caught, hung, ESCAPED or ROTTEN."""
    try:
        with seeded(copy, bug):
            said = trouble(bug.check, copy, seconds)
    except Rotten as error:
        return f"ROTTEN: {error}"
    if said == HUNG:
        return HUNG
    return "caught" if said else "ESCAPED"


def run(bugs: Sequence[Bug], *, jobs: int) -> dict[str, str]:
    """What became of each bug, and of each check without one."""
    found: dict[str, str] = {}
    allowed: dict[Check, float] = {}
    with copies(jobs) as folders, ThreadPoolExecutor(jobs) as pool:
        free: SimpleQueue[Path] = SimpleQueue()
        for folder in folders:
            free.put(folder)

        def without(check: Check) -> None:
            copy, begun = free.get(), time.monotonic()
            try:
                if said := trouble(check, copy, LONGEST_SECONDS):
                    found[check.name] = f"FAILS WITHOUT A BUG: {said}"
            finally:
                free.put(copy)
            allowed[check] = 30 + HANGS_AFTER * (time.monotonic() - begun)

        def each(bug: Bug) -> None:
            copy, begun = free.get(), time.monotonic()
            try:
                found[bug.name] = verdict(bug, copy, allowed[bug.check])
            finally:
                free.put(copy)
            seconds = time.monotonic() - begun
            tell(f"{found[bug.name]:8} {seconds:5.1f} s  {bug.name}  [{bug.check.name}]")

        for _ in pool.map(without, dict.fromkeys(bug.check for bug in bugs)):
            pass
        for _ in pool.map(each, bugs):
            pass
    return found


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def not_caught(found: dict[str, str]) -> dict[str, str]:
    return {name: what for name, what in found.items() if what not in CAUGHT}


def named(words: Iterable[str]) -> list[Bug]:
    """The bugs with any of these words in their name; all without words."""
    wanted = list(words)
    return [bug for bug in BUGS if not wanted or any(word in bug.name for word in wanted)]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.seeded_bugs.run")
    parser.add_argument("words", nargs="*", help="parts of names")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args(arguments)
    bugs = named(options.words)
    if options.list:
        for bug in bugs:
            tell(f"{bug.name}  [{bug.check.name}]")
        return 0
    found = run(bugs, jobs=options.jobs)
    wrong = not_caught(found)
    for name, what in wrong.items():
        tell(f"{name}: {what}")
    caught = sum(found[bug.name] in CAUGHT for bug in bugs)
    hung = sum(what == HUNG for what in found.values())
    tell(f"{caught} of {len(bugs)} bugs caught, {hung} of them because the check hung.")
    tell(json.dumps({"caught": caught, "bugs": len(bugs), "hung": hung, "wrong": len(wrong)}))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
