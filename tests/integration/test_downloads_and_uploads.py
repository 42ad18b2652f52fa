"""The doors for files, over a whole application: complete downloads, strict uploads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from api import usage_export, usage_view
from api.group_exports import export
from api.group_view import read_view
from api.uploads import received
from data_layer.accounts.model import Account, Role, Viewer
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import BadInput
from data_layer.readings import operations
from data_layer.readings.model import Action, ReadingBatch, SeriesKey
from data_layer.readings.rules import SIMULATOR
from tests.integration.conftest import OWN_METER, Served

NOW = datetime(2026, 11, 20, 4, 10, tzinfo=UTC)
"""12:10 in Singapore."""
HALF_HOURS = 24
"""Half hours of the day that have ended."""
ADMIN = Viewer(Role.ADMIN, "boss@example.org")
ANALYST = Viewer(Role.GOVERNMENT, "gov@example.org")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Six homes in Bedok, two in Changi; each used 1 kWh every half hour since midnight."""
    with Book.open(tmp_path_factory.mktemp("town"), clock=lambda: NOW, scheduled=False) as book:
        meters = [f"531-000-00{n}" for n in range(8)]
        for n, meter in enumerate(meters):
            area = "Bedok" if n < 6 else "Changi"
            account = Account(
                meter, "Owner", "1 Street", region="East", area=area, dwelling_type="=4-room"
            )
            book.accounts.register(account, actor="cli")
        midnight = book.zone.day_start(book.zone.day_of(epoch_of(NOW)))
        batch = ReadingBatch.of(
            [SeriesKey(meter) for meter in meters],
            [n for n in range(8) for _ in range(HALF_HOURS + 1)],
            [midnight + 1800 * n for n in range(HALF_HOURS + 1)] * 8,
            [1000 * n for n in range(HALF_HOURS + 1)] * 8,
            source="simulator",
        )
        scope = book.authorize(ADMIN, Action.SUBMIT_READINGS)
        assert operations.submit(book.readings, scope, batch, rules=SIMULATOR).rejected == 0
        yield book


def test_a_days_usage_lacks_nothing_that_is_still_to_come(town: Book) -> None:
    words = {"meter": ["531-000-000"], "period": ["today"], "resolution": ["half_hour"]}
    view = usage_view.read_view(words, town.zone, now=epoch_of(NOW))
    scope = town.authorize(ADMIN, Action.READ_METER, view.meter_id)
    text = "".join(usage_export.export(town, scope, view))
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert [row["kwh"] for row in rows] == ["1.000"] * HALF_HOURS + [""] * (48 - HALF_HOURS)
    assert {row["missing_half_hours"] for row in rows} == {"0"}


def downloaded(
    book: Book, viewer: Viewer, what: str, **words: str
) -> tuple[str, list[dict[str, str]]]:
    """Provenance, and the rows of one export of today."""
    scope = book.authorize(viewer, Action.READ_GROUPS)
    asked = {"period": ["today"], **{name: [word] for name, word in words.items()}}
    view = read_view(asked, book.zone, now=epoch_of(NOW))
    text = "".join(export(book, scope, view, what))
    head = "".join(line for line in text.splitlines(keepends=True) if line.startswith("# "))
    return head, list(csv.DictReader(io.StringIO(text.removeprefix(head))))


def test_what_has_not_come_yet_is_not_missing(town):
    _, rows = downloaded(town, ADMIN, "areas")

    assert [(row["area"], row["kwh"], row["missing_half_hours"]) for row in rows] == [
        ("Bedok", "144.000", "0"),
        ("Changi", "48.000", "0"),
    ]


def test_buckets_that_have_not_begun_are_left_out(town):
    _, rows = downloaded(town, ADMIN, "over-time", resolution="hour")

    assert len(rows) == 13
    assert [row["kwh"] for row in rows[:12]] == ["16.000"] * 12
    assert rows[12]["kwh"] == ""
    assert rows[0]["start"] == "2026-11-20T00:00:00+08:00"


def test_an_analyst_gets_no_row_of_a_small_group_and_is_told(town):
    head, rows = downloaded(town, ANALYST, "groups")

    assert [row["area"] for row in rows] == []
    assert "# withheld groups: 2" in head  # Bedok's six would give away Changi's two
    head, rows = downloaded(town, ANALYST, "over-time", resolution="day")
    assert [row["households"] for row in rows] == ["8"]


def test_words_that_look_like_formulas_are_made_harmless(town):
    _, rows = downloaded(town, ADMIN, "groups")

    assert {row["dwelling_type"] for row in rows} == {"'=4-room"}


def test_groups_are_found_and_ordered_as_on_the_page(town):
    _, rows = downloaded(town, ADMIN, "groups", sort="kwh", search="b")

    assert [row["area"] for row in rows] == ["Bedok"]
    _, rows = downloaded(town, ADMIN, "groups", sort="area")
    assert [row["area"] for row in rows] == ["Bedok", "Changi"]


def put(served: Served, role: Role, body: bytes, *, name: str = "a.csv") -> TestResponse:
    browser = served.browser(role)
    return browser.client.put(
        "/uploads/files",
        query_string={"name": name},
        data=body,
        content_type="application/octet-stream",
        headers=browser.token(),
    )


def staged(served: Served) -> list[Path]:
    return sorted(served.book.home.glob(".meterbook/staged/*"))


def test_a_file_is_staged_under_an_id_of_our_own(served):
    answer = put(served, Role.ADMIN, b"meter_id,timestamp,reading\n", name="../../etc/=passwd")

    assert answer.status_code == 201
    file = served.book.staging.find(answer.json["file"])
    assert file.path.read_bytes() == b"meter_id,timestamp,reading\n"
    assert file.name == "=passwd"
    assert file.path.parent == served.book.home / ".meterbook" / "staged"


def test_an_empty_file_leaves_nothing_behind(served):
    answer = put(served, Role.ADMIN, b"")

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert staged(served) == []


def test_a_file_that_breaks_off_leaves_nothing_behind(served):
    with pytest.raises(BadInput, match="broke off"):
        served.book.staging.stage("a.csv", received(io.BytesIO(b"half"), 8))

    assert staged(served) == []


def test_a_file_without_a_form_token_is_refused(served):
    browser = served.browser(Role.ADMIN)
    answer = browser.client.put("/uploads/files?name=a.csv", data=b"x")

    assert answer.status_code in (400, 403)
    assert staged(served) == []


def test_refused_rows_of_an_unknown_file_are_not_found(served):
    browser = served.browser(Role.ADMIN)

    for file_id in ("0" * 32, "nonsense", "..%2f..%2fusers"):
        assert browser.get(f"/uploads/{file_id}/refused.csv").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/exports/groups/areas.csv?resolution=fortnight", 400),
        ("/exports/groups/meters.csv", 404),
        ("/exports/readings.csv?sort=owner", 400),
        ("/exports/readings.csv?from=9999-12-31", 400),
        ("/exports/readings.csv?from=2026-01-02&to=2026-01-01", 200),
    ],
)
def test_a_wrong_word_is_refused_before_anything_is_streamed(served, path, status):
    assert served.browser(Role.ADMIN).get(path).status_code == status


def test_a_file_of_usage_is_named_after_its_meter(served):
    words = f"meter={OWN_METER}&from=2026-10-01&to=2026-10-31"
    answer = served.browser(Role.ADMIN).get(f"/exports/usage.csv?{words}")

    name = f"usage_{OWN_METER}_2026-10-01_2026-10-31.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_readings_are_downloaded_as_a_file(served):
    answer = served.browser(Role.ADMIN).get("/exports/readings.csv")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.text.splitlines()[0].startswith("meter_id,register_id,read_at,value_kwh")
