"""The office: API keys, bills of a month and tariffs, by mouse and keyboard."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations
from tests.browser.chromium import PHONE, count_of, until
from tests.browser.test_admin_pages import ROW


def test_a_key_is_made_copied_used_and_revoked(visit, server):
    page = visit("/keys", role="admin", shows="#keys-table .empty, #keys-table table")
    page.click("#keys-make")
    expect(page.locator("#keys-meters-box")).not_to_be_visible()
    page.select_option("#keys-role", "household")
    expect(page.locator("#keys-meters-box")).to_be_visible()
    page.fill("#keys-name", "A tester")
    page.fill("#keys-meters", "999")
    page.click("#keys-save")
    expect(page.locator("#keys-meters-error")).to_contain_text("is not registered")
    assert violations(page) == []
    page.select_option("#keys-role", "admin")
    page.click("#keys-save")
    key = page.locator("#keys-made-key").inner_text()
    assert violations(page) == []
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#keys-made-text button")
    assert page.evaluate("navigator.clipboard.readText()") == key
    page.keyboard.press("Escape")
    expect(page.locator("#keys-made-key")).to_have_count(0)
    assert key not in page.content()

    header = {"Authorization": f"Bearer {key}"}
    assert page.request.get(f"{server}/api/jobs", headers=header).status == 200
    row = page.locator("#keys-table tr", has_text="A tester")
    row.locator("button").click()
    expect(page.locator("#keys-confirm-text")).to_contain_text("it never comes back")
    page.click("#keys-confirm-yes")
    expect(row).to_contain_text("revoked 20")
    assert page.request.get(f"{server}/api/jobs", headers=header).status == 401


def test_a_key_is_read_whole_and_revoked_on_a_phone(visit):
    page = visit(
        "/keys", role="admin", viewport=PHONE, shows="#keys-table .empty, #keys-table table"
    )
    page.click("#keys-make")
    page.fill("#keys-name", "A phone")
    page.click("#keys-save")
    page.locator("#keys-made-key").wait_for()
    page.keyboard.press("Escape")
    row = page.locator("#keys-table tr", has_text="A phone")
    expect(row).to_contain_text("used never")
    expect(row.locator(".heading-word").first).to_be_visible()
    expect(row).to_contain_text("in force")
    wider = "box => box.scrollWidth > box.clientWidth"
    assert not page.locator("#keys-table .table-box").evaluate(wider)
    expect(page.locator(".modal.show")).to_have_count(0)
    row.locator("button").click()
    page.click("#keys-confirm-yes")
    expect(row).to_contain_text("revoked 20")


def test_a_month_is_billed_after_a_question_and_says_what_came_of_it(visit):
    page = visit("/billing", role="admin", shows=ROW)
    expect(page.locator("#billing-month")).not_to_have_value("")
    page.fill("#billing-month", "2090-01")
    controls = [page.locator("#billing-month"), page.locator("#billing-run")]
    before = [control.bounding_box() for control in controls]
    page.click("#billing-run")
    expect(page.locator("#billing-month-error")).to_contain_text("Month 2090-01 is not over")
    assert [control.bounding_box() for control in controls] == before
    expect(page.locator(".modal.show")).to_have_count(0)
    assert violations(page) == []
    month = page.locator(f"{ROW}[row-index='0'] [col-id=month]").inner_text()
    page.fill("#billing-month", month)
    page.click("#billing-run")
    expect(page.locator("#billing-confirm-text")).to_contain_text("are made already")
    expect(page.locator("#billing-confirm-text")).to_contain_text("a new version is made")
    assert violations(page) == []
    page.click("#billing-confirm-no")
    expect(page.locator(".modal.show")).to_have_count(0)
    page.click("#billing-run")
    page.click("#billing-confirm-yes")

    outcome = page.locator("#billing-outcome")
    expect(outcome).to_contain_text("by admin@example.com", timeout=30_000)
    expect(outcome).to_contain_text("Bills made")
    summary = outcome.locator("summary", has_text="Accounts that were not billed")
    if outcome.locator("details[open]").count() == 0:  # more than a few, when others came before
        summary.click()
    expect(outcome.locator("tr", has_text="Tariff 'LOST' is not in the catalog.")).to_be_visible()
    expect(outcome.locator("tr", has_text="names no tariff").first).to_be_visible()
    assert violations(page) == []
    page.reload()
    expect(outcome).to_contain_text("by admin@example.com")


def test_a_bill_shows_its_versions_hands_out_pdfs_and_is_made_again(visit, server):
    page = visit("/billing?sort=-version", role="admin", shows=ROW)
    row = page.locator(f"{ROW}[row-index='0']")
    expect(row.locator("[col-id=version]")).to_have_text("2")
    meter_id = row.locator("[col-id=meter_id]").inner_text()
    amount = row.locator("[col-id=gross]").inner_text()
    row.click()
    chosen = page.locator("#billing-selected")
    expect(chosen.locator("strong")).to_have_text(meter_id)
    expect(chosen).to_contain_text(amount)
    expect(chosen.locator("li")).to_have_count(2)
    expect(chosen.locator("li").first).to_contain_text("Version 2 of")
    expect(chosen.locator("li").last).to_contain_text("first bill of the month")
    assert violations(page) == []
    newest = page.locator("#billing-pdf").get_attribute("href")
    first = chosen.locator("li a").get_attribute("href")
    for href, version in ((newest, 2), (first, 1)):
        answer = page.request.get(f"{server}{href}")
        assert answer.body().startswith(b"%PDF")
        assert f"version_{version}.pdf" in answer.headers["content-disposition"]

    sheet = chosen.locator("strong a").get_attribute("href")
    opened = visit(sheet, role="admin", shows="#bill-head .bill-total")
    expect(opened.locator("#bill-head .bill-total")).to_contain_text(amount)

    page.click("#billing-again")
    expect(page.locator("#billing-message")).to_contain_text("stays as it is, version 2")
    assert violations(page) == []


def test_bills_are_filtered_and_the_export_is_what_is_shown(visit, server):
    page = visit("/billing", role="admin", shows=ROW)
    row = page.locator(f"{ROW}[row-index='0']")
    expect(row.locator("[col-id=meter_id]")).to_contain_text("531-")
    month = row.locator("[col-id=month]").inner_text()
    page.fill("#billing-filter-month", month)
    page.click("#billing-controls button")
    until(page, f"location.search === '?month={month}'")
    page.locator(".ag-header-cell[col-id=consumption_kwh]").click()
    until(page, "location.search.includes('sort=consumption_kwh')")
    page.wait_for_load_state("networkidle")
    until(page, "!document.querySelector('.ag-center-cols-container').innerText.includes('—')")
    shown = [
        float(text.replace(",", ""))
        for text in page.locator(f"{ROW} [col-id=consumption_kwh]").all_inner_texts()
    ]
    total = count_of(page, "#billing-count")

    href = page.locator("#billing-export a").get_attribute("href")
    rows = list(csv.DictReader(page.request.get(f"{server}{href}").text().splitlines()))

    assert len(rows) == total
    assert {row["month"] for row in rows} == {month}
    assert [float(row["consumption_kwh"]) for row in rows[: len(shown)]] == sorted(shown)


def send_file(page, name: str, content: str) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#tariffs-choose")
    file = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    chooser.value.set_files(files=[file])


def test_a_tariff_is_explained_and_its_versions_are_walked_through(visit):
    page = visit("/tariffs", role="admin", shows="#tariffs-list table")
    expect(page.locator("#tariffs-message")).to_contain_text("LOST (1 account)")
    page.click("#tariffs-list a:text-is('OFFICE-BANDS')")
    details = page.locator("#tariffs-details")
    expect(details.locator(".day-strip")).to_have_count(2)
    assert page.url.endswith("/tariffs?tariff=OFFICE-BANDS")
    details.locator(".version-link").last.click()
    expect(details).to_contain_text("SGD 0.3100 / kWh, at all times")
    assert page.url.endswith("tariff=OFFICE-BANDS&version=2")
    page.go_back()
    expect(details.locator(".day-strip")).to_have_count(2)
    details.locator("summary").click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    details.locator("button", has_text="Copy the JSON").click()
    assert '"code": "OFFICE-BANDS"' in page.evaluate("navigator.clipboard.readText()")
    assert violations(page) == []


def test_a_file_of_tariffs_is_checked_mended_and_entered(visit):
    page = visit("/tariffs", role="admin", shows="#tariffs-list table")
    rows = "code,valid_from,name,currency,unit_rate\nTYPED,2026-01-01,Typed,SGD,{}\n"
    send_file(page, "typed.csv", rows.format("cheap"))
    report = page.locator("#tariffs-report")
    expect(report).to_contain_text("One thing in this file is wrong")
    expect(report.locator("tbody tr")).to_contain_text("unit_rate 'cheap'")
    assert violations(page) == []
    page.reload()
    expect(report).to_contain_text("One thing in this file is wrong")
    page.click("#tariffs-discard")
    expect(report).to_be_empty()

    send_file(page, "typed.csv", rows.format("0.2750"))
    expect(report).to_contain_text("New: version 1")
    expect(page.locator("#tariffs-list")).not_to_contain_text("TYPED")
    assert violations(page) == []
    page.click("#tariffs-enter")
    expect(page.locator("#tariffs-entered")).to_contain_text("Entered TYPED: version 1.")
    expect(page.locator("#tariffs-list tr", has_text="TYPED")).to_contain_text("SGD 0.2750")
    expect(report).to_be_empty()
    assert "file=" not in page.url


def test_prices_are_entered_under_the_series_that_one_names(visit, server):
    page = visit("/tariffs", role="admin", shows="#tariffs-list table")
    example = page.locator("a", has_text="Half-hourly prices as CSV").get_attribute("href")
    send_file(page, "jan.csv", page.request.get(f"{server}{example}").text())
    report = page.locator("#tariffs-report")
    expect(page.locator("#tariffs-series-name")).to_have_value("jan")
    page.fill("#tariffs-series-name", "spot")
    page.click("#tariffs-report button:text-is('Check again')")
    until(page, "location.search.includes('series=spot')")
    expect(report).to_contain_text("Would be added")
    assert violations(page) == []
    page.click("#tariffs-enter")
    expect(page.locator("#tariffs-entered")).to_contain_text("Entered 48 prices of series spot")
    expect(page.locator("#tariffs-series tr", has_text="spot")).to_contain_text("48")


@pytest.mark.parametrize("path", ["/keys", "/billing", "/tariffs"])
@pytest.mark.parametrize("role", ["household", "government"])
def test_the_office_is_closed_to_others(visit, watch, path, role):
    page = visit(path, role=role, shows="#main")
    page.wait_for_load_state("networkidle")

    assert page.locator("#keys-table, #billing-grid, #tariffs-list").count() == 0
    assert watch.complaints
    assert all("403" in said for said in watch.complaints)
    watch.complaints.clear()  # the browser reports the refusal itself


@pytest.mark.parametrize("path", ["/tariffs", "/tariffs?tariff=OFFICE-BANDS"])
def test_tariffs_are_read_on_a_phone_without_moving_a_table_sideways(visit, path):
    page = visit(path, role="admin", viewport=PHONE, shows="#tariffs-list table")
    page.wait_for_load_state("networkidle")

    wider = "box => box.scrollWidth > box.clientWidth"
    assert [
        box.inner_text() for box in page.locator(".table-box").all() if box.evaluate(wider)
    ] == []
    row = page.locator("#tariffs-list tr", has_text="OFFICE-BANDS")
    expect(row).to_contain_text("2 versions")
    expect(row).to_contain_text("2 accounts")
    expect(row.locator(".heading-word").first).to_be_visible()
