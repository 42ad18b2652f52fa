"""Runs the benchmarks: `make bench` and `make bench-quick`.

    set(s) made once ──> accept ──> rebuild, a day, bytes ──> Q1..Q5, one peer after the other
                     ──> a real server ──> growth, irregular series ──> table, document, JSON

Sections do not lose each other: one that fails is told and counted, the others go on. The last
line on stdout is one JSON object; the exit code is 1 after a wrong answer or a section that
failed. A missed goal is told in both and does not change it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

import numba
import numpy as np
import pyarrow as pa
from rich.console import Console

from tests.benchmarks import build_section, document, server_section, shape_section
from tests.benchmarks.accept_section import AcceptSection
from tests.benchmarks.data_set import (
    FORTY_THREE_MILLION,
    ONE_MILLION,
    TEN_MILLION,
    DataSet,
    Size,
    bench_folder,
    provide,
)
from tests.benchmarks.goals import FULL, QUICK
from tests.benchmarks.ours import snapshot_stands
from tests.benchmarks.peer_tables import tables_of
from tests.benchmarks.peers.clickhouse import ClickHouse
from tests.benchmarks.peers.duckdb_peer import DuckDb
from tests.benchmarks.peers.pandas_peer import Pandas
from tests.benchmarks.peers.peer import Declined, Peer
from tests.benchmarks.peers.polars_peer import Polars
from tests.benchmarks.peers.postgres import Postgres
from tests.benchmarks.peers.postgres_server import PostgresServer
from tests.benchmarks.peers.sqlite import Sqlite
from tests.benchmarks.query_section import QuerySection
from tests.benchmarks.report import Report

THREADS = 2


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="one million readings, < 2 minutes")
    parser.add_argument(
        "--no-document", action="store_true", help="leave docs/performance.md alone"
    )
    asked = parser.parse_args()
    pa.set_cpu_count(THREADS)
    report = Report(QUICK if asked.quick else FULL, Console(stderr=True, width=180))
    report.versions |= {
        "pyarrow": pa.__version__,
        "numpy": np.__version__,
        "numba": numba.__version__,
    }
    if asked.quick:
        run(provide(ONE_MILLION), report, groups=24, repeats=3, log_lines=200_000, others=[])
    else:
        run(
            provide(FORTY_THREE_MILLION),
            report,
            groups=60,
            repeats=4,
            log_lines=1_000_000,
            others=[ONE_MILLION, TEN_MILLION],
        )
    out = Console(width=200)
    out.print(document.shown(report))
    if not asked.no_document:
        with report.section("Document"):
            document.write(report, "quick" if asked.quick else "full")
    sys.stdout.write(report.as_json() + "\n")
    return 1 if report.wrong or report.failed else 0


def run(
    target: DataSet,
    report: Report,
    *,
    groups: int,
    repeats: int,
    log_lines: int,
    others: list[Size],
) -> None:
    """All sections on one set; `others` are asked for growth only;
    without any, it is the quick run: shorter rounds, nothing over HTTP."""
    server = PostgresServer(bench_folder() / "postgres")
    try:
        server.start()
    except Declined as error:
        report.unavailable["PostgreSQL"] = str(error)
    try:
        _build(target, report, repeats=repeats)
        _accept(report, server if server.started else None, groups=groups, log_lines=log_lines)
        _ask(target, report, server if server.started else None, seconds=0.2 if others else 0.05)
    finally:
        server.stop()
    with report.section("A server"):
        server_section.start_and_memory(target, report)
    if others:
        with report.section("Over HTTP"):
            server_section.over_http(target, report)
        with report.section("Growth"):
            shape_section.growth([*map(provide, others), target], report)
    with report.section("Irregular series"):
        shape_section.irregular(provide(ONE_MILLION), report)


def _build(target: DataSet, report: Report, *, repeats: int) -> None:
    took = None
    with report.section("Rebuild"):
        snapshot_stands(target)
        took = build_section.rebuild(target, report, repeats=repeats)
    with report.section("Add a day"):
        build_section.add_a_day(target, report, took)
    with report.section("Bytes"):
        build_section.bytes_a_reading(target, report)
    with report.section("Attach"):
        build_section.attach(target, report)


def _accept(report: Report, server: PostgresServer | None, *, groups: int, log_lines: int) -> None:
    accept = AcceptSection(bench_folder() / "accept", report, groups=groups)
    with report.section("Durable accept"):
        accept.bulk()
        accept.bulk_peers(server)
    with report.section("Single accepts"):
        accept.singles()
    with report.section("Recovery"):
        accept.recovery(log_lines)
    accept.clear()


def _ask(target: DataSet, report: Report, server: PostgresServer | None, *, seconds: float) -> None:
    with report.section("Tables of the peers"):
        tables = tables_of(target)
        queries = QuerySection(tables, report, seconds=seconds)
    if "Tables of the peers" in report.failed:
        return
    with report.section("Our answers"):
        queries.check_ours()
    for peer in _peers(target, server):
        with report.section(f"Questions, {peer.name}"):
            try:
                queries.against(peer)
            finally:
                peer.close()
    queries.best_of_rows()
    queries.close()


def _peers(target: DataSet, server: PostgresServer | None) -> Iterator[Peer]:
    yield Sqlite(target.folder / "sqlite.db")
    yield DuckDb(target.folder / "duckdb.db", threads=THREADS)
    if server is not None:
        yield Postgres(server, f"set_{target.size.name}")
    yield Polars()
    yield Pandas()
    yield ClickHouse(target.folder / "clickhouse")


if __name__ == "__main__":
    os.environ.setdefault("POLARS_MAX_THREADS", str(THREADS))
    sys.exit(main())
