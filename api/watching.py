"""Every request is counted and timed, and every REST call has its line in logs/api.log.

    POST /api/receive_meter_reading 200 1.8 ms api:k7 request 5f0c...

Counts and times are told at /metrics. An address is written without its query and
percent-encoded, so that what a stranger sent is one field of the line.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from time import perf_counter
from urllib.parse import quote

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from security.bearer import key_viewer
from security.request_ids import request_id
from security.viewer import signed_in

API_LOG = logging.getLogger("meterbook.api")
LONGEST_PATH = 200
REST = "/api/"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Watching:
    """The counters of one application; `registry` is told at /metrics."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def install(self, app: Flask) -> None:
        """Watch every request, whatever becomes of it: called before security is installed."""
        requests = Counter(
            "meterbook_http_requests",
            "Requests answered, by endpoint and status.",
            ("endpoint", "status"),
            registry=self.registry,
        )
        seconds = Histogram(
            "meterbook_http_request_seconds",
            "Time from a request's arrival in the application to its answer.",
            ("endpoint",),
            buckets=SECONDS,
            registry=self.registry,
        )

        @app.before_request
        def _begin() -> None:
            g.begun = perf_counter()

        @app.after_request
        def _end(response: Response) -> Response:
            took = perf_counter() - g.get("begun", perf_counter())
            endpoint = request.endpoint or "unknown"
            requests.labels(endpoint, response.status_code).inc()
            seconds.labels(endpoint).observe(took)
            if request.path.startswith(REST):
                _write_down(response.status_code, took)
            return response


def _write_down(status: int, took: float) -> None:
    path = quote(request.path)[:LONGEST_PATH]
    API_LOG.info(
        "%s %s %s %.1f ms %s request %s",
        request.method, path, status, took * 1000, _who(), request_id(),
    )  # fmt: skip


def _who() -> str:
    viewer = key_viewer()
    if viewer is not None:
        return viewer.name
    person = signed_in()
    return "-" if person is None else person.person.email
