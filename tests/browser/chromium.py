"""Drives Debian's Chromium, and watches what it complains about and whom it asks."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1366, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_SECONDS = 30
"""How long anything may take on a busy machine."""
expect.set_options(timeout=PATIENCE_SECONDS * 1_000)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of its own. Raises RuntimeError when Chromium is not installed."""
    binary = shutil.which("chromium")
    if binary is None:
        raise RuntimeError("chromium is not installed: `make setup-test` does it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def until(page: Page, expression: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until JavaScript says yes. Playwright's own waiting needs `eval`, which our content
    security policy forbids. Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(50)


def count_of(page: Page, selector: str) -> int:
    """The number with which a text such as "1,234 readings" begins, once it is there."""
    text = page.locator(selector)
    expect(text).to_contain_text(re.compile(r"^[\d,]+ "))
    return int(text.inner_text().split()[0].replace(",", ""))


@dataclass
class Watch:
    """Everything a page should not do."""

    host: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        """Errors include violations of the content security policy."""
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        self.requests.append(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != self.host:
            self.strangers.append(request.url)
