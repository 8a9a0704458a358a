"""What the fit says of every cycle: the chance of an own delay beyond a floor, and its length.

Every cycle looks its bin up in its station's fitted table. Beyond the histogram (12 sigmas) a delay is
certain and is what was seen less the usual noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from analytics.estimate.fit import Fit, bin_of
from analytics.estimate.mixture import FLOOR, GRID
from analytics.estimate.null import Null
from analytics.estimate.passes import Prepared
from analytics.estimate.plant import Floats

CERTAIN = 8.0
"""From this many sigmas on, the delay is what was seen less the mean noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Per cycle, shape (n,) each; nan where the cycle is not usable.

    Attributes:
        floor_s: the shortest delay that is counted here.
        slow: chance of an own delay of at least the floor, called or not.
        undetected: the same where no call belongs to it, else 0.
        delay_s: expected own delay counted where it reaches the floor, called or not.
    """

    floor_s: Floats
    slow: Floats
    undetected: Floats
    delay_s: Floats


def null_mean(null: Null) -> Floats:
    """Mean of the noise in sigmas, shape (B,)."""
    skew = np.where(np.abs(null.skew) < 1e-4, 1e-4, null.skew)
    return np.asarray(null.location + null.scale * np.expm1(skew**2 / 2) / skew)


def score(prepared: Prepared, fit: Fit) -> Scores:
    """Look every cycle up in the fitted tables."""
    slow, delay = exceedance(prepared, fit, np.full(prepared.plant.size, FLOOR))
    detected = prepared.matching.called | prepared.matching.covered
    unusable = ~prepared.usable
    floor_s = np.where(unusable, np.nan, FLOOR * prepared.scale_s)
    undetected = np.where(detected, 0.0, slow)
    planned = prepared.planned & ~prepared.usable
    for values in (slow, undetected, delay):
        values[unusable] = np.nan
        values[planned] = 0.0
    return Scores(floor_s=floor_s, slow=slow, undetected=undetected, delay_s=delay * prepared.scale_s)


def exceedance(prepared: Prepared, fit: Fit, threshold: Floats) -> tuple[Floats, Floats]:
    """Chance of an own delay of at least ``threshold`` sigmas per cycle, and that delay's mean (sigmas).

    Args:
        prepared: the prepared plant.
        fit: the fitted stations.
        threshold: in sigmas of the cycle's own scale, shape (n,); at least the floor.

    Returns:
        Chance and expected counted delay, shape (n,) each.
    """
    plant = prepared.plant
    detected = prepared.matching.called | prepared.matching.covered
    t = np.nan_to_num(prepared.deviation, nan=0.0)
    bins = bin_of(prepared.deviation)
    weight = prepared.blocking.weight
    chance, delay = np.zeros(plant.size), np.zeros(plant.size)
    open_tables = _survival(fit.mixture.posterior())
    blocked_tables = _survival(fit.mixture.posterior_censored())
    called_tables = _survival(fit.called.posterior())
    step = np.searchsorted(GRID, threshold, side="left")
    mean_noise = null_mean(fit.null)
    station = plant.station
    for tables, share, rows in (
        (open_tables, 1.0 - weight, ~detected),
        (blocked_tables, weight, ~detected & (weight > 0)),
        (called_tables, np.ones(plant.size), detected),
    ):
        index = np.flatnonzero(rows & prepared.usable)
        # The called share one table, the others have one a station.
        which = station[index] % tables[0].shape[0]
        chance[index] += share[index] * tables[0][which, bins[index], step[index]]
        delay[index] += share[index] * tables[1][which, bins[index], step[index]]
    # Far out the grid is coarse and the answer plain: what was seen less the noise.
    far = (t >= CERTAIN) & (weight < 0.5)
    own = t - mean_noise[station]
    beyond = far & (threshold >= CERTAIN - 2.0)
    spread = fit.null.scale[station]
    chance = np.where(beyond, _normal_tail((threshold - own) / spread), chance)
    chance = np.minimum(chance, 1.0)  # sums over the grid may pass 1 by rounding
    return chance, np.where(far, chance * own, delay)


def _survival(posterior: Floats) -> tuple[Floats, Floats]:
    """Sums over the delays from each grid point up: chance and chance × delay, shape (B, BINS, K + 1)."""
    finite = np.where(np.isinf(GRID), 0.0, GRID)
    padded = np.concatenate([posterior, np.zeros((*posterior.shape[:2], 1))], axis=2)
    weighted = np.concatenate([posterior * finite, np.zeros((*posterior.shape[:2], 1))], axis=2)
    return (
        np.asarray(np.cumsum(padded[:, :, ::-1], axis=2)[:, :, ::-1]),
        np.asarray(np.cumsum(weighted[:, :, ::-1], axis=2)[:, :, ::-1]),
    )


def _normal_tail(z: Floats) -> Floats:
    return np.asarray(ndtr(-z))
