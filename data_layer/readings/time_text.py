"""Many instants as ISO text and back, as matrices of bytes: one row an instant.

2026-11-20T10:30:00Z            20 bytes, UTC: the log
2026-11-20T10:30:02.114Z        24 bytes, UTC: when it came in, the log
2026-11-20T18:30:00+08:00       25 bytes, the home's own offset that day: the day files
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from data_layer.clock import HomeZone
from data_layer.readings.model import Bytes, Ints
from data_layer.readings.order import EARLIEST, LATEST

UTC_WIDTH, RECEIVED_WIDTH, LOCAL_WIDTH = 20, 24, 25
_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_MARKS = {4: ord("-"), 7: ord("-"), 10: ord("T"), 13: ord(":"), 16: ord(":")}
_MINUTE = 60
"""Zones change their offset on a whole minute (St. John's did at one past midnight)."""


class NotATime(ValueError):
    """At least one text is not an instant in its canonical form."""


def utc_texts(epochs: Ints) -> Bytes:
    """Instants as rows of 20 bytes."""
    text = np.empty((len(epochs), UTC_WIDTH), dtype=np.uint8)
    _write_clock(text, epochs)
    text[:, 19] = ord("Z")
    return text


def local_texts(epochs: Ints, zone: HomeZone) -> Bytes:
    """Instants as rows of 25 bytes, each with the offset that the zone has at that instant."""
    offsets = offsets_of(epochs, zone)
    text = np.empty((len(epochs), LOCAL_WIDTH), dtype=np.uint8)
    _write_clock(text, epochs + offsets)
    minutes = np.abs(offsets) // 60
    text[:, 19] = np.where(offsets < 0, ord("-"), ord("+"))
    _write_number(text, 20, minutes // 60, digits=2)
    text[:, 22] = ord(":")
    _write_number(text, 23, minutes % 60, digits=2)
    return text


def offsets_of(epochs: Ints, zone: HomeZone) -> Ints:
    """Seconds by which the home's clock is ahead of UTC at each instant."""
    minutes, place = np.unique(epochs // _MINUTE, return_inverse=True)
    known = [zone.local(int(minute) * _MINUTE).utcoffset() for minute in minutes]
    seconds = [0 if offset is None else int(offset.total_seconds()) for offset in known]
    return np.array(seconds, dtype=np.int64)[place]


def instants(text: Bytes) -> Ints:
    """Instants of rows of 20 or 25 bytes. Raises NotATime when one is not in canonical form."""
    if text.shape[1] == UTC_WIDTH:
        if not (text[:, 19] == ord("Z")).all():
            raise NotATime
        offset = np.zeros(len(text), dtype=np.int64)
    else:
        offset = _read_offset(text)
    found = _read_clock(text) - offset
    _check_range(found)
    return found


def check_received(text: Bytes) -> None:
    """Refuse rows of 24 bytes that are not a received time. Raises NotATime."""
    if not ((text[:, 19] == ord(".")) & (text[:, 23] == ord("Z"))).all():
        raise NotATime
    if ((text[:, 20:23] - np.uint8(ord("0"))) > 9).any():
        raise NotATime
    _check_range(_read_clock(text))


def _check_range(epochs: Ints) -> None:
    if not ((epochs >= EARLIEST) & (epochs <= LATEST)).all():
        raise NotATime


def _write_clock(text: Bytes, seconds: Ints) -> None:
    days, second = np.divmod(seconds, 86_400)
    months = days.astype("M8[D]").astype("M8[M]")
    year, month = np.divmod(months.astype(np.int64), 12)
    day = days - months.astype("M8[D]").astype(np.int64)
    _write_number(text, 0, year + 1970, digits=4)
    _write_number(text, 5, month + 1, digits=2)
    _write_number(text, 8, day + 1, digits=2)
    _write_number(text, 11, second // 3600, digits=2)
    _write_number(text, 14, second // 60 % 60, digits=2)
    _write_number(text, 17, second % 60, digits=2)
    for place, mark in _MARKS.items():
        text[:, place] = mark


def _write_number(text: Bytes, place: int, number: Ints, *, digits: int) -> None:
    for column in range(place + digits - 1, place - 1, -1):
        number, digit = np.divmod(number, 10)
        text[:, column] = digit + ord("0")


def _read_clock(text: Bytes) -> Ints:
    digits = text[:, _DIGITS] - np.uint8(ord("0"))
    if (digits > 9).any() or any((text[:, at] != mark).any() for at, mark in _MARKS.items()):
        raise NotATime
    year = _number(digits[:, :4])
    month, day, hour, minute, second = (_number(digits[:, n : n + 2]) for n in range(4, 14, 2))
    if (
        not ((month >= 1) & (month <= 12) & (day >= 1)).all()
        or not ((hour < 24) & (minute < 60) & (second < 60)).all()
    ):
        raise NotATime
    months = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    days = months.astype("M8[D]") + (day - 1).astype("m8[D]")
    if not (days.astype("M8[M]") == months).all():
        raise NotATime
    return np.asarray(days.astype(np.int64) * 86_400 + hour * 3600 + minute * 60 + second)


def _read_offset(text: Bytes) -> Ints:
    digits = text[:, (20, 21, 23, 24)] - np.uint8(ord("0"))
    sign = text[:, 19]
    hours, minutes = _number(digits[:, :2]), _number(digits[:, 2:])
    if (
        (digits > 9).any()
        or not ((sign == ord("+")) | (sign == ord("-"))).all()
        or not ((text[:, 22] == ord(":")) & (hours < 16) & (minutes < 60)).all()
    ):
        raise NotATime
    seconds = hours * 3600 + minutes * 60
    if ((seconds == 0) & (sign == ord("-"))).any():
        raise NotATime
    return np.where(sign == ord("-"), -seconds, seconds)


def _number(digits: npt.NDArray[np.uint8]) -> Ints:
    number = np.zeros(len(digits), dtype=np.int64)
    for column in range(digits.shape[1]):
        number = number * 10 + digits[:, column]
    return number
