"""A household sees today without a click, and comes from the year to the half hour and back."""

from __future__ import annotations

import csv
import re
from datetime import datetime, time
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import PHONE, until

BAR = ".js-plotly-plot .trace.bars .point"
MEASURED = "document.querySelector('.js-plotly-plot').data.find(trace => trace.name === 'Measured')"


def bars(page: Page) -> int:
    return page.evaluate(f"{MEASURED}.y.filter(value => value !== null).length")


def words(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def click_bar(page: Page, number: int) -> None:
    """Click near the foot of the measured bar at a place from 0."""
    page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    place = page.evaluate(
        """number => {
            const bars = [...document.querySelectorAll('.js-plotly-plot')][0]
                .querySelectorAll('.trace.bars .point');
            const box = [...bars].find(bar => bar.__data__.i === number).getBoundingClientRect();
            return [box.x + box.width / 2, box.bottom - 3];
        }""",
        number,
    )
    page.mouse.move(*place)
    page.wait_for_selector(".hoverlayer .hovertext")
    page.mouse.click(*place)


@pytest.fixture
def usage(visit) -> Page:
    return visit("/usage?period=yesterday", shows=BAR)


def test_signing_in_leads_a_household_to_todays_bars(browser, server, watch):
    context = browser.new_context()
    page = context.new_page()
    watch.follow(page)
    page.goto(server)
    page.locator(".entry-person", has_text="Household").first.click()
    page.wait_for_selector(f"{BAR}, .empty")

    assert urlsplit(page.url).path == "/usage"
    assert page.locator(".presets [aria-current]").inner_text() == "Today"
    if datetime.now(ZoneInfo("Asia/Singapore")).time() > time(0, 35):
        assert bars(page) >= 1
    context.close()


def test_chart_really_draws_every_known_half_hour(visit):
    page = visit("/usage?period=yesterday", shows=BAR)

    assert bars(page) == 48
    drawn = page.locator(".js-plotly-plot .trace.bars").first.locator(".point path")
    assert drawn.evaluate_all("paths => paths.filter(path => path.getAttribute('d')).length") == 48


def test_five_cards_show_consumption_and_both_readings(usage):
    cards = usage.locator(".figure-card")

    expect(cards).to_have_count(5)
    month = cards.nth(4).inner_text()
    assert month.startswith("Last month")
    assert re.search(r"\d\.\d{3} kWh", month)
    assert len(re.findall(r"[\d,]+\.\d{3}", month)) >= 3


def test_days_add_up_to_the_month(visit):
    page = visit("/usage?period=last_month", shows=BAR)
    total = float(page.locator(".chart-total .number").inner_text().replace(",", ""))
    shown = page.evaluate(
        """() => document.querySelector('.js-plotly-plot').data
            .filter(trace => ['Measured', 'Estimated'].includes(trace.name))
            .flatMap(trace => Array.from(trace.y)).reduce((sum, value) => sum + (value || 0), 0)"""
    )

    assert shown == pytest.approx(total, abs=0.0005)


def test_a_bar_leads_into_itself_and_back_leads_out(visit):
    page = visit("/usage?period=last_12_months", shows=BAR)
    click_bar(page, 10)
    page.wait_for_url("**from=*")
    month = words(page)
    expect(page.locator(".crumbs li").last).to_have_text(re.compile("^[A-Z][a-z]+$"))

    click_bar(page, 4)
    expect(page.locator(".crumbs li").last).to_have_text(re.compile(r"^[A-Z][a-z]{2} \d"))
    day = words(page)
    assert day["from"] == day["to"]
    assert day["from"][0].startswith(month["from"][0][:7])
    until(page, f"{MEASURED}.y.length === 48")

    page.go_back()
    until(page, f"{MEASURED}.y.length > 27 && {MEASURED}.y.length < 32")
    assert words(page) == month
    page.go_back()
    until(page, f"{MEASURED}.y.length === 12")
    assert words(page) == {"period": ["last_12_months"]}


def test_address_holds_the_whole_view(visit):
    page = visit("/usage?period=yesterday&resolution=hour&compare=previous", shows=BAR)
    until(page, f"{MEASURED}.y.length === 24")

    expect(page.locator("#usage-resolution")).to_have_value("hour")
    expect(page.locator("#usage-compare [aria-current]")).to_have_text("Previous period")
    expect(page.locator(".presets [aria-current]")).to_have_text("Yesterday")
    assert page.evaluate("document.querySelector('.js-plotly-plot').data.length") >= 2


def test_keyboard_chooses_a_period_and_stays_there(usage):
    usage.locator(".presets a", has_text="This week").focus()
    usage.keyboard.press("Enter")
    expect(usage.locator(".presets [aria-current]")).to_have_text("This week")

    assert usage.evaluate("document.activeElement.textContent") == "This week"


def test_table_rows_lead_into_the_same_days_as_bars(visit):
    page = visit("/usage?period=last_month&table=1", shows="table tbody tr")
    page.locator("table tbody a").first.press("Enter")

    until(page, f"{MEASURED}.y.length === 48")
    assert words(page)["from"] == words(page)["to"]


def test_a_range_that_ends_before_it_starts_is_refused_beside_its_field(usage):
    usage.fill("#usage-from", "2026-02-05")
    usage.fill("#usage-to", "2026-02-01")
    usage.press("#usage-to", "Enter")

    expect(usage.locator("#usage-to-error")).to_contain_text("is before")
    expect(usage.locator("#usage-to")).to_have_value("2026-02-01")


def test_nothing_known_says_why_and_leads_to_the_latest_day(visit):
    page = visit("/usage?from=2001-01-01&to=2001-01-01", shows=".empty")
    expect(page.locator(".empty")).to_contain_text("The latest reading is of")
    page.locator(".empty a").click()

    page.wait_for_selector(BAR)
    assert bars(page) >= 1


def test_meter_switch_shows_the_other_meter(usage):
    choice = usage.locator("#usage-meter")
    other = choice.locator("option").last.get_attribute("value")
    assert other != choice.input_value()
    choice.select_option(other)

    until(usage, f"new URLSearchParams(location.search).get('meter') === '{other}'")
    expect(usage.locator("#usage-actions a", has_text="CSV")).to_have_attribute(
        "href", re.compile(f"meter={other}")
    )


def test_another_households_meter_is_as_good_as_none(visit):
    page = visit("/usage?meter=000-000-000", shows=".empty")

    expect(page.locator(".empty")).to_contain_text("is not known")


def test_csv_holds_exactly_what_is_shown(visit):
    page = visit("/usage?period=yesterday", shows=BAR)
    with page.expect_download() as download:
        page.locator("#usage-actions a", has_text="CSV").click()
    lines = download.value.path().read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))

    total = page.locator(".chart-total .number").inner_text()
    assert len(rows) == bars(page) == 48
    assert f"{sum(float(row['kwh']) for row in rows):,.3f}" == total


def test_picture_is_made_in_the_browser(usage):
    usage.locator(".js-plotly-plot").first.hover()
    with usage.expect_download() as download:
        usage.locator("[data-title*=PNG], [data-title*=png]").first.click()

    assert download.value.suggested_filename == "meterbook-usage.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_hour_of_four_weeks_leads_to_its_day(usage):
    hours = usage.locator(".js-plotly-plot").nth(1)
    hours.scroll_into_view_if_needed()
    cells = usage.evaluate("document.querySelectorAll('.js-plotly-plot')[1].data[0].x.length")
    assert 27 * 24 <= cells <= 28 * 24
    place = usage.evaluate(
        """() => {
            const cell = document.querySelectorAll('.js-plotly-plot')[1].querySelector('.point');
            const box = cell.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }"""
    )
    usage.mouse.move(*place)
    usage.wait_for_selector(".hoverlayer .hovertext")
    usage.mouse.click(*place)

    usage.wait_for_url("**from=*")
    assert words(usage)["from"] == words(usage)["to"]


def test_admin_names_a_meter(visit):
    household = visit("/usage?period=yesterday", shows=BAR)
    meter = household.input_value("#usage-meter")
    page = visit("/usage?period=yesterday", role="admin", shows="#usage-meter")
    page.fill("#usage-meter", meter)
    page.press("#usage-meter", "Enter")

    page.wait_for_selector(BAR)
    assert words(page)["meter"] == [meter]


def test_a_phone_shows_which_period_is_chosen(visit):
    page = visit("/usage?period=last_month", viewport=PHONE, shows=BAR)
    chosen = page.locator(".presets [aria-current=true]", has_text="Last month")
    expect(chosen).to_be_in_viewport(ratio=1)
    expect(page.locator(".cards li:has([aria-current=true])")).to_be_in_viewport(ratio=1)

    page.locator(".presets a", has_text="Last 12 months").click()
    expect(page.locator(".presets [aria-current=true]")).to_have_text("Last 12 months")
    expect(page.locator(".presets [aria-current=true]")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
