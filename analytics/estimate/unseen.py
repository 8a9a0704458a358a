"""How many slow cycles does neither of two lists hold? A cross-check and a range, never part of a sum.

Two lists that see independently of each other tell by their overlap what both miss. Chapman's estimate takes
every slow cycle as equally visible; that of Huggins and Alho lets both chances depend on the delay. Neither
can tell by itself whether the lists are independent, so this is asked of the cycle times, which see what
neither list holds: the odds ratio of the second list given the first, at equal delay, must lie within
0.8–1.25, and its 95 % interval within the squares of those bounds. An odds ratio of 1.0 that could as well be
0.3 or 3 proves nothing, and nothing is shown.

Assumes that both lists could have held every cycle of the population (stations that both cover, delays above
the threshold of both), and that a cycle is found again in both.

Sources: Chapman (1951), *Univ. California Publ. Statist.* 1; Huggins (1989), *Biometrika* 76; Alho (1990),
*Biometrics* 46, eq. 3; Chao (1987), *Biometrics* 43, eq. 8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from analytics.results import Estimate, Quantity, Unavailable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FEWEST_SHARED = 10.0
INDEPENDENT = (0.8, 1.25)
TOLD = (INDEPENDENT[0] ** 2, INDEPENDENT[1] ** 2)
"""The odds ratio's interval must lie within these; were it 1.65, it would in fewer than 1 of 40 plants."""
QUANTILE = 1.96
DRAWS = 200
RIDGE, LARGEST_LOGIT, STEPS = 0.01, 15.0, 40
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """What two lists say of the slow cycles that neither holds.

    Attributes:
        count: the range, or why there is none.
        overlap: slow cycles that both hold.
        odds_ratio: of the second list given the first, at equal delay.
        chapman, huggins_alho: the two estimates with their sampling intervals.
        chao: Chao's lower bound where chances differ, for context.
    """

    count: Quantity
    overlap: float
    odds_ratio: Quantity
    chapman: Quantity
    huggins_alho: Quantity
    chao: Quantity


def held_by_neither(lists: Lists, names: tuple[str, str], rng: np.random.Generator) -> Unseen:
    """Estimate how many slow cycles neither list holds, or refuse.

    Args:
        lists: the two lists.
        names: what the lists are called.
        rng: source of the bootstrap over clusters.

    Returns:
        A range that allows for an odds ratio of 0.8–1.25, or a refusal that tells overlap and odds ratio.
    """
    ratio = odds_ratio(lists)
    refusal = _refusal(lists, ratio, names)
    if refusal is not None:
        return Unseen(
            count=refusal,
            overlap=lists.overlap,
            odds_ratio=ratio,
            chapman=refusal,
            huggins_alho=refusal,
            chao=refusal,
        )
    values, draws = _estimates(lists, rng)
    chapman, alho = (
        _estimate(value, drawn, method)
        for value, drawn, method in zip(values, draws.T, ("Chapman", "Huggins–Alho by delay"), strict=True)
    )
    return Unseen(
        count=Estimate(
            value=alho.value,
            lower=INDEPENDENT[0] * min(chapman.lower, alho.lower),
            upper=INDEPENDENT[1] * max(chapman.upper, alho.upper),
            unit=UNIT,
            method="capture–recapture: Chapman to Huggins–Alho by delay, for odds ratios of "
            f"{INDEPENDENT[0]:g}–{INDEPENDENT[1]:g}; a range",
        ),
        overlap=lists.overlap,
        odds_ratio=ratio,
        chapman=chapman,
        huggins_alho=alho,
        chao=_chao(lists),
    )


def odds_ratio(lists: Lists) -> Quantity:
    """Estimate the odds ratio of the second list given the first, at equal delay, over all slow cycles.

    Logistic regression weighted by each cycle's chance of being slow; errors robust to dependence within
    clusters (Liang and Zeger 1986, *Biometrika* 73).
    """
    among_first, others = lists.first & (lists.weight > 0), ~lists.first & (lists.weight > 0)
    if not among_first.any() or not others.any():
        return Unavailable(reason="every slow cycle is on the first list, or none is")
    x = np.column_stack([lists.first.astype(np.float64), lists.curve()])
    y, weight = lists.second.astype(np.float64), lists.weight
    beta, information = _logistic(x, y, weight)
    score = x * (weight * (y - expit(x @ beta)))[:, None]
    _, group = np.unique(lists.cluster, return_inverse=True)
    summed = np.column_stack([np.bincount(group, weights=column) for column in score.T])
    bread = np.linalg.inv(information)
    error = math.sqrt(float((bread @ (summed.T @ summed) @ bread)[0, 0]))
    if not math.isfinite(error):
        return Unavailable(reason="the odds ratio has no error that can be told")
    # Where the four cells are nearly empty a sandwich of them is nearly zero: never below Woolf's error.
    cells = [lists.amount((lists.first == a) & (lists.second == b)) for a in (True, False) for b in (True, False)]
    error = max(error, math.sqrt(sum(1.0 / (cell + 0.5) for cell in cells)))
    at, spread = float(np.clip(beta[0], -6.0, 6.0)), min(QUANTILE * error, 6.0)
    return Estimate(
        value=math.exp(at),
        lower=math.exp(at - spread),
        upper=math.exp(at + spread),
        unit="odds ratio",
        method="logistic regression on the first list and delay, over slow cycles seen in cycle times",
    )


def huggins_alho(x: Floats, first: Bools, second: Bools, weight: Floats) -> float:
    """Return how many neither list holds, where both chances depend on ``x``.

    Args:
        x: what the chances depend on, shape (n, k).
        first, second: the lists; cycles on neither are ignored, shape (n,).
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


def _logistic(x: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Fit a weighted logistic regression with a light ridge; return coefficients and information."""
    beta = np.zeros(x.shape[1])
    penalty = RIDGE * np.ones(x.shape[1])
    information = np.diag(penalty)
    for _ in range(STEPS):
        chance = expit(np.clip(x @ beta, -LARGEST_LOGIT, LARGEST_LOGIT))
        information = x.T @ ((weight * chance * (1.0 - chance))[:, None] * x) + np.diag(penalty)
        step = np.linalg.solve(information, x.T @ (weight * (y - chance)) - penalty * beta)
        beta = beta + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-8:
            break
    return beta, information


def _refusal(lists: Lists, ratio: Quantity, names: tuple[str, str]) -> Unavailable | None:
    """Say why no range may be shown, if so."""
    first, second = names
    if lists.overlap < FEWEST_SHARED:
        return Unavailable(
            reason=f"not estimable: overlap {lists.overlap:.0f} ({first} and {second}, slow cycles of "
            f"{lists.threshold_s:.0f} s or more)",
            needed=f"at least {FEWEST_SHARED:.0f} slow cycles that both hold: a longer period, or a source "
            "that sees more",
        )
    if isinstance(ratio, Unavailable):
        return Unavailable(
            reason=f"not estimable: whether {second} sees independently of {first} cannot be told "
            f"({ratio.reason}); overlap {lists.overlap:.0f}",
            needed="slow cycles with and without a call",
        )
    low, high = INDEPENDENT
    if low <= ratio.value <= high and ratio.lower >= TOLD[0] and ratio.upper <= TOLD[1]:
        return None
    told = (
        f"odds ratio {ratio.value:.2g} ({ratio.lower:.2g}–{ratio.upper:.2g}), allowed {low:g}–{high:g}; "
        f"overlap {lists.overlap:.0f}"
    )
    if ratio.lower > 1.0 or ratio.upper < 1.0:
        rather = "the same" if ratio.value > 1 else "other"
        return Unavailable(
            reason=f"not estimable: {second} holds rather {rather} slow cycles than {first} do: {told}",
            needed="a source that sees problems independently of the calls",
        )
    return Unavailable(
        reason=f"not estimable: whether {second} sees independently of {first} cannot be told: {told}, its "
        f"interval within {TOLD[0]:.2g}–{TOLD[1]:.2g}",
        needed="a longer period, or a source that sees more",
    )


def _estimates(lists: Lists, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Chapman's and Huggins–Alho's estimate, and draws of what was really missed, shape (DRAWS, 2).

    Clusters are drawn again; the number that was missed is itself a draw around its mean.
    """
    held = (lists.first | lists.second) & (lists.weight > 0)
    x, first, second = lists.curve()[held], lists.first[held], lists.second[held]
    _, group = np.unique(lists.cluster[held], return_inverse=True)
    clusters = int(group.max()) + 1

    def both(weight: Floats) -> tuple[float, float]:
        only_first, only_second = weight[first & ~second].sum(), weight[second & ~first].sum()
        chapman = only_first * only_second / (weight[first & second].sum() + 1.0)
        return float(chapman), huggins_alho(x, first, second, weight)

    weight = lists.weight[held]
    drawn = rng.multinomial(clusters, np.full(clusters, 1.0 / clusters), size=DRAWS)
    means = np.array([both(weight * times[group]) for times in drawn])
    return np.array(both(weight)), rng.poisson(means).astype(np.float64)


def _estimate(value: float, draws: Floats, method: str) -> Estimate:
    lower, upper = (float(bound) for bound in np.quantile(draws, [0.025, 0.975]))
    return Estimate(
        value=value, lower=min(lower, value), upper=max(upper, value), unit=UNIT, method=f"{method}; bootstrap"
    )


def _chao(lists: Lists) -> Estimate:
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
