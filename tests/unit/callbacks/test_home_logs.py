"""The ends of logs and of the audit on the operations page."""

from __future__ import annotations

from pathlib import Path

import pytest

from callbacks.home_logs import acts, end_of
from components.ids import LOGS
from data_layer.book import Book
from data_layer.errors import BadInput
from tests.unit.callbacks.shown_text import text


def test_each_log_shows_its_own_end_and_no_other_file_does(tmp_path: Path) -> None:
    with Book.open(tmp_path / "home", scheduled=False) as book:
        for name in LOGS[1:]:
            lines = "".join(f"{name} line {n}\n" for n in range(100))
            (tmp_path / "home" / "logs" / name).write_text(lines)
            assert end_of(book, name).splitlines()[-1] == f"{name} line 99"
            assert len(end_of(book, name).splitlines()) == 20
        for name in ("../users.csv", "sealed/1", "log.txt.tmp"):
            with pytest.raises(BadInput, match="is unknown"):
                end_of(book, name)


def test_the_audit_says_who_did_what_newest_first(tmp_path: Path) -> None:
    with Book.open(tmp_path / "home", scheduled=False) as book:
        assert "Nobody" in text(acts([], book.zone))
        book.receiving_switch.stop(actor="boss@example.org")
        book.audit.record("cli", "month billed", "2026-10", made=3, failed=0)
        shown = text(acts(book.audit.recent(5), book.zone))
    assert shown.index("month billed") < shown.index("receiving stopped")
    assert "3 bills made, 0 failed" in shown
    assert "boss@example.org" in shown
