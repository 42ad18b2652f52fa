"""A home with something of everything, a backup of it, and a place for another home."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_layer.book import Book
from tests.integration.backup.home import NOW, furnish
from tests.integration.operator_commands import answered


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A furnished home, closed."""
    folder = tmp_path / "home"
    monkeypatch.setenv("METERBOOK_HOME", str(folder))
    with Book.open(folder, clock=lambda: NOW, scheduled=False) as book:
        furnish(book)
    return folder


@pytest.fixture
def backup(home: Path, tmp_path: Path) -> Path:
    place = tmp_path / "backup"
    answered("backup", str(place))
    return place


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another METERBOOK_HOME, not there yet."""
    folder = tmp_path / "elsewhere"
    monkeypatch.setenv("METERBOOK_HOME", str(folder))
    return folder
