"""An analyst filters, compares and exports groups of households, and every view has an address."""

from __future__ import annotations

import csv
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.chromium import until
from tests.browser.visits import ROW

PLOT = "document.querySelectorAll('.js-plotly-plot')"


def words(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def click_on(page: Page, selector: str) -> str:
    """Click the middle of a drawn bar or slice and say what it stands for."""
    mark = page.locator(selector).first
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return str(page.evaluate(f"{PLOT}[1].data[0].y[0]"))


def rows_of(text: str) -> tuple[list[str], list[dict[str, str]]]:
    """Provenance lines, and the rows below the header."""
    lines = text.splitlines()
    facts = [line for line in lines if line.startswith("# ")]
    return facts, list(csv.DictReader(lines[len(facts) :]))


def exported(page: Page, name: str) -> tuple[list[str], list[dict[str, str]]]:
    href = page.locator(".export-link", has_text=name).get_attribute("href")
    answer = page.request.get(f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}{href}")
    assert answer.status == 200
    assert "attachment" in answer.headers["content-disposition"]
    return rows_of(answer.text())


@pytest.fixture
def government(visit) -> Page:
    page = visit("/government", role="government", shows=ROW)
    until(page, f"{PLOT}.length === 3 && {PLOT}[0].data.length > 0")
    return page


def test_signing_in_leads_an_analyst_to_groups(browser, server, watch):
    context = browser.new_context()
    page = context.new_page()
    watch.follow(page)
    page.goto(server)
    page.locator(".entry-person", has_text="Government").first.click()
    page.wait_for_selector(ROW, state="attached")

    assert urlsplit(page.url).path == "/government"
    context.close()


def test_title_says_days_zone_and_how_far_data_reach(government):
    expect(government.locator("#government-title")).to_have_text(
        re.compile(r"^\d+ \w+( \d{4})? to \d+ \w+ \d{4}, Asia/Singapore time, data until ")
    )


def test_every_chart_is_really_drawn(government):
    charts = government.locator("#main .js-plotly-plot")

    for number in range(2):
        drawn = charts.nth(number).locator(".trace.bars .point path")
        assert drawn.evaluate_all("all => all.filter(path => path.getAttribute('d')).length") > 0
    assert charts.nth(2).locator(".slice path").count() > 0


def test_a_click_on_an_area_filters_everything_and_a_second_click_lets_go(government):
    area = click_on(government, "#main .js-plotly-plot >> nth=1 >> .trace.bars .point path")
    expect(government.locator("#government-area-label + details summary")).to_contain_text(area)

    assert words(government)["area"] == [area]
    cells = government.locator(".ag-center-cols-container [col-id=area]")
    until(
        government,
        "[...document.querySelectorAll('.ag-center-cols-container [col-id=area]')]"
        f".every(cell => cell.textContent === {area!r})",
    )
    assert cells.count() >= 1
    click_on(government, "#main .js-plotly-plot >> nth=1 >> .trace.bars .point path")
    until(government, "!location.search.includes('area=')")


def test_choosing_two_regions_by_keyboard_keeps_the_list_open(government):
    summary = government.locator("details.choices summary").first
    summary.focus()
    government.keyboard.press("Enter")
    first = government.locator("details.choices[open] input").first
    first.focus()
    government.keyboard.press("Space")
    until(government, "new URLSearchParams(location.search).getAll('region').length === 1")
    expect(summary).not_to_contain_text("All")  # the list is built anew with the answer
    until(government, "document.activeElement.type === 'checkbox'")
    government.keyboard.press("Tab")
    government.keyboard.press("Space")
    until(government, "new URLSearchParams(location.search).getAll('region').length === 2")

    expect(government.locator("details.choices[open]")).to_have_count(1)


def test_the_address_holds_the_whole_view_and_back_works(visit):
    page = visit(
        "/government?period=last_month&resolution=week&split=region&per=household&region=East",
        role="government",
        shows="#government-split",
    )
    until(page, f"{PLOT}.length === 3 && {PLOT}[0].data.length === 1")

    expect(page.locator("#government-resolution")).to_have_value("week")
    expect(page.locator("#government-per")).to_have_value("household")
    expect(page.locator(".presets [aria-current]")).to_have_text("Last month")
    page.locator(".presets a", has_text="Yesterday").click()
    expect(page.locator(".presets [aria-current]")).to_have_text("Yesterday")
    page.go_back()
    expect(page.locator(".presets [aria-current]")).to_have_text("Last month")


def test_parts_add_up_to_the_chart_and_to_the_cards(visit):
    page = visit("/government?period=yesterday", role="government", shows=ROW)
    _, hours = exported(page, "this chart")
    card = page.locator(".figure-card .number").first.inner_text().replace(",", "")

    total = sum(float(row["kwh"]) for row in hours)
    assert total == pytest.approx(float(card), abs=0.06)
    assert len(hours) == 48


def test_export_is_what_the_grid_shows_with_where_it_comes_from(government):
    government.fill("#government-search", "room")
    government.press("#government-search", "Enter")
    until(government, "location.search.includes('search=room')")
    government.locator(".ag-header-cell[col-id=households]").click()
    until(government, "location.search.includes('sort=households')")
    expect(government.locator(".export-link", has_text="groups")).to_have_attribute(
        "href", re.compile("(?=.*search=room)(?=.*sort=households)")
    )
    shown = government.locator(".ag-center-cols-container .ag-row").count()

    facts, rows = exported(government, "groups")

    assert len(rows) >= shown >= 1
    assert all("room" in row["dwelling_type"] for row in rows)
    households = [int(row["households"]) for row in rows]
    assert households == sorted(households)
    assert min(households) >= 5
    said = "\n".join(facts)
    for fact in ("# search: room", "# time zone: Asia/Singapore", "# first day: ", "generated at"):
        assert fact in said


def test_small_groups_are_withheld_and_the_page_says_so(government):
    expect(government.locator("#government-message")).to_contain_text(
        re.compile(r"\d+ small groups? (is|are) withheld from the list: .* fewer than 5 households")
    )
    expect(government.locator("#government-groups-head")).to_contain_text(
        "Totals use today's attributes"
    )


def test_a_wrong_address_is_refused_in_one_sentence(visit):
    page = visit(
        "/government?resolution=fortnight", role="government", shows="#government-message .notice"
    )

    expect(page.locator("#government-message")).to_contain_text("resolution 'fortnight' is unknown")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_open_list_of_choices_is_accessible(visit, theme):
    page = visit("/government", role="government", theme=theme, shows=ROW)
    page.locator("details.choices summary").nth(1).click()

    assert violations(page) == []


def test_a_household_gets_neither_page_nor_export(visit, server):
    page = visit("/usage")

    assert page.request.get(f"{server}/exports/groups/areas.csv").status == 403
