"""What axe-core finds on a page that is at rest."""

from __future__ import annotations

import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.chromium import PATIENCE_SECONDS, until

AT_REST = """
!document.querySelector('[data-dash-is-loading="true"]')
  && !document.getAnimations().some((each) => each instanceof CSSTransition)
"""
"""What waits for an answer is shown faded, and fades back: its contrast then is not the page's."""
WATCH = """
window.fades = 0;
document.addEventListener("transitionrun", () => { window.fades += 1; }, { once: true });
"""


def violations(page: Page) -> list[str]:
    """Each element that breaks a rule, with the rule and what is wrong.

    A look while something faded is not counted and is taken again. Raises AssertionError when the
    page does not come to rest.
    """
    page.mouse.move(2, 2)
    page.wait_for_load_state("networkidle")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        until(page, AT_REST)
        page.evaluate(WATCH)
        found = Axe().run(page).response["violations"]
        if not page.evaluate(f"window.fades || !({AT_REST})"):
            break
        assert time.monotonic() < deadline, "the page does not come to rest"
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
