"""The andon detection curve: how likely is a call, by the seconds that a cycle took too long?

Shares by band of seconds come with a fitted curve between a floor and a ceiling, and with the seconds from
which one in two and nine in ten are called. Where those lie beyond what was seen, or the ceiling is lower,
that is said instead.

Intervals: the replicates of the counts, each fitted with the centres of its penalties moved by their own
spread, so that what the data leave open stays open. Calls that were given to another cycle flatten the curve,
so its early ends allow for a share called that is as much too low as labels err.

Assumption: the chance does not fall with the seconds. Where the shares contradict the curve, it is withheld
and the shares stand alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import chdtrc

from analytics.estimate.by_seconds import (
    LABEL_ERROR,
    SHARE,
    Band,
    Counted,
    bands,
    count_by_seconds,
    slow_cycles,
)
from analytics.estimate.resampling import Floats, corrected_quantiles
from analytics.estimate.rising_curve import PRIOR_SD, centres, fit_best, fit_rising, levels, reached, share
from analytics.results import TOO_EARLY, Estimate, Quantity, Unavailable

LEAST_SHIFT_DAYS = 5
LEAST_SLOW, LEAST_OF_EACH = 40.0, 8.0
UNLIKELY = 1e-4
"""A curve is withheld where shares so far from it have less than this chance."""
REACH_BEYOND = 1.5
"""An upper end may lie so far beyond the longest delay seen."""
SETTLED = 0.99
"""Share of the replicates that must reach within that."""
DRAWN_AT = 25
METHOD = "rising curve over slow cycles, weighted by their chance"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionCurve:
    """How likely a call is by seconds, for one group of cycles.

    Attributes:
        key: the group, as {column: value}.
        slow_cycles: expected number of slow cycles it rests on, covered ones left out.
        shift_days: how many it pools.
        called_50_s, called_90_s: seconds from which one in two, nine in ten are called.
        floor, ceiling: share called of the shortest and of the longest delays, where the curve levels off.
        points: shares by band of seconds; nothing makes them rise.
        fitted: the curve at log-spaced seconds within those seen, as (seconds, share called); may be empty.
    """

    key: dict[str, Any]
    slow_cycles: float
    shift_days: int
    called_50_s: Quantity
    called_90_s: Quantity
    floor: Quantity
    ceiling: Quantity
    points: tuple[Band, ...]
    fitted: tuple[tuple[float, Estimate], ...] = ()

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
            "points": [
                {
                    "from_s": point.from_s,
                    "seconds": point.seconds,
                    "to_s": point.to_s,
                    "slow_cycles": point.slow_cycles,
                    "called": point.called.to_json(),
                }
                for point in self.points
            ],
            "fitted": [{"seconds": seconds, "called": called.to_json()} for seconds, called in self.fitted],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionCurves:
    """The curves of a run: all together, by line, by shift."""

    overall: DetectionCurve
    by_line: list[DetectionCurve]
    by_shift: list[DetectionCurve]

    def to_json(self) -> dict[str, Any]:
        """Return the curves as the report contract writes them."""
        return {
            "overall": self.overall.to_json(),
            "by_line": [one.to_json() for one in self.by_line],
            "by_shift": [one.to_json() for one in self.by_shift],
        }


def curves_of_run(cycles: pl.DataFrame, *, shared_error: float, rng: np.random.Generator) -> DetectionCurves:
    """Estimate the detection curves of a run.

    Args:
        cycles: the run's table ``cycles``.
        shared_error: relative model error of the uncalled, one sigma.
        rng: random numbers of the intervals.
    """
    slow = slow_cycles(cycles)
    overall, by_line, by_shift = (
        detection_curves(slow, by, shared_error=shared_error, rng=rng) for by in (None, "line_id", "shift")
    )
    return DetectionCurves(overall=overall[0], by_line=by_line, by_shift=by_shift)


def detection_curves(
    slow: pl.DataFrame, by: str | None, *, shared_error: float, rng: np.random.Generator
) -> list[DetectionCurve]:
    """Estimate the detection curve of every group.

    Args:
        slow: slow cycles, as :func:`slow_cycles` returns them.
        by: column to group by; None for all together.
        shared_error: relative model error of the uncalled, one sigma.
        rng: random numbers of the intervals.

    Returns:
        One curve a group, in the order of the key.
    """
    if by is None:
        return [_curve({}, count_by_seconds(slow, shared_error=shared_error, rng=rng), rng)]
    parts = slow.sort(by, nulls_last=True, maintain_order=True).partition_by(by, maintain_order=True)
    return [
        _curve({by: part[by][0]}, count_by_seconds(part, shared_error=shared_error, rng=rng), rng)
        for part in parts
    ]


def _curve(key: dict[str, Any], counted: Counted, rng: np.random.Generator) -> DetectionCurve:
    refusal, points = _too_little(counted), bands(counted)
    curves = np.empty((0, 4)) if refusal else _fit(counted, rng)
    if refusal is None and _contradicted(counted, curves[0], points):
        refusal = Unavailable(
            reason="the share called does not rise with the seconds as a single curve would; see the shares",
            needed="groups that call alike, such as one line or one shift",
        )
    told: dict[str, Quantity] = {}
    fitted: tuple[tuple[float, Estimate], ...] = ()
    if refusal is None:
        seen = _seen(counted)
        told = {
            "called_50_s": _reach(curves, 0.5, seen),
            "called_90_s": _reach(curves, 0.9, seen),
            "floor": _level(levels(curves)[0]),
            "ceiling": _level(levels(curves)[1]),
        }
        fitted = _drawn(curves, seen)
    else:
        told = dict.fromkeys(("called_50_s", "called_90_s", "floor", "ceiling"), refusal)
    return DetectionCurve(
        key=key,
        slow_cycles=float(counted.slow[0].sum()),
        shift_days=counted.shift_days,
        points=points,
        fitted=fitted,
        **told,
    )


def _too_little(counted: Counted) -> Unavailable | None:
    called, slow = float(counted.called[0].sum()), float(counted.slow[0].sum())
    if called == 0.0:
        return Unavailable(reason="no slow cycle was called here", needed="slow cycles with a call")
    if counted.shift_days < LEAST_SHIFT_DAYS:
        more = LEAST_SHIFT_DAYS - counted.shift_days
        return Unavailable(
            code=TOO_EARLY,
            reason=f"too early: slow cycles on only {counted.shift_days} shift-day{'s' * (more < 4)}",
            needed=f"{more} more shift-day{'s' * (more > 1)}",
        )
    if slow < LEAST_SLOW:
        return Unavailable(reason=f"only {slow:.0f} slow cycles", needed=f"at least {LEAST_SLOW:.0f}")
    if min(called, slow - called) < LEAST_OF_EACH:
        few = f"{called:.0f} were" if called < slow - called else f"all but {slow - called:.0f} were"
        return Unavailable(
            reason=f"of {slow:.0f} slow cycles {few} called",
            needed=f"at least {LEAST_OF_EACH:.0f} called and as many not called",
        )
    return None


def _fit(counted: Counted, rng: np.random.Generator) -> Floats:
    """Fit the counts and every replicate of them: (1 + replicates, 4)."""
    best = fit_best(counted.log_s, counted.called[:1], counted.slow[:1])
    called, slow = counted.called[1:], counted.slow[1:]
    mean = (slow @ counted.log_s) / np.maximum(slow.sum(axis=1), 1e-9)
    centre = centres(mean) + rng.normal(0.0, PRIOR_SD, (mean.size, 4))
    start = np.tile(best, (mean.size, 1))
    return np.vstack([best, fit_rising(counted.log_s, called, slow, centre, start)])


def _contradicted(counted: Counted, curve: Floats, points: tuple[Band, ...]) -> bool:
    """Tell whether the shares lie farther from the curve than chance allows."""
    free = len(points) - curve.size
    if free < 1:
        return False
    shares, squares = share(curve[None], counted.log_s)[0], 0.0
    for point in points:
        expected = float(np.average(shares[point.classes], weights=counted.slow[0][point.classes]))
        squares += (point.called.value - expected) ** 2 * point.worth / (expected * (1.0 - expected))
    return bool(chdtrc(free, squares) < UNLIKELY)


def _seen(counted: Counted) -> tuple[float, float]:
    """Return the log seconds between which all but one in a hundred slow cycles lie on either side."""
    running = np.cumsum(counted.slow[0]) / counted.slow[0].sum()
    low, high = np.searchsorted(running, [0.01, 0.99])
    return float(counted.log_s[low]), float(counted.log_s[high])


def _reach(curves: Floats, wanted: float, seen: tuple[float, float]) -> Quantity:
    """Return the seconds from which so many are called, or where in the seconds seen they are not."""
    at = reached(curves, wanted)
    high, latest = corrected_quantiles(at, (0.975, SETTLED))
    # A call that was given to another cycle makes long delays look called less often, hardly ever more.
    (low,) = corrected_quantiles(reached(curves, wanted * (1.0 - LABEL_ERROR)), (0.025,))
    shortest, longest = (f"{np.exp(end):.0f} s" for end in seen)
    least, most = (f"{100 * one:.0f} %" for one in share(curves[:1], np.array(seen))[0])
    if low > seen[1]:
        return Unavailable(reason=f"not reached: about {most} are called at {longest}, the longest seen")
    if high < seen[0]:
        return Unavailable(
            reason=f"earlier than can be seen: about {least} are called at {shortest}, the shortest seen",
            needed="steadier cycle times or finer time stamps",
        )
    if at[0] < seen[0]:
        by = f"by {np.exp(high):.0f} s at the latest, " if high <= seen[1] else ""
        return Unavailable(
            reason=f"{by}perhaps earlier than can be seen: about {least} are called at {shortest}, "
            "the shortest seen",
            needed="more slow cycles, short ones above all",
        )
    # Told only where hardly any replicate reaches later: else it would be told where it looks early by luck.
    if at[0] > seen[1] or latest > seen[1] + np.log(REACH_BEYOND):
        return Unavailable(
            reason=f"not before {np.exp(low):.0f} s, perhaps never",
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


def _level(found: Floats) -> Estimate:
    """Return where the curve levels off; an end that rounds to none or to all is that."""
    low, high = np.quantile(found[1:], [0.025, 0.975])
    return Estimate(
        value=float(found[0]),
        lower=0.0 if low < 0.01 else float(min(low, found[0])),
        upper=1.0 if high > 0.99 else float(max(high, found[0])),
        unit=SHARE,
        method=METHOD,
    )


def _drawn(curves: Floats, seen: tuple[float, float]) -> tuple[tuple[float, Estimate], ...]:
    """Return the fitted curve with its interval, within the seconds that were seen."""
    at = np.linspace(*seen, DRAWN_AT)
    shares = share(curves, at)
    low, high = np.quantile(shares[1:], [0.025, 0.975], axis=0)
    return tuple(
        (
            float(seconds),
            Estimate(
                value=float(one),
                lower=float(min(a, one)),
                upper=float(max(b, one)),
                unit=SHARE,
                method=METHOD,
            ),
        )
        for seconds, one, a, b in zip(np.exp(at), shares[0], low, high, strict=True)
    )
