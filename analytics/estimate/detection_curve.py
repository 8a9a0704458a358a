"""The andon detection curve: how likely is a call, by the seconds that a cycle took too long?

Slow cycles are weighted by their chance of being slow, at or above their own station's floor: below it nothing
is identified, and near it an uncalled cycle may yet be noise. Cycles under an open call are left out: nobody
had to call. A cycle's seconds are its expected own delay, given that it is slow (regression calibration;
Carroll, Ruppert, Stefanski and Crainiceanu 2006, Measurement Error in Nonlinear Models, ch. 4).

Intervals: shift-days drawn with weights (Bayesian bootstrap, Rubin 1981, Ann. Statist. 9, 130-134; gamma
weights as wide as few clusters ask for). Each draw also moves the model's error, and the centres of the
penalties by their own spread, so that what the data leave open stays open in the interval.

Assumption: the chance does not fall with the seconds. Where the shares contradict the curve, it is withheld
and the shares stand alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import chdtrc, stdtrit

from analytics.estimate.rising_curve import (
    PRIOR_SD,
    Floats,
    centres,
    fit_best,
    fit_rising,
    levels,
    reached,
    share,
)
from analytics.results import Estimate, Quantity, Unavailable

REPLICATES = 200
LEAST_SHIFT_DAYS = 5
LEAST_SLOW, LEAST_OF_EACH, LEAST_IN_POINT = 40.0, 8.0, 12.0
LABEL_ERROR = 0.03
"""Relative error of the called: which cycle a call meant."""
DOUBT_ERROR = 0.5
"""Error of the logit of an uncalled cycle's chance to be slow: near the floor the model matters most."""
QUANTILE = 1.96
UNLIKELY = 1e-4
"""A curve is withheld where shares so far from it have less than this chance."""
REACH_BEYOND = 1.5
"""An upper end may lie so far beyond the longest delay seen."""
EDGES: Floats = np.array(
    [0.0, 4, 6, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600, np.inf]
)
"""Bands of seconds in which shares are shown."""
FINE = 4
"""Classes a band is fitted in."""
STRETCH = 1.2
"""The outermost bands end at most so far beyond what they hold."""
SHARE = "share of slow cycles"
METHOD = "rising curve over slow cycles, weighted by their chance"
NO_CALLS = Unavailable(reason="no andon calls were loaded", needed="the andon system's export")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The share called in a band of seconds, or of the fitted curve at one size (then all three are equal)."""

    from_s: float
    seconds: float
    to_s: float
    slow_cycles: float
    called: Estimate

    def to_json(self) -> dict[str, Any]:
        """Return the point as the report contract writes it."""
        return {
            "from_s": self.from_s,
            "seconds": self.seconds,
            "to_s": self.to_s,
            "slow_cycles": self.slow_cycles,
            "called": self.called.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionCurve:
    """How likely a call is by seconds, for one group of cycles.

    Attributes:
        key: the group, as {column: value}.
        slow_cycles: expected number of slow cycles it rests on, covered ones left out.
        shift_days: how many it pools.
        called_50_s, called_90_s: seconds from which one in two, nine in ten are called.
        floor, ceiling: share called of the shortest and of the longest delays.
        points: shares by band of seconds; nothing makes them rise.
        fitted: the curve within the seconds that were seen; empty where it is withheld.
    """

    key: dict[str, Any]
    slow_cycles: float
    shift_days: int
    called_50_s: Quantity
    called_90_s: Quantity
    floor: Quantity
    ceiling: Quantity
    points: tuple[Point, ...]
    fitted: tuple[Point, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the curve as the report contract writes it."""
        return {
            **self.key,
            "slow_cycles": self.slow_cycles,
            "shift_days": self.shift_days,
            "called_50_s": self.called_50_s.to_json(),
            "called_90_s": self.called_90_s.to_json(),
            "floor": self.floor.to_json(),
            "ceiling": self.ceiling.to_json(),
            "points": [point.to_json() for point in self.points],
            "fitted": [point.to_json() for point in self.fitted],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """One group: its weights by class of seconds, and how they come out in every replicate (row 0: as seen).

    ``size`` has shape (K,), ``hits`` and ``total`` (1 + replicates, K).
    """

    key: dict[str, Any]
    shift_days: int
    size: Floats
    hits: Floats
    total: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Band:
    """A share in a band of seconds that is worth so many independent cycles."""

    classes: slice
    value: float
    worth: float


def slow_cycles(cycles: pl.DataFrame) -> pl.DataFrame:
    """Return the slow cycles that somebody could have called about, from the run's table ``cycles``.

    Columns line_id, shift, shift_day, seconds, weight, called; stations that stand apart are left out.
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
            seconds=pl.col("delay_s") / slow,
            weight=pl.when("called").then(slow).otherwise("undetected_probability"),
        )
        .filter((pl.col("weight") > 1e-3) & (pl.col("seconds") > 0))
        .collect()
    )


def detection_curves(
    slow: pl.DataFrame, by: str | None, *, shared_error: float, rng: np.random.Generator
) -> list[DetectionCurve]:
    """Estimate the detection curve of every group.

    Args:
        slow: slow cycles, as :func:`slow_cycles` returns them.
        by: column to group by; None for all together.
        shared_error: relative model error of the uncalled, one sigma.
        rng: random numbers of the bootstrap.

    Returns:
        One curve a group, in the order of the key.
    """
    parts = [slow] if by is None else slow.sort(by, nulls_last=True).partition_by(by, maintain_order=True)
    samples = [
        _sample({} if by is None else {by: part[by][0]}, part, shared_error, rng)
        for part in parts
        if part.height or by is None
    ]
    fits = _fit([sample for sample in samples if _too_little(sample) is None], rng)
    return [_curve(sample, fits.get(id(sample))) for sample in samples]


def _sample(key: dict[str, Any], part: pl.DataFrame, error: float, rng: np.random.Generator) -> _Sample:
    """Add weights up by class of seconds, as seen and in every replicate."""
    edges = _fine_edges()
    seconds, weight = part["seconds"].to_numpy(), part["weight"].to_numpy()
    called = part["called"].to_numpy()
    days = part.select(pl.struct("shift", "shift_day").rank("dense") - 1).to_series().to_numpy()
    size = int(days.max()) + 1 if days.size else 0
    classes = edges.size - 1
    place = days.astype(np.int64) * classes + np.clip(np.digitize(seconds, edges) - 1, 0, classes - 1)

    def table(values: Floats) -> Floats:
        flat = np.bincount(place, weights=values, minlength=size * classes)
        return np.asarray(flat.astype(np.float64).reshape(size, classes))

    hits, silent = table(weight * called), table(weight * ~called)
    doubtful = table(weight * (1.0 - np.minimum(weight, 1.0)) * ~called)
    mean_size = table(weight * np.log(np.maximum(seconds, 1e-3))).sum(axis=0)
    draw = _weights(size, rng)
    all_off = np.exp(rng.normal(0.0, np.hypot(error, LABEL_ERROR), (REPLICATES, 1)))
    doubt_off = rng.normal(0.0, DOUBT_ERROR, (REPLICATES, 1))
    moved = all_off * np.maximum(draw @ silent + doubt_off * (draw @ doubtful), 0.0)
    hits = np.vstack([hits.sum(axis=0), draw @ hits])
    silent = np.vstack([silent.sum(axis=0), moved])
    seen = hits[0] + silent[0] > 0
    log_s = np.where(seen, mean_size / np.where(seen, hits[0] + silent[0], 1.0), 0.0)
    return _Sample(key=key, shift_days=size, size=log_s, hits=hits, total=hits + silent)


def _weights(clusters: int, rng: np.random.Generator) -> Floats:
    """Return bootstrap weights, shape (REPLICATES, clusters), of mean 1: the wider the fewer the clusters."""
    if clusters < 2:
        return np.ones((REPLICATES, clusters))
    variance = clusters / (clusters - 1) * (float(stdtrit(clusters - 1, 0.975)) / QUANTILE) ** 2
    return np.asarray(rng.gamma(1.0 / variance, variance, (REPLICATES, clusters)))


def _too_little(sample: _Sample) -> Unavailable | None:
    called, slow = float(sample.hits[0].sum()), float(sample.total[0].sum())
    if called == 0.0:
        return Unavailable(reason="no slow cycle was called here", needed="slow cycles with a call")
    if sample.shift_days < LEAST_SHIFT_DAYS:
        return Unavailable(
            reason=f"too early: {sample.shift_days} shift-days with slow cycles",
            needed=f"{LEAST_SHIFT_DAYS - sample.shift_days} more shift-days",
        )
    if slow < LEAST_SLOW:
        return Unavailable(reason=f"{slow:.0f} slow cycles", needed=f"at least {LEAST_SLOW:.0f}")
    if min(called, slow - called) < LEAST_OF_EACH:
        few = f"called: {called:.0f}" if called < slow - called else f"without a call: {slow - called:.0f}"
        return Unavailable(
            reason=f"of {slow:.0f} slow cycles {few}; a curve takes {LEAST_OF_EACH:.0f} of each",
            needed="a longer period",
        )
    return None


def _fit(samples: list[_Sample], rng: np.random.Generator) -> dict[int, Floats]:
    """Fit every sample and its replicates at once; curves (1 + replicates, 4) by the sample's identity."""
    if not samples:
        return {}
    fits = {}
    for sample in samples:
        best = fit_best(sample.size, sample.hits[:1], sample.total[:1])
        mean = (sample.total[1:] @ sample.size) / np.maximum(sample.total[1:].sum(axis=1), 1e-9)
        centre = centres(mean) + rng.normal(0.0, PRIOR_SD, (REPLICATES, 4))
        start = np.tile(best, (REPLICATES, 1))
        again = fit_rising(sample.size, sample.hits[1:], sample.total[1:], centre, start)
        fits[id(sample)] = np.vstack([best, again])
    return fits


def _curve(sample: _Sample, curves: Floats | None) -> DetectionCurve:
    refusal = _too_little(sample)
    bands = _bands(sample)
    points = tuple(_point(sample, band) for band in bands)
    if refusal is None and curves is not None and _contradicted(sample, curves[0], bands):
        refusal = Unavailable(
            reason="the share called does not rise with the seconds the way one curve could; see the shares",
            needed="groups that call alike, such as one line or one shift",
        )
    told: dict[str, Quantity]
    if refusal is not None or curves is None:
        withheld = refusal or NO_CALLS
        told = dict.fromkeys(("called_50_s", "called_90_s", "floor", "ceiling"), withheld)
        fitted: tuple[Point, ...] = ()
    else:
        seen = _seen(sample)
        told = {
            "called_50_s": _reach(curves, 0.5, seen),
            "called_90_s": _reach(curves, 0.9, seen),
            "floor": _level(curves, 0),
            "ceiling": _level(curves, 1),
        }
        fitted = _drawn(curves, seen, float(sample.total[0].sum()))
    return DetectionCurve(
        key=sample.key,
        slow_cycles=float(sample.total[0].sum()),
        shift_days=sample.shift_days,
        points=points,
        fitted=fitted,
        **told,
    )


def _seen(sample: _Sample) -> tuple[float, float]:
    """Return the log seconds between which all but one in a hundred slow cycles lie on either side."""
    running = np.cumsum(sample.total[0]) / sample.total[0].sum()
    low, high = np.searchsorted(running, [0.01, 0.99])
    return float(sample.size[low]), float(sample.size[high])


def _reach(curves: Floats, wanted: float, seen: tuple[float, float]) -> Quantity:
    """Return the seconds from which so many are called, or where in the seconds seen they are not."""
    at = reached(curves, wanted)
    low, high = np.quantile(at[1:], [0.025, 0.975], method="nearest")
    (shortest, longest), ends = (f"{np.exp(end):.0f} s" for end in seen), share(curves[:1], np.array(seen))[0]
    if low > seen[1]:
        return Unavailable(
            reason=f"not reached: of delays of {longest}, the longest seen, about {100 * ends[1]:.0f} % are called"
        )
    if high < seen[0] or at[0] < seen[0]:
        return Unavailable(
            reason=f"below what can be seen: of delays of {shortest} about {100 * ends[0]:.0f} % are called",
            needed="steadier cycle times or finer time stamps",
        )
    if at[0] > seen[1] or high > seen[1] + np.log(REACH_BEYOND):
        return Unavailable(
            reason=f"not settled: from {np.exp(low):.0f} s on at the earliest, perhaps never",
            needed="more slow cycles, long ones above all",
        )
    return Estimate(
        value=float(np.exp(at[0])),
        # What lies below the shortest delay seen is not identified: it may be anything down to zero.
        lower=0.0 if low < seen[0] else float(np.exp(min(low, at[0]))),
        upper=float(np.exp(max(high, at[0]))),
        unit="s",
        method=METHOD,
    )


def _level(curves: Floats, which: int) -> Quantity:
    """Return the share called of the shortest (0) or the longest (1) delays."""
    found = levels(curves)[which]
    low, high = np.quantile(found[1:], [0.025, 0.975])
    return Estimate(
        value=float(found[0]),
        lower=0.0 if low < 0.01 else float(min(low, found[0])),
        upper=1.0 if high > 0.99 else float(max(high, found[0])),
        unit=SHARE,
        method=METHOD,
    )


def _drawn(curves: Floats, seen: tuple[float, float], slow: float) -> tuple[Point, ...]:
    """Return the fitted curve with its band, within the seconds that were seen."""
    at = np.linspace(*seen, 25)
    shares = share(curves, at)
    low, high = np.quantile(shares[1:], [0.025, 0.975], axis=0)
    return tuple(
        Point(
            from_s=seconds,
            seconds=seconds,
            to_s=seconds,
            slow_cycles=slow,
            called=Estimate(
                value=value, lower=min(a, value), upper=max(b, value), unit=SHARE, method=METHOD
            ),
        )
        for seconds, value, a, b in zip(
            np.exp(at).tolist(), shares[0].tolist(), low.tolist(), high.tolist(), strict=True
        )
    )


def _bands(sample: _Sample) -> list[_Band]:
    """Return the share called band by band; bands with few slow cycles join the next."""
    total = sample.total[0]
    bands, begin = [], 0
    for end in range(FINE, total.size + 1, FINE):
        if total[begin:end].sum() >= LEAST_IN_POINT:
            bands.append(slice(begin, end))
            begin = end
    if bands and total[begin:].sum() > 0:
        bands[-1] = slice(bands[-1].start, total.size)
    return [_band(sample, classes) for classes in bands]


def _band(sample: _Sample, classes: slice) -> _Band:
    """Return a share, and how many independent cycles would be as uncertain about it."""
    hits, total = sample.hits[:, classes].sum(axis=1), sample.total[:, classes].sum(axis=1)
    value = float(hits[0] / total[0])
    usual = max(value * (1.0 - value), 0.25 / total[0]) / total[0]
    spread = float(np.var(hits[1:] / np.maximum(total[1:], 1e-9)))
    return _Band(classes=classes, value=value, worth=float(total[0]) / max(1.0, spread / usual))


def _point(sample: _Sample, band: _Band) -> Point:
    weights, size = sample.total[0][band.classes], sample.size[band.classes]
    inner, edges = np.exp(size[weights > 0]), _fine_edges()
    low, high = wilson(band.value, band.worth)
    return Point(
        from_s=float(max(edges[band.classes.start], inner[0] / STRETCH)),
        seconds=float(np.exp(np.average(size, weights=weights))),
        to_s=float(min(edges[band.classes.stop], inner[-1] * STRETCH)),
        slow_cycles=float(weights.sum()),
        called=Estimate(
            value=band.value,
            lower=min(low, band.value),
            upper=max(high, band.value),
            unit=SHARE,
            method="slow cycles in this band, weighted by their chance",
        ),
    )


def wilson(value: float, cycles: float) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927, JASA 22, 209-212)."""
    z2 = QUANTILE**2 / cycles
    centre = (value + z2 / 2) / (1 + z2)
    half = np.sqrt(z2 * (value * (1 - value) + z2 / 4)) / (1 + z2)
    return float(centre - half), float(centre + half)


def _contradicted(sample: _Sample, curve: Floats, bands: list[_Band]) -> bool:
    """Tell whether the shares lie farther from the curve than chance allows."""
    free = len(bands) - 4
    if free < 1:
        return False
    shares = share(curve[None], sample.size)[0]
    squares = 0.0
    for band in bands:
        expected = float(np.average(shares[band.classes], weights=sample.total[0][band.classes]))
        squares += (band.value - expected) ** 2 * band.worth / (expected * (1.0 - expected))
    return bool(chdtrc(free, squares) < UNLIKELY)


def _fine_edges() -> Floats:
    """Return the edges of the classes: each band in so many equal steps of its logarithm."""
    low = np.maximum(EDGES[:-1], 1.0)
    high = np.where(np.isinf(EDGES[1:]), 36_000.0, EDGES[1:])
    steps = np.arange(FINE) / FINE
    inner = (low[:, None] * (high / low)[:, None] ** steps).ravel()
    inner[0] = 0.0
    return np.concatenate([inner, [np.inf]])
