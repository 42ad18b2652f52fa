"""How homes use electricity: how much in a month, in which season, at what time of day.

Levels and season: Energy Market Authority, "monthly household electricity consumption", Singapore,
national averages of 2018 to 2022. The daily curves are ours: base load, a morning and an evening
peak, air conditioning through the night.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

MONTHLY_KWH: Mapping[str, float] = {
    "1-room / 2-room": 168.5,
    "3-room": 274.3,
    "4-room": 373.8,
    "5-room and Executive": 455.0,
    "Private Apartments and Condominiums": 539.4,
    "Landed Properties": 1194.1,
}
OTHER_MONTHLY_KWH = 443.9
"""The average over all dwelling types, for a type that is not among them."""

SEASON = (0.916, 0.909, 0.901, 0.988, 1.030, 1.126, 1.105, 1.052, 1.030, 1.006, 0.990, 0.946)
"""Each month against the year's average: mild, with the hot months in its middle."""

WEEKEND_FACTOR = 1.08

_HALF_HOURS = np.arange(48) / 2.0
_BASE, _MORNING, _MIDDAY, _EVENING, _NIGHT = 0, 1, 2, 3, 4
_WEIGHTS: Mapping[str, tuple[float, float, float, float, float]] = {
    "1-room / 2-room": (1.0, 0.5, 0.5, 1.2, 0.3),
    "3-room": (1.0, 0.6, 0.4, 1.5, 0.6),
    "4-room": (1.0, 0.7, 0.4, 1.7, 1.0),
    "5-room and Executive": (1.0, 0.7, 0.5, 1.8, 1.3),
    "Private Apartments and Condominiums": (1.0, 0.6, 0.6, 1.6, 1.6),
    "Landed Properties": (1.0, 0.6, 0.9, 1.5, 1.5),
}
_OTHER_WEIGHTS = _WEIGHTS["4-room"]


def daily_kwh(dwelling_type: str) -> float:
    """Average consumption of a day."""
    return MONTHLY_KWH.get(dwelling_type, OTHER_MONTHLY_KWH) * 12 / 365.25


def curve(dwelling_type: str, *, weekend: bool) -> Floats:
    """Relative use of the 48 half hours of a day, from local midnight."""
    weights = _WEIGHTS.get(dwelling_type, _OTHER_WEIGHTS)
    morning, midday = (9.5, 1.6) if weekend else (7.0, 0.8)
    use = (
        weights[_BASE]
        + weights[_MORNING] * _bump(morning, 1.0)
        + weights[_MIDDAY] * midday * _bump(13.0, 2.5)
        + weights[_EVENING] * _bump(20.0, 1.8)
        + weights[_NIGHT] * _bump(0.5, 2.8)
    )
    return use.astype(np.float32)


def _bump(hour: float, width: float) -> npt.NDArray[np.float64]:
    """A smooth rise around an hour of the day, around midnight too."""
    away = np.abs(_HALF_HOURS - hour)
    away = np.minimum(away, 24 - away)
    return np.asarray(np.exp(-((away / width) ** 2) / 2), dtype=np.float64)
