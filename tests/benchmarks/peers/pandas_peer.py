"""pandas: sorted frames in memory, cut by position before anything is grouped."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.benchmarks.peer_tables import DAY, PeerTables
from tests.benchmarks.peers.frames import BUCKET, Frames
from tests.benchmarks.peers.peer import Rows, Use, from_prefix, half_hours_from
from tests.benchmarks.peers.sql import UNITS, rows_to_load


class Pandas(Frames):
    name = "pandas"

    @property
    def version(self) -> str:
        return pd.__version__

    def load(self, tables: PeerTables) -> None:
        self._tables = tables
        self._wh = pd.Series(tables.wh.reshape(-1), copy=False)
        self._estimated = pd.Series(tables.estimated.reshape(-1), copy=False)
        self._daily = pd.DataFrame(tables.daily())
        self._hourly = dict(iter(pd.DataFrame(tables.hourly()).groupby("region")))
        self._midnight = pd.DataFrame(tables.midnight())
        self._prefix = {
            unit: dict(iter(pd.DataFrame(tables.prefix(unit)).groupby("region"))) for unit in UNITS
        }
        self._rows = pd.DataFrame(rows_to_load(tables))
        self._meter_ids = pd.Series(tables.meters)

    def usage(self, meter: int, start: int, end: int) -> int:
        first, count = self.stretch(self._tables, meter, start, end)
        return int(self._wh.iat[first + count - 1] - self._wh.iat[first])

    def half_hours(self, meter: int, start: int, end: int) -> Use:
        first, count = self.stretch(self._tables, meter, start, end)
        rows = slice(first, first + count)
        return half_hours_from(
            self._wh.iloc[rows].to_numpy(), self._estimated.iloc[rows].to_numpy()
        )

    def totals_by_rollup(self, region: int, start: int, end: int, unit: str) -> Use:
        frame = self._hourly[region]
        inside = frame[(frame["read_at"] >= start) & (frame["read_at"] < end)]
        found = inside.groupby(BUCKET[unit])[["wh", "estimated"]].sum()
        return Use(found["wh"].to_numpy(), found["estimated"].to_numpy())

    def totals_by_prefix(self, region: int, start: int, end: int, unit: str) -> Use:
        frame = self._prefix[unit][region]
        first, last = np.searchsorted(frame["read_at"].to_numpy(), [start, end])
        part = frame.iloc[first : last + 1]
        return from_prefix(part["wh"].to_numpy(), part["estimated"].to_numpy())

    def top_by_day(self, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        # Rows stand in order of day: a period is a slice, and rows are summed by meter.
        low, high = np.searchsorted(self._daily["day"].to_numpy(), [start, end])
        used = self._daily.iloc[low:high].groupby("meter")["wh"].sum()
        best = used.reset_index().sort_values(["wh", "meter"], ascending=[False, True]).head(limit)
        return [(int(m), int(w)) for m, w in zip(best["meter"], best["wh"], strict=True)]

    def top_by_midnight(self, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        count, base = len(self._tables.meters), self._tables.start
        first, last = (start - base) // DAY * count, (end - base) // DAY * count
        wh = self._midnight["wh"]
        used = wh.iloc[last : last + count].to_numpy() - wh.iloc[first : first + count].to_numpy()
        frame = pd.DataFrame({"meter": np.arange(count), "wh": used})
        best = frame.sort_values(["wh", "meter"], ascending=[False, True]).head(limit)
        return [(int(m), int(w)) for m, w in zip(best["meter"], best["wh"], strict=True)]

    def rows(self, day: int, contains: str, limit: int) -> Rows:
        low, high = np.searchsorted(self._rows["read_at"].to_numpy(), [day, day + DAY])
        part = self._rows.iloc[low:high]
        wanted = np.flatnonzero(self._meter_ids.str.contains(contains, regex=False))
        found = part[part["meter"].isin(wanted)]
        page = found.sort_values(["wh", "meter", "read_at"], ascending=False).head(limit)
        columns = (page[name].tolist() for name in ("meter", "read_at", "wh"))
        return Rows(len(found), list(zip(*columns, strict=True)))
