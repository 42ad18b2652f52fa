"""The operator's many pages on a phone: behind a button, by touch, by keyboard and by ear."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.chromium import DESKTOP, PHONE

BUTTON, LIST = "#shell-navigation .nav-button", "#shell-pages"
LOADED = "#main h1"


@pytest.fixture
def phone(visit):
    """An operator's phone, on the tariffs page."""
    return visit("/tariffs", role="admin", viewport=PHONE, shows=LOADED)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_fit_a_phone_behind_a_button_that_says_whether_they_are_shown(visit, theme):
    page = visit("/tariffs", role="admin", viewport=PHONE, theme=theme, shows=LOADED)
    button = page.get_by_role("button", name="Menu")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(page.locator(LIST)).not_to_be_visible()

    button.click()

    expect(button).to_have_attribute("aria-expanded", "true")
    expect(button).to_have_attribute("aria-controls", LIST.removeprefix("#"))
    entries = page.locator(f"{LIST} a")
    assert entries.count() > 6
    for box in [entry.bounding_box() for entry in entries.all()]:
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["y"] + box["height"] <= PHONE["height"]
        assert box["height"] >= 44
    expect(page.locator(f"{LIST} a[aria-current=page]")).to_have_text("Tariffs")
    assert violations(page) == []


def test_the_keyboard_opens_the_list_walks_it_and_leaves_it(phone):
    phone.locator(BUTTON).focus()
    phone.keyboard.press("Enter")
    phone.keyboard.press("Tab")
    assert phone.evaluate(f"document.activeElement.matches('{LIST} li:first-child a')")

    phone.keyboard.press("Escape")

    expect(phone.locator(LIST)).not_to_be_visible()
    assert phone.evaluate(f"document.activeElement.matches('{BUTTON}')")
    phone.keyboard.press("Enter")
    expect(phone.locator(LIST)).to_be_visible()
    phone.keyboard.press("Shift+Tab")
    expect(phone.locator(LIST)).not_to_be_visible()


def test_a_chosen_page_closes_the_list_and_is_the_current_one(phone):
    phone.click(BUTTON)
    phone.click(f"{LIST} a[href='/operations']")

    expect(phone.locator("#main h1")).to_have_text("Operations")
    expect(phone.locator(LIST)).not_to_be_visible()
    phone.click(BUTTON)
    expect(phone.locator(f"{LIST} a[aria-current=page]")).to_have_text("Operations")
    phone.mouse.click(4, PHONE["height"] - 40)  # beside what the page shows
    expect(phone.locator(LIST)).not_to_be_visible()


def test_a_desk_shows_every_page_without_a_button(visit):
    page = visit("/tariffs", role="admin", viewport=DESKTOP, shows=LOADED)

    expect(page.locator(BUTTON)).not_to_be_visible()
    for entry in page.locator(f"{LIST} a").all():
        expect(entry).to_be_in_viewport(ratio=1)


def test_few_pages_need_no_button(visit):
    page = visit("/usage", viewport=PHONE, shows=LOADED)

    assert page.locator(BUTTON).count() == 0
    for entry in page.locator(f"{LIST} a").all():
        expect(entry).to_be_in_viewport(ratio=1)
