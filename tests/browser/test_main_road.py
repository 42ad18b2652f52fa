"""The road of a reading from end to end: page, log, chart, group total, batch, restart, rebuild.

One server, one home and one browser; what is told must be the same at every stage.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from data_layer.clock import system_clock
from data_layer.journeys.create_demo import create_demo
from tests.browser.chromium import DESKTOP, PATIENCE_SECONDS, until
from tests.browser.conftest import PROJECT, ROLE_BUTTONS, serving

METER = "901-777-001"
GROUP = {"region": "Central", "area": "Bishan", "dwelling-type": "4-room"}
FROM_BEFORE, USED, READ_AT = "100.000", Decimal("5.250"), "105.250"


@pytest.fixture
def own_home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    create_demo(folder, now=system_clock(), progress=_unseen, meters=60, days=12)
    return folder


def _unseen(_what: str, _done: int, _of: int) -> None:
    """Nobody watches the demo being made."""


def command(home: Path, *words: str) -> None:
    """A command of the operator, as typed."""
    subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=PROJECT,
        env={**os.environ, "METERBOOK_HOME": str(home)},
        check=True,
        capture_output=True,
    )


@contextmanager
def operator(browser: Browser, address: str) -> Iterator[Page]:
    """The operator at a page of the server."""
    context = browser.new_context(viewport=DESKTOP, timezone_id="Asia/Singapore")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_SECONDS * 1_000)
    page.goto(f"{address}/sign-in")
    page.locator(".entry-person", has_text=ROLE_BUTTONS["admin"]).first.click()
    page.wait_for_selector(".frame")
    yield page
    context.close()


def upload(page: Page, address: str, read_at: datetime, value: str) -> str:
    """Send one reading on the page; the log line that the receipt shows."""
    page.goto(f"{address}/upload")
    page.wait_for_selector("#upload-form")
    until(page, "document.getElementById('upload-time').value !== ''")
    page.fill("#upload-meter", METER)
    page.fill("#upload-time", read_at.strftime("%Y-%m-%dT%H:%M"))
    page.fill("#upload-reading", value)
    page.press("#upload-reading", "Enter")
    line = page.locator("#upload-receipt .log-line")
    expect(line).to_contain_text(f",{value},")
    return line.inner_text()


def summed(page: Page, url: str) -> Decimal:
    """All kWh of an export."""
    answer = page.request.get(url)
    assert answer.status == 200
    lines = [line for line in answer.text().splitlines() if not line.startswith("# ")]
    return sum((Decimal(row["kwh"] or 0) for row in csv.DictReader(lines)), Decimal(0))


def numbers(page: Page, address: str) -> tuple[Decimal, Decimal, str]:
    """The meter's half hours, its region's total, and what its page says in large figures."""
    usage = f"{address}/exports/usage.csv?meter={METER}&period=last_7_days&resolution=half_hour"
    region = f"{address}/exports/groups/groups.csv?period=last_7_days&region={GROUP['region']}"
    page.goto(f"{address}/usage?meter={METER}&period=last_7_days")
    page.wait_for_selector(".js-plotly-plot .trace.bars .point", state="attached")
    return summed(page, usage), summed(page, region), page.locator("#usage-title").inner_text()


@pytest.mark.timeout(300)
def test_a_reading_tells_the_same_at_every_stage_of_its_road(
    own_home: Path, browser: Browser
) -> None:
    last_line = (own_home / "logs" / "log.txt").read_text().splitlines()[-1]
    latest = datetime.fromisoformat(last_line.split(",")[2]) + timedelta(hours=8)
    options = [word for name, value in GROUP.items() for word in (f"--{name}", value)]
    with serving(own_home) as address, operator(browser, address) as page:
        account = ("--meter", METER, "--owner", "Ada", "--address", "1 Road")
        command(own_home, "account", "add", *account, *options)
        upload(page, address, latest - timedelta(hours=2), FROM_BEFORE)
        region_before = summed(
            page, f"{address}/exports/groups/groups.csv?period=last_7_days&region=Central"
        )
        line = upload(page, address, latest, READ_AT)
        assert line in (own_home / "logs" / "log.txt").read_text().splitlines()
        at_once = numbers(page, address)
        assert at_once[0] == USED
        assert at_once[1] - region_before == USED
        assert str(USED) in at_once[2]

        page.goto(f"{address}/operations")
        page.click("#operations-end-day")
        page.click("#operations-confirm-yes")
        expect(page.locator("#operations-history")).to_contain_text(
            "readings merged", timeout=60_000
        )
        assert line not in (own_home / "logs" / "log.txt").read_text()
        assert any(
            f"{METER},S," in day.read_text() for day in sorted((own_home / "daily").glob("*.csv"))
        )
        assert numbers(page, address) == at_once

    with serving(own_home) as address, operator(browser, address) as page:
        assert numbers(page, address) == at_once

    command(own_home, "batch", "run", "--rebuild")
    with serving(own_home) as address, operator(browser, address) as page:
        assert numbers(page, address) == at_once
