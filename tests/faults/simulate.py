"""Lead many lives of the storage code on a disk that forgets, on every core, until time is up.

    python -m tests.faults.simulate --crashes 1000000 --minutes 40    the long form (make faults)
    python -m tests.faults.simulate --short                           the same few each time
    python -m tests.faults.simulate --short --layer log               one layer of them

Each task is a layer, a kind (crashes, injected errors, damaged files) and a seed. Failures come
with the one command that repeats them.
"""

from __future__ import annotations

from tests.faults import wrappers

wrappers.install()  # before anything that will be recorded is imported

import argparse  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import multiprocessing  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402
from queue import Empty  # noqa: E402
from typing import Any  # noqa: E402

from tests.faults import damaged, injected  # noqa: E402
from tests.faults.home_layer import HomeLayer  # noqa: E402
from tests.faults.lives import Depth, Failure, Layer, Runner, Tally, said  # noqa: E402
from tests.faults.log_layer import LogLayer  # noqa: E402
from tests.faults.registry_layer import RegistryLayer  # noqa: E402

MEMORY = Path("/dev/shm")  # noqa: S108  a memory disk: the folder itself is private
MOST_FAILURES = 20
FAILED = 3
"""Exit status: unlike that of a run that broke down."""
LAYERS: dict[str, Callable[..., Layer]] = {
    "home": HomeLayer,
    "log": LogLayer,
    "registry": RegistryLayer,
}
LONG = (Depth(6, 0.2, 0.15), Depth(3, 0.1, 0.05), Depth(2, 0.05, 0.0))
SHORT = {
    "home": (Depth(2, 0.15, 0.1), Depth(1, 0.05, 0.0)),
    "log": (Depth(3, 0.6, 0.1), Depth(1, 0.05, 0.0)),
    "registry": (Depth(2, 0.2, 0.1), Depth(1, 0.05, 0.0)),
}
SHORT_SHARE = {"home": 0.06, "log": 0.5, "registry": 0.1}
"""Of the errors that can be injected."""


@dataclass(frozen=True)
class Task:
    layer: str
    kind: str
    seed: str


SHORT_TASKS = (
    Task("log", "crashes", "1"),
    Task("log", "crashes", "2"),
    Task("log", "faults", "3"),
    Task("registry", "crashes", "1"),
    Task("home", "crashes", "1"),
    Task("home", "faults", "2"),
    Task("home", "damage", "3"),
    Task("home", "damage", "5"),
)
"""What `make test` and the bank of seeded bugs run."""
SHARES = {
    ("home", "crashes"): 0.62,
    ("log", "crashes"): 0.1,
    ("registry", "crashes"): 0.03,
    ("home", "faults"): 0.13,
    ("log", "faults"): 0.05,
    ("registry", "faults"): 0.02,
    ("home", "damage"): 0.05,
}
"""Of the time of the long form."""


def run(task: Task, folder: Path, *, short: bool) -> Tally:
    """One task, in a folder of its own."""
    tally = Tally()
    runner = Runner(LAYERS[task.layer](), folder / task.layer)
    try:
        if task.kind == "crashes":
            depths = SHORT[task.layer] if short else LONG
            runner.explore(runner.first(task.seed), depths, tally)
        elif task.kind == "faults":
            share = SHORT_SHARE[task.layer] if short else 0.5
            injected.explore(runner, task.seed, tally, share=share)
        else:
            damaged.explore(runner, task.seed, tally, times=4 if short else 10)
    except Exception as error:  # noqa: BLE001  not even a life without a crash is survived
        path = f"{task.layer}/{task.seed}"
        tally.failures.append(Failure(path, said(error), traceback.format_exc()))
    return tally


def lasting(worker: int, workers: int, base: str) -> Iterator[tuple[Task, Callable[[float], None]]]:
    """Tasks for ever, of that kind next which had the least of its time."""
    spent = dict.fromkeys(SHARES, 0.0)
    number = dict.fromkeys(SHARES, worker)
    while True:
        least = min(SHARES, key=lambda each: spent[each] / SHARES[each])
        task = Task(*least, f"{base}{number[least]}")
        number[least] += workers

        def took(seconds: float, least: tuple[str, str] = least) -> None:
            spent[least] += seconds

        yield task, took


def work(
    worker: int, workers: int, options: argparse.Namespace, until: float, done: Any, stop: Any
) -> None:
    """One core's share."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="meterbook-faults-") as folder:
        for task, took in lasting(worker, workers, options.base):
            begun = time.monotonic()
            if begun > until or stop.is_set():
                break
            tally = run(task, Path(folder), short=False)
            took(time.monotonic() - begun)
            done.put(tally)
    done.put(None)


def long_form(options: argparse.Namespace) -> Tally:
    """All cores until enough crashes were survived or time is up."""
    context = multiprocessing.get_context("fork")
    workers = options.jobs or len(os.sched_getaffinity(0))
    done, stop = context.Queue(), context.Event()
    begun = time.monotonic()
    until = begun + options.minutes * 60
    processes = [
        context.Process(target=work, args=(n, workers, options, until, done, stop))
        for n in range(workers)
    ]
    for process in processes:
        process.start()
    whole = _gather(options, processes, done, stop)
    for process in processes:
        process.join()
    summarize(whole, time.monotonic() - begun)
    if whole.crashes < options.crashes and not whole.failures:
        sys.stdout.write(f"Time is up before {options.crashes:,} crashes.\n")
    figures = {name: getattr(whole, name) for name in ("crashes", "images", "lives", "faults")}
    sys.stdout.write(json.dumps({**figures, "failures": len(whole.failures)}) + "\n")
    return whole


def _gather(options: argparse.Namespace, processes: list[Any], done: Any, stop: Any) -> Tally:
    """What the workers did, told once a minute."""
    whole, left, begun = Tally(), len(processes), time.monotonic()
    told = begun
    while left:
        try:
            came = done.get(timeout=5)
        except Empty:
            if any(process.exitcode for process in processes):
                raise SystemExit("a worker died") from None
            continue
        if came is None:
            left -= 1
            continue
        whole.add(came)
        for failure in came.failures:
            tell(failure)
        if whole.crashes >= options.crashes or len(whole.failures) >= MOST_FAILURES:
            stop.set()
        if time.monotonic() - told > 60:
            told = time.monotonic()
            summarize(whole, told - begun)
    return whole


def short_form(options: argparse.Namespace) -> Tally:
    """The same few tasks each time, in this process."""
    logging.disable(logging.CRITICAL)
    begun, whole = time.monotonic(), Tally()
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="meterbook-faults-") as folder:
        for task in SHORT_TASKS:
            if options.layer not in ("", task.layer) or options.kind not in ("", task.kind):
                continue
            tally = run(task, Path(folder), short=True)
            whole.add(tally)
            for failure in tally.failures[:3]:
                tell(failure)
            if whole.failures:
                break
    summarize(whole, time.monotonic() - begun)
    return whole


def tell(failure: Failure) -> None:
    sys.stdout.write(f"FAILED {failure.path}: {failure.what[:600]}\n  {failure.replay}\n")
    sys.stdout.flush()


def summarize(tally: Tally, seconds: float) -> None:
    sys.stdout.write(
        f"{tally.crashes:,} crashes ({tally.images:,} of them with a state of their own), "
        f"{tally.faults:,} injected errors and damaged files, {len(tally.failures)} failures "
        f"in {seconds:.0f} s: {tally.crashes / max(seconds, 0.001):,.0f} crashes a second.\n"
    )
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.simulate")
    parser.add_argument("--short", action="store_true", help="the same few tasks each time")
    parser.add_argument("--layer", default="", choices=["", *LAYERS], help="of the short form")
    parser.add_argument("--kind", default="", choices=["", "crashes", "faults", "damage"])
    parser.add_argument("--crashes", type=int, default=1_000_000, help="stop after so many")
    parser.add_argument("--minutes", type=float, default=40.0, help="or after so long")
    parser.add_argument("--jobs", type=int, default=0, help="processes; all cores unless given")
    parser.add_argument("--base", default="", help="what seeds begin with: other lives each time")
    options = parser.parse_args(arguments)
    if not MEMORY.is_dir():
        sys.stderr.write(f"{MEMORY} is needed: a memory disk.\n")
        return 2
    tally = short_form(options) if options.short else long_form(options)
    return FAILED if tally.failures else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
