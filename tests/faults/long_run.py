"""Every fault test in its long form, one after the other, and one summary of what they did.

    python -m tests.faults.long_run                     what `make faults` runs
    python -m tests.faults.long_run --together          side by side, for a night
    python -m tests.faults.long_run --only "power cuts" the parts with this in their name
    python -m tests.faults.long_run --scale 0.01        a hundredth of it, to see that it runs

Each part is a process of its own; the last line it prints says in JSON what it did. What it said
is shown as it comes and kept in a file. The exit status is 0 when every part ran to its end, did
as much as it was asked to, and found nothing. A part that cannot run here has not passed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

PROJECT = Path(__file__).parents[2]
CRASHES, CUTS, KILLS, SERVER_KILLS, BACKUP_CUTS = 1_000_000, 1_000, 300, 100, 50
CANNOT_RUN = 2
LONGEST_MINUTES = 120
Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """One kind of fault: how it is run, and how its figures read."""

    name: str
    arguments: tuple[str, ...]
    told: Callable[[Figures], str]
    violations: Callable[[Figures], int]
    is_enough: Callable[[Figures], bool] = lambda _: True
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a part ended."""

    part: Part
    status: int
    figures: Figures
    minutes: float

    @property
    def violations(self) -> int:
        """What was found; one where a part failed without saying how often."""
        if not self.figures:
            return int(self.status not in (0, CANNOT_RUN))
        return max(self.part.violations(self.figures), int(self.status not in (0, CANNOT_RUN)))

    @property
    def passed(self) -> bool:
        did = bool(self.figures) and self.part.is_enough(self.figures)
        return self.status == 0 and not self.violations and did

    def line(self) -> str:
        word = "ok" if self.passed else "NOT RUN" if self.status == CANNOT_RUN else "FAILED"
        if self.status == 0 and not self.violations and not self.passed:
            word = "TOO FEW"
        told = self.part.told(self.figures) if self.figures else f"ended with {self.status}"
        return f"{word:8} {self.part.name:20} {self.minutes:5.1f} min   {told}"


def parts(scale: float) -> list[Part]:
    """All parts; `scale` makes the counted ones smaller."""

    def scaled(count: int) -> int:
        return max(1, round(count * scale))

    crashes, cuts = scaled(CRASHES), scaled(CUTS)
    kills, server_kills = scaled(KILLS), scaled(SERVER_KILLS)
    return [
        Part(
            "simulated crashes",
            ("-m", "tests.faults.simulate", "--crashes", str(crashes), "--minutes", "100"),
            lambda said: (
                f"{said['crashes']:,} crashes ({said['images']:,} with a state of their own), "
                f"{said['faults']:,} injected errors and damaged files"
            ),
            lambda said: int(said["failures"]),
            lambda said: bool(said["crashes"] >= crashes),
        ),
        *(
            Part(
                f"power cuts, {file_system}",
                ("-m", "tests.faults.power_cut", file_system, "--cuts", str(cuts)),
                lambda said: (
                    f"{said['cuts']:,} cuts, {said['while_opening']:,} of them while it recovers, "
                    f"and {said['kills']:,} kills; {said['readings']:,} readings promised"
                ),
                lambda _: 0,
                lambda said: bool(said["cuts"] >= cuts),
            )
            for file_system in ("ext4", "xfs")
        ),
        Part(
            "system calls",
            ("-m", "tests.faults.system_calls", "--points", "0" if scale >= 1 else "30"),
            lambda said: (
                f"{sum(said['calls'].values()):,} calls, {said['met']:,} of {said['points']:,} "
                "faults met"
            ),
            lambda said: int(said["broken"]),
            lambda said: bool(said["met"] > 0),
        ),
        Part(
            "backups",
            ("-m", "tests.faults.backup_calls", "--points", "0" if scale >= 1 else "30"),
            lambda said: f"{said['met']:,} of {said['points']:,} failing calls met",
            lambda said: int(said["broken"]),
            lambda said: bool(said["met"] > 0),
        ),
        Part(
            "seeded bugs",
            ("-m", "tests.faults.seeded_bugs.run", *(() if scale >= 1 else ("poison",))),
            lambda said: f"{said['caught']} of {said['bugs']} caught",
            lambda said: int(said["wrong"]),
        ),
        Part(
            "kills and full disks",
            ("-m", "pytest", "tests/faults", "-p", "tests.faults.told_in_json", "-q"),
            lambda said: (
                f"{kills} kills, {server_kills} of the server, full disks, and the methods "
                f"themselves: {said['passed']} tests passed, {said['skipped']} skipped"
            ),
            lambda said: int(said["failed"]),
            lambda said: bool(said["passed"] and not said["skipped"]),
            {
                "METERBOOK_KILLS": str(kills),
                "METERBOOK_SERVER_KILLS": str(server_kills),
                "METERBOOK_BACKUP_CUTS": str(scaled(BACKUP_CUTS)),
            },
        ),
    ]


def run(part: Part, logs: Path) -> Outcome:
    """Run a part to its end; what it says is shown and kept."""
    begun, said = time.monotonic(), ""
    name = part.name.replace(" ", "-").replace(",", "")
    with (
        (logs / f"{name}.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, *part.arguments],
            cwd=PROJECT,
            env={**os.environ, **part.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        limit = Timer(LONGEST_MINUTES * 60, process.kill)
        limit.start()
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            log.flush()
            tell(f"[{part.name}] {line.rstrip()}")
            said = line if line.strip() else said
        status = process.wait()
        limit.cancel()
    return Outcome(part, status, _figures(said), (time.monotonic() - begun) / 60)


def _figures(line: str) -> Figures:
    try:
        figures = json.loads(line)
    except ValueError:
        return {}
    return figures if isinstance(figures, dict) else {}


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def summary(outcomes: Sequence[Outcome]) -> str:
    violations = sum(outcome.violations for outcome in outcomes)
    unfinished = [each.part.name for each in outcomes if not each.passed and not each.violations]
    lines = ["", "Summary", *(outcome.line() for outcome in outcomes), f"violations: {violations}"]
    if unfinished:
        lines.append(f"not done: {'; '.join(unfinished)}")
    return "\n".join(lines)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.long_run")
    parser.add_argument("--only", default="", help="parts with this in their name")
    parser.add_argument("--together", action="store_true", help="all parts at the same time")
    parser.add_argument("--scale", type=float, default=1.0, help="how much of each count")
    parser.add_argument("--logs", type=Path, help="where to keep what the parts say")
    asked = parser.parse_args(words)
    chosen = [part for part in parts(asked.scale) if asked.only in part.name]
    logs = asked.logs or Path(tempfile.mkdtemp(prefix="meterbook-faults-"))
    logs.mkdir(parents=True, exist_ok=True)
    tell(f"What each part says is kept in {logs}.")
    at_once = len(chosen) if asked.together and chosen else 1
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        outcomes = list(pool.map(lambda part: run(part, logs), chosen))
    tell(summary(outcomes))
    return 0 if outcomes and all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
