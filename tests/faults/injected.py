"""A disk that refuses while the program runs: short writes, ENOSPC and EIO at its n-th step.

Whoever asked is told so (Unavailable, a 503), what is stored stays readable, nothing that was
acknowledged is lost by what follows, and after a failed fsync of the log nothing is taken until
a restart. Whether it is so the layer itself checks on the way; at the end the life is crashed.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.faults.lives import ENOUGH, Depth, Failure, Life, Runner, Tally, said
from tests.faults.recording import INPUT_OUTPUT, NO_SPACE, Step, refused

TAKES_SPACE = {"write", "open", "mkdir", "rename", "link"}
LASTING_STEPS = 40
AFTERWARDS = (Depth(ways=2, killed=1.0, deeper=0.0),)


@dataclass
class Trouble:
    """What goes wrong at which step: a `short` write, `half` of one and then no more, `EIO`,
    `ENOSPC`, or a disk that is `full` from then on for a while."""

    kind: str
    at: int
    struck: int = 0

    def __call__(self, step: Step) -> OSError | int | None:
        if step.call == "read" or step.number < self.at:
            return None
        if self.kind == "full":
            return self._full(step)
        if self.kind == "half" and step.call == "write" and step.number <= self.at + 1:
            self.struck += 1
            return max(1, step.size // 2) if step.number == self.at else refused(NO_SPACE)
        if step.number > self.at or self.kind == "half":
            return None
        self.struck += 1
        if self.kind == "short":
            return step.size // 2 if step.call == "write" and step.size > 1 else None
        return refused(NO_SPACE if self.kind == "ENOSPC" else INPUT_OUTPUT)

    def _full(self, step: Step) -> OSError | int | None:
        """A full disk takes a part of the first write, then nothing for a while."""
        if step.call not in TAKES_SPACE or step.number > self.at + LASTING_STEPS:
            return None
        self.struck += 1
        if step.number == self.at and step.call == "write" and step.size > 1:
            return step.size // 2
        return refused(NO_SPACE)


def troubles(seed: str, steps: int, share: float) -> Iterator[Trouble]:
    """Every kind at every step, or a share of them."""
    chance = Random(f"troubles {seed}")
    for at in range(steps):
        for kind in ("short", "half", "EIO", "ENOSPC", "full"):
            if chance.random() < share:
                yield Trouble(kind, at)


def explore(runner: Runner, seed: str, tally: Tally, *, share: float) -> None:
    """Lead the life of a seed with every trouble there can be, and crash it afterwards."""
    counted = Trouble("none", 1 << 60)
    steps = 0

    def count(step: Step) -> None:
        nonlocal steps
        steps = max(steps, step.number + 1)
        return counted(step)  # type: ignore[return-value]

    runner.first(seed, fault=count)
    for trouble in troubles(seed, steps, share):
        if len(tally.failures) >= ENOUGH:
            return
        follow(runner, seed, trouble, tally)


def follow(runner: Runner, seed: str, trouble: Trouble, tally: Tally) -> None:
    """One life with one trouble."""
    path = f"{runner.layer.name}/{seed}~{trouble.kind}@{trouble.at}"
    tally.faults += 1
    try:
        life = runner.first(seed, fault=trouble, path=path)
    except Exception as error:  # noqa: BLE001  whatever it is, the trouble was not survived
        tally.failures.append(Failure(path, said(error), traceback.format_exc()))
        return
    tally.lives += 1
    crash_afterwards(runner, life, tally)


def crash_afterwards(runner: Runner, life: Life, tally: Tally) -> None:
    """Crash at the end, and at two places on the way."""
    last, chance = len(life.operations), Random(life.path)
    chosen = {last, *(chance.randint(0, last) for _ in range(2))}
    runner.explore(life, AFTERWARDS, tally, chosen=chosen)
