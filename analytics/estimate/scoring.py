"""What the fit says of every cycle: the chance of an own delay beyond a floor, and its length.

Every cycle looks its bin up in its station's fitted table. Beyond the histogram (12 sigmas) a delay is
certain and is what was seen less the usual noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from analytics.estimate.fit import Fit, bin_of
from analytics.estimate.mixture import CELLS, FLOOR, GRID, above, cell_of
from analytics.estimate.null import BINS, HIGHEST
from analytics.estimate.passes import Prepared
from analytics.estimate.plant import Floats, Ints

CERTAIN = 8.0
"""From this many sigmas on a delay is certain; whether it reaches a floor as high is up to the noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Per cycle, shape (n,) each; nan where the cycle is not usable.

    Attributes:
        floor_s: the shortest delay that is counted here.
        slow: chance of an own delay of at least the floor, called or not.
        undetected: the same and that no call belongs to it; 0 where one does.
        delay_s: expected own delay counted where it reaches the floor, called or not.
        delayed: chance of any own delay, also one too short to be counted, called or not.
    """

    floor_s: Floats
    slow: Floats
    undetected: Floats
    delay_s: Floats
    delayed: Floats


def score(prepared: Prepared, fit: Fit) -> Scores:
    """Look every cycle up in the fitted tables."""
    slow, delay = exceedance(prepared, fit, np.full(prepared.plant.size, FLOOR))
    delayed, _ = exceedance(prepared, fit, np.full(prepared.plant.size, CELLS[1]))
    detected = prepared.matching.called | prepared.matching.covered
    unusable = ~prepared.usable
    floor_s = np.where(unusable, np.nan, FLOOR * prepared.scale_s)
    undetected = np.where(detected, 0.0, slow * (1.0 - prepared.matching.claimed))
    planned = prepared.planned & ~prepared.usable
    for values in (slow, undetected, delay, delayed):
        values[unusable] = np.nan
        values[planned] = 0.0
    return Scores(
        floor_s=floor_s,
        slow=slow,
        undetected=undetected,
        delay_s=delay * prepared.scale_s,
        delayed=delayed,
    )


def exceedance(prepared: Prepared, fit: Fit, threshold: Floats) -> tuple[Floats, Floats]:
    """Chance of an own delay of at least ``threshold`` sigmas per cycle, and that delay's mean (sigmas).

    Args:
        prepared: the prepared plant.
        fit: the fitted stations.
        threshold: in sigmas of the cycle's own scale, shape (n,).

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
    cell, part = cell_of(threshold)
    mean_noise = fit.null.mean()
    station = plant.station
    for tables, share, rows in (
        (open_tables, 1.0 - weight, ~detected),
        (blocked_tables, weight, ~detected & (weight > 0)),
        (called_tables, 1.0 - weight, detected),
    ):
        index = np.flatnonzero(rows & prepared.usable)
        # The called share one table, the others have one a station.
        which = station[index] % tables[0].shape[0]
        place = which, bins[index], cell[index]
        chance[index] += share[index] * _beyond(tables[0], place, part[index])
        delay[index] += share[index] * _beyond(tables[1], place, part[index])
    beyond = ~detected & prepared.usable & (t >= HIGHEST)
    held, seen = np.flatnonzero(beyond & (weight > 0)), np.flatnonzero(beyond & (weight < 0.5))
    for waited, in_the_open in _by_station(held, seen, station):
        here = fit.mixture.weights[station[waited[0]]]
        fits, length = _held_beyond(here, np.sort(t[in_the_open]), t[waited], threshold[waited])
        place = station[waited], np.full(waited.size, BINS - 1), cell[waited]
        chance[waited] += weight[waited] * (fits - _beyond(blocked_tables[0], place, part[waited]))
        delay[waited] += weight[waited] * (length - _beyond(blocked_tables[1], place, part[waited]))
    # Far out the grid is coarse and the answer plain: what was seen less the noise. Within the histogram the
    # tables know more: long delays are rarer than short ones, so that of what was seen more is noise.
    own = t - mean_noise[station]
    far = (t >= CERTAIN) & (weight < 0.5)
    high = far & (threshold >= CERTAIN - 2.0)
    spread = fit.null.scale[station]
    chance = np.where(high, _normal_tail((threshold - own) / spread), chance)
    chance = np.minimum(chance, 1.0)  # sums over the grid may pass 1 by rounding
    plain = high | (far & (t >= HIGHEST))
    return chance, np.where(plain, chance * own, delay)


def _by_station(rows: Ints, others: Ints, station: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Pair the rows of each station that has any with its other rows; both ascend by station."""
    for code in np.unique(station[rows]):
        first, last = np.searchsorted(station[rows], [code, code + 1])
        low, high = np.searchsorted(station[others], [code, code + 1])
        yield rows[first:last], others[low:high]


def _held_beyond(weights: Floats, beyond: Floats, seen: Floats, threshold: Floats) -> tuple[Floats, Floats]:
    """Chance and mean of an own delay where a wait of more sigmas than the histogram holds hides it.

    A delay of which no more is known than that it is beyond the histogram need not fit into the wait: how
    long such delays are is taken from those that were seen in the open.

    Args:
        weights: of the station's delays, shape (K,).
        beyond: residuals beyond the histogram seen in the open, in ascending order.
        seen: residuals of the cycles that waited, shape (n,).
        threshold: least delay that counts, shape (n,).
    """
    grid, open_ = GRID[:-1], weights[:-1]
    sums = np.concatenate([[0.0], np.cumsum(beyond)])
    fits, below = np.searchsorted(beyond, seen, side="right"), np.searchsorted(beyond, threshold)
    below = np.minimum(below, fits)
    far = weights[-1] / max(beyond.size, 1)
    all_ = np.maximum(open_.sum() + far * fits, 1e-12)
    reaches = above(threshold)[:, :-1]
    chance = reaches @ open_ + far * (fits - below)
    delay = reaches @ (open_ * grid) + far * (sums[fits] - sums[below])
    return chance / all_, delay / all_


def _beyond(table: Floats, place: tuple[Ints, Ints, Ints], part: Floats) -> Floats:
    """Look sums up from a point within a cell on: the cells behind it, and its own part of this one."""
    station, bins, cell = place
    behind = table[station, bins, cell + 1]
    return np.asarray(behind + part * (table[station, bins, cell] - behind))


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
