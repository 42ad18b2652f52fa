"""Midnight rings while an end of day stands in its way."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Event

import pytest

from data_layer.book import Book
from data_layer.journeys.end_day import END_DAY


def test_midnight_warns_of_an_end_of_day_that_nobody_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="data_layer.book")
    begun, go_on = Event(), Event()

    def seal(*_: object, **__: object) -> bool:
        begun.set()
        return go_on.wait(30)

    with Book.open(tmp_path / "home", scheduled=False) as book:
        monkeypatch.setattr(book._opened_store(), "seal", seal)
        book.jobs.start(END_DAY, {}, actor="cli")
        assert begun.wait(30)
        book._ring()
        go_on.set()
        book._worker.close()
        waiting = book.jobs.start(END_DAY, {}, actor="cli")
        book._ring()

    done, undone = (line for line in caplog.records if line.message.startswith("midnight"))
    assert done.levelname == "INFO"
    assert undone.levelname == "WARNING"
    assert f"(job {waiting}). It is not being done this moment." in undone.message
