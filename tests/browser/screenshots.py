"""Takes the README's pictures from the demo home: `make screenshots`."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.conftest import PROJECT, ROLE_BUTTONS, serving

FOLDER = PROJECT / "docs" / "screenshots"
VIEWPORT = {"width": 1366, "height": 1180}
PICTURES = {
    "usage": ("household", "/usage?period=this_month&compare=previous"),
    "bill": ("household", "/bill"),
    "government": ("government", "/government?period=last_12_months&split=dwelling_type"),
}


def main() -> None:
    """Writes docs/screenshots/<page>-<theme>.png."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with serving(PROJECT / "demo") as address, chromium() as browser:
        for name, (role, path) in PICTURES.items():
            for theme in ("light", "dark"):
                _take(browser, address, role, path, theme, FOLDER / f"{name}-{theme}.png")


def _take(browser: Browser, address: str, role: str, path: str, theme: str, picture: Path) -> None:
    context = browser.new_context(viewport=VIEWPORT, color_scheme=theme)
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.locator(".entry-person", has_text=ROLE_BUTTONS[role]).first.click()
    page.wait_for_selector(".frame")
    page.goto(f"{address}{path}")
    page.wait_for_selector(".js-plotly-plot .trace.bars .point")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=picture)
    context.close()


if __name__ == "__main__":
    main()
