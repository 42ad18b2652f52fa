"""A real server on a small demo home, and people who look at it with a real browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from selenium.webdriver.chrome.options import Options

from data_layer.clock import system_clock
from data_layer.journeys.create_demo import create_demo
from tests.browser import office
from tests.browser.chromium import DESKTOP, FLAGS, PATIENCE_SECONDS, Watch, chromium

PROJECT = Path(__file__).resolve().parents[2]
ROLE_BUTTONS = {"household": "Household", "government": "Government", "admin": "Operator"}
START_SECONDS = 60
Visitor = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo home of a few dozen meters and three months, with tariffs and bills."""
    folder = tmp_path_factory.mktemp("browser") / "home"
    create_demo(folder, now=system_clock(), progress=_unseen, meters=120, days=100)
    office.furnish(folder)
    return folder


def _unseen(_what: str, _done: int, _of: int) -> None:
    """Nobody watches the demo being made."""


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[str]:
    """Address of a server on the home."""
    with serving(home) as address:
        yield address


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """`python app.py` on a home, at a free port, until left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {**_environment(home), "METERBOOK_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "app.py"], cwd=PROJECT, env=environment)
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "METERBOOK_HOME": str(home)}


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with exit code {process.returncode}")
        try:
            with urlopen(f"{address}/sign-in", timeout=2):  # noqa: S310 - our own server
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError(f"the server did not answer within {START_SECONDS} s")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def sessions(browser: Browser, server: str) -> dict[str, Any]:
    """The cookies of each role, signed in through the page like anybody."""
    kept: dict[str, Any] = {"": None}
    for role, button in ROLE_BUTTONS.items():
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{server}/sign-in")
        page.locator(".entry-person", has_text=button).first.click()
        page.wait_for_selector(".frame")
        kept[role] = context.storage_state()
        context.close()
    return kept


@pytest.fixture
def watch(server: str) -> Iterator[Watch]:
    """Fails the test when a page complained or asked a stranger."""
    watching = Watch(urlsplit(server).netloc)
    yield watching
    assert watching.complaints == []
    assert watching.strangers == []


@pytest.fixture
def visit(
    browser: Browser, server: str, sessions: dict[str, Any], watch: Watch
) -> Iterator[Visitor]:
    """visit(path, role=..., viewport=..., theme=...) -> the loaded page."""
    contexts: list[BrowserContext] = []

    def open_page(
        path: str,
        *,
        role: str = "household",
        viewport: dict[str, int] | None = None,
        theme: str = "light",
        shows: str = "#main h1",
    ) -> Page:
        context = browser.new_context(
            storage_state=sessions[role],
            viewport=viewport or DESKTOP,
            color_scheme=theme,
            timezone_id="Asia/Singapore",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1_000)
        watch.follow(page)
        page.goto(f"{server}{path}")
        page.wait_for_selector(shows, state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()


def pytest_setup_options() -> Options:
    """How Selenium starts Chromium for the fixtures of dash[testing]."""
    options = Options()
    for flag in (*FLAGS, f"--window-size={DESKTOP['width']},{DESKTOP['height']}"):
        options.add_argument(flag)
    return options
