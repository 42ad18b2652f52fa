"""axe-core finds nothing on any page, in either theme; and everything fits a phone."""

from __future__ import annotations

import pytest

from tests.browser.accessibility import violations
from tests.browser.chromium import PHONE, until
from tests.browser.visits import PAGES, Visit

EVERY_PAGE = pytest.mark.parametrize("wanted", PAGES, ids=[page.name for page in PAGES])


@EVERY_PAGE
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(visit, wanted: Visit, theme):
    page = visit(wanted.path, role=wanted.role, theme=theme, shows=wanted.shows)

    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_where_there_is_no_page(browser, server, sessions, theme):
    context = browser.new_context(storage_state=sessions["household"], color_scheme=theme)
    page = context.new_page()
    answer = page.goto(f"{server}/nowhere")

    assert answer is not None
    assert answer.status == 404
    assert violations(page) == []
    context.close()


@EVERY_PAGE
def test_phone_needs_no_sideways_scroll(visit, wanted: Visit):
    page = visit(wanted.path, role=wanted.role, viewport=PHONE, shows=wanted.shows)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_dialog_and_menu_are_accessible(visit):
    page = visit("/usage?period=yesterday", shows=".js-plotly-plot .trace.bars .point")
    page.click(".user-summary")
    menu = violations(page)
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.locator("#shell-help").evaluate("dialog => dialog.open")
    dialog = violations(page)

    assert menu + dialog == []


def test_skip_link_is_the_first_stop_of_the_keyboard(visit):
    page = visit("/usage")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.className") == "skip-link"


def test_theme_is_switched_and_remembered_without_the_server(visit, watch):
    page = visit("/usage?period=yesterday", shows=".js-plotly-plot .trace.bars .point")
    page.wait_for_load_state("networkidle")
    color = "document.querySelector('.js-plotly-plot').data[0].marker.color"
    light, asked = page.evaluate(color), len(watch.requests)

    page.click("[data-theme-switch]")
    until(page, f"{color} !== '{light}'")

    assert len(watch.requests) == asked
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
