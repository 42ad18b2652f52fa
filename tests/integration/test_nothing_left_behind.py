"""What signing in, errors and absent files leave behind: no live session, no secret, no copy."""

from __future__ import annotations

import pytest

from data_layer.accounts.links import OneTimeLinks
from data_layer.accounts.model import Role
from tests.integration.conftest import EMAILS, PASSWORD, Browser, Served


def enter(browser: Browser) -> None:
    form = {"email": EMAILS[Role.HOUSEHOLD], "password": PASSWORD}
    assert browser.post("/sign-in", data=form).status_code == 303


def test_signing_in_again_ends_the_session_before(served: Served) -> None:
    served.give_password(Role.HOUSEHOLD)
    browser = served.anonymous()
    enter(browser)
    before = browser.client.get_cookie("meterbook_session")
    assert before is not None

    enter(browser)

    assert browser.get("/usage", page=True).status_code == 200
    browser.client.set_cookie("meterbook_session", before.value)
    assert browser.get("/usage", page=True).status_code == 302


@pytest.mark.parametrize("path", ["/assets/nothing.js", "/_dash-component-suites/dash/nothing.js"])
def test_a_file_that_is_not_there_is_not_kept(shared: Served, path: str) -> None:
    for browser in (shared.anonymous(), shared.browser(Role.ADMIN)):
        answer = browser.get(path)
        assert answer.status_code in (401, 404)
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_log_of_an_error_holds_no_token_and_no_line_of_somebody_elses(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken for the test")

    monkeypatch.setattr(OneTimeLinks, "look", fail)

    answer = served.anonymous().get("/set-up/secret-token%0Aforged-line", page=True)

    assert answer.status_code == 500
    (record,) = [each for each in caplog.records if each.name == "meterbook"]
    assert "GET /set-up/<token>" in record.getMessage()
    assert "secret-token" not in record.getMessage()
    assert "broken for the test" not in answer.get_data(as_text=True)
