"""Which stations have grown slower, since when, and what does it cost?

This is the chronic gap that needs no standard: a station is compared with its own usual time before it grew
slower. The minutes lie in the usual time (``expected_s``), which follows the drift, so that they are no part
of any slow cycle's delay. Where a standard is not held the same seconds are counted there already; they are
counted once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl

from analytics.estimate.drift import BLOCK, Bools, CameBack, Drift, Floats, Ints, Level, find_drift, level_of
from analytics.problems.sequence import STATION
from analytics.problems.standards import DAY, WHERE, worked
from analytics.results import Estimate, Quantity, Unavailable

DRAWS = 400
MOST_WAITS = 0.12
FIT_ERROR, SHARED_ERROR = 0.10, 0.05
"""Relative error of the level before and of the form of the rise that no draw about the fit shows: of one
station, and of all together (waits that are not seen as such). Earned on simulated plants."""
UNIT = "station-minutes"
METHOD = "PELT on 60-cycle medians; usual time less the level before the onset; bootstrap over shift-days"
TOO_SHORT = Unavailable(
    reason="no station has enough cycles to tell a drift from chance",
    needed="about 1,000 ordinary cycles at a station",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowing:
    """One station that has grown slower for good.

    Attributes:
        onset_at: when it began, on the stored clock; the first cycle where it began before the data.
        onset_day: the shift-day of that.
        since_start: it began before the data, or with them.
        level_before_s, level_after_s: usual time before, and at the end, of the same products.
        minutes: station-minutes since the onset.
        in_standard: of these, already counted as standard not held.
    """

    site_id: str | None
    line_id: str | None
    station_id: str
    onset_at: datetime
    onset_day: date | None
    since_start: bool
    level_before_s: float
    level_after_s: float
    minutes: Estimate
    in_standard: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return one row of ``chronic.drift.stations`` of the report contract."""
        return {
            "line_id": self.line_id,
            "station_id": self.station_id,
            "onset_at": self.onset_at.isoformat(),
            "onset_day": None if self.onset_day is None else self.onset_day.isoformat(),
            "since_start": self.since_start,
            "level_before_s": self.level_before_s,
            "level_after_s": self.level_after_s,
            "minutes": self.minutes.to_json(),
            "in_standard_not_held": self.in_standard.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowedStations:
    """What the run's stations lost to growing slower.

    Attributes:
        minutes: station-minutes that are not counted as standard not held, or why there are none.
        stations: those that grew slower, most minutes first.
        came_back: (line, station, day on which it was slowest, by what share) where it fell back again.
        judged: how many stations had enough cycles.
    """

    minutes: Quantity
    stations: tuple[Slowing, ...] = ()
    came_back: tuple[tuple[str | None, str, date | None, float], ...] = ()
    judged: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return ``chronic.drift`` of the report contract."""
        return {
            "minutes": self.minutes.to_json(),
            "judged": self.judged,
            "stations": [one.to_json() for one in self.stations],
            "came_back": [
                {
                    "line_id": line,
                    "station_id": station,
                    "slowest_day": None if day is None else day.isoformat(),
                    "by": share,
                }
                for line, station, day, share in self.came_back
            ],
        }


def slowed_stations(
    cycles: pl.DataFrame, not_held: pl.DataFrame | None, *, rng: np.random.Generator
) -> SlowedStations:
    """Find the stations that have grown slower for good, and measure what it costs.

    Args:
        cycles: the run's cycles (columns of ``sql/run/cycles.sql``), in order of station and time.
        not_held: the shift-days (site, line, station, product, shift_day, shift) on which a standard is not
            held, with standard_cycle_s; None without any.
        rng: source of the bootstrap over shift-days.
    """
    asked = _with_standard(cycles, not_held)
    found: list[Slowing] = []
    came_back = []
    judged = 0
    total, drawn = 0.0, np.zeros(DRAWS)
    for every in asked.partition_by(STATION, maintain_order=True):
        flowing = pl.Series(_flowing(every["waited"].to_numpy()))
        part = every.with_columns(quiet=pl.col("quiet") & flowing)
        normal = part.filter("quiet")
        level = level_of(*(normal[name].to_numpy() for name in ("net_s", "product", "shift_code")))
        if level is None:
            continue
        judged += 1
        drift = find_drift(level)
        names = part.row(0, named=True)
        if isinstance(drift, CameBack):
            day = normal["shift_day"][int(np.searchsorted(level.block, drift.highest))]
            came_back.append((names["line_id"], names["station_id"], day, math.expm1(drift.swing)))
        elif drift is not None:
            one, alone, draws = _measure(part, normal, level, drift, rng)
            found.append(one)
            total, drawn = total + alone, drawn + draws
    if not judged:
        return SlowedStations(minutes=TOO_SHORT)
    drawn = drawn * np.exp(SHARED_ERROR * rng.standard_normal(DRAWS))
    found.sort(key=lambda one: -one.minutes.value)
    return SlowedStations(
        minutes=_estimate(total, drawn), stations=tuple(found), came_back=tuple(came_back), judged=judged
    )


def _flowing(waited: Bools) -> Bools:
    """Tell which cycles fall in stretches in which the station hardly waited for the next.

    Not every wait is seen as one. Where the next station slows down, this one waits at nearly every cycle,
    and its usual time would grow with it.
    """
    stretch = np.arange(waited.size) // BLOCK
    share = np.bincount(stretch, weights=waited) / np.bincount(stretch)
    return np.asarray(share[stretch] < MOST_WAITS, dtype=np.bool_)


def _with_standard(cycles: pl.DataFrame, not_held: pl.DataFrame | None) -> pl.DataFrame:
    """Keep the worked cycles with what is asked of them, and with the standard where it is not held."""
    quiet = (pl.col("state") == "normal") & ~pl.col("called").fill_null(value=False) & (pl.col("net_s") > 0)
    frame = cycles.filter(worked()).select(
        *WHERE,
        *DAY,
        "net_s",
        "expected_s",
        quiet=quiet,
        waited=pl.col("state") == "blocked",
        at=pl.coalesce("started_at", "ended_at"),
        product=pl.col("product_id").rank("dense").fill_null(0).cast(pl.Int64),
        shift_code=pl.col("shift").rank("dense").fill_null(0).cast(pl.Int64),
    )
    if not_held is None or not_held.is_empty():
        return frame.with_columns(standard_cycle_s=pl.lit(None, dtype=pl.Float64))
    declared = not_held.select(*WHERE, *DAY, "standard_cycle_s")
    return frame.join(declared, on=[*WHERE, *DAY], how="left", nulls_equal=True, maintain_order="left")


def _measure(
    part: pl.DataFrame, normal: pl.DataFrame, level: Level, drift: Drift, rng: np.random.Generator
) -> tuple[Slowing, float, Floats]:
    """Return a station's drift, its minutes beyond standards not held, and draws of these."""
    expected_s = part["expected_s"].to_numpy()
    block = _block_of_worked(part, level)
    blocks = level.value.size
    over_standard_s = np.maximum(
        expected_s - part["standard_cycle_s"].fill_null(float("inf")).to_numpy(), 0.0
    )
    after = np.arange(blocks) >= drift.onset
    over = np.where(after, level.value - drift.before, 0.0)
    lost_s = expected_s * -np.expm1(-over[block])
    shared_s = np.clip(np.minimum(lost_s, over_standard_s), 0.0, None)
    share = float(shared_s.sum() / lost_s.sum()) if lost_s.sum() > 0 else 0.0
    days = normal.select(pl.struct(DAY).rle_id()).to_series().to_numpy()
    worked_s = np.bincount(block, weights=expected_s, minlength=blocks).astype(np.float64)
    draws = _draws(level, drift, worked_s, days, rng)
    minutes = max(float(lost_s.sum()) / 60.0, 0.0)
    last = block >= blocks - max((blocks - drift.onset) // 4, 2)
    after_s = float(np.median(expected_s[last]))
    names = part.row(0, named=True)
    first = int(np.searchsorted(level.block, drift.onset))
    one = Slowing(
        site_id=names["site_id"],
        line_id=names["line_id"],
        station_id=names["station_id"],
        onset_at=normal["at"][first],
        onset_day=normal["shift_day"][first],
        since_start=drift.onset == 0,
        level_before_s=after_s * math.exp(-drift.reached),
        level_after_s=after_s,
        minutes=_estimate(minutes, draws),
        in_standard=_estimate(minutes * share, draws * share),
    )
    return one, minutes * (1.0 - share), draws * (1.0 - share)


def _block_of_worked(part: pl.DataFrame, level: Level) -> Ints:
    """Return the block that each worked cycle falls in: that of the ordinary cycle before it."""
    before = np.maximum(np.cumsum(part["quiet"].to_numpy()) - 1, 0)
    return np.asarray(level.block[before], dtype=np.int64)


def _draws(level: Level, drift: Drift, worked_s: Floats, days: Ints, rng: np.random.Generator) -> Floats:
    """Draw the minutes again: residuals change sign by shift-day (wild bootstrap; Liu 1988), fits follow."""
    fitted = drift.before + drift.rise
    residual = level.value - fitted
    day_of_block = days[np.searchsorted(level.block, np.arange(level.value.size))]
    _, group = np.unique(day_of_block, return_inverse=True)
    signs = rng.choice([-1.0, 1.0], size=(DRAWS, int(group.max()) + 1))[:, group]
    values = fitted + residual * signs
    before = values @ np.linalg.pinv(drift.design)[0]
    after = np.arange(level.value.size) >= drift.onset
    over = np.where(after, values - before[:, None], 0.0)
    minutes = -np.expm1(-over) @ worked_s / 60.0
    return np.maximum(minutes * np.exp(FIT_ERROR * rng.standard_normal(DRAWS)), 0.0)


def _estimate(value: float, draws: Floats) -> Estimate:
    lower, upper = (float(bound) for bound in np.quantile(draws, [0.025, 0.975]))
    return Estimate(value=value, lower=min(lower, value), upper=max(upper, value), unit=UNIT, method=METHOD)
