"""A reading typed in is in the log; a file is checked first, imported when told, and explained."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.chromium import until

NUMBERS = count(1)


@pytest.fixture
def meter(visit) -> str:
    """A meter of its own for each test, registered on the accounts page."""
    meter_id = f"901-000-{next(NUMBERS):03d}"
    page = visit("/accounts", role="admin", shows="#accounts-register")
    page.click("#accounts-register")
    for name, text in (
        ("meter_id", meter_id),
        ("owner_name", "Ada Upload"),
        ("address", "1 Test Street"),
    ):
        page.locator(f"""[id='{{"name":"{name}","type":"account-field"}}']""").fill(text)
    page.click("#accounts-save")
    expect(page.locator("#accounts-message")).to_contain_text("is registered")
    return meter_id


@pytest.fixture
def upload(visit) -> Page:
    page = visit("/upload", role="admin", shows="#upload-form")
    until(page, "document.getElementById('upload-time').value !== ''")
    return page


def fill(page: Page, meter: str, value: str) -> None:
    page.fill("#upload-meter", meter)
    page.fill("#upload-reading", value)
    page.press("#upload-reading", "Enter")


def test_the_form_suggests_the_half_hour_that_has_just_ended(upload):
    now = datetime.now(ZoneInfo("Asia/Singapore"))
    suggested = datetime.fromisoformat(upload.input_value("#upload-time"))

    assert suggested.minute in (0, 30)
    assert timedelta(0) <= now.replace(tzinfo=None) - suggested < timedelta(minutes=31)


def test_a_reading_is_acknowledged_with_its_line_in_the_log(upload, meter, home: Path):
    fill(upload, meter, "1234.5")
    expect(upload.locator("#upload-receipt .log-line")).to_contain_text(f"{meter},S,")

    line = upload.locator("#upload-receipt .log-line").inner_text()
    assert ",1234.500," in line
    assert line in (home / "logs" / "log.txt").read_text().splitlines()


def test_the_same_reading_again_adds_nothing(upload, meter):
    fill(upload, meter, "7")
    expect(upload.locator("#upload-receipt .log-line")).to_be_visible()
    fill(upload, meter, "7.000")

    expect(upload.locator("#upload-receipt")).to_contain_text("already; nothing was added")


@pytest.mark.parametrize("value", ["12x", "-1", "1.2345", "nan"])
def test_a_value_that_is_none_is_refused_beside_its_field(upload, meter, value):
    fill(upload, meter, value)

    expect(upload.locator("#upload-reading-error")).to_contain_text(repr(value))
    expect(upload.locator("#upload-receipt .notice")).to_have_count(0)


def test_all_that_is_wrong_is_said_at_once(upload):
    upload.fill("#upload-time", "")
    fill(upload, "", "")

    for field in ("meter", "time", "reading"):
        expect(upload.locator(f"#upload-{field}-error")).to_contain_text("is missing")
    assert violations(upload) == []


def test_a_conflict_leads_to_the_reading_that_stands_there(upload, meter):
    fill(upload, meter, "7")
    expect(upload.locator("#upload-receipt .log-line")).to_be_visible()
    day = upload.input_value("#upload-time")[:10]
    fill(upload, meter, "8")
    upload.click("#upload-reading-error a")

    upload.wait_for_url(f"**/readings?meter={meter}&from={day}&to={day}")
    expect(upload.locator(".ag-center-cols-container [role=row]")).to_have_count(1)


def test_an_unknown_meter_is_refused_beside_its_field(upload):
    fill(upload, "nobody", "1")

    expect(upload.locator("#upload-meter-error")).to_contain_text("not known")


def test_a_time_off_the_half_hour_is_refused_beside_its_field(upload, meter):
    upload.fill("#upload-time", "2026-01-01T10:15")
    fill(upload, meter, "1")

    expect(upload.locator("#upload-time-error")).to_contain_text("not on the half hour")


def test_the_meter_is_remembered(upload, meter):
    fill(upload, meter, "1")
    expect(upload.locator("#upload-receipt .log-line")).to_be_visible()
    upload.reload()

    expect(upload.locator("#upload-meter")).to_have_value(meter)


def file_of(folder: Path, meter: str, *, name: str = "readings.csv") -> Path:
    """Sixty half hours, of which one is off the grid, one of nobody's meter and one a formula."""
    begin = datetime(2026, 1, 5)  # noqa: DTZ001 - a file's naive local times are meant
    rows = [
        [meter, (begin + timedelta(minutes=30 * n)).isoformat(), f"{1 + n / 100:.3f}"]
        for n in range(60)
    ]
    rows[9][1] = rows[9][1].replace(":30:00", ":31:00")
    rows[19][0] = "999-999-999"
    rows[29][0] = "=1+1"
    path = folder / name
    lines = [",".join(row) for row in rows]
    path.write_text("meter_id,timestamp,reading\n" + "\n".join(lines) + "\n")
    return path


def send(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#upload-choose")
    chooser.value.set_files(path)


def test_a_file_is_checked_then_imported_and_survives_a_reload(
    upload, meter, tmp_path, home, server
):
    send(upload, file_of(tmp_path, meter))
    upload.wait_for_selector("#upload-import")
    expect(upload.locator("#upload-progress")).to_contain_text("recognized as register readings")
    expect(upload.locator("#upload-import")).to_have_text("Import the 57 good rows")
    assert meter not in (home / "logs" / "log.txt").read_text()

    upload.reload()
    upload.wait_for_selector("#upload-import")
    assert "job=" in upload.url
    assert violations(upload) == []
    upload.click("#upload-import")
    expect(upload.locator("#upload-progress .notice-success")).to_contain_text("57 readings")

    assert (home / "logs" / "log.txt").read_text().count(f"{meter},S,") == 57
    href = upload.locator("#upload-progress .export-link").get_attribute("href")
    refused = list(csv.reader(upload.request.get(f"{server}{href}").text().splitlines()))
    assert [row[0] for row in refused] == ["line", "11", "21", "31"]
    assert not any(cell.startswith("=") for row in refused for cell in row)
    upload.reload()
    expect(upload.locator("#upload-progress .notice-success")).to_contain_text("57 readings")


def test_a_file_may_be_forgotten_after_the_check(upload, meter, tmp_path, home):
    send(upload, file_of(tmp_path, meter))
    upload.click("#upload-discard")
    until(upload, "!location.search.includes('job=')")

    expect(upload.locator("#upload-progress")).to_be_empty()
    assert meter not in (home / "logs" / "log.txt").read_text()


def test_a_file_forgotten_elsewhere_is_said_in_words(upload, meter, tmp_path, home, watch):
    send(upload, file_of(tmp_path, meter))
    upload.wait_for_selector("#upload-import")
    for path in (home / ".meterbook" / "staged").glob("*.json"):
        path.unlink()
    upload.click("#upload-import")

    expect(upload.locator("#upload-refused")).to_contain_text("is not known")


def test_a_file_dropped_in_is_taken(upload, meter, tmp_path):
    text = file_of(tmp_path, meter).read_text()
    upload.evaluate(
        """text => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], 'dropped.csv', {type: 'text/csv'}));
            const zone = document.getElementById('upload-drop');
            zone.dispatchEvent(new DragEvent('drop', {bubbles: true, dataTransfer: transfer}));
        }""",
        text,
    )

    expect(upload.locator("#upload-progress")).to_contain_text("dropped.csv")
    upload.wait_for_selector("#upload-import")


def test_a_file_of_no_known_format_is_refused_in_one_sentence(upload, tmp_path):
    path = tmp_path / "=strange.csv"
    path.write_text("a,b\n1,2\n")
    send(upload, path)

    expect(upload.locator("#upload-progress [role=alert]").first).to_be_visible()
    assert violations(upload) == []


def test_an_empty_file_is_refused(upload, tmp_path, watch):
    path = tmp_path / "empty.csv"
    path.write_text("")
    send(upload, path)

    expect(upload.locator("#upload-refused")).to_contain_text("the file is empty")
    watch.complaints.clear()  # the browser reports the refusal's status itself


def test_a_job_nobody_knows_is_said_in_one_sentence(visit):
    page = visit("/upload?job=99999", role="admin", shows="#upload-progress .notice")

    expect(page.locator("#upload-progress")).to_contain_text("'99999' is not known")


def test_progress_is_told_while_a_large_file_is_sent(upload, meter, tmp_path):
    path = tmp_path / "large.csv"
    line = f"{meter},2026-01-05T00:00:00,1.000\n".encode()
    path.write_bytes(b"meter_id,timestamp,reading\n" + line * (8_000_000 // len(line)))
    upload.evaluate(
        """() => {
            window.seen = [];
            new MutationObserver(() => window.seen.push(
                document.getElementById('upload-sent').textContent
            )).observe(document.getElementById('upload-sending'),
                {subtree: true, childList: true, characterData: true, attributes: true});
        }"""
    )
    send(upload, path)
    upload.wait_for_selector("#upload-progress .panel")

    assert any(" of 8.0 MB" in said for said in upload.evaluate("window.seen"))
    upload.wait_for_selector("#upload-import", timeout=60_000)


def test_files_are_an_admins(visit, server):
    page = visit("/usage")
    token = next(
        cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "_csrf_token"
    )
    answer = page.request.put(
        f"{server}/uploads/files?name=a.csv", data="x", headers={"X-CSRFToken": token}
    )

    assert answer.status == 403
