"""Accounts as a file that people may edit: all old or all new, whatever breaks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from data_layer.errors import Unavailable
from data_layer.storage.csv_table import Row, format_table
from data_layer.storage.registry_file import RegistryFile
from tests.faults.lives import Broken, Expected, Life

COLUMNS = ("username", "name", "status")


@dataclass(frozen=True)
class RegistryLayer:
    """The layer; `steps` is how long its first life is."""

    name: str = "registry"
    steps: int = 16

    def live(self, folder: Path, seed: str, life: Life) -> None:
        chance = Random(f"registry {seed}")
        _lay_out(folder)
        server, command = registry(folder), registry(folder)
        for step in range(self.steps):
            who = chance.choice([server, server, command])
            try:
                change(who, life, f"user {step}", forget=chance.random() < 0.2)
            except Unavailable:
                if not life.faulty:
                    raise
            if chance.random() < 0.1:
                server = registry(folder)

    def again(self, folder: Path, seed: str, life: Life, expected: Expected) -> None:
        _lay_out(folder)
        found = registry(folder)
        expected.check((), content(found))
        if Random(f"again {seed}").random() < 0.5:
            change(found, life, f"again {seed}", forget=False)
            promised = life.promises.at(len(life.operations))
            promised.check((), content(registry(folder)))


def _lay_out(folder: Path) -> None:
    """What a home does, which is not what is tested here: injected errors are passed over."""
    while not (folder / "versions").exists():
        with suppress(OSError):
            (folder / "versions").mkdir()


def registry(folder: Path) -> RegistryFile:
    return registry_of(folder / "users.csv", folder / "versions")


def registry_of(path: Path, versions: Path) -> RegistryFile:
    return RegistryFile(path, columns=COLUMNS, versions=versions)


def change(file: RegistryFile, life: Life, who: str, *, forget: bool) -> None:
    """Add a user, or remove the first; promised once it returns."""

    def edit(rows: Sequence[Row]) -> list[Row]:
        added = [{"username": who, "name": who.title(), "status": "active"}]
        return list(rows[1:]) if forget and rows else [*rows, *added]

    attempt = life.promises.begin(value=format_table(edit(file.state().rows), COLUMNS))
    state = file.change(edit)
    attempt.value = format_table(state.rows, COLUMNS)
    life.promises.keep(attempt)


def content(file: RegistryFile) -> bytes:
    """What is in force; nothing where there is no file."""
    state = file.state()
    if file.problem is not None:
        raise Broken(file.problem)
    if not file.path.exists():
        return b""
    if file.path.stat().st_mode & 0o077:
        raise Broken("the registry can be read by others")
    return format_table(state.rows, COLUMNS)
