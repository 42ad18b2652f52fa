"""The rules for what is named and nobody entered, a tariff or a series of prices: a warning, as it
may come later.

A name that was mistyped looks the same, so the sentence names those that there are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from data_layer.tariffs.model import PriceSeries, Tariff

MOST_NAMED = 10


def without_prices(tariffs: Iterable[Tariff], stored: Collection[str]) -> list[str]:
    """A sentence for each tariff and series it takes prices from of which none is stored."""
    wanted = dict.fromkeys(
        (tariff.code, version.energy.series)
        for tariff in tariffs
        for version in tariff.versions
        if isinstance(version.energy, PriceSeries)
    )
    return [
        f"{code} takes the prices of series {series}, of which none is stored: its accounts cannot "
        f"be billed until they are entered. {_there_are(stored)}"
        for code, series in wanted
        if series not in stored
    ]


def without_tariff(code: str, stored: Collection[str]) -> list[str]:
    """A sentence when an account names a tariff that is not stored."""
    if not code or code in stored:
        return []
    return [
        f"tariff {code} is not in the catalog, and nothing is billed by it until it is entered. "
        f"{_there_are(stored, 'tariff')}"
    ]


def _there_are(stored: Collection[str], what: str = "series") -> str:
    if not stored:
        return f"No {what} is stored yet."
    named = ", ".join(sorted(stored)[:MOST_NAMED])
    return f"Stored {'is' if len(stored) == 1 else 'are'}: {named}."
