"""polars: sorted frames in memory, asked lazily where that is quicker."""

from __future__ import annotations

import numpy as np
import polars as pl

from tests.benchmarks.peer_tables import DAY, PeerTables
from tests.benchmarks.peers.frames import BUCKET, Frames
from tests.benchmarks.peers.peer import Rows, Use, from_prefix, half_hours_from
from tests.benchmarks.peers.sql import UNITS, rows_to_load


class Polars(Frames):
    name = "polars"

    @property
    def version(self) -> str:
        return pl.__version__

    def load(self, tables: PeerTables) -> None:
        self._tables = tables
        self._register = pl.DataFrame(
            {"wh": tables.wh.reshape(-1), "estimated": tables.estimated.reshape(-1)}
        )
        self._daily = pl.DataFrame(tables.daily()).with_columns(pl.col("day").set_sorted())
        self._midnight = pl.DataFrame(tables.midnight()).with_columns(pl.col("day").set_sorted())
        self._hourly = pl.DataFrame(tables.hourly()).partition_by("region", as_dict=True)
        self._prefix = {
            unit: pl.DataFrame(tables.prefix(unit)).partition_by("region", as_dict=True)
            for unit in UNITS
        }
        self._rows = pl.DataFrame(rows_to_load(tables)).with_columns(pl.col("read_at").set_sorted())
        self._meters = pl.DataFrame(
            {"meter": np.arange(len(tables.meters)), "meter_id": list(tables.meters)}
        )

    def usage(self, meter: int, start: int, end: int) -> int:
        first, count = self.stretch(self._tables, meter, start, end)
        column = self._register["wh"]
        return int(column[first + count - 1]) - int(column[first])

    def half_hours(self, meter: int, start: int, end: int) -> Use:
        part = self._register.slice(*self.stretch(self._tables, meter, start, end))
        return half_hours_from(part["wh"].to_numpy(), part["estimated"].to_numpy())

    def totals_by_rollup(self, region: int, start: int, end: int, unit: str) -> Use:
        found = (
            self._hourly[(region,)]
            .lazy()
            .filter(pl.col("read_at").is_between(start, end, closed="left"))
            .group_by(BUCKET[unit])
            .agg(pl.col("wh").sum(), pl.col("estimated").sum())
            .sort(BUCKET[unit])
            .collect()
        )
        return Use(found["wh"].to_numpy(), found["estimated"].to_numpy())

    def totals_by_prefix(self, region: int, start: int, end: int, unit: str) -> Use:
        frame = self._prefix[unit][(region,)]
        first, last = frame["read_at"].search_sorted(start), frame["read_at"].search_sorted(end)
        part = frame.slice(int(first), int(last) - int(first) + 1)
        return from_prefix(part["wh"].to_numpy(), part["estimated"].to_numpy())

    def top_by_day(self, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        found = (
            self._daily.lazy()
            .filter(pl.col("day").is_between(start, end, closed="left"))
            .group_by("meter")
            .agg(pl.col("wh").sum())
            .sort("wh", "meter", descending=[True, False])
            .head(limit)
            .collect()
        )
        return [(int(meter), int(wh)) for meter, wh in found.select("meter", "wh").iter_rows()]

    def top_by_midnight(self, start: int, end: int, limit: int) -> list[tuple[int, int]]:
        count = len(self._tables.meters)
        base = self._tables.start
        first = self._midnight.slice((start - base) // DAY * count, count)
        last = self._midnight.slice((end - base) // DAY * count, count)
        found = (
            last.select("meter", pl.col("wh") - first["wh"])
            .sort("wh", "meter", descending=[True, False])
            .head(limit)
        )
        return [(int(meter), int(wh)) for meter, wh in found.iter_rows()]

    def rows(self, day: int, contains: str, limit: int) -> Rows:
        meters = self._meters.filter(pl.col("meter_id").str.contains(contains, literal=True))
        found = self._rows.filter(
            pl.col("read_at").is_between(day, day + DAY, closed="left")
            & pl.col("meter").is_in(meters["meter"].implode())
        )
        page = found.top_k(limit, by=["wh", "meter", "read_at"]).sort(
            "wh", "meter", "read_at", descending=True
        )
        return Rows(len(found), list(page.select("meter", "read_at", "wh").iter_rows()))
