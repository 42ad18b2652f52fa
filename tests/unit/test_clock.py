"""Local midnights of a century are found from few: each must be the one the zone itself gives."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from data_layer.clock import FIRST_YEAR, LAST_YEAR, HomeZone


@pytest.mark.parametrize(
    "name",
    [
        "Africa/Cairo",
        "Africa/Casablanca",  # summer time pauses for Ramadan
        "America/Argentina/Tucuman",  # changed and back within twelve days of 2004
        "America/Sao_Paulo",  # some days begin at one o'clock
        "Asia/Gaza",
        "Asia/Singapore",
        "Australia/Lord_Howe",
        "Europe/London",
        "Pacific/Apia",  # a day left out
    ],
)
def test_every_day_starts_at_its_own_midnight(name: str) -> None:
    zone = HomeZone(name)
    days = range(date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 1, 1).toordinal() + 1)
    for day in map(date.fromordinal, days):
        midnight = datetime.combine(day, time(), zone.zone).timestamp()
        assert zone.day_start(day) == midnight, day
