"""No page asks another host for anything, breaks the content security policy or logs an error."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visits import PAGES, Visit


@pytest.mark.parametrize("wanted", PAGES, ids=[page.name for page in PAGES])
def test_page_is_quiet_and_stays_at_home(visit, watch, wanted: Visit):
    """The `watch` fixture fails on complaints and strangers."""
    page = visit(wanted.path, role=wanted.role, shows=wanted.shows)
    page.wait_for_load_state("networkidle")

    assert watch.requests


def test_charts_use_our_small_bundle_only(visit, watch):
    page = visit("/usage?period=yesterday", shows=".js-plotly-plot .trace.bars .point")
    page.wait_for_load_state("networkidle")
    scripts = [url for url in watch.requests if "plotly" in url and ".js" in url]

    assert len(scripts) == 1
    assert "/assets/vendor/plotly/plotly-basic.min.js" in scripts[0]


def test_modebar_has_no_button_that_sends_data_away(visit):
    page = visit("/usage?period=yesterday", shows=".modebar-btn")
    titles = page.locator(".modebar-btn").evaluate_all(
        "buttons => buttons.map(button => button.dataset.title || '')"
    )

    assert any("png" in title.lower() for title in titles)
    assert not [title for title in titles if "share" in title.lower() or "cloud" in title.lower()]


def test_ended_session_leads_to_sign_in(visit, watch):
    page = visit("/usage?period=yesterday", shows=".js-plotly-plot .trace.bars .point")
    page.context.clear_cookies()
    page.click("text=Last month")

    # Looked at again and again: of two answers that both lead there one breaks the other off.
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    assert [said for said in watch.complaints if "401" not in said] == []
    watch.complaints.clear()
