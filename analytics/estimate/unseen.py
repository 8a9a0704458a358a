"""How many slow cycles does neither of two lists hold? A cross-check and a range, never part of a sum.

Two lists that see independently of each other tell by their overlap what both miss. Whether they do cannot be
told from the lists, so it is asked of the cycle times, which see what neither list holds: the odds ratio of
the second list given the first, at equal delay, must lie within 0.8–1.25, and its 95 % interval within the
squares of those bounds. An odds ratio of 1.0 that could as well be 0.3 or 3 proves nothing, and nothing is
shown.

Assumes that both lists could have held every cycle of the population (stations that both cover, delays above
the threshold of both), and that a cycle is found again in both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from analytics.estimate.capture import (
    LARGEST_LOGIT,
    QUANTILE,
    RIDGE,
    STEPS,
    UNIT,
    Floats,
    Lists,
    chao,
    in_draws,
    recapture,
)
from analytics.results import Estimate, Quantity, Unavailable

FEWEST_SHARED = 10.0
INDEPENDENT = (0.8, 1.25)
TOLD = (INDEPENDENT[0] ** 2, INDEPENDENT[1] ** 2)
"""The odds ratio's interval must lie within these; were it 1.65, it would in fewer than 1 of 40 plants."""


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
    values, draws = recapture(lists, rng)
    chapman, alho = (
        in_draws(value, drawn, method)
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
        chao=chao(lists),
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
    cells = [
        lists.amount((lists.first == a) & (lists.second == b)) for a in (True, False) for b in (True, False)
    ]
    error = max(error, math.sqrt(sum(1.0 / (cell + 0.5) for cell in cells)))
    at, spread = float(np.clip(beta[0], -6.0, 6.0)), min(QUANTILE * error, 6.0)
    return Estimate(
        value=math.exp(at),
        lower=math.exp(at - spread),
        upper=math.exp(at + spread),
        unit="odds ratio",
        method="logistic regression on the first list and delay, over slow cycles seen in cycle times",
    )


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
