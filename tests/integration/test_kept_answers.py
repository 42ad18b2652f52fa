"""What pages keep of their answers is never shown to another, nor after anything changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from callbacks.kept_answers import KeptAnswers
from components.dash_json import encoded
from data_layer.accounts.meters import Meter
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.readings.model import Action, Reading, Scope
from data_layer.readings.operations import submit_one
from data_layer.readings.rules import UPLOAD_PAGE
from tests.integration.conftest import (
    OTHER_METER,
    OWN_METER,
    Browser,
    Served,
    callback_body,
    serving,
)

CARDS = "usage-cards"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "home") as found:
        submit(found.book, hours_ago=3, wh=1000)
        submit(found.book, hours_ago=2, wh=3000)
        yield found


def submit(book: Book, *, hours_ago: int, wh: int) -> None:
    now = epoch_of(book.clock()) // 1800 * 1800
    scope = Scope("cli", Action.SUBMIT_READINGS, meter_ids=None)
    reading = Reading(OWN_METER, "S", now - hours_ago * 3600, wh, source="page:u1")
    submit_one(book.readings, scope, reading, rules=UPLOAD_PAGE)


def ask(browser: Browser, served: Served, part: str, words: dict[str, str]) -> str:
    app, _ = served.server.extensions["meterbook"]
    (key,) = [key for key in app.callback_map if part in key]
    body = callback_body(key, app.callback_map[key], value=words)
    answer = browser.post("/_dash-update-component", json=body)
    assert answer.status_code == 200
    return json.dumps(answer.get_json(), ensure_ascii=False)


def test_a_new_reading_is_shown_at_once(served: Served) -> None:
    browser = served.browser(Role.HOUSEHOLD)
    before = ask(browser, served, CARDS, {})
    assert ask(browser, served, CARDS, {}) == before

    submit(served.book, hours_ago=1, wh=9000)

    assert "9.000" in ask(browser, served, CARDS, {})
    assert "9.000" not in before


def test_a_meter_is_shown_to_nobody_else_and_refusals_are_written_down(served: Served) -> None:
    asked = {"meter": OWN_METER}
    own = ask(served.browser(Role.HOUSEHOLD), served, CARDS, asked)
    assert "3.000" in own
    account = served.book.accounts.get(OWN_METER)
    assert account is not None
    served.book.accounts.modify(replace(account, email="lim@example.org"), actor="cli")
    served.book.accounts.register(
        replace(account, meter_id="531-000-003", email="tan@example.org"), actor="cli"
    )
    other = served.browser(Role.HOUSEHOLD)

    for _ in range(2):
        denied = len(served.book.audit.recent(actor="tan@example.org", action="denied"))
        assert "3.000" not in ask(other, served, CARDS, asked)
        after = served.book.audit.recent(actor="tan@example.org", action="denied")
        assert len(after) == denied + 1


def test_two_viewers_of_one_address_get_their_own(served: Served) -> None:
    assert "3.000" in ask(served.browser(Role.HOUSEHOLD), served, CARDS, {})
    assert "3.000" not in ask(served.browser(Role.ADMIN), served, CARDS, {})


class Asked:
    """Counts how often it is asked."""

    times = 0

    def __call__(self) -> dict[str, str]:
        self.times += 1
        return {"text": "x" * 100}


def test_answers_are_kept_until_anything_changes(served: Served) -> None:
    book, asked = served.book, Asked()
    kept = KeptAnswers(book)

    def give() -> int:
        kept.give("question", asked)
        return asked.times

    assert (give(), give()) in ((1, 1), (1, 2))  # 2 when a minute ended between them
    times = give()
    submit(book, hours_ago=1, wh=4000)
    assert give() > times
    times = give()
    account = book.accounts.get(OTHER_METER)
    assert account is not None
    book.accounts.modify(replace(account, owner_name="Another"), actor="cli")
    assert give() > times
    times = give()
    book.meters.put(Meter(OTHER_METER))
    assert give() > times


def test_answers_end_with_their_minute(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, kept = Asked(), KeptAnswers(served.book)
    now = datetime.fromisoformat("2026-11-20T10:30:59+00:00")
    monkeypatch.setattr(served.book, "clock", lambda: now)
    kept.give("question", asked)
    kept.give("question", asked)
    assert asked.times == 1

    now += timedelta(seconds=1)
    kept.give("question", asked)
    assert asked.times == 2


def test_a_change_while_an_answer_is_made_is_not_missed(served: Served) -> None:
    kept = KeptAnswers(served.book)

    def overtaken() -> dict[str, int]:
        submit(served.book, hours_ago=1, wh=4000)
        return {"value": 1}

    kept.give("question", overtaken)

    assert encoded(kept.give("question", lambda: {"value": 2})) == b'{"value":2}'


def test_the_least_lately_asked_is_forgotten_first(served: Served) -> None:
    first, second = Asked(), Asked()
    kept = KeptAnswers(served.book, most_bytes=150)

    kept.give("first", first)
    kept.give("second", second)
    kept.give("first", first)

    assert (first.times, second.times) == (2, 1)
