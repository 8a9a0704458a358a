"""How far can people who look at cycles be relied on?

Two people who look at the same cycles show how often they agree beyond chance (kappa) and, as slow cycles are
frequent in some strata and rare in others, how often one of them is right about a slow and about an ordinary
cycle. Accuracy is one pair of numbers for all observers: people are never compared with each other.

Source: Cohen (1960, Educ. Psychol. Meas. 20) for kappa; its interval is the profile likelihood of the common
correlation model (Bloch and Kraemer 1989, Biometrics 45; Donner and Eliasziw 1992, Statist. Med. 11), which
keeps its coverage where agreement is perfect or slow cycles are rare.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimate.plant import Bools, Floats
from analytics.results import Estimate, Quantity, Unavailable

FEWEST_DOUBLE = 10
HALF_CHI_SQUARE = 1.92
"""Half the 95 % point of chi-square with one degree of freedom."""
MISSED = np.array([0.002, 0.01, 0.02, 0.04, 0.07, 0.11, 0.16, 0.24, 0.35, 0.48])
MISTAKEN = np.array([0.0005, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.30])
MISSED_PRIOR, MISTAKEN_PRIOR = 9.0, 19.0
"""Prior Beta(1, …) of one observer's errors: about one slow cycle in ten, one ordinary one in twenty."""
SURE = 0.999


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How often an observer is right: a grid with prior weights; arrays have shape (k,).

    Attributes:
        sensitivity: chance of a yes about a slow cycle.
        specificity: chance of a no about an ordinary one.
        weight: prior weight.
        perfect: observers are taken as right.
    """

    sensitivity: Floats
    specificity: Floats
    weight: Floats
    perfect: bool = False


RIGHT = Accuracy(sensitivity=np.ones(1), specificity=np.ones(1), weight=np.ones(1), perfect=True)


def told_accuracy(sensitivity: float, specificity: float) -> Accuracy:
    """Return the accuracy that was told.

    Raises:
        ValueError: one is not above 0.5 and at most 1.
    """
    for name, given in (("sensitivity", sensitivity), ("specificity", specificity)):
        if not 0.5 < given <= 1.0:
            raise ValueError(f"{name} must be above 0.5 and at most 1, got {given}")
    if sensitivity == specificity == 1.0:
        return RIGHT
    return Accuracy(
        sensitivity=np.array([min(sensitivity, SURE)]),
        specificity=np.array([min(specificity, SURE)]),
        weight=np.ones(1),
    )


def unknown_accuracy() -> Accuracy:
    """Return the grid over which double observations decide."""
    missed, mistaken = (grid.ravel() for grid in np.meshgrid(MISSED, MISTAKEN, indexing="ij"))
    weight = (1 - missed) ** (MISSED_PRIOR - 1) * (1 - mistaken) ** (MISTAKEN_PRIOR - 1)
    # A grid that is denser near zero needs its cells' widths.
    widths = np.outer(np.gradient(MISSED), np.gradient(MISTAKEN)).ravel()
    weight = weight * widths
    return Accuracy(sensitivity=1 - missed, specificity=1 - mistaken, weight=weight / weight.sum())


def kappa(first: Bools, second: Bools) -> Quantity:
    """Agreement of two observers beyond chance.

    Args:
        first: what one said of each cycle, shape (n,).
        second: what the other said of the same cycles, shape (n,).
    """
    if first.size < FEWEST_DOUBLE:
        return Unavailable(
            reason=f"two people looked at {first.size} of the same cycles",
            needed=f"at least {FEWEST_DOUBLE} cycles that two people looked at",
        )
    agreed = float(np.mean(first == second))
    p, q = float(first.mean()), float(second.mean())
    by_chance = p * q + (1 - p) * (1 - q)
    if by_chance >= 1.0:
        return Unavailable(
            reason="both said the same of every cycle: nothing varies that they could agree on",
            needed="cycles of both kinds",
        )
    value = (agreed - by_chance) / (1 - by_chance)
    lower, upper = _profile(int((first & second).sum()), int((first ^ second).sum()), first.size)
    return Estimate(
        value=value,
        lower=min(lower, value),
        upper=max(upper, value),
        unit="kappa",
        method="Cohen's kappa, profile likelihood",
    )


def _profile(both: int, one: int, total: int) -> tuple[float, float]:
    """Ends of the likelihood interval of the common correlation, the share of yes profiled out."""
    value = np.linspace(-0.999, 0.9999, 601)[:, None]
    share = np.linspace(0.0025, 0.9975, 200)[None, :]
    mixed = share * (1 - share)
    cells = (
        (both, share**2 + value * mixed),
        (one, 2 * mixed * (1 - value)),
        (total - both - one, (1 - share) ** 2 + value * mixed),
    )
    likelihood = np.zeros(np.broadcast_shapes(value.shape, share.shape))
    for count, chance in cells:
        likelihood += count * np.log(np.maximum(chance, 1e-300)) if count else 0.0
        likelihood = np.where(chance > 0, likelihood, -np.inf)
    profile = likelihood.max(axis=1)
    inside = value[profile >= profile.max() - HALF_CHI_SQUARE, 0]
    return float(inside.min()), float(inside.max())
