"""How far a figure moves had other shift-days been worked: random weights of shift-days.

A shift-day is drawn as a whole, because what happens within one hangs together. Every shift-day keeps some
weight in every draw, so that a rare call is never lost altogether.

Source: the Bayesian bootstrap, Rubin (1981), Ann. Statist. 9, 130-134, with gamma weights spread as
Student's t asks for where there are few shift-days.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

Floats = NDArray[np.float64]

QUANTILE = 1.96
LEAST_SHAPE = 0.1
"""Of the gamma weights, where there are fewer than five shift-days."""


def shift_day_weights(shift_days: int, replicates: int, rng: np.random.Generator) -> Floats:
    """Draw weights of mean 1, shape (replicates, shift_days); of one shift-day nothing can be drawn."""
    if shift_days < 2:
        return np.ones((replicates, shift_days))
    # A mean so weighted varies by (n - 1) s² / n / (n shape + 1); it is to vary by (t / 1.96)² s² / n.
    widened = float(stdtrit(shift_days - 1, 0.975)) / QUANTILE
    shape = max(((shift_days - 1) / widened**2 - 1.0) / shift_days, LEAST_SHAPE)
    return np.asarray(rng.gamma(shape, 1.0 / shape, (replicates, shift_days)))


def wilson(share: float, cycles: float) -> tuple[float, float]:
    """Return the 95 % interval of a share seen among so many independent cycles (Wilson 1927, JASA 22, 209).

    Example:
        >>> low, high = wilson(0.0, 36.0)
        >>> abs(low) < 1e-12, round(high, 2)
        (True, 0.1)
    """
    z2 = QUANTILE**2 / cycles
    centre = (share + z2 / 2) / (1 + z2)
    half = float(np.sqrt(z2 * (share * (1 - share) + z2 / 4))) / (1 + z2)
    return centre - half, centre + half


def corrected_quantiles(found: Floats, wanted: tuple[float, ...]) -> Floats:
    """Return quantiles of replicates, corrected for bias (Efron 1987, JASA 82, 171).

    Args:
        found: the fit first, then its replicates, shape (1 + replicates,).
        wanted: which quantiles, in (0, 1).
    """
    below = np.clip(np.mean(found[1:] < found[0]), 0.02, 0.98)
    moved = ndtr(2.0 * ndtri(below) + ndtri(np.array(wanted)))
    return np.asarray(np.quantile(found[1:], moved, method="nearest"))
