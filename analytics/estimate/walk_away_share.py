"""Which share of the slow cycles without a call would have been called had no other call been open?

The chance of a call is a logistic regression on the queue, the delay, the station, the shift of the line and
the time since that shift began, weighted by the chance of being truly slow. Two slopes on the queue (the
first call in sight, and each further one) let people take the first one for nothing, or for everything. The
share is what the fitted chances rise by where the queue is taken away, over the slow cycles without a call:

    share = Σ w [σ(η without queue) − σ(η)] / Σ w [1 − σ(η)]

The interval is for the cycles that did run without a call: it holds the error of the coefficients (scores
bootstrapped by shift-day) and the luck of the single cycle.

Assumes that, among cycles of the same delay, station, shift and hour, the queue is as good as drawn. Where it
follows from shift and station, the two cannot be told apart, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit

from analytics.estimate.plant import Bools, Floats, Ints
from analytics.estimate.ridge_logistic import Logistic, bootstrap_coefficients, fit_logistic
from analytics.results import LEVEL

DRAWS, AT_ONCE = 400, 500_000
REFERENCE_S = 30.0
SHORTEST_S = 1.0
PHASE_H, LAST_PHASE = 2.0, 11
QUEUE = slice(1, 3)
"""Columns of the queue's two slopes, after the constant."""
UNADJUSTED = 4
"""So many columns come first: the constant, the queue's, and the delay's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowCycles:
    """Cycles that may be slow and whose station had no call open, shape (rows,) each.

    Attributes:
        called: a call belongs to it.
        weight: chance of being truly slow.
        excess_s: net less usual time, seconds.
        queue: mean of the calls open elsewhere on the line.
        station, line: codes.
        shift_day: number of the line's shift-day, from 0 on.
        plant_shift_day: number of the shift-day, the same for all lines.
        shift: number of the line's shift, from 0 on.
        hours: since that shift began.
    """

    called: Bools
    weight: Floats
    excess_s: Floats
    queue: Floats
    station: Ints
    line: Ints
    shift_day: Ints
    plant_shift_day: Ints
    shift: Ints
    hours: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its interval, as fitted: it may fall below 0."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueShare:
    """The share that walked away because of the queue.

    Attributes:
        adjusted: at equal delay, station, shift and hour.
        unadjusted: at equal delay only.
        explained: how much of the queue follows from delay, station, shift and hour (R²).
    """

    adjusted: Share
    unadjusted: Share
    explained: float


def queue_share(cycles: SlowCycles, rng: np.random.Generator) -> QueueShare:
    """Estimate the share, with its interval.

    Args:
        cycles: the cycles; some called, some not, at more than one queue.
        rng: random numbers of the bootstrap.
    """
    features, ridge = _features(cycles)
    fit = fit_logistic(features, cycles.called.astype(np.float64), cycles.weight, ridge)
    bare = features[:, :UNADJUSTED]
    bare_fit = fit_logistic(bare, cycles.called.astype(np.float64), cycles.weight, ridge[:UNADJUSTED])
    return QueueShare(
        adjusted=_share(cycles, features, fit, rng),
        unadjusted=_share(cycles, bare, bare_fit, rng),
        explained=_explained(fit, ridge),
    )


def _share(cycles: SlowCycles, features: csr_matrix, fit: Logistic, rng: np.random.Generator) -> Share:
    """Take the queue away from a fitted regression."""
    called, weight = cycles.called.astype(np.float64), cycles.weight
    busy = np.flatnonzero(cycles.queue > 0)
    at_queue, silent = features[busy], float(np.sum(weight * (1.0 - called)))

    def share(beta: Floats) -> Floats:
        seen = at_queue @ beta.T
        alone = seen - at_queue[:, QUEUE] @ beta[:, QUEUE].T
        return np.asarray(weight[busy] @ (expit(alone) - expit(seen)) / silent)

    value = float(share(fit.coefficients[None, :])[0])
    coefficients = bootstrap_coefficients(
        fit, features, called, weight, cycles.shift_day, draws=DRAWS, rng=rng
    )
    parts = np.array_split(coefficients, min(DRAWS, 1 + busy.size * DRAWS // AT_ONCE))
    draws = np.concatenate([share(part) for part in parts])
    draws += _luck(cycles, features, fit) * rng.standard_normal(DRAWS)
    lower, upper = np.quantile(draws, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return Share(value=value, lower=float(min(lower, value)), upper=float(max(upper, value)))


def _features(cycles: SlowCycles) -> tuple[csr_matrix, Floats]:
    """Columns of the regression, and the ridge of each: constant, queue (2), delay, then one per group."""
    delay = np.log(np.maximum(cycles.excess_s, SHORTEST_S) / REFERENCE_S)
    main = np.stack([np.ones(delay.size), cycles.queue, np.maximum(cycles.queue - 1.0, 0.0), delay], axis=1)
    phase = np.minimum(cycles.hours // PHASE_H, LAST_PHASE).astype(np.int64)
    of_line = _indicators(cycles.line)
    groups = [
        _indicators(cycles.station),
        _indicators(cycles.shift),
        _indicators(phase),
        of_line.multiply(delay[:, None]).tocsr(),
    ]
    ridge = np.concatenate([[0.0, 0.0, 1.0, 0.0], np.ones(sum(one.shape[1] for one in groups))])
    return hstack([csr_matrix(main), *groups], format="csr"), ridge


def _indicators(code: Ints) -> csr_matrix:
    known, column = np.unique(code, return_inverse=True)
    return csr_matrix((np.ones(code.size), (np.arange(code.size), column)), shape=(code.size, known.size))


def _luck(cycles: SlowCycles, features: csr_matrix, fit: Logistic) -> float:
    """Standard deviation of the share by the luck of single cycles: each walked away, or did not."""
    seen = fit.chance
    alone = expit(features @ fit.coefficients - features[:, QUEUE] @ fit.coefficients[QUEUE])
    walked = np.clip((alone - seen) / np.maximum(1.0 - seen, 1e-12), 0.0, 1.0)
    silent = cycles.weight * ~cycles.called
    return float(np.sqrt(np.sum(silent**2 * walked * (1.0 - walked))) / np.sum(silent))


def _explained(fit: Logistic, ridge: Floats) -> float:
    """Share of the queue's variance that the other columns explain, in the regression's own weights."""
    others = np.r_[0, 3 : ridge.size]
    # The groups' columns add up to the constant: a ridge, however small, keeps them solvable.
    known = fit.information[np.ix_(others, others)] + np.diag(1e-6 + 0.01 * ridge[others])
    queue, with_others = fit.information[1, 1], fit.information[1, others]
    spread = queue - with_others[0] ** 2 / fit.information[0, 0]
    left = queue - with_others @ np.linalg.solve(known, with_others)
    return float(np.clip(1.0 - left / spread, 0.0, 1.0)) if spread > 0 else 1.0


def shift_phase(line: Ints, shift: pl.Series, day: Ints, begin_us: Ints, rows: Ints) -> pl.DataFrame:
    """Number the shifts and shift-days of each line and tell how far into its shift each row began.

    Args:
        line: code of each cycle's line, shape (n,).
        shift: name of each cycle's shift, null where unknown, shape (n,).
        day: day on which that shift began, shape (n,).
        begin_us: own start of each cycle, shape (n,).
        rows: which cycles, shape (rows,).

    Returns:
        One row each: ``shift_day`` and ``shift`` of the line, ``plant_shift_day`` whatever the line (numbers
        from 0 on), and ``hours`` since the line's first cycle in that shift-day.
    """
    every = pl.DataFrame({"line": line, "name": shift, "day": day, "begin_us": begin_us})
    whose = ["line", "name", "day"]
    first = every.group_by(whose).agg(first_us=pl.col("begin_us").min()).sort("name", "day", "line")
    numbered = (
        first.with_columns(plant_shift_day=pl.struct("name", "day").rle_id())
        .sort(whose)
        .with_columns(shift=pl.struct("line", "name").rle_id())
        .with_row_index("shift_day")
    )
    joined = every[rows].join(numbered, on=whose, how="left", nulls_equal=True, maintain_order="left")
    return joined.select(
        pl.col("shift_day", "shift", "plant_shift_day").cast(pl.Int64),
        hours=(pl.col("begin_us") - pl.col("first_us")) / 3_600_000_000,
    )
