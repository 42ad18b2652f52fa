"""Accounts, readings and operations: found, changed, corrected, ended, by mouse and keyboard."""

from __future__ import annotations

import csv
import json
import re
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.chromium import count_of, until
from tests.browser.visits import ROW

NUMBERS = count(1)


def account_field(page: Page, name: str):
    return page.locator(f"""[id='{{"name":"{name}","type":"account-field"}}']""")


def account_error(page: Page, name: str):
    return page.locator(f"""[id='{{"name":"{name}","type":"account-error"}}']""")


def register(page: Page, *, email: str = "") -> str:
    """Three clicks: open, (type), choose, save."""
    meter_id = f"902-000-{next(NUMBERS):03d}"
    page.click("#accounts-register")
    account_field(page, "meter_id").fill(meter_id)
    account_field(page, "owner_name").fill("Grace Admin")
    account_field(page, "address").fill("2 Test Street")
    account_field(page, "email").fill(email)
    page.click("#accounts-save")
    expect(page.locator("#accounts-message")).to_contain_text(f"{meter_id}, Grace Admin, is reg")
    return meter_id


def find(page: Page, text: str) -> None:
    page.fill("#accounts-search", text)
    page.press("#accounts-search", "Enter")
    expect(page.locator("#accounts-count")).to_contain_text(re.compile(r"^1 of "))
    page.locator(ROW, has_text=text).click()
    expect(page.locator("#accounts-selected")).to_contain_text(text)


@pytest.fixture
def accounts(visit) -> Page:
    return visit("/accounts", role="admin", shows=ROW)


def test_an_account_is_registered_found_and_changed(accounts):
    meter_id = register(accounts)
    find(accounts, meter_id)
    assert "search=" + meter_id in accounts.url
    accounts.click("#accounts-modify")
    expect(account_field(accounts, "meter_id")).to_be_disabled()
    account_field(accounts, "owner_name").fill("Grace Renamed")
    account_field(accounts, "owner_name").press("Enter")

    expect(accounts.locator("#accounts-message")).to_contain_text("Grace Renamed, is changed")
    expect(accounts.locator(ROW)).to_contain_text("Grace Renamed")


def test_coming_back_to_the_page_the_same_search_finds_the_same(accounts):
    everybody = accounts.locator("#accounts-count").inner_text()
    meter_id = accounts.locator(f"{ROW}[row-index='3'] [col-id=meter_id]").inner_text()
    find(accounts, meter_id)
    accounts.click("#shell-navigation a[href='/readings']")
    accounts.wait_for_selector("#readings-count")
    accounts.click("#shell-navigation a[href='/accounts']")
    expect(accounts.locator("#accounts-count")).to_have_text(everybody)
    find(accounts, meter_id)

    expect(accounts.locator(ROW)).to_have_count(1)


def test_a_registration_is_refused_beside_the_field(accounts):
    taken = register(accounts)
    accounts.click("#accounts-register")
    account_field(accounts, "meter_id").fill(taken)
    account_field(accounts, "owner_name").fill("Second")
    account_field(accounts, "address").fill("3 Test Street")
    account_field(accounts, "owner_name").fill("")
    account_field(accounts, "email").fill("no e-mail")
    accounts.click("#accounts-save")
    expect(account_error(accounts, "owner_name")).to_have_text("Owner is missing.")
    account_field(accounts, "owner_name").fill("Second")
    expect(account_error(accounts, "email")).to_contain_text("must look like name@example.com")
    assert violations(accounts) == []

    account_field(accounts, "email").fill("")
    accounts.click("#accounts-save")
    expect(account_error(accounts, "meter_id")).to_contain_text("registered already")


def test_areas_follow_the_region(accounts):
    accounts.click("#accounts-register")
    account_field(accounts, "region").fill("East")

    offered = accounts.locator("#accounts-words-area option")
    expect(accounts.locator("#accounts-words-area option[value=Bishan]")).to_have_count(0)
    expect(offered.first).to_be_attached()


def test_escape_closes_the_form_and_keeps_nothing(accounts):
    accounts.click("#accounts-register")
    account_field(accounts, "owner_name").fill("Nobody")
    accounts.keyboard.press("Escape")
    expect(accounts.locator(".modal.show")).to_have_count(0)
    accounts.click("#accounts-register")

    expect(account_field(accounts, "owner_name")).to_have_value("")


def test_an_account_is_closed_after_a_question_and_opened_again(accounts):
    find(accounts, register(accounts))
    accounts.click("#accounts-deactivate")
    expect(accounts.locator("#accounts-confirm-text")).to_contain_text("history stays")
    assert violations(accounts) == []
    accounts.click("#accounts-confirm-yes")
    expect(accounts.locator("#accounts-message")).to_contain_text("is inactive now")
    expect(accounts.locator(ROW)).to_contain_text("inactive")

    accounts.locator(ROW).click()
    accounts.locator("#accounts-deactivate", has_text="Activate").click()
    accounts.click("#accounts-confirm-yes")
    expect(accounts.locator("#accounts-message")).to_contain_text("is active now")


def test_a_one_time_link_sets_the_password_and_is_shown_once(accounts, browser):
    find(accounts, register(accounts, email=f"grace{next(NUMBERS)}@example.org"))
    accounts.click("#accounts-link")
    address = accounts.locator("#accounts-link-address").inner_text()
    assert violations(accounts) == []
    accounts.context.grant_permissions(["clipboard-read", "clipboard-write"])
    accounts.click("#accounts-link-text button")
    expect(accounts.locator("#accounts-link-text button")).to_have_text("Copied")
    assert accounts.evaluate("navigator.clipboard.readText()") == address
    accounts.click("#accounts-link-close")
    expect(accounts.locator("#accounts-link-address")).to_have_count(0)

    owner = browser.new_context().new_page()
    owner.goto(address)
    owner.fill("input[name=password]", "a long enough phrase")
    for again in owner.locator("input[type=password]").all()[1:]:
        again.fill("a long enough phrase")
    owner.click("button[type=submit]")
    owner.wait_for_selector(".frame")
    owner.context.close()


def test_the_keyboard_chooses_an_account(accounts):
    accounts.locator(f"{ROW}[row-index='0'] .ag-cell").first.focus()
    accounts.keyboard.press("ArrowDown")
    accounts.keyboard.press("Space")
    second = accounts.locator(f"{ROW}[row-index='1'] [col-id=meter_id]").inner_text()

    expect(accounts.locator("#accounts-selected strong")).to_have_text(second)


def test_an_account_leads_to_its_usage(accounts):
    accounts.locator(ROW).first.click()
    meter_id = accounts.locator("#accounts-selected strong").inner_text()
    accounts.click("#accounts-usage")
    accounts.wait_for_selector("#usage-title")

    assert accounts.url.endswith(f"/usage?meter={meter_id}")


@pytest.fixture
def readings(visit) -> Page:
    return visit("/readings", role="admin", shows=ROW)


def test_one_pages_through_readings_without_end(readings):
    total = count_of(readings, "#readings-count")
    assert total > 10_000
    body = readings.locator(".ag-body-viewport")
    body.evaluate("body => { body.scrollTop = 40 * 5000 }")
    until(
        readings,
        "[...document.querySelectorAll('.ag-center-cols-container .ag-row')].some("
        "row => +row.getAttribute('row-index') > 4900 && /531-/.test(row.textContent))",
    )


def test_readings_are_filtered_and_sorted_and_the_export_is_what_is_shown(visit, server):
    page = visit("/readings?meter=531-&sort=meter_id", role="admin", shows=ROW)
    first = page.locator(f"{ROW}[row-index='0'] [col-id=meter_id]")
    expect(first).to_contain_text("531-")
    meter_id = first.inner_text()
    assert page.url.endswith("/readings?meter=531-&sort=meter_id")
    page.fill("#readings-filter-meter", meter_id)
    page.press("#readings-filter-meter", "Enter")
    until(page, f"location.search.includes('meter={meter_id}')")
    page.locator(".ag-header-cell[col-id=value_kwh]").click()
    until(page, "location.search.includes('sort=value_kwh')")
    page.wait_for_load_state("networkidle")
    until(page, "!document.querySelector('.ag-center-cols-container').innerText.includes('—')")
    shown = [
        float(text.replace(",", ""))
        for text in page.locator(f"{ROW} [col-id=value_kwh]").all_inner_texts()
    ]
    total = count_of(page, "#readings-count")

    href = page.locator("#readings-export a").get_attribute("href")
    rows = list(csv.DictReader(page.request.get(f"{server}{href}").text().splitlines()))

    assert len(rows) == total
    assert {row["meter_id"] for row in rows} == {meter_id}
    assert [float(row["value_kwh"]) for row in rows[: len(shown)]] == sorted(shown)


def test_a_reading_is_corrected_with_a_reason_as_a_new_revision(visit):
    page = visit("/readings?meter=531-&sort=-read_at", role="admin", shows=ROW)
    chosen = page.locator(f"{ROW}[row-index='0']")
    expect(chosen.locator("[col-id=meter_id]")).to_contain_text("531-")
    value = chosen.locator("[col-id=value_kwh]").inner_text().replace(",", "")
    meter_id = chosen.locator("[col-id=meter_id]").inner_text()
    chosen.click()
    page.click("#readings-correct")
    expect(page.locator("#readings-value")).to_have_value(value)
    page.click("#readings-save")
    expect(page.locator("#readings-reason-error")).to_contain_text("reason is missing")
    page.fill("#readings-reason", "misread by the installer")
    page.fill("#readings-value", "0.001")
    page.click("#readings-save")
    expect(page.locator("#readings-value-error")).to_contain_text("below the previous")
    assert violations(page) == []
    page.fill("#readings-value", f"{float(value) + 0.5:.3f}")
    page.click("#readings-save")

    expect(page.locator("#readings-message")).to_contain_text(f"Revision 1 of {meter_id}")
    corrected = page.locator(ROW, has_text="page:admin@example.com")
    expect(corrected).to_have_count(1)
    replaced = page.locator(f"{ROW}[row-id$='|0']", has_text="replaced")
    expect(replaced).to_have_count(1)
    for row in (corrected, replaced):
        row.click()
        expect(page.locator("#readings-selected .reasons")).to_contain_text(
            "Revision 1: corrected by admin@example.com"
        )
        expect(page.locator("#readings-selected .reasons")).to_contain_text("the installer")


def test_no_reading_found_says_so(visit):
    page = visit("/readings?meter=nobody", role="admin", shows="#readings-filter-meter")

    expect(page.locator("#readings-count")).to_contain_text("0 readings")
    expect(page.locator("#readings-empty")).to_contain_text("No reading fits this filter")
    expect(page.locator("#readings-grid")).not_to_be_visible()
    assert violations(page) == []

    page.click("#readings-empty a")
    expect(page.locator(ROW).first).to_be_visible()


def test_a_wrong_filter_is_refused_in_one_sentence(visit):
    page = visit("/readings?from=yesterday", role="admin", shows="#readings-message .notice")

    expect(page.locator("#readings-message")).to_contain_text("from 'yesterday' is not a day")


def test_an_operator_ends_the_day_and_sees_what_came_of_it(visit, home):
    page = visit("/operations", role="admin", shows=".figure-card")
    page.click("#operations-end-day")
    expect(page.locator("#operations-confirm-text")).to_contain_text("is as it was before")
    assert violations(page) == []
    page.click("#operations-confirm-yes")

    expect(page.locator("#operations-history")).to_contain_text("readings merged", timeout=30_000)
    expect(page.locator("#operations-log")).to_contain_text(re.compile("METERBOOK-LOG|empty|531-"))
    assert list((home / "daily").glob("*.csv"))


def test_a_callback_that_fails_is_said_on_the_page_until_it_succeeds(visit, watch):
    page = visit("/accounts", role="admin", shows=ROW)
    said = "something went wrong here; the log names it 1a2b3c4d."
    page.route(
        "**/_dash-update-component*",
        lambda route: route.fulfill(
            status=500, content_type="application/problem+json", body=json.dumps({"detail": said})
        ),
    )
    page.click("#accounts-register")
    expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()

    page.unroute("**/_dash-update-component*")
    watch.complaints.clear()
    page.click("#accounts-register")
    expect(page.locator(".modal.show")).to_be_visible()
    expect(page.locator("#failed")).to_have_count(0)


def test_an_operator_may_think_again(visit):
    page = visit("/operations", role="admin", shows=".figure-card")
    page.click("#operations-restore")
    page.click("#operations-confirm-no")

    expect(page.locator(".modal.show")).to_have_count(0)
    expect(page.locator("#operations-history")).not_to_contain_text("Reading of all files")


@pytest.mark.parametrize("path", ["/accounts", "/readings", "/operations", "/upload"])
@pytest.mark.parametrize("role", ["household", "government"])
def test_pages_of_the_operator_are_closed_to_others(visit, watch, path, role):
    page = visit(path, role=role, shows="#main")
    page.wait_for_load_state("networkidle")

    assert page.locator("#accounts-search, #readings-count, #upload-form, .log-tail").count() == 0
    assert watch.complaints
    assert all("403" in said for said in watch.complaints)
    watch.complaints.clear()  # the browser reports the refusal itself


def _operate(page: Page, button: str) -> None:
    page.click(button)
    page.click("#operations-confirm-yes")


def test_receiving_is_stopped_and_everybody_sees_it_at_once_and_sees_it_end(visit):
    notice = "Maintenance: new readings are refused for now."
    household = visit("/usage?period=yesterday", role="household")
    expect(household.locator("#notice")).to_be_hidden()
    page = visit("/operations", role="admin", shows=".figure-card")
    expect(page.locator("#operations-resume")).to_be_hidden()

    _operate(page, "#operations-stop")
    try:
        expect(page.locator("#notice")).to_contain_text(notice)
        expect(page.locator("#operations-health")).to_contain_text("Receiving was stopped at")
        expect(page.locator("#operations-stop")).to_be_hidden()
        assert violations(page) == []
        household.get_by_text("This week", exact=True).first.click()
        expect(household.locator("#notice")).to_contain_text(notice)
        assert violations(household) == []
    finally:
        _operate(page, "#operations-resume")

    expect(page.locator("#operations-health")).to_contain_text("All is well")
    expect(page.locator("#notice")).to_be_hidden()
    household.get_by_text("This month", exact=True).first.click()
    expect(household.locator("#notice")).to_be_hidden()


def test_readings_are_restored_with_their_counts(visit):
    page = visit("/operations", role="admin", shows=".figure-card")
    _operate(page, "#operations-restore")

    expect(page.locator("#operations-history")).to_contain_text(
        re.compile(r"[\d,]+ readings of \d+ meters in \d+ day files, each as it was written"),
        timeout=30_000,
    )


def test_the_home_is_backed_up_at_a_click(visit):
    page = visit("/operations", role="admin", shows=".figure-card")
    page.click("#operations-back-up")
    expect(page.locator("#operations-confirm-text")).to_contain_text("Readings go on being taken")
    assert violations(page) == []
    page.click("#operations-confirm-yes")

    expect(page.locator("#operations-history")).to_contain_text(
        re.compile(r"[\d,]+ readings, [\d.]+ MB in /.+/backups/meterbook-\d{8}T\d{6}Z"),
        timeout=30_000,
    )


def test_the_end_of_another_log_is_chosen(visit):
    page = visit("/operations", role="admin", shows=".figure-card")
    expect(page.locator("#operations-audit table")).to_contain_text("Who")

    page.select_option("#operations-log-choice", "maintenance.log")
    expect(page.locator("#operations-log")).to_contain_text(re.compile("readings in .* day files"))
    assert violations(page) == []
