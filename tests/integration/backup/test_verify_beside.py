"""A home is verified beside the server that moves its files: what moves is not damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data_layer.book import Book
from data_layer.errors import Corrupt, Unavailable
from data_layer.jobs.model import JobState
from data_layer.journeys import fingerprint
from data_layer.journeys.end_day import END_DAY
from data_layer.readings import settled_days
from data_layer.storage.home import Home
from data_layer.storage.log_recovery import Recovered
from data_layer.storage.manifest import Manifest
from tests.integration.backup.home import NOW, refused, send, worked


def state_of(book: Book) -> str:
    home = Home.existing(book.home)
    return fingerprint.home_fingerprint(
        home, book.database, book.accounts, book.staff, lambda *_: None
    ).state


def seal_up_to_the_manifest(book: Book) -> None:
    """The log closed and merged into its day files; the manifest does not say so yet."""
    with pytest.MonkeyPatch.context() as merging:
        merging.setattr(Manifest, "save", refused)
        with pytest.raises(Unavailable):
            book._opened_store().seal()


def looked_at(monkeypatch: pytest.MonkeyPatch, then: Callable[[int], None]) -> list[Path]:
    """Whenever the logs were looked at, `then` happens, before any file is read; all looks."""
    looks: list[Path] = []
    inspect = settled_days.inspect

    def looking(logs: Path, *, flushed: int) -> Recovered:
        found = inspect(logs, flushed=flushed)
        looks.append(logs)
        then(len(looks))
        return found

    monkeypatch.setattr(settled_days, "inspect", looking)
    return looks


def test_day_files_that_are_ahead_of_the_manifest_are_looked_at_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        before = state_of(book)
        looks = looked_at(monkeypatch, lambda n: seal_up_to_the_manifest(book) if n == 1 else None)
        assert state_of(book) == before
    assert len(looks) == 2


def test_files_that_move_whenever_they_are_looked_at_are_not_called_damaged(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_day(looks: int) -> None:
        book._opened_store().seal()
        send(book, 37 + looks, 1)

    monkeypatch.setattr(fingerprint, "ATTEMPTS", 3)
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        looks = looked_at(monkeypatch, end_day)
        with pytest.raises(Unavailable, match="being rewritten"):
            state_of(book)
    assert len(looks) == 3


def test_damage_is_told_at_once_where_a_log_waits_to_be_merged(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Book.open(home, clock=lambda: NOW, scheduled=False) as book:
        assert worked(book, END_DAY).state is JobState.DONE
        send(book, 38, 1)
        seal_up_to_the_manifest(book)
        first, *_ = sorted((home / "daily").glob("2026-11-*.csv"))
        first.write_bytes(first.read_bytes().replace(b",0.100,", b",0.101,"))
        looks = looked_at(monkeypatch, lambda _: None)
        with pytest.raises(Corrupt, match=f"{first.name} is not what the manifest says it is"):
            state_of(book)
    assert len(looks) == 1
