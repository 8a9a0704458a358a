"""Small plants made by hand: a few stations whose truth is known because we put it there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.estimate.fit import bin_of
from analytics.estimate.null import BINS
from analytics.estimate.plant import Plant, load_plant
from analytics.warehouse import memory_warehouse

Floats = NDArray[np.float64]

MONDAY = datetime.fromisoformat("2026-03-02T06:00:00")
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00")
LONG_AGO, FAR_AHEAD = datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2200-01-01")
TEXT = ("site_id", "line_id", "product_id", "order_id", "shift", "serial")


def after(seconds: float, start: datetime = MONDAY) -> datetime:
    """Return a moment so many seconds after Monday six o'clock."""
    return start + timedelta(seconds=float(seconds))


def micros(moment: datetime) -> int:
    """Return microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def at(*seconds: float) -> NDArray[np.int64]:
    """Return moments as microseconds since 1970."""
    return np.array([micros(after(one)) for one in seconds], dtype=np.int64)


def cycles(
    durations: Sequence[float] | Floats,
    *,
    station: str = "S1",
    line: str | None = "L1",
    gap: float | Sequence[float] | Floats = 5.0,
    start: datetime = MONDAY,
    stamp_s: float = 0.01,
    **columns: Any,
) -> pl.DataFrame:
    """Return one station's cycles, one after the other with ``gap`` seconds between them.

    Further columns are values for all cycles or one value a cycle.
    """
    lengths = np.asarray(durations, dtype=np.float64)
    pauses = np.broadcast_to(np.asarray(gap, dtype=np.float64), lengths.shape)
    ends = np.cumsum(lengths + pauses) - pauses
    return spans(ends - lengths, ends, station=station, line=line, start=start, stamp_s=stamp_s, **columns)


def spans(
    begin_s: Sequence[float] | Floats,
    end_s: Sequence[float] | Floats,
    *,
    station: str = "S1",
    line: str | None = "L1",
    start: datetime = MONDAY,
    stamp_s: float = 0.01,
    **columns: Any,
) -> pl.DataFrame:
    """Return one station's cycles from their starts and ends, seconds after ``start``."""

    def stamped(seconds: Sequence[float] | Floats) -> pl.Series:
        whole = np.round(np.asarray(seconds, dtype=np.float64) / stamp_s) * stamp_s
        return pl.Series(micros(start) + np.round(whole * 1e6).astype(np.int64)).cast(pl.Datetime("us"))

    frame = pl.DataFrame({"started_at": stamped(begin_s), "ended_at": stamped(end_s)})
    for name, value in {"line_id": line, "station_id": station, **columns}.items():
        if value is None or isinstance(value, str | int | float):
            kind = pl.String if name in (*TEXT, "station_id") else pl.Float64
            frame = frame.with_columns(pl.lit(value, dtype=kind).alias(name))
        else:
            frame = frame.with_columns(pl.Series(name, value))
    return frame


def calls(
    raised_s: Sequence[float], *, station: str = "S1", line: str | None = "L1", **columns: Any
) -> pl.DataFrame:
    """Return andon calls at one station."""
    frame = pl.DataFrame(
        {
            "call_id": [f"{station}-{number}" for number in range(len(raised_s))],
            "line_id": pl.Series([line] * len(raised_s), dtype=pl.String),
            "station_id": [station] * len(raised_s),
            "raised_at": pl.Series([after(one) for one in raised_s], dtype=pl.Datetime("us")),
        }
    )
    for name, value in columns.items():
        if name.endswith("_at"):
            moments = [None if one is None else after(one) for one in value]
            frame = frame.with_columns(pl.Series(name, moments, dtype=pl.Datetime("us")))
        else:
            frame = frame.with_columns(
                pl.lit(value).alias(name) if isinstance(value, str) else pl.Series(name, value)
            )
    return frame


def interval(
    begin_s: float,
    end_s: float,
    kind: str,
    *,
    line: str | None = None,
    station: str | None = None,
    name: str = "",
) -> dict[str, Any]:
    """Return one row of a calendar."""
    return {
        "line_id": line,
        "station_id": station,
        "starts_at": after(begin_s),
        "ends_at": after(end_s),
        "kind": kind,
        "name": name or kind,
    }


def calendar(*rows: dict[str, Any]) -> pl.DataFrame:
    """Return a calendar."""
    return pl.DataFrame(
        list(rows),
        schema={
            "line_id": pl.String,
            "station_id": pl.String,
            "starts_at": pl.Datetime("us"),
            "ends_at": pl.Datetime("us"),
            "kind": pl.String,
            "name": pl.String,
        },
    )


def plant_of(*stations: pl.DataFrame, **tables: pl.DataFrame) -> Plant:
    """Load a plant from its stations' cycles and other canonical tables."""
    together = pl.concat(stations, how="diagonal_relaxed")
    with memory_warehouse({"cycles": together, **tables}) as con:
        return load_plant(con, LONG_AGO, FAR_AHEAD)


def histogram(deviations: Floats) -> Floats:
    """Return the counts of scaled residuals per bin."""
    return np.bincount(bin_of(deviations), minlength=BINS).astype(np.float64)


def noise(rng: np.random.Generator, size: int, location: float, scale: float, skew: float) -> Floats:
    """Draw from the shifted lognormal: y = expm1(kappa z) / kappa."""
    z = rng.standard_normal(size)
    return location + scale * (z if skew == 0 else np.expm1(skew * z) / skew)
