"""What the server writes down about itself, beside the readings' log in `logs/`.

system.log        everything
maintenance.log   days ended, jobs, seals and snapshots only
error.log         errors only, with where they arose
api.log           each REST call with its answer's status, its time and who asked; nowhere else

A new file begins at the machine's midnight; the old one gets its date in its name and is kept
35 days. A file takes up to 100 MB a day and then says that it is full. Recovery
knows the readings' logs by their exact names and passes over these.
"""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

SYSTEM, MAINTENANCE, ERROR, API = "system.log", "maintenance.log", "error.log", "api.log"
KEPT_DAYS = 35
LARGEST_BYTES = 100_000_000
API_LOGGER = "meterbook.api"
MAINTENANCE_LOGGERS = (
    "data_layer.book",
    "data_layer.jobs",
    "data_layer.readings.sealing",
    "data_layer.readings.snapshots",
)
"""Who speaks of the nightly work; what stands below them in the tree too."""
TALKATIVE = ("alembic", "apscheduler")
"""Libraries that tell of every step of a start."""
_LINE = logging.Formatter(
    "%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z"
)


def write_logs(home: Path) -> None:
    """Have this process write its logs into a home, from before it is opened, so that what
    recovery finds is in them. Raises OSError when it cannot."""
    folder = home / "logs"
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    maintenance = _file(folder / MAINTENANCE)
    maintenance.addFilter(_is_maintenance)
    error = _file(folder / ERROR)
    error.setLevel(logging.ERROR)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    calls = logging.getLogger(API_LOGGER)
    calls.propagate = False
    calls.addHandler(_file(folder / API))
    logging.basicConfig(level=logging.INFO, handlers=[_file(folder / SYSTEM), maintenance, error])


def _file(path: Path) -> TimedRotatingFileHandler:
    handler = _BoundedFile(path, when="midnight", backupCount=KEPT_DAYS, encoding="utf-8")
    handler.setFormatter(_LINE)
    return handler


class _BoundedFile(TimedRotatingFileHandler):
    """For its owner only: a trace may tell more than the group that reads the readings may know.

    What would make a day's file larger than its bound is dropped, and the file says so once: a
    flood of requests must not fill the disk that readings are written to.
    """

    def _open(self) -> TextIOWrapper:
        file = super()._open()
        os.fchmod(file.fileno(), 0o600)
        self._left = LARGEST_BYTES - os.fstat(file.fileno()).st_size
        return file

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is not None and not self.shouldRollover(record):
            if self._left <= 0:
                return
            self._left -= len(self.format(record)) + 1
            if self._left <= 0:
                record = logging.makeLogRecord(
                    {
                        "name": __name__,
                        "levelno": logging.WARNING,
                        "levelname": "WARNING",
                        "msg": "this file is full: what follows today is not written down.",
                    }
                )
        super().emit(record)


def _is_maintenance(record: logging.LogRecord) -> bool:
    return any(
        record.name == name or record.name.startswith(f"{name}.") for name in MAINTENANCE_LOGGERS
    )
