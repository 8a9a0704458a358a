"""What the stations tell each other of how long delays are.

Question: how are a station's delays spread, where it has only a few of them? Left to itself, a likelihood
puts a few delays into one or two spikes; a cycle near the floor then gets a chance near 0 or near 1 by
where the spike happens to be, and both are wrong more often than they say. So each station's mixture gets
some cycles in advance (a Dirichlet prior): delayed as often as the station's own are, and as long as those
of all stations together, made a little more even because the noise may hide where delays are short.

How often a station is delayed stays its own: one bad station among many good ones is no accident.

Sources: Robbins (1956), Proc. 3rd Berkeley Symp. 1, 157-163 (empirical Bayes); Ormoneit and Tresp (1998),
IEEE Trans. Neural Networks 9, 639-650, section III (EM with a Dirichlet prior).
"""

from __future__ import annotations

import numpy as np

from analytics.estimate.mixture import GRID, Mixture
from analytics.estimate.plant import Floats

DELAYS_IN_ADVANCE = 5.0
"""Delayed cycles that the prior is worth: little beside the 30 of a station whose own interval is judged."""
EVEN = 0.3
"""Part of the prior that is even over the grid. What the noise takes for its own just below the floor is
missing there in the pooled delays, and heaped up above it."""
LEAST_SHARE = 1e-5
"""A station without any delay is taken to have so few."""


def pool_delays(mixture: Mixture, counts: Floats) -> Floats:
    """Return the cycles that each station's mixture gets in advance.

    Args:
        mixture: delays that each station shows by itself, of ``B`` stations.
        counts: uncalled, unblocked cycles per bin, shape (B, BINS).

    Returns:
        Cycles per station and delay of the grid, shape (B, K).
    """
    expected = np.einsum("bnk,bn->k", mixture.posterior(), counts)[1:]
    # The little that is added is what remains where no station has any delay.
    lengths = (expected + 1e-6) / (expected + 1e-6).sum()
    lengths = (1.0 - EVEN) * lengths + EVEN / (GRID.size - 1)
    share = np.maximum(mixture.weights[:, 1:].sum(axis=1), LEAST_SHARE)
    undelayed = DELAYS_IN_ADVANCE * (1.0 - share) / share
    return np.column_stack([undelayed, np.tile(DELAYS_IN_ADVANCE * lengths, (share.size, 1))])
