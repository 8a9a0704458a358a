"""Which share of slow cycles only continues the problem of one before them, beyond what chance gives?

From each slow cycle on the next ones are looked at until another is slow. The share that is slow at each lag
for the first time exceeds what chance gives by the links; within ``REACH`` cycles, because a cycle in the
middle of a problem may stay below the floor. Chance is the same share further on, ``OVER`` to ``FURTHEST``
cycles after a slow one with none in between: by then its problem is over, while a bad hour, in which slow
cycles are close to each other without one cause, is still on.

The excess is pooled over stations as a share of the cycles still looked at, so that the last cycles of a
shift-day, which nothing follows, say nothing either way. Errors are a jackknife over the shift-days of
stations.

Sources: product limit, Kaplan and Meier (1958), JASA 53, 457-481; excess over an expected hazard, Ederer,
Axtell and Cutler (1961), NCI Monograph 6; jackknife, Miller (1974), Biometrika 61, 1-15.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.problems.sequence import Sequence

Floats = NDArray[np.float64]

REACH = 3
"""Cycles ahead within which a slow cycle may continue a problem: up to two in a row below the floor."""
OVER, FURTHEST = 6, 14
"""Cycles ahead at which a slow one is so by chance: no problem has as many in a row below the floor."""
MOST_BY_CHANCE = 0.9
_NEGLIGIBLE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """Share of the cycles of a kind that are no problem of their own.

    Attributes:
        cycles: expected number of cycles of that kind.
        share: of them that only continue a problem (or whose problem is counted elsewhere), 0 to 1.
        error: its standard error, one sigma.
    """

    cycles: float
    share: float
    error: float


def slow_links(seq: Sequence, slow: Floats) -> Continuation:
    """Return the share of slow cycles that continue the problem of the slow cycle before.

    Args:
        seq: the run's cycles, all of them known.
        slow: chance that each is slow; shape (n,).
    """
    hazards = _hazards(seq, slow, stop=slow)
    return _estimate(hazards.cycles, hazards.share())


def silent_links(seq: Sequence, undetected: Floats, noticed: Floats, *, being_served: Floats) -> Continuation:
    """Return the share of undetected cycles that do not add a problem without any call.

    Each undetected cycle that leads on to another one, or to a noticed cycle, leaves the problem to that one;
    an undetected cycle that follows a noticed one has its problem's call behind it.

    Args:
        seq: the run's cycles, all of them known.
        undetected: chance that each is slow and nobody called; shape (n,).
        noticed: chance that each belongs to a problem that was called (called, slow or not) or was slow while
            its station's call was open; shape (n,).
        being_served: 1 where its station's call was open, 0 elsewhere: no cycle is undetected there, so that
            chance is to be told from the others; shape (n,).
    """
    marks = np.minimum(undetected + noticed, 1.0)
    onward = _hazards(seq, undetected, stop=marks)
    answered = _hazards(seq, noticed, stop=marks)
    late = _hazards(seq, noticed, stop=marks, target=undetected, exposed=1.0 - being_served)
    behind = (answered.still() * late.linked / answered.looked_at).sum(axis=1)
    per_undetected = answered.cycles / np.maximum(onward.cycles, 1e-9)
    return _estimate(onward.cycles, onward.share() + behind * per_undetected)


@dataclass(frozen=True, slots=True)
class _Hazards:
    """Links per lag; row 0 from all of the run, each further row with one shift-day of a station left out.

    Attributes:
        cycles: where links may begin; shape (rows,).
        looked_at: of these, those still looked at; shape (rows, REACH).
        linked: of these, those linked to a cycle at the lag; shape (rows, REACH).
    """

    cycles: Floats
    looked_at: Floats
    linked: Floats

    def share(self) -> Floats:
        """Share of the cycles that is linked to any later one; shape (rows,)."""
        return np.asarray(1.0 - (1.0 - self.linked / self.looked_at).prod(axis=1))

    def still(self) -> Floats:
        """Share that is linked to none before each lag; shape (rows, REACH)."""
        left = (1.0 - self.linked / self.looked_at).cumprod(axis=1)
        return np.concatenate([np.ones((len(left), 1)), left[:, :-1]], axis=1)


def _hazards(
    seq: Sequence, begin: Floats, *, stop: Floats, target: Floats | None = None, exposed: Floats | None = None
) -> _Hazards:
    """Count what follows ``begin`` until the first ``stop``, and take off what chance gives.

    Args:
        seq: the run's cycles.
        begin: weight of each cycle as one that others may be linked to; shape (n,).
        stop: chance that looking further ends at each cycle; shape (n,).
        target: chance that each cycle is what is looked for; default: the same.
        exposed: whether each cycle could be that; default: all.
    """
    target = stop if target is None else target
    exposed = np.ones(len(begin)) if exposed is None else exposed
    looked_at, met = _follow(seq, begin, stop, target=target, exposed=exposed)
    station, stations = seq.block_station, len(seq.station_start) - 1
    sizes = np.diff(seq.station_start)
    owner = np.repeat(np.arange(stations), sizes)
    usual = np.bincount(owner, target, stations) / np.maximum(np.bincount(owner, exposed, stations), 1.0)

    looked_at_there, met_there = _sums(looked_at, station, stations), _sums(met, station, stations)
    linked = _beyond_chance(looked_at_there, met_there, usual)
    left = _beyond_chance(looked_at_there[station] - looked_at, met_there[station] - met, usual[station])
    begun = np.bincount(seq.block, begin, len(station))
    near = looked_at[:, :REACH]
    return _Hazards(
        cycles=np.append(begun.sum(), begun.sum() - begun),
        looked_at=np.maximum(np.vstack([near.sum(axis=0), near.sum(axis=0) - near]), 1e-9),
        linked=np.vstack([linked.sum(axis=0), linked.sum(axis=0) - linked[station] + left]),
    )


def _follow(
    seq: Sequence, begin: Floats, stop: Floats, *, target: Floats, exposed: Floats
) -> tuple[Floats, Floats]:
    """Return, per block and lag, how many are still looked at and how many meet a target."""
    blocks = len(seq.block_start) - 1
    row = np.flatnonzero(begin > _NEGLIGIBLE)
    weight, block = begin[row], seq.block[row]
    end = seq.block_start[1:][block]
    looked_at, met = np.zeros((blocks, FURTHEST)), np.zeros((blocks, FURTHEST))
    for lag in range(1, FURTHEST + 1):
        inside = row + lag < end
        row, weight, block, end = row[inside], weight[inside], block[inside], end[inside]
        looked_at[:, lag - 1] = np.bincount(block, weight * exposed[row + lag], blocks)
        met[:, lag - 1] = np.bincount(block, weight * target[row + lag], blocks)
        weight = weight * (1.0 - stop[row + lag])
    return looked_at, met


def _beyond_chance(looked_at: Floats, met: Floats, usual: Floats) -> Floats:
    """Return the links per lag up to ``REACH``; shape (groups, REACH).

    The usual rate counts as one cycle looked at: it decides where nothing was seen further on.
    """
    chance = (met[:, OVER - 1 :].sum(axis=1) + usual) / (looked_at[:, OVER - 1 :].sum(axis=1) + 1.0)
    chance = np.clip(chance, 0.0, MOST_BY_CHANCE)[:, None]
    return np.asarray((met[:, :REACH] - looked_at[:, :REACH] * chance) / (1.0 - chance))


def _sums(values: Floats, group: NDArray[np.int64], groups: int) -> Floats:
    total = np.zeros((groups, values.shape[1]))
    np.add.at(total, group, values)
    return total


def _estimate(cycles: Floats, share: Floats) -> Continuation:
    """Return the share and its error from row 0 and the rows with one shift-day left out."""
    value = min(max(float(share[0]), 0.0), 1.0)
    jackknife = math.sqrt(float(np.square(share[1:] - share[0]).sum()))
    # A handful of cycles that happen to agree say little: as a binomial share of so many.
    smoothed = (value * cycles[0] + 0.5) / (cycles[0] + 1.0)
    binomial = math.sqrt(smoothed * (1.0 - smoothed) / (cycles[0] + 1.0))
    return Continuation(cycles=float(cycles[0]), share=value, error=max(jackknife, binomial))
