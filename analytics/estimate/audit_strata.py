"""Which cycles are worth a look, in which groups, and how many of each?

Only cycles at two sigmas and above are (4 to 15 % of them). They are cut into strata by their scaled
residual, blocked cycles apart: a station that waited has another reason to be slow.

Source: stratified sampling as in Cochran (1977), chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from analytics.estimate.mixture import FLOOR
from analytics.estimate.plant import Bools, Floats, Ints

EDGES = np.array([2.0, 2.75, 3.5, 4.25, 5.0, 6.0, 8.0, 12.0])
BLOCKED_EDGES = np.array([2.0, 5.0])
OPEN = EDGES.size
STRATA = OPEN + BLOCKED_EDGES.size
"""Strata of the cycles that were not blocked, by their residual (sigmas), then those of the blocked ones."""

LEAST_A_STRATUM = 4
ALLOCATION_CLIP = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Strata:
    """The cycles without a call, cut into strata; arrays have shape (STRATA,).

    Attributes:
        size: cycles.
        chance: the model's mean chance of an own delay of at least the floor that no call is about.
        smooth: the same if delays were spread smoothly.
        seconds, seconds_sd: delay of a slow cycle, mean and standard deviation.
        below_n, below_s: what the model counts below two sigmas: slow cycles and seconds.
    """

    size: Floats
    chance: Floats
    smooth: Floats
    seconds: Floats
    seconds_sd: Floats
    below_n: float
    below_s: float


def stratum_of(deviation: Floats, blocked: Bools) -> Ints:
    """Return the stratum of every cycle, -1 below two sigmas or where it is not judged (nan).

    Args:
        deviation: scaled residual, sigmas, shape (n,).
        blocked: it only waited for the next station, shape (n,).
    """
    t = np.nan_to_num(deviation, nan=-np.inf)
    opened = np.searchsorted(EDGES, t, side="right") - 1
    held = np.searchsorted(BLOCKED_EDGES, t, side="right") - 1
    return np.where(blocked & (held >= 0), OPEN + held, opened).astype(np.int64)


def smooth_chance(size: Floats) -> Floats:
    """Return the share of slow cycles per stratum if delays were spread smoothly over the residual.

    From eight sigmas on nearly every cycle that was not blocked is slow; below, delays of every order of
    length are as frequent as from eight to twelve sigmas, seen through normal noise.

    Args:
        size: cycles per stratum, shape (STRATA,).
    """
    upper = np.append(EDGES[1:], EDGES[-1] + 4.0)
    middle = (EDGES + upper) / 2
    per_log = size[OPEN - 2] / np.log(EDGES[-1] / EDGES[-2])
    expected = per_log * (upper - EDGES) / np.maximum(middle, FLOOR) * ndtr(middle - FLOOR)
    share = np.minimum(expected / np.maximum(size[:OPEN], 1.0), 0.95)
    share[OPEN - 2 :] = 0.95
    return np.concatenate([share, np.full(STRATA - OPEN, 0.002)])


def usual_delay(deviation: Floats) -> Floats:
    """Mean delay (sigmas) of a slow cycle by its residual: a normal around it, cut off at the floor."""
    below = FLOOR - np.minimum(deviation, FLOOR + 8.0)
    density = np.exp(-(below**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(deviation + density / ndtr(-below))


def allocate(size: Floats, chance: Floats, wanted: int) -> Ints:
    """Say how many cycles to look at in each stratum: at least four, the rest where most is uncertain.

    Args:
        size: cycles per stratum, shape (STRATA,).
        chance: expected share of slow cycles, shape (STRATA,).
        wanted: how many together; fewer where there are fewer.

    Source: Neyman (1934, J. R. Statist. Soc. 97), with p clipped so that no stratum is taken as known.
    """
    room = size.astype(np.int64)
    drawn = np.minimum(room, LEAST_A_STRATUM)
    likely = np.clip(chance, ALLOCATION_CLIP, 1 - ALLOCATION_CLIP)
    appeal = size * np.sqrt(likely * (1 - likely))
    while (left := min(wanted, int(room.sum())) - int(drawn.sum())) > 0:
        share = np.where(drawn < room, appeal, 0.0)
        more = np.minimum(np.floor(left * share / share.sum()).astype(np.int64), room - drawn)
        if not more.any():
            more[np.argmax(share / (drawn + 1.0))] = 1
        drawn = drawn + more
    return np.asarray(drawn)
