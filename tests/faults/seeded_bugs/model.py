"""What a seeded bug is: a few words of the product replaced by others, and the check it fails."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


class Rotten(Exception):
    """The product no longer has the words to replace: bring the bug up to date."""


@dataclass(frozen=True)
class Edit:
    """Words of one file, and what stands there instead."""

    file: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        if text.count(self.old) != 1:
            raise Rotten(f"{self.file} has these words {text.count(self.old)} times:\n{self.old}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Check:
    """A command that passes without the bug and must fail with it."""

    name: str
    arguments: tuple[str, ...]
    failed: int
    """Its exit status when it finds something, unlike when it could not run."""

    def command(self) -> list[str]:
        return [sys.executable, *self.arguments]


@dataclass(frozen=True)
class Bug:
    """One bug."""

    name: str
    check: Check
    edits: tuple[Edit, ...]

    def apply(self, folder: Path) -> None:
        """Put the bug into a copy of the project. Raises Rotten."""
        for edit in self.edits:
            path = folder / edit.file
            if not path.exists():
                raise Rotten(f"{edit.file} is gone.")
            path.write_text(edit.applied(path.read_text()))

    @property
    def files(self) -> frozenset[str]:
        return frozenset(edit.file for edit in self.edits)


def simulator(layer: str, kind: str) -> Check:
    """The short form of the simulator, one layer and kind of it."""
    module = ("-m", "tests.faults.simulate", "--short", "--layer", layer, "--kind", kind)
    return Check(f"simulator, {layer} {kind}", module, failed=3)


def tests(path: str) -> Check:
    """A test file, or one test of it."""
    quiet = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist")
    return Check(path, ("-m", "pytest", *quiet, path), failed=1)


def bug(name: str, check: Check, *edits: tuple[str, str, str]) -> Bug:
    return Bug(name, check, tuple(Edit(*edit) for edit in edits))
