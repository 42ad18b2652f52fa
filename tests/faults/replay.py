"""Repeat one crash, error or damage by its path, and show what was done before and what is found.

python -m tests.faults.replay home/123/87.5/12.1
python -m tests.faults.replay 'log/7~ENOSPC@11/38.1'
python -m tests.faults.replay 'home/3%home/daily/2026-06-19.csv@0'
"""

from __future__ import annotations

from tests.faults import wrappers

wrappers.install()  # before anything that will be recorded is imported

import re  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import traceback  # noqa: E402
from pathlib import Path  # noqa: E402

from tests.faults import damaged, injected  # noqa: E402
from tests.faults.lives import Life, Runner, Tally, cut, listing, places  # noqa: E402
from tests.faults.simulate import LAYERS, MEMORY, tell  # noqa: E402

_PATH = re.compile(r"(home|log|registry)/([^/~%]*)(?:~(\w+)@(\d+))?(?:%(.*))?((?:/\d+\.\d+)*)")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def trace(life: Life, through: int) -> None:
    """What a life did until it was cut."""
    for number, operation in enumerate(life.operations[:through], 1):
        say(f"  {number:4}  {life.recorder.paths[number - 1]:44} {operation}")


def follow(runner: Runner, life: Life, crashes: list[str]) -> bool:
    """Crash as the path says, life after life; whether all of it was survived."""
    for crash in crashes:
        place, way = map(int, crash.split("."))
        say(f"life {life.path}: cut after operation {place} of {len(life.operations)}, way {way}")
        trace(life, place)
        disk, _, expected = next(each for each in places(life) if each[1] == place)
        path = f"{life.path}/{crash}"
        ruin, holes = cut(disk, path, way)
        say(f"found after the crash{' (parts may be missing inside)' if holes else ''}:")
        say(listing(ruin.everything()))
        try:
            life = runner.next(path, ruin, expected, holes=life.holes or holes)
        except Exception:  # noqa: BLE001  whatever it is, it is what was asked for
            traceback.print_exc()
            return False
    return True


def main(arguments: list[str]) -> int:
    matched = _PATH.fullmatch(arguments[0]) if len(arguments) == 1 else None
    if matched is None:
        sys.stderr.write(f"usage: python -m tests.faults.replay PATH\n{__doc__}")
        return 2
    layer, seed, kind, at, damage, rest = matched.groups()
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="meterbook-replay-") as folder:
        runner = Runner(LAYERS[layer](), Path(folder) / layer)
        tally = Tally()
        if damage:
            damaged.replay(runner, seed, damage, tally)
            for failure in tally.failures:
                tell(failure)
                say(failure.trace)
            return 1 if tally.failures else 0
        try:
            trouble = injected.Trouble(kind, int(at)) if kind else None
            life = runner.first(seed, fault=trouble, path=arguments[0].removesuffix(rest))
        except Exception:  # noqa: BLE001  whatever it is, it is what was asked for
            traceback.print_exc()
            return 1
        survived = follow(runner, life, rest.split("/")[1:])
    say("survived" if survived else "NOT survived")
    return 0 if survived else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
