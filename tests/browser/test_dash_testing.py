"""The application under Dash's own testing tools: they drive the same pages with Selenium."""

from __future__ import annotations

from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.wait import WebDriverWait

BAR = ".js-plotly-plot .trace.bars .point"


def test_a_household_signs_in_and_sees_bars(dash_br, server: str) -> None:
    dash_br.driver.get(f"{server}/sign-in")
    dash_br.wait_for_element(".entry-person").click()
    dash_br.wait_for_element(".frame")
    dash_br.server_url = f"{server}/usage?period=yesterday"
    bars = WebDriverWait(dash_br.driver, 15).until(
        expected_conditions.presence_of_all_elements_located((By.CSS_SELECTOR, BAR))
    )

    assert len(bars) >= 48
    assert dash_br.driver.title == "Usage - Meterbook"
