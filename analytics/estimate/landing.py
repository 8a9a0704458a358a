"""Which cycle each andon call is about: all calls of a plant at once, by where its calls usually land.

People call while a cycle is slow, when it is over, or somebody logs it a few cycles later; and some pull the
neighbour's cord. How often each happens at this plant, and how the chance of a call rises with the delay, is
learned from the calls themselves. A call is about one cycle rather than another by

    how often calls land so far from what they are about  x  p / (1 - p),

where p is the chance that a cycle as slow as this is called: that the other candidates were *not* called is
a part of what was seen. A cycle that a call made in it would have covered anyway need not have been called
otherwise; there it is p alone. Calls share out the cycles: what another call is about hardly needs a second.

Source: EM for mixing weights (Dempster, Laird and Rubin 1977, J. R. Statist. Soc. B 39), with far landings
kept at nothing until enough calls speak for them.
"""

from __future__ import annotations

import numpy as np

from analytics.estimate.candidates import LAGS, Candidates
from analytics.estimate.plant import Floats

NEAR = 3
"""So many classes happen everywhere; the others only where calls speak for them."""
FEWEST_FAR, LEAST_FAR = 3.0, 0.01
PRIOR_CALLS = 10.0
PRIOR_LAG = (0.8, 0.15, 0.05, 0.01, 0.01, 0.01, 0.01)
PRIOR_ELSEWHERE = 0.05
EDGES = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0])
"""Scaled residuals between which the chance of a call is taken to be the same."""
PRIOR_CALLED = np.array([0.001, 0.003, 0.01, 0.03, 0.08, 0.15, 0.25, 0.35, 0.45, 0.5, 0.5])
"""Its shape before any call is looked at; its level is what the number of calls says."""
PRIOR_CYCLES = 10.0
LEAST_CALLED, MOST_CALLED = 1e-5, 0.95
SHARED = 0.95
"""A cycle that another call is surely about is so much less likely to be what this one is about."""
STEPS = 40


def about(pairs: Candidates, deviation: Floats, calls: int) -> Floats:
    """Return the chance that each pair's call is about its cycle, shape (pairs,); sums to 1 a call.

    Args:
        pairs: what each call may be about.
        deviation: scaled residual of each cycle, shape (n,), nan where unknown: taken for ordinary.
        calls: how many calls there are.
    """
    bins = np.digitize(np.nan_to_num(deviation, nan=0.0), EDGES)
    cycles = np.bincount(bins, minlength=PRIOR_CALLED.size)
    of_pair = bins[pairs.cycle]
    taking_part = np.unique(pairs.call).size
    prior = PRIOR_CALLED * min(1.0, taking_part / float(cycles @ PRIOR_CALLED))
    lag, elsewhere, called = np.array(PRIOR_LAG), PRIOR_ELSEWHERE, prior
    chance = np.zeros(pairs.call.size)
    for _ in range(STEPS):
        silent = np.where(pairs.covers, 1.0, 1.0 - called[of_pair])
        of_others = np.bincount(pairs.cycle, weights=chance, minlength=deviation.size)[pairs.cycle] - chance
        weight = lag[pairs.lag] / pairs.ways * np.where(pairs.elsewhere, elsewhere, 1.0 - elsewhere)
        weight *= called[of_pair] / silent * (1.0 - SHARED * np.clip(of_others, 0.0, 1.0))
        total = np.bincount(pairs.call, weights=weight, minlength=calls)
        chance = weight / np.maximum(total, 1e-300)[pairs.call]
        landed = np.bincount(pairs.lag, weights=chance, minlength=len(LAGS)).astype(np.float64)
        lag = _lags(landed, taking_part)
        elsewhere = (float(chance[pairs.elsewhere].sum()) + PRIOR_CALLS * PRIOR_ELSEWHERE) / (
            taking_part + PRIOR_CALLS
        )
        hit = np.bincount(of_pair, weights=chance, minlength=PRIOR_CALLED.size)
        called = np.clip((hit + PRIOR_CYCLES * prior) / (cycles + PRIOR_CYCLES), LEAST_CALLED, MOST_CALLED)
    return chance


def _lags(found: Floats, calls: int) -> Floats:
    """Share of the calls that land at each lag; none far away unless more do than could be chance."""
    near = np.arange(len(LAGS)) < NEAR
    prior = np.where(near, PRIOR_CALLS * np.array(PRIOR_LAG), -max(FEWEST_FAR, LEAST_FAR * calls))
    share = np.maximum(found + prior, 0.0)
    return np.asarray(share / max(share.sum(), 1e-300))
