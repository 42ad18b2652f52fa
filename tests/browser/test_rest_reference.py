"""The two readers of the REST reference work under our policy and ask nobody else."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("path", "shows"),
    [("/api/docs/", ".opblock-summary-path"), ("/api/redoc/", "[data-section-id*=operation]")],
)
def test_the_reference_shows_the_calls(visit, watch, path: str, shows: str) -> None:
    page = visit(path, role="", shows=shows)
    page.wait_for_load_state("networkidle")

    assert "/api/get_consumption" in page.content().replace("<wbr>", "").replace("\u200b", "")
    assert watch.requests


def test_a_signed_in_person_tries_a_changing_call(visit, watch) -> None:
    page = visit("/api/docs/", role="admin", shows=".opblock-post")
    path = '[data-path="/api/receive_meter_reading"]'
    call = page.locator(".opblock-post", has=page.locator(path))
    call.locator(".opblock-summary-control").click()
    call.locator(".try-out__btn").click()
    call.locator("textarea").fill('{"meter_id": "none", "timestamp": "x", "reading": 1}')
    call.locator("button.execute").click()

    said = call.locator(".live-responses-table .response").first
    said.wait_for()
    assert "is not YYYY-MM-DDTHH:mm:00" in said.inner_text()
    assert [complaint for complaint in watch.complaints if "400" not in complaint] == []
    watch.complaints.clear()
