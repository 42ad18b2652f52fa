"""A PostgreSQL 15 of the benchmark's own: data folder, socket, user `postgres`, stopped at the end.

Only Debian's programs are used; where they are missing, or nobody may start them, `Declined` says
so. It is reached over a socket in its folder and listens on no address.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.benchmarks.peers.peer import Declined

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
SOCKET_NUMBER = 5499
"""Ends the socket's name. A socket in a folder of its own meets no other server's."""
SETTINGS = {
    "shared_buffers": "3GB",
    "effective_cache_size": "8GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "2",
    "autovacuum": "off",
    "listen_addresses": "''",
    "jit": "off",
}


class PostgresServer:
    """Started by `start`, reached over its socket in the data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started = False

    @property
    def version(self) -> str:
        answer = _run([PROGRAMS / "postgres", "--version"])
        return answer.split()[2]

    @property
    def address(self) -> str:
        """For psycopg."""
        return f"host={self.folder} port={SOCKET_NUMBER} user=postgres dbname=postgres"

    def start(self) -> None:
        """Raises Declined."""
        if not (PROGRAMS / "postgres").exists():
            raise Declined("PostgreSQL 15 is not installed (Debian: postgresql-15)")
        if os.geteuid() != 0 and _user() != "postgres":
            raise Declined("PostgreSQL is started as user postgres, which takes root")
        data = self.folder / "data"
        if not (data / "PG_VERSION").exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            if os.geteuid() == 0:
                shutil.chown(self.folder, "postgres", "postgres")
            _run(_as_postgres([PROGRAMS / "initdb", "-D", data, "-A", "trust", "-E", "UTF8"]))
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        _run(
            _as_postgres(
                [
                    *(PROGRAMS / "pg_ctl", "-D", data, "-w", "-t", "60"),
                    *("-l", self.folder / "log"),
                    *("-o", f"-k {self.folder} -p {SOCKET_NUMBER} {options}", "start"),
                ]
            )
        )
        self.started = True

    def stop(self) -> None:
        """Stop what was started. May be repeated."""
        if self.started:
            data = self.folder / "data"
            _run(_as_postgres([PROGRAMS / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop"]))
            self.started = False


def _user() -> str:
    return _run(["id", "-un"]).strip()


def _as_postgres(command: list[str | Path]) -> list[str | Path]:
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]


def _run(command: list[str | Path]) -> str:
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/")
    except (OSError, subprocess.CalledProcessError) as error:
        told = getattr(error, "stderr", "") or str(error)
        raise Declined(f"PostgreSQL did not start: {told.strip().splitlines()[-1]}") from error
    return done.stdout
