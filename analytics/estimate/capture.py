"""Capture–recapture with two lists: how many does neither hold, if they see independently of each other?

Chapman's estimate takes every slow cycle as equally visible; that of Huggins and Alho lets both chances
depend on the delay; Chao's is a lower bound where chances differ. None of them can tell whether the lists are
independent: :mod:`analytics.estimate.unseen` asks the cycle times first.

Sources: Chapman (1951), *Univ. California Publ. Statist.* 1; Huggins (1989), *Biometrika* 76; Alho (1990),
*Biometrics* 46, eq. 3; Chao (1987), *Biometrics* 43, eq. 8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from analytics.results import Estimate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

QUANTILE = 1.96
DRAWS = 200
RIDGE, LARGEST_LOGIT, STEPS = 0.01, 15.0, 40
DELAY_BINS = 25
LONGEST = 20.0
"""Delays beyond so many thresholds are taken as so long."""
UNIT = "slow cycles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Two lists over the slow cycles of one population; arrays have shape (n,).

    Attributes:
        delay_s: delay of each cycle, seconds.
        weight: chance that the cycle's own delay reaches the threshold, 0 to 1.
        first, second: whether each list holds the cycle.
        cluster: cycles that may depend on each other share a number (station and shift-day).
        threshold_s: the shortest delay of the population.
    """

    delay_s: Floats
    weight: Floats
    first: Bools
    second: Bools
    cluster: Ints
    threshold_s: float

    def amount(self, rows: Bools) -> float:
        """Return the expected number of slow cycles among some."""
        return float(self.weight[rows].sum())

    @property
    def overlap(self) -> float:
        """Slow cycles that both lists hold."""
        return self.amount(self.first & self.second)

    def curve(self) -> Floats:
        """Return what the chance of a list may depend on: 1, ln delay and its square, shape (n, 3)."""
        length = np.log(np.clip(self.delay_s / self.threshold_s, 1.0, LONGEST))
        return np.column_stack([np.ones_like(length), length, length**2])


def recapture(lists: Lists, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Estimate by Chapman and by Huggins–Alho how many neither list holds.

    Args:
        lists: the two lists.
        rng: source of the bootstrap; clusters are drawn again.

    Returns:
        Both estimates, shape (2,), and draws of what was really missed (itself a draw around its mean), shape
        (DRAWS, 2).
    """
    held = (lists.first | lists.second) & (lists.weight > 0)
    curve, weight = lists.curve()[held], lists.weight[held]
    _, group = np.unique(lists.cluster[held], return_inverse=True)
    clusters = int(group.max()) + 1
    # Cycles of nearly the same delay and the same lists are one row: the cost does not grow with the period.
    edges = np.quantile(curve[:, 1], np.linspace(0, 1, DELAY_BINS + 1)[1:-1])
    key = 4 * np.searchsorted(edges, curve[:, 1], side="right") + 2 * lists.first[held] + lists.second[held]
    kinds, row = np.unique(key, return_inverse=True)
    first, second = kinds % 4 >= 2, kinds % 2 == 1
    size = np.bincount(row, weights=weight).astype(np.float64)
    x = np.column_stack([np.bincount(row, weights=weight * column) / size for column in curve.T])

    def both(weights: Floats) -> Floats:
        only_first, only_second = weights[first & ~second].sum(), weights[second & ~first].sum()
        chapman = only_first * only_second / (weights[first & second].sum() + 1.0)
        return np.array([chapman, huggins_alho(x, first, second, weights)])

    drawn = rng.multinomial(clusters, np.full(clusters, 1.0 / clusters), size=DRAWS)
    again = (np.bincount(row, weights=weight * times[group]).astype(np.float64) for times in drawn)
    means = np.array([both(weights) for weights in again])
    return both(size), rng.poisson(means).astype(np.float64)


def in_draws(value: float, draws: Floats, method: str) -> Estimate:
    """Put an estimate between the 2.5 % and 97.5 % points of its draws."""
    lower, upper = (float(bound) for bound in np.quantile(draws, [0.025, 0.975]))
    return Estimate(
        value=value,
        lower=min(lower, value),
        upper=max(upper, value),
        unit=UNIT,
        method=f"{method}; bootstrap",
    )


def chao(lists: Lists) -> Estimate:
    """Chao's lower bound for two lists, with his lognormal interval."""
    once, twice = lists.amount(lists.first ^ lists.second), lists.overlap
    value = once**2 / (4.0 * twice)
    ratio = once / twice
    error = math.sqrt(twice * (0.25 * ratio**2 + 0.25 * ratio**3 + 0.0625 * ratio**4))
    factor = math.exp(QUANTILE * math.sqrt(math.log1p((error / max(value, 1e-9)) ** 2)))
    return Estimate(
        value=value,
        lower=value / factor,
        upper=value * factor,
        unit=UNIT,
        method="Chao's lower bound (no bound where lists depend on each other)",
    )


def huggins_alho(x: Floats, first: Bools, second: Bools, weight: Floats) -> float:
    """Return how many neither list holds, where both chances depend on ``x``.

    Args:
        x: what the chances depend on, shape (n, k).
        first: whether the first list holds each cycle; those on neither are ignored, shape (n,).
        second: the same of the second list, shape (n,).
        weight: of each cycle, shape (n,).

    Source:
        Huggins (1989) and Alho (1990): given that a cycle is on a list, the pair is an exponential family,
        so that Newton's steps rise to the one maximum.
    """
    held = first | second
    x, a, b, w = x[held], first[held].astype(np.float64), second[held].astype(np.float64), weight[held]
    k = x.shape[1]
    beta = np.zeros(2 * k)
    penalty = RIDGE * np.tile(np.r_[0.0, np.ones(k - 1)], 2)
    for _ in range(STEPS):
        pa, pb, seen = _chances(x, beta)
        ma, mb = pa / seen, pb / seen
        gradient = np.concatenate([x.T @ (w * (a - ma)), x.T @ (w * (b - mb))]) - penalty * beta
        both = w * (pa * pb / seen - ma * mb)
        corner = x.T @ (both[:, None] * x)
        hessian = np.block(
            [
                [x.T @ ((w * ma * (1 - ma))[:, None] * x), corner],
                [corner, x.T @ ((w * mb * (1 - mb))[:, None] * x)],
            ]
        ) + np.diag(penalty + 1e-9)
        step = np.clip(np.linalg.solve(hessian, gradient), -2.0, 2.0)
        beta = beta + step
        if np.abs(step).max() < 1e-7:
            break
    _, _, seen = _chances(x, beta)
    return float(np.sum(w * (1.0 - seen) / seen))


def _chances(x: Floats, beta: Floats) -> tuple[Floats, Floats, Floats]:
    """Chance of each list and of being on either."""
    logits = np.clip(x @ beta.reshape(2, -1).T, -LARGEST_LOGIT, LARGEST_LOGIT)
    pa, pb = expit(logits[:, 0]), expit(logits[:, 1])
    return pa, pb, 1.0 - (1.0 - pa) * (1.0 - pb)
