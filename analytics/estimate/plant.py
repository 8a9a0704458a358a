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

from analytics.results import CALLS_ELSEWHERE, NO_CALLS, Unavailable
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
        cycles: names, shift, serial and quantity of the cycles, sorted by station (site, line, id) and end.
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
    keyed = cycles.select(STATION_KEY).join(
        stations.select(*STATION_KEY, "station", "line"),
        on=list(STATION_KEY),
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    # The statement sorts by the database's collation; the codes follow the same order of appearance.
    station = keyed["station"].to_numpy().astype(np.int64)
    bounds = np.searchsorted(station, np.arange(stations.height + 1))
    product, products = _codes(cycles["product_id"])
    shift, shifts = _codes(cycles["shift"])
    serial, _ = _codes(cycles["serial"])
    return Plant(
        cycles=cycles.drop("order_id", "start_us", "end_us", "stated_s"),
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
    """Add station and line codes, -1 where no station, or more than one, answers to what is told."""
    lines = stations.select("site_id", "line_id", "line").unique(maintain_order=True)
    whose = ["line_id", "site_id"]
    coded = frame.with_columns(
        station=agreeing(frame, stations, ["station_id"], "station", among=whose),
        of_station=agreeing(frame, stations, ["station_id"], "line", among=whose),
        of_line=agreeing(frame, lines, ["line_id"], "line", among=["site_id"]),
    )
    return coded.with_columns(
        line=pl.when(pl.col("station") >= 0).then("of_station").otherwise("of_line")
    ).drop("of_station", "of_line")


def agreeing(
    frame: pl.DataFrame, known: pl.DataFrame, keys: list[str], code: str, *, among: list[str]
) -> pl.Series:
    """Look up the one known row that agrees with each row of a frame.

    Args:
        frame: rows to look up; in ``among`` an unknown on either side agrees with everything.
        known: what there is, with the same columns and the code.
        keys: columns that must be equal and not null.
        code: column of ``known`` to return.
        among: columns that must be equal where both tell them.

    Returns:
        The code, -1 where nothing agrees or several do; as long as the frame.
    """
    rows = frame.select(*keys, *among).with_row_index("row")
    renamed = known.select(*keys, code, *[pl.col(name).alias(f"known_{name}") for name in among])
    pairs = rows.join(renamed, on=keys, how="inner")
    for name in among:
        theirs = pl.col(f"known_{name}")
        pairs = pairs.filter(pl.col(name).is_null() | theirs.is_null() | (pl.col(name) == theirs))
    found = pairs.group_by("row").agg(pl.col(code).first(), pl.len()).filter(pl.col("len") == 1)
    looked = rows.select("row").join(found, on="row", how="left", maintain_order="left")
    return looked[code].cast(pl.Int64).fill_null(-1)


def line_calendar(plant: Plant, line: int) -> pl.DataFrame:
    """Return the calendar's rows that apply to a line: its own, its site's, and those for every line."""
    first = plant.stations.filter(pl.col("line") == line).row(0, named=True)
    rows = plant.calendar
    for name in LINE_KEY:
        if first[name] is not None:
            rows = rows.filter(pl.col(name).is_null() | (pl.col(name) == first[name]))
    return rows


def no_calls_here(calls: pl.DataFrame) -> Unavailable | None:
    """Return why nothing can be said of calling: there is no call, or none at a place that has cycles.

    Args:
        calls: the andon calls, with the codes "station" and "line" that cycles have, -1 where they have none.
    """
    if not calls.height:
        return NO_CALLS
    if calls.select(((pl.col("station") >= 0) | (pl.col("line") >= 0)).any()).item():
        return None
    return Unavailable(
        reason=f"no station of the {calls.height:,} andon calls has cycles",
        needed="andon calls whose station_id is spelled as in the cycles",
        code=CALLS_ELSEWHERE,
    )
