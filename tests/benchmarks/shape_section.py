"""What the cost of an answer grows with: the same questions on more readings, and on series that
are not half-hourly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

import numpy as np

from data_layer.readings.model import ReadingBatch
from index.day_readings import DayReadings
from index.sorted_index import SortedIndex
from tests.benchmarks.data_set import ZONE, DataSet, days_of, places_of
from tests.benchmarks.ours import NAME, Meterbook, snapshot_stands
from tests.benchmarks.peer_tables import DAY, tables_of
from tests.benchmarks.query_section import compare
from tests.benchmarks.questions import Rule, questions
from tests.benchmarks.report import Figure, Report
from tests.benchmarks.timing import Asked, once, seconds_a_call


def growth(targets: Sequence[DataSet], report: Report) -> None:
    """Each question on each set: 90 days of more and more meters."""
    found: dict[str, list[Figure]] = {}
    for target in targets:
        snapshot_stands(target)
        tables = tables_of(target)
        ours, rule = Meterbook(tables), Rule(tables)
        for question in questions(tables):
            compare(report, rule, NAME, question, partial(ours.answer, question))
            took = Figure(seconds_a_call(ours.asked(question), rounds=3))
            found.setdefault(question.text, []).append(took)
        ours.close()
    report.growth_sizes = [f"{t.size.label} ({t.size.meters:,} meters)" for t in targets]
    report.growth = list(found.items())


def irregular(target: DataSet, report: Report) -> None:
    """The set's meters with 0.1 %, 1 % and 100 % of their readings off the half hour."""
    places = {(meter_id, "S"): path for meter_id, path in places_of(target.size).items()}
    meters = tuple(places_of(target.size))
    chosen = np.random.default_rng(11).integers(0, len(meters), 64).tolist()
    start, end = target.start, target.start + (target.size.days - 1) * DAY
    for share in (0.001, 0.01, 1.0):
        days = [_as_day(day, batch) for day, batch in days_of(target, off_the_grid=share)]
        index = SortedIndex.build(days, places)
        rows = {n: index.row((meters[n], "S")) for n in chosen}
        text = f"{share:.1%} off the half hour"
        for n in chosen[:8]:
            used = index.usage(rows[n], start, end).consumption  # type: ignore[arg-type]
            report.check(f"usage, {text}", right=used == _used(days, n, start, end))
            half_hours = index.half_hours(rows[n], start, end).consumption  # type: ignore[arg-type]
            report.check(f"half hours, {text}", right=int(half_hours.sum()) == used)
        build = min(once(SortedIndex.build, days, places) for _ in range(2))
        report.own("", f"build {target.size.label} readings, {text}", build, "s")
        asked = [(rows[n], start + 3_600 * k, end) for k, n in enumerate(chosen)]
        usage = seconds_a_call([Asked(index.usage, asked)], rounds=3)
        report.own("", f"Q1 usage of a meter, {text}", usage, "s")
        series = [Asked(index.half_hours, [(rows[n], start, end) for n in chosen])]
        report.own("", f"Q2 a meter's half hours, {text}", seconds_a_call(series, rounds=3), "s")


def _as_day(day: date, batch: ReadingBatch) -> DayReadings:
    return DayReadings(
        day_ordinal=day.toordinal(),
        start=ZONE.day_start(day),
        end=ZONE.day_start(day + timedelta(days=1)),
        series=batch.series,
        code=batch.series_code,
        times=batch.read_at,
        values=batch.value_wh,
        kinds=batch.kind,
    )


def _used(days: Sequence[DayReadings], meter: int, start: int, end: int) -> int:
    """The rule by hand: the register at both ends, interpolated in whole numbers."""
    times = np.concatenate([day.times[day.code == meter] for day in days])
    values = np.concatenate([day.values[day.code == meter] for day in days])

    def register(at: int) -> int:
        after = int(np.searchsorted(times, at))
        t1, v1 = int(times[after]), int(values[after])
        if t1 == at:
            return v1
        t0, v0 = int(times[after - 1]), int(values[after - 1])
        return v0 + (v1 - v0) * (at - t0) // (t1 - t0)

    return register(end) - register(start)
