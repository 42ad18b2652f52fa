"""What a monitoring system asks of this server: GET /metrics, in Prometheus' text form.

Counts and sizes only; nothing of a household. An admin's key opens it, and so may a process of
this machine where no proxy stands before the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0, generate_latest
from prometheus_client.registry import Collector

from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.journeys.maintenance import KINDS
from security import policy


def metrics(book_of: Callable[[], Book], registry: CollectorRegistry) -> Blueprint:
    """Route: GET /metrics. What the home says of itself joins the registry."""
    door = Blueprint("metrics", __name__)
    policy.allow("metrics.show", {Role.ADMIN}, renews=False, takes_keys=True, from_loopback=True)
    registry.register(_Home(book_of))
    ProcessCollector(registry=registry)

    @door.get("/metrics")
    def show() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_1_0_0)

    return door


class _Home(Collector):
    """The state of the home, looked at when asked."""

    def __init__(self, book_of: Callable[[], Book]) -> None:
        self._book_of = book_of

    def describe(self) -> Iterator[Metric]:
        """Nothing: so that registering does not open the home."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        book = self._book_of()
        state = book.state()
        now = book.clock()
        yield _gauge("receiving", "1 while readings are taken.", state.receiving)
        yield _gauge("stopped", "1 while an admin has stopped receiving.", state.stopped)
        yield _gauge(
            "problems", "Things that are wrong with the home's files.", len(state.problems)
        )
        yield _gauge("accounts", "Accounts in users.csv.", state.accounts)
        yield _gauge("day_files", "Day files.", state.day_files)
        yield _gauge("day_file_readings", "Readings in day files.", state.day_file_readings)
        yield _gauge("tail_readings", "Readings the index does not have yet.", state.tail_readings)
        yield _gauge("log_bytes", "Size of logs/log.txt.", state.log_bytes)
        yield _gauge("log_lines", "Lines of logs/log.txt.", state.log_lines)
        yield _gauge("sealed_logs", "Closed logs that wait to be merged.", state.sealed_logs)
        yield _gauge("index_bytes", "Size of the index on disk.", state.index_bytes)
        yield _gauge("index_series", "Registers in the index.", state.index_series)
        yield _gauge("private_memory_bytes", "Memory shared with nobody.", state.memory_bytes)
        if state.index_written_at is not None:
            age = (now - state.index_written_at).total_seconds()
            yield _gauge("index_age_seconds", "Since the index was written.", age)
        if state.last_batch is not None and state.last_batch.finished_at is not None:
            ended = state.last_batch.finished_at.timestamp()
            yield _gauge("last_end_of_day_timestamp_seconds", "When a day was ended last.", ended)
        open_jobs = book.jobs.unfinished(KINDS)
        yield _gauge("maintenance_jobs", "Maintenance that waits or runs.", len(open_jobs))


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"meterbook_{name}", help_text, value=float(value))
