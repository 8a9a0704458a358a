"""Slow cycles by the seconds they took too long: how many, how many of them called, how sure that is.

Slow cycles are weighted by their chance of being slow, at or above their own station's floor: below it
nothing is identified, and near it an uncalled cycle may yet be noise. Cycles under an open call are left out:
nobody had to call. A cycle's seconds are its expected own delay, given that it is slow (regression
calibration; Carroll, Ruppert, Stefanski and Crainiceanu 2006, Measurement Error in Nonlinear Models, ch. 4).

Every sum is made again in replicates that weigh shift-days anew and move what the model may be wrong by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.estimate.resampling import Floats, shift_day_weights, wilson
from analytics.results import Estimate

REPLICATES = 200
LABEL_ERROR = 0.03
"""Relative error of the called: which cycle a call meant."""
DOUBT_ERROR = 0.5
"""Error of the logit of an uncalled cycle's chance to be slow: near the floor the model matters most."""
LEAST_IN_BAND = 12.0
BANDS: Floats = np.array([0.0, 4, 6, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600, np.inf])
"""Edges of the bands of seconds in which shares are shown."""
CLASSES_A_BAND = 4
LAST_S = 36_000.0
STRETCH = 1.2
"""The outermost bands end at most so far beyond what they hold."""
SHARE = "share of slow cycles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Weights of slow cycles by class of seconds; row 0 as seen, the others in every replicate.

    Attributes:
        shift_days: how many it pools.
        log_s: mean log seconds of each class, shape (K,); 0 where it is empty.
        called, slow: weights of the called and of all, shape (1 + replicates, K).
    """

    shift_days: int
    log_s: Floats
    called: Floats
    slow: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The share called in a band of seconds.

    Attributes:
        classes: the classes it pools.
        from_s, seconds, to_s: its ends and its (geometric) mean.
        slow_cycles: expected number of slow cycles in it.
        worth: how many independent cycles would be as uncertain.
        called: the share.
    """

    classes: slice
    from_s: float
    seconds: float
    to_s: float
    slow_cycles: float
    worth: float
    called: Estimate


def slow_cycles(cycles: pl.DataFrame) -> pl.DataFrame:
    """Return the slow cycles that somebody could have called about, from the run's table ``cycles``.

    Stations that stand apart are left out.

    Returns:
        Columns line_id, shift, shift_day, called, seconds (expected own delay), weight (chance to be slow).
    """
    slow = pl.col("slow_probability")
    return (
        cycles.lazy()
        .filter(pl.col("common_probability").is_not_null() & (slow > 1e-3))
        .select(
            "line_id",
            "shift",
            "shift_day",
            "called",
            "floor_s",
            seconds=pl.col("delay_s") / slow,
            weight=pl.when("called").then(slow).otherwise("undetected_probability"),
        )
        # A blocked cycle's own delay may be known by hardly more than that it is long: its mean is no length.
        .filter((pl.col("weight") > 1e-3) & (pl.col("seconds") > 0.99 * pl.col("floor_s")))
        .drop("floor_s")
        .collect()
    )


def count_by_seconds(slow: pl.DataFrame, *, shared_error: float, rng: np.random.Generator) -> Counted:
    """Add weights up by class of seconds, as seen and in every replicate.

    Args:
        slow: slow cycles, as :func:`slow_cycles` returns them.
        shared_error: relative model error of the uncalled, one sigma.
        rng: random numbers of the replicates.
    """
    edges = class_edges()
    seconds, weight = slow["seconds"].to_numpy(), slow["weight"].to_numpy()
    called = slow["called"].to_numpy()
    day = slow.select(pl.struct("shift", "shift_day").rank("dense") - 1).to_series().to_numpy()
    days, classes = int(day.max()) + 1 if day.size else 0, edges.size - 1
    place = day.astype(np.int64) * classes + np.clip(np.digitize(seconds, edges) - 1, 0, classes - 1)

    def table(values: Floats) -> Floats:
        flat = np.bincount(place, weights=values, minlength=days * classes)
        return np.asarray(flat.astype(np.float64).reshape(days, classes))

    hits, silent = table(weight * called), table(weight * ~called)
    doubtful = table(weight * (1.0 - np.minimum(weight, 1.0)) * ~called)
    draw = shift_day_weights(days, REPLICATES, rng)
    all_off = np.exp(rng.normal(0.0, np.hypot(shared_error, LABEL_ERROR), (REPLICATES, 1)))
    doubt_off = rng.normal(0.0, DOUBT_ERROR, (REPLICATES, 1))
    moved = all_off * np.maximum(draw @ silent + doubt_off * (draw @ doubtful), 0.0)
    hits = np.vstack([hits.sum(axis=0), draw @ hits])
    total = hits + np.vstack([silent.sum(axis=0), moved])
    log_s = table(weight * np.log(np.maximum(seconds, 1e-3))).sum(axis=0)
    return Counted(
        shift_days=days,
        log_s=np.where(total[0] > 0, log_s / np.where(total[0] > 0, total[0], 1.0), 0.0),
        called=hits,
        slow=total,
    )


def bands(counted: Counted) -> tuple[Band, ...]:
    """Return the share called band by band; a band with few slow cycles joins the next."""
    total = counted.slow[0]
    found, begin = [], 0
    for end in range(CLASSES_A_BAND, total.size + 1, CLASSES_A_BAND):
        if total[begin:end].sum() >= LEAST_IN_BAND:
            found.append(slice(begin, end))
            begin = end
    if found and total[begin:].sum() > 0:
        found[-1] = slice(found[-1].start, total.size)
    return tuple(_band(counted, classes) for classes in found)


def class_edges() -> Floats:
    """Return the edges of the classes: each band in equal steps of its logarithm."""
    low = np.maximum(BANDS[:-1], 1.0)
    high = np.minimum(BANDS[1:], LAST_S)
    steps = np.arange(CLASSES_A_BAND) / CLASSES_A_BAND
    inner = (low[:, None] * (high / low)[:, None] ** steps).ravel()
    return np.concatenate([[0.0], inner[1:], [np.inf]])


def _band(counted: Counted, classes: slice) -> Band:
    """Return the share of a band: Wilson's interval, as if of as many cycles as it is worth."""
    weights, log_s = counted.slow[0][classes], counted.log_s[classes]
    called, slow = counted.called[:, classes].sum(axis=1), counted.slow[:, classes].sum(axis=1)
    share, total = float(called[0] / slow[0]), float(slow[0])
    usual = max(share * (1.0 - share), 0.25 / total) / total
    spread = float(np.var(called[1:] / np.maximum(slow[1:], 1e-9)))
    worth = total / max(1.0, spread / usual)
    low, high = wilson(share, worth)
    inside, edges = np.exp(log_s[weights > 0]), class_edges()
    return Band(
        classes=classes,
        from_s=float(max(edges[classes.start], inside[0] / STRETCH)),
        seconds=float(np.exp(np.average(log_s, weights=weights))),
        to_s=float(min(edges[classes.stop], inside[-1] * STRETCH)),
        slow_cycles=total,
        worth=worth,
        called=Estimate(
            value=share,
            lower=min(low, share),
            upper=max(high, share),
            unit=SHARE,
            method="slow cycles in this band, weighted by their chance",
        ),
    )
