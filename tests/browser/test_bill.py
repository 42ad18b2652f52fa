"""One bill, wherever it is read: page, usage page, API, CSV, PDF; and it is the exact one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pypdf import PdfReader

from tests.browser import billed_home
from tests.browser.billed_home import (
    CLOSED,
    EMAIL,
    LOST_TARIFF,
    METER,
    NO_TARIFF,
    NOT_YET,
    PASSWORD,
    PREPAID,
    STAFF,
    Billed,
)
from tests.browser.chromium import PHONE, until
from tests.browser.conftest import serving
from tests.unit.tariffs.exact_oracle import half_up

DRAWN = """() => document.querySelector('.js-plotly-plot').data
    .filter(trace => ['Measured', 'Estimated'].includes(trace.name))
    .flatMap(trace => Array.from(trace.y)).reduce((sum, value) => sum + (value || 0), 0)"""
SHEET = "#bill-head .bill-total"
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Billed:
    return billed_home.build(tmp_path_factory.mktemp("billed") / "home")


@pytest.fixture(scope="module")
def address(billed: Billed) -> Iterator[str]:
    with serving(billed.folder) as found:
        yield found


@pytest.fixture(scope="module")
def contexts(browser: Browser, address: str) -> Iterator[dict[str, BrowserContext]]:
    """The household's and the clerk's browser, signed in."""
    found = {}
    for email in (EMAIL, STAFF):
        context = found[email] = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        page.fill("#email", email)
        page.fill("#password", PASSWORD)
        page.click(".entry-submit")
        page.wait_for_selector(".frame")
        page.close()
    yield found
    for context in found.values():
        context.close()


@pytest.fixture
def opened(contexts: dict[str, BrowserContext], address: str) -> Iterator[Opened]:
    """opened(path, shows=..., who=...) -> the loaded page."""
    pages: list[Page] = []

    def visit(path: str, *, shows: str = SHEET, who: str = EMAIL) -> Page:
        page = contexts[who].new_page()
        pages.append(page)
        page.goto(f"{address}{path}")
        page.wait_for_selector(shows)
        return page

    yield visit
    for page in pages:
        page.close()


def number(text: str) -> Decimal:
    """The number in a text such as `EUR 1,234.50` or `1,234.500 kWh`."""
    (found,) = re.findall(r"-?[\d,]+\.\d+", text)
    return Decimal(found.replace(",", ""))


def test_a_months_kwh_are_the_same_everywhere_and_the_exact_ones(
    opened: Opened, billed: Billed, address: str
) -> None:
    exact = billed.after
    kwh = Decimal(exact.wh).scaleb(-3)
    assert any(missing for *_, missing in exact.days)
    assert any(estimated for _, _, estimated, _ in exact.days)
    page = opened("/bill")
    reads = page.locator(".bill-section", has_text="Register")
    assert number(reads.locator("tfoot").inner_text()) == kwh
    charged = page.locator("#bill-head tr", has_text="/ kWh")
    rows = [row.locator("td").all_inner_texts() for row in charged.all()]
    assert sum(number(cells[1]) for cells in rows) == kwh
    until(page, "document.querySelectorAll('.js-plotly-plot .point').length > 27")
    assert page.evaluate(DRAWN) == pytest.approx(float(kwh), abs=0.0005)

    last = exact.days[-1][0]
    usage = opened(f"/usage?meter={METER}&from={billed.first}&to={last}", shows=".chart-total")
    assert number(usage.locator(".chart-total").inner_text()) == kwh

    asked = f"meter_id={METER}"
    bill = page.request.get(f"{address}/api/bills/{billed.month}?{asked}").json()
    assert bill["consumption"] == float(kwh)
    days = page.request.get(
        f"{address}/api/usage?{asked}&start={billed.first}&end={billed.stop}&resolution=day"
    ).json()["kwh"]
    assert [round((used or 0) * 1000) for used in days] == [wh for _, wh, _, _ in exact.days]
    assert sum(round((used or 0) * 1000) for used in days) == exact.wh

    lines, rows = _csv(page, address)
    assert f"# consumption in kWh: {kwh}" in lines
    assert sum(Decimal(row["quantity"]) for row in rows if row["kind"] == "energy") == kwh
    assert f"Consumption {kwh} kWh" in _printed(page, address)


def test_the_money_is_the_exact_one_to_the_cent(
    opened: Opened, billed: Billed, address: str
) -> None:
    total = Decimal(billed.after.gross).scaleb(-2)
    assert billed.after.gross != billed.before.gross
    page = opened("/bill")
    assert number(page.locator(f"{SHEET} .number").inner_text()) == total
    charges = page.locator(".bill-section", has_text="Charges")
    assert number(charges.locator("tfoot").inner_text()) == total
    amounts = [number(text) for text in charges.locator("tbody td:last-child").all_inner_texts()]
    exact = sorted(
        Decimal(minor).scaleb(-2)
        for (_, _, minor), count in billed.after.amounts.items()
        for _ in range(count)
    )
    assert sorted(amount for amount in amounts if amount) == exact
    assert sum(amounts) == total

    bill = page.request.get(f"{address}/api/bills/{billed.month}?meter_id={METER}").json()
    assert (bill["gross_minor"], bill["gross"]) == (billed.after.gross, f"{total:.2f}")
    _, rows = _csv(page, address)
    assert sum(Decimal(row["amount"]) for row in rows) == total
    printed = _printed(page, address)
    assert f"Electricity bill EUR {total:,.2f}" in printed
    assert f"Total EUR {total:,.2f}" in printed


def test_the_usage_page_says_what_its_days_cost(opened: Opened, billed: Billed) -> None:
    exact = billed.after
    days = [day for day, *_ in exact.days]
    for first, last, cost in (
        (days[0], days[-1], exact.cost),
        (days[3], days[3], exact.day_costs[days[3]]),
        (days[20], days[22], sum(exact.day_costs[day] for day in days[20:23])),
    ):
        page = opened(f"/usage?meter={METER}&from={first}&to={last}", shows=".chart-cost")
        shown = page.locator(".chart-cost").inner_text()
        assert shown == f"EUR {Decimal(half_up(cost * 100)).scaleb(-2):,.2f}"
        expect(page.locator("#usage-quality")).to_contain_text("rounded once, to be shown")
    page = opened(f"/usage?meter={NO_TARIFF}&from={days[0]}&to={days[-1]}", shows=".empty")
    expect(page.locator(".chart-cost")).to_have_count(0)
    page = opened(f"/usage?meter={METER}&period=this_month", shows=".chart-total")
    expect(page.locator(".chart-cost")).to_contain_text("so far")


def test_register_reads_say_what_was_read_and_what_was_not(opened: Opened) -> None:
    page = opened("/bill")
    rows = page.locator(".bill-section", has_text="Register").locator("tbody tr")
    expect(rows.first).to_contain_text("estimated")
    expect(rows.last).to_contain_text("actual")
    notes = page.locator(".bill-notes")
    expect(notes).to_contain_text("half hours are not known and are not billed")
    expect(notes).to_contain_text("The meter was exchanged")
    expect(notes).to_contain_text("Each line is rounded once, half up")


def test_a_bill_that_was_made_again_says_why_and_shows_what_it_said_before(
    opened: Opened, billed: Billed, address: str
) -> None:
    page = opened("/bill")
    versions = page.locator(".bill-section", has_text="Versions")
    expect(versions.locator("tbody tr")).to_have_count(2)
    expect(versions.locator("tbody tr").first).to_contain_text("Late or corrected readings")
    versions.locator("a", has_text="Version 1").click()

    expect(page.locator("#bill-message")).to_contain_text("no longer holds")
    before = Decimal(billed.before.gross).scaleb(-2)
    assert number(page.locator(f"{SHEET} .number").inner_text()) == before
    assert "version=1" in page.url
    assert f"Electricity bill EUR {before}" in _printed(page, address)
    page.locator("#bill-message a").click()
    expect(page.locator("#bill-message")).not_to_contain_text("no longer holds")
    after = f"EUR {Decimal(billed.after.gross).scaleb(-2)}"
    expect(page.locator(f"{SHEET} .number")).to_have_text(after)


def test_the_month_stands_in_the_address_and_another_meter_says_why_it_has_no_bill(
    opened: Opened, billed: Billed
) -> None:
    page = opened(f"/bill?month={billed.month}")
    expect(page.locator("#bill-month")).to_have_value(billed.month)
    page.select_option("#bill-meter", NO_TARIFF)
    expect(page.locator(".empty")).to_contain_text("No tariff yet")
    until(page, f"new URLSearchParams(location.search).get('meter') === '{NO_TARIFF}'")
    page.go_back()
    page.wait_for_selector(SHEET)
    page = opened("/bill?month=2001-01", shows=".empty")
    expect(page.locator(".empty")).to_contain_text("has no bill for 2001-01 yet")
    page.locator(".empty a").click()
    page.wait_for_selector(SHEET)


@pytest.mark.parametrize(
    ("meter", "said"),
    [
        (NOT_YET, "No bill yet"),
        (LOST_TARIFF, "No tariff yet"),
        (PREPAID, "This meter is prepaid"),
        (CLOSED, "This account is closed"),
        ("nobody", "This meter is not known"),
    ],
)
def test_a_clerk_reads_why_there_is_no_bill(opened: Opened, meter: str, said: str) -> None:
    page = opened(f"/bill?meter={meter}", shows=".empty", who=STAFF)
    expect(page.locator(".empty")).to_contain_text(said)
    expect(page.locator("#bill-sheet")).to_be_hidden()


def test_a_clerk_sees_the_bill_of_a_household(opened: Opened, billed: Billed) -> None:
    page = opened(f"/bill?meter={METER}", who=STAFF)
    total = f"EUR {Decimal(billed.after.gross).scaleb(-2)}"
    expect(page.locator(f"{SHEET} .number")).to_have_text(total)


def test_the_navigation_names_it_to_households_only(opened: Opened) -> None:
    entries = "#shell-navigation .nav-entry[href='/bill']"
    expect(opened("/bill").locator(entries)).to_have_text("Bill")
    clerks = opened(f"/bill?meter={METER}", who=STAFF)
    expect(clerks.locator("#shell-navigation")).to_contain_text("Billing")
    expect(clerks.locator(entries)).to_have_count(0)


def test_the_lines_fit_a_phone(opened: Opened) -> None:
    page = opened("/bill")
    page.set_viewport_size(PHONE)
    until(page, f"document.documentElement.scrollWidth <= {PHONE['width']}")
    boxes = page.locator(".table-box").evaluate_all(
        "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).length"
    )
    assert boxes == 0


def _csv(page: Page, address: str) -> tuple[list[str], list[dict[str, str]]]:
    href = page.locator("#bill-controls a", has_text="CSV").get_attribute("href")
    lines = page.request.get(f"{address}{href}").text().splitlines()
    return lines, list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _printed(page: Page, address: str) -> str:
    href = page.locator("#bill-controls a", has_text="PDF").get_attribute("href")
    (sheet,) = PdfReader(io.BytesIO(page.request.get(f"{address}{href}").body())).pages
    return " ".join(sheet.extract_text().split())
