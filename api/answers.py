"""Answers of the REST door: JSON by orjson, energies exact to the watt-hour."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from flask import Response

from data_layer.quantities import format_kwh
from data_layer.readings.model import Ints


def json_answer(value: object, status: int = 200) -> Response:
    body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, status, mimetype="application/json")


def kwh(watt_hours: int | None) -> orjson.Fragment | None:
    """A JSON number with three decimals, written from whole watt-hours."""
    return None if watt_hours is None else orjson.Fragment(format_kwh(watt_hours))


def kwh_column(
    watt_hours: Ints, known: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float64]:
    """Many energies as JSON numbers, null where not known.

    The nearest double to whole watt-hours by 1000 prints as exactly their decimals.
    """
    column: npt.NDArray[np.float64] = watt_hours / 1000.0
    if known is not None:
        column[~known] = np.nan
    return column


def time_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def column(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """As orjson takes it: without gaps."""
    return np.ascontiguousarray(values)
