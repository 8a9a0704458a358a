"""The hour that the clock shows twice in autumn: which of its two showings does a stamp belong to?

A wall clock does not say. The order of the records does: where a station's stamps run upwards (or
downwards) through the file, they fall back by the hour once, and those behind that place are of the second
showing. Where no such order tells, stamps are taken as of the first showing, and that is said.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.contracts import contract
from analytics.ingest.stage import Staged
from analytics.results import Caveat

_HOUR_US = 3_600_000_000
_AROUND_US = 2 * _HOUR_US
_YEAR_US = 365 * 24 * _HOUR_US


def tell_showings_of(staged: Staged, table: str, zone: str, file: str) -> tuple[Caveat, ...]:
    """Move the stamps of staged records to the showings that they belong to; return what could not be told.

    Args:
        staged: the canonical records of one file in its order; times in UTC, read from wall clocks.
        table: their canonical table.
        zone: IANA name.
        file: its name, for the caveat.
    """
    times = [field.name for field in contract(table).fields if field.type == "datetime"]
    times = [name for name in times if name in staged.columns]
    kept = [*(["station_id"] if "station_id" in staged.columns else []), *times]
    around = [
        rows.select(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("row"), *kept).filter(near)
        for first, rows in staged.batches()
        for near in [_near_such_an_hour(rows.select(times), zone)]
        if near.any()
    ]
    if not around:
        return ()
    rows = pl.concat(around)
    told, caveats = tell_showings(rows, table, zone, file)
    other = pl.DataFrame([told[name].ne_missing(rows[name]) for name in times])
    staged.move(told.filter(other.select(pl.any_horizontal(pl.all())).to_series()).select("row", *times))
    return caveats


def _near_such_an_hour(times: pl.DataFrame, zone: str) -> pl.Series:
    """Tell of each record whether any time of it may lie near an hour that is shown twice; shape (n,)."""
    near = pl.Series([False]).new_from_index(0, times.height)
    for values in times.iter_columns():
        hours = values.cast(pl.Int64) // _HOUR_US
        known = hours.drop_nulls().unique()
        moments = (known * _HOUR_US).cast(pl.Datetime("us"))
        # A stamp's whole hour, and those that are up to two hours from it, looked at every half hour.
        steps = [
            shown_twice(moments.dt.offset_by(f"{30 * step}m"), zone).alias(str(step)) for step in range(-6, 7)
        ]
        close = known.filter(pl.DataFrame(steps).select(pl.any_horizontal(pl.all())).to_series())
        if close.len():
            near = near | hours.is_in(close.to_list()).fill_null(value=False)
    return near


def tell_showings(
    rows: pl.DataFrame, table: str, zone: str, file: str
) -> tuple[pl.DataFrame, tuple[Caveat, ...]]:
    """Move stamps of the second showing, which were read as of the first, to where they belong.

    Args:
        rows: the canonical records of one file in its order; times in UTC, read from wall clocks.
        table: their canonical table.
        zone: IANA name.
        file: its name, for the caveat.

    Returns:
        The records, and what could not be told.
    """
    untold = 0
    for field in contract(table).fields:
        if field.type != "datetime" or field.name not in rows.columns:
            continue
        double = shown_twice(rows[field.name], zone)
        if not double.any():
            continue
        station = rows["station_id"] if "station_id" in rows.columns else rows[field.name].is_null()
        values = rows[field.name].cast(pl.Int64)
        for places in _by_station(station, values, double):
            stamps, twice = values.gather(places).to_numpy(), double.gather(places).to_numpy()
            moved = _in_order(stamps, twice)
            if moved is None:
                untold += int(twice.sum())
            else:
                values = values.scatter(places, moved)
        rows = rows.with_columns(values.cast(rows[field.name].dtype).alias(field.name))
    if not untold:
        return rows, ()
    said = Caveat(
        code="hour_shown_twice",
        severity="warning",
        affects="times",
        message=f"{untold:,} times in {file} lie in the hour that the clock shows twice in autumn, in no "
        "order that tells which of the two: they are taken as the first.",
    )
    return rows, (said,)


def shown_twice(value: pl.Series, zone: str) -> pl.Series:
    """Tell of UTC stamps whether the clock of a zone shows the same time an hour later; shape (n,)."""
    now, later = (
        moment.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
        for moment in (value, value.dt.offset_by("1h"))
    )
    return (now == later).fill_null(value=False)


def _by_station(station: pl.Series, values: pl.Series, double: pl.Series) -> list[pl.Series]:
    """Return the places of the stamps around such an hour, per year and station, in the file's order."""
    frame = pl.DataFrame({"station": station, "value": values, "double": double}).with_row_index("place")
    found: list[pl.Series] = []
    for _, hour in frame.filter("double").group_by(pl.col("value") // _YEAR_US):
        first, last = int(str(hour["value"].min())), int(str(hour["value"].max()))
        near = frame.filter(pl.col("value").is_between(first - _AROUND_US, last + _AROUND_US))
        here = near.filter(pl.col("double").any().over("station"))
        found += [
            group["place"].cast(pl.Int64) for group in here.partition_by("station", maintain_order=True)
        ]
    return found


def _in_order(stamps: NDArray[np.int64], twice: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    """Return one station's stamps in the showings that make them run one way, None where none does."""
    for way in (slice(None), slice(None, None, -1)):
        given, again = stamps[way], twice[way]
        falls = np.flatnonzero(np.diff(given) < 0)
        if not len(falls):
            return stamps
        if len(falls) > 1:
            continue
        behind = np.arange(len(given)) > falls[0]
        moved = given + np.where(behind & again, _HOUR_US, 0)
        if np.all(np.diff(moved) >= 0):
            return moved[way]
    return None
