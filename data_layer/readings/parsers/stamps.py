"""Times in files: many at once, and the hour that an autumn night shows twice.

A naive time is local to the home. In the repeated hour of an autumn night it could be either
showing; there the order of the file decides (`AutumnNights`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
import numpy.typing as npt

from data_layer.clock import FIRST_YEAR, LAST_YEAR, HomeZone
from data_layer.errors import BadInput
from data_layer.readings.model import Ints

DAY = 86_400
UNREADABLE = -1
_WIDTH = 25
_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_Matrix = npt.NDArray[np.uint8]
_Mask = npt.NDArray[np.bool_]
_Part = Callable[..., Ints]


@dataclass(frozen=True, slots=True)
class Stamp:
    """One time of a file: the first showing of its clock time, and how much later the second
    is (0 when the clock shows it once)."""

    epoch: int
    twice: int = 0


def read_stamp(text: str, zone: HomeZone, *, field: str = "timestamp") -> Stamp:
    """Read one time; raises BadInput naming field, value and rule."""
    epoch = zone.parse(text, field=field)
    shown = zone.local(epoch).replace(tzinfo=None)
    # What has an offset says itself which showing it means.
    if text.endswith("Z") or "+" in text or "-" in text[10:]:
        return Stamp(epoch)
    return Stamp(epoch, _second_showing(shown, zone) - epoch)


def _second_showing(shown: datetime, zone: HomeZone) -> int:
    return int(shown.replace(tzinfo=zone.zone, fold=1).timestamp())


def read_stamps(texts: Sequence[str], zone: HomeZone) -> tuple[Ints, Ints]:
    """Read many different times: their epochs, UNREADABLE where there is none, and how much
    later the second showing is. Vectorized for `YYYY-MM-DDTHH:MM:SS` with or without offset.
    """
    epochs = np.full(len(texts), UNREADABLE, dtype=np.int64)
    twice = np.zeros(len(texts), dtype=np.int64)
    usual = np.zeros(len(texts), dtype=np.bool_)
    if all(map(str.isascii, texts)):
        usual = _read_usual(texts, zone, epochs)
    for seat in np.flatnonzero(~usual).tolist():
        try:
            stamp = read_stamp(texts[seat], zone)
        except BadInput:
            continue
        epochs[seat], twice[seat] = stamp.epoch, stamp.twice
    return epochs, twice


def _read_usual(texts: Sequence[str], zone: HomeZone, epochs: Ints) -> _Mask:
    """Fill in the epochs of texts in the usual form on days of 24 hours; tell which they are."""
    padded = np.array(texts, dtype=f"S{_WIDTH}")
    matrix = padded.view(np.uint8).reshape(len(texts), _WIDTH)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    usual = _has_usual_form(matrix)
    number = matrix - np.uint8(ord("0"))

    def part(*places: int) -> Ints:
        value = np.zeros(len(texts), dtype=np.int64)
        for place in places:
            value = value * 10 + number[:, place]
        return value

    year, month, day = part(0, 1, 2, 3), part(5, 6), part(8, 9)
    hour, minute, second = part(11, 12), part(14, 15), part(17, 18)
    usual &= (year > FIRST_YEAR) & (year < LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    usual &= (hour < 24) & (minute < 60) & (second < 60)
    months = np.where(usual, (year - 1970) * 12 + month - 1, 0).astype("M8[M]")
    days = months.astype("M8[D]") + np.where(usual, day - 1, 0)
    usual &= days.astype("M8[M]") == months
    of_day = hour * 3600 + minute * 60 + second
    since_epoch = days.astype(np.int64)

    zulu = usual & (lengths == 20) & (matrix[:, 19] == ord("Z"))
    epochs[zulu] = (since_epoch * DAY + of_day)[zulu]
    offset, has_offset = _offsets(matrix, part)
    has_offset &= usual & (lengths == 25)
    epochs[has_offset] = (since_epoch * DAY + of_day - offset)[has_offset]
    naive = usual & (lengths == 19)
    midnights, plain = _midnights(since_epoch, naive, zone)
    naive &= plain
    epochs[naive] = (midnights + of_day)[naive]
    read: _Mask = zulu | has_offset | naive
    return read


def _has_usual_form(matrix: _Matrix) -> _Mask:
    usual = np.ones(len(matrix), dtype=np.bool_)
    for place in _DIGITS:
        usual &= (matrix[:, place] >= ord("0")) & (matrix[:, place] <= ord("9"))
    for place, character in ((4, "-"), (7, "-"), (13, ":"), (16, ":")):
        usual &= matrix[:, place] == ord(character)
    usual &= (matrix[:, 10] == ord("T")) | (matrix[:, 10] == ord(" "))
    return usual


def _offsets(matrix: _Matrix, part: _Part) -> tuple[Ints, _Mask]:
    """Seconds of `+HH:MM` at the end of the rows, and which rows have one."""
    sign = matrix[:, 19]
    formed = ((sign == ord("+")) | (sign == ord("-"))) & (matrix[:, 22] == ord(":"))
    for place in (20, 21, 23, 24):
        formed &= (matrix[:, place] >= ord("0")) & (matrix[:, place] <= ord("9"))
    hours, minutes = part(20, 21), part(23, 24)
    formed &= (hours < 24) & (minutes < 60)
    seconds = hours * 3600 + minutes * 60
    return np.where(sign == ord("-"), -seconds, seconds), formed


def _midnights(days: Ints, wanted: _Mask, zone: HomeZone) -> tuple[Ints, _Mask]:
    """Epoch at which each local day begins, and whether it is one of 24 hours."""
    different, seats = np.unique(np.where(wanted, days, 0), return_inverse=True)
    starts = [zone.day_start(date.fromordinal(_EPOCH_DAY + n)) for n in different.tolist()]
    ends = [zone.day_start(date.fromordinal(_EPOCH_DAY + n + 1)) for n in different.tolist()]
    opening = np.array(starts, dtype=np.int64)
    plain = np.array(ends, dtype=np.int64) - opening == DAY
    return opening[seats], plain[seats]


@dataclass
class AutumnNights:
    """Tells the two showings of an autumn hour apart by file order, series by series.

    In a file that runs forward, times up to the first step back are the first showing and those
    from there on the second; in one that runs backward the other way round. A time that stands
    there once means its first showing. Remembers between chunks where a series stands; only a
    backward file whose chunk ends in that very hour has its beginning taken for the first.
    """

    _seen: dict[Hashable, tuple[int, bool]] = field(default_factory=dict)
    """For each series its last repeated time and whether its file has stepped back."""
    _steps_back: int = 0

    def place(self, keys: Sequence[Hashable], codes: Ints, epochs: Ints, twice: Ints) -> Ints:
        """Epochs of the rows of a chunk in file order; `codes` point into `keys`."""
        self._steps_back += _steps_back(codes, epochs, twice)
        unsure = np.flatnonzero(twice)
        if not len(unsure):
            return epochs
        placed = epochs.copy()
        backward = self._steps_back > 0
        nights: dict[tuple[Hashable, int], list[tuple[int, bool]]] = {}
        for row in unsure.tolist():
            key, epoch = keys[codes[row]], int(epochs[row])
            last, stepped = self._seen.get(key, (epoch - DAY, False))
            if abs(epoch - last) >= twice[row]:
                stepped = False
            else:
                stepped = stepped or (epoch >= last if backward else epoch <= last)
            self._seen[key] = epoch, stepped
            night = nights.setdefault((key, epoch // DAY), [])
            night.append((row, stepped))
        for night in nights.values():
            both_shown = any(stepped for _, stepped in night)
            for row, stepped in night:
                if both_shown and stepped != backward:
                    placed[row] += twice[row]
        return placed


def _steps_back(codes: Ints, epochs: Ints, twice: Ints) -> int:
    """How many more steps between neighboring rows of one series lead back than forward.

    Steps inside a repeated hour lead either way and say nothing.
    """
    order = np.argsort(codes, kind="stable")
    sure = twice[order] == 0
    telling = (codes[order][1:] == codes[order][:-1]) & (sure[1:] | sure[:-1])
    steps = np.diff(epochs[order])[telling]
    return int((steps < 0).sum() - (steps > 0).sum())
