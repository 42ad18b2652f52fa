"""A real PostgreSQL for tests: Debian's package, run by us and gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import URL

OWNER = "postgres"
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin")


def why_not() -> str:
    """Why PostgreSQL cannot be started here; empty when it can."""
    if _programs() is None:
        return "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return ""


@dataclass
class Postgres:
    """A running server; every database is a copy of nothing and belongs to one test."""

    port: int

    def __post_init__(self) -> None:
        self._numbers = count(1)

    @property
    def address(self) -> URL:
        """The server's own database, in which others are made."""
        return self._url("postgres")

    @classmethod
    @contextmanager
    def started(cls, *, connections: int = 100) -> Iterator[Postgres]:
        programs = _programs()
        assert programs is not None
        folder = Path(tempfile.mkdtemp(prefix="meterbook-pg-"))
        if os.geteuid() == 0:
            shutil.chown(folder, OWNER)
        data, port = folder / "data", _free_port()
        _run(programs / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "--no-sync")
        # What PostgreSQL does with the disk is its own matter; this halves the time of its tests.
        options = f"-p {port} -c fsync=off -c listen_addresses=127.0.0.1"
        options += f" -c max_connections={connections}"
        options += f" -c unix_socket_directories={folder}"
        _run(programs / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start")
        try:
            yield cls(port)
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
            shutil.rmtree(folder, ignore_errors=True)

    def new_database(self) -> URL:
        """An empty database of its own."""
        name = f"meterbook_{next(self._numbers)}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def _url(self, database: str) -> URL:
        return URL.create("postgresql", OWNER, host="127.0.0.1", port=self.port, database=database)

    def _address(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user={OWNER} dbname={database}"


def _programs() -> Path | None:
    for pattern in _PLACES:
        for folder in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True):
            if (folder / "postgres").exists():
                return folder
    return None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _run(program: Path, *arguments: str | Path) -> None:
    command: Sequence[str] = [str(program), *map(str, arguments)]
    if os.geteuid() == 0:
        command = ["runuser", "-u", OWNER, "--", *command]
    done = subprocess.run(
        command, check=False, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{program.name} failed: {done.stderr}")
