"""Which cycle each andon call is about: all calls of a plant at once, by where its calls usually land.

People call while a cycle is slow, when it is over, or somebody logs it a few cycles later; and some pull the
neighbour's cord. How often each happens at this plant, and how the chance of a call rises with the delay, is
learned from the calls themselves. A call is about one cycle rather than another by

    how often calls land so far from what they are about, at such a moment  x  p / (1 - p),

where p is the chance that a cycle as slow as this is called: that the other candidates were *not* called is
a part of what was seen. A cycle that a call made in it would have covered anyway need not have been called
otherwise; there it is p alone. Calls share out the cycles: what another call is about hardly needs a second.

Source: EM for mixing weights (Dempster, Laird and Rubin 1977, J. R. Statist. Soc. B 39), with far landings
kept at nothing until enough calls speak for them.
"""

from __future__ import annotations

import numpy as np

from analytics.estimate.candidates import LAGS, Candidates
from analytics.estimate.plant import Floats, Ints

NEAR = 3
"""So many classes happen everywhere; the others only where calls speak for them."""
FEWEST_FAR, LEAST_FAR = 3.0, 0.01
PRIOR_CALLS = 10.0
PRIOR_LAG = (0.8, 0.15, 0.05, 0.01, 0.01, 0.01, 0.01)
PRIOR_ELSEWHERE = 0.05
PRIOR_EARLY = np.array([0.5, 0.9])
"""Share of the calls that come before the usual time of the cycle they land in is out: about it, and not."""
EDGES = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0])
"""Scaled residuals between which the chance of a call is taken to be the same."""
PRIOR_CALLED = np.array([0.001, 0.003, 0.01, 0.03, 0.08, 0.15, 0.25, 0.35, 0.45, 0.5, 0.5])
"""Its shape before any call is looked at; its level is what the number of calls says."""
PRIOR_CYCLES, PRIOR_AT_STATION = 10.0, 5.0
SLOW_FROM = 4
"""From this class on a cycle is slow enough to tell how readily its station calls."""
LEAST_CALLED, MOST_CALLED = 1e-5, 0.95
SHARED = 0.95
"""A cycle that another call is surely about is so much less likely to be what this one is about."""
STEPS = 40


def about(pairs: Candidates, deviation: Floats, station: Ints, calls: int, *, steps: int = STEPS) -> Floats:
    """Return the chance that each pair's call is about its cycle, shape (pairs,); sums to 1 a call.

    Args:
        pairs: what each call may be about.
        deviation: scaled residual of each cycle, shape (n,), nan where unknown: taken for ordinary.
        station: station code of each cycle, shape (n,).
        calls: how many calls there are.
        steps: of learning; after one only what is usual everywhere counts.
    """
    bins = np.digitize(np.nan_to_num(deviation, nan=0.0), EDGES)
    table = np.zeros((int(station.max(initial=0)) + 1, PRIOR_CALLED.size))
    np.add.at(table, (station, bins), 1.0)
    of_pair, at_pair = bins[pairs.cycle], station[pairs.cycle]
    taking_part = np.unique(pairs.call).size
    prior = PRIOR_CALLED * min(1.0, taking_part / float(table.sum(axis=0) @ PRIOR_CALLED))
    lag, elsewhere, called = np.array(PRIOR_LAG), PRIOR_ELSEWHERE, prior
    early, away = PRIOR_EARLY, np.minimum(pairs.lag, 1)
    readiness, chance = np.ones(len(table)), np.zeros(pairs.call.size)
    for _ in range(steps):
        odds = (called / (1.0 - called))[of_pair] * readiness[at_pair]
        of_others = np.bincount(pairs.cycle, weights=chance, minlength=deviation.size)[pairs.cycle] - chance
        weight = lag[pairs.lag] / pairs.ways * np.where(pairs.elsewhere, elsewhere, 1.0 - elsewhere)
        weight *= np.where(pairs.covers, odds / (1.0 + odds), odds)
        weight *= np.where(pairs.early, early[away], 1.0 - early[away])
        weight *= 1.0 - SHARED * np.clip(of_others, 0.0, 1.0)
        total = np.bincount(pairs.call, weights=weight, minlength=calls)
        chance = weight / np.maximum(total, 1e-300)[pairs.call]
        landed = np.bincount(pairs.lag, weights=chance, minlength=len(LAGS)).astype(np.float64)
        lag = _lags(landed, taking_part)
        times, size = (np.bincount(away, weights=chance * of, minlength=2) for of in (pairs.early, 1.0))
        early = (times + PRIOR_CALLS * PRIOR_EARLY) / (size + PRIOR_CALLS)
        strayed = float(chance[pairs.elsewhere].sum())
        elsewhere = (strayed + PRIOR_CALLS * PRIOR_ELSEWHERE) / (taking_part + PRIOR_CALLS)
        hits = np.zeros_like(table)
        np.add.at(hits, (at_pair, of_pair), chance)
        called = (hits.sum(axis=0) + PRIOR_CYCLES * prior) / (table.sum(axis=0) + PRIOR_CYCLES)
        called = np.clip(called, LEAST_CALLED, MOST_CALLED)
        readiness = _readiness(hits[:, SLOW_FROM:], table[:, SLOW_FROM:], called[SLOW_FROM:])
    return chance


def _readiness(hits: Floats, cycles: Floats, called: Floats) -> Floats:
    """Odds of a call at each station against those at all, from its slow cycles; near 1 where it has few."""
    calls, usual, size = hits.sum(axis=1), cycles @ called, cycles.sum(axis=1)
    silent, usually_silent = np.maximum(size - calls, 0.0), size - usual
    more = (calls + PRIOR_AT_STATION) / (usual + PRIOR_AT_STATION)
    return np.asarray(more * (usually_silent + PRIOR_AT_STATION) / (silent + PRIOR_AT_STATION))


def _lags(found: Floats, calls: int) -> Floats:
    """Share of the calls that land at each lag; none far away unless more do than could be chance."""
    near = np.arange(len(LAGS)) < NEAR
    prior = np.where(near, PRIOR_CALLS * np.array(PRIOR_LAG), -max(FEWEST_FAR, LEAST_FAR * calls))
    share = np.maximum(found + prior, 0.0)
    return np.asarray(share / max(share.sum(), 1e-300))
