"""The plant as arrays: cycles sorted by station and time, with integer codes for what they belong to.

Every pass of the estimate reads a :class:`Plant` and returns new arrays of the same length; nothing is
changed in place. Times are microseconds since 1970 on the clock that the warehouse stores.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.warehouse import fetch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MISSING: int = np.iinfo(np.int64).min
"""Stands for an unknown time."""
SECOND_US = 1_000_000
STATION_KEY = ("site_id", "line_id", "station_id")
LINE_KEY = ("site_id", "line_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """One plant's period.

    Attributes:
        cycles: the cycles as loaded, sorted by station (site, line, id) and end.
        stations: one row per station that has cycles, in the order of their codes: the key, ``position``,
            ``next_station_id``, ``parallel_group``, ``line`` (code).
        station, line, product, shift, serial: integer codes per cycle, shape (n,); -1 where unknown.
        start_us, end_us: shape (n,); a start may be ``MISSING``.
        stated_s: cycle time as stated, nan where it is not, shape (n,).
        bounds: first cycle of each station, and n at the end: shape (stations + 1,).
        calls, detections, calendar, standards: frames as the statements of ``sql/estimate`` give them,
            calls and detections with ``station`` and ``line`` codes.
        products, shifts: names of the codes.
    """

    cycles: pl.DataFrame
    stations: pl.DataFrame
    station: Ints
    line: Ints
    product: Ints
    shift: Ints
    serial: Ints
    start_us: Ints
    end_us: Ints
    stated_s: Floats
    bounds: Ints
    calls: pl.DataFrame
    detections: pl.DataFrame
    calendar: pl.DataFrame
    standards: pl.DataFrame
    products: list[str]
    shifts: list[str]

    @property
    def size(self) -> int:
        """Number of cycles."""
        return int(self.end_us.size)

    def slices(self) -> list[slice]:
        """Return the cycles of each station."""
        return [slice(int(a), int(b)) for a, b in zip(self.bounds[:-1], self.bounds[1:], strict=True)]

    def lines(self) -> dict[int, list[int]]:
        """Return the station codes of each line, by code."""
        codes = self.stations["line"].to_list()
        return {line: [s for s, of in enumerate(codes) if of == line] for line in dict.fromkeys(codes)}


def load_plant(con: duckdb.DuckDBPyConnection, from_at: datetime, to_at: datetime) -> Plant:
    """Read a period from the warehouse: SQL joins and sorts, this encodes.

    Args:
        con: an open warehouse.
        from_at: start of the period, inclusive, on the stored clock.
        to_at: end of the period, exclusive.
    """
    period: dict[str, Any] = {"from_at": from_at, "to_at": to_at}
    cycles = fetch(con, "estimate/cycles", **period)
    told = fetch(con, "estimate/stations")
    stations = _stations(cycles, told)
    keyed = cycles.join(
        stations.select(*STATION_KEY, "station", "line"), on=list(STATION_KEY), how="left", nulls_equal=True
    )
    # The statement sorts by the database's collation; the codes follow the same order of appearance.
    station = keyed["station"].to_numpy().astype(np.int64)
    bounds = np.searchsorted(station, np.arange(stations.height + 1))
    product, products = _codes(cycles["product_id"])
    shift, shifts = _codes(cycles["shift"])
    serial, _ = _codes(cycles["serial"])
    return Plant(
        cycles=cycles,
        stations=stations,
        station=station,
        line=keyed["line"].to_numpy().astype(np.int64),
        product=product,
        shift=shift,
        serial=serial,
        start_us=cycles["start_us"].fill_null(MISSING).to_numpy().astype(np.int64),
        end_us=cycles["end_us"].to_numpy().astype(np.int64),
        stated_s=cycles["stated_s"].cast(pl.Float64).fill_null(float("nan")).to_numpy().copy(),
        bounds=bounds.astype(np.int64),
        calls=_coded(fetch(con, "estimate/calls", **period), stations),
        detections=_coded(fetch(con, "estimate/detections", **period), stations),
        calendar=fetch(con, "estimate/calendar"),
        standards=fetch(con, "estimate/standards"),
        products=products,
        shifts=shifts,
    )


def _stations(cycles: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Stations with cycles in order of appearance, with what was told of them."""
    seen = cycles.select(*STATION_KEY).unique(maintain_order=True)
    lines = seen.select(*LINE_KEY).unique(maintain_order=True).with_row_index("line")
    seen = seen.with_row_index("station").join(lines, on=list(LINE_KEY), how="left", nulls_equal=True)
    extra = told.select(*STATION_KEY, "position", "next_station_id", "parallel_group")
    joined = seen.join(extra, on=list(STATION_KEY), how="left", nulls_equal=True, maintain_order="left")
    return joined.unique(subset="station", keep="first", maintain_order=True).sort("station")


def _codes(column: pl.Series) -> tuple[Ints, list[str]]:
    """Integer codes of a text column in sorted order; -1 where null."""
    names = column.drop_nulls().unique().sort().to_list()
    if not names:
        return np.full(column.len(), -1, dtype=np.int64), []
    kinds = pl.Enum([str(name) for name in names])
    codes = column.cast(pl.String).cast(kinds).to_physical().cast(pl.Int64).fill_null(-1)
    return codes.to_numpy().astype(np.int64), [str(name) for name in names]


def _coded(frame: pl.DataFrame, stations: pl.DataFrame) -> pl.DataFrame:
    """Add station and line codes; a bare station id is looked up where only one station bears it."""
    exact = stations.select(*STATION_KEY, "station", "line")
    bare = (
        stations.select("station_id", "station", "line")
        .unique(subset="station_id", keep="none")
        .rename({"station": "bare_station", "line": "bare_line"})
    )
    lines = stations.select("line_id", "line").unique().unique(subset="line_id", keep="none")
    return (
        frame.join(exact, on=list(STATION_KEY), how="left", nulls_equal=True, maintain_order="left")
        .join(bare, on="station_id", how="left", maintain_order="left")
        .join(lines.rename({"line": "told_line"}), on="line_id", how="left", maintain_order="left")
        .with_columns(
            station=pl.coalesce("station", "bare_station").cast(pl.Int64).fill_null(-1),
            line=pl.coalesce("line", "bare_line", "told_line").cast(pl.Int64).fill_null(-1),
        )
        .drop("bare_station", "bare_line", "told_line")
    )
