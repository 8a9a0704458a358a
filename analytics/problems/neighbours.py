"""How likely is a doubtful cycle slow, now that its neighbours are known?

A chance taken from one cycle alone is right on average over all cycles, but too low beside a slow cycle,
where delays are common, and too high in a quiet stretch. Counted as they are, such chances hide links and put
problems where there are none. So each is judged again with its neighbours: a cycle is delayed or not (a
hidden Markov chain whose share that stays delayed is fitted to the run), and what is known of the length of a
delay stays as it was. That last part matters: a cycle that follows a slow one is often delayed by *less* than
the floor, and a chain of slow and not slow cycles would take it for slow (up to 18 % too few problems).

Source: Baum, Petrie, Soules and Weiss (1970), Ann. Math. Statist. 41, 164-171.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.problems.sequence import Sequence

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

SURELY_NOT = 1e-3
"""Below this chance of any delay a cycle is taken as undelayed: it parts what is before it from the rest."""
STEPS, CLOSE = 20, 1e-3
FIRST_GUESS, MOST = 0.3, 0.98


@dataclass(frozen=True, slots=True)
class _Stretches:
    """Neighbouring cycles that may all be delayed: first cycle and length of each, shape (stretches,)."""

    first: Ints
    length: Ints

    def places(self) -> list[tuple[Ints, Bools]]:
        """Return, per place in the stretches, the cycles that have it and which of them are the last."""
        return [
            (self.first[self.length > k] + k, self.length[self.length > k] == k + 1)
            for k in range(int(self.length.max(initial=0)))
        ]


def judge_again(seq: Sequence, delayed: Floats) -> Floats:
    """Return each cycle's chance of being slow, given its neighbours too.

    Args:
        seq: the run's cycles, all of them known.
        delayed: chance of any own delay, however short, from the cycle alone; shape (n,).
    """
    delayed = np.clip(np.maximum(delayed, seq.slow), 0.0, 1.0 - 1e-9)
    follows = seq.follows()
    stretches = _stretches(delayed > SURELY_NOT, follows)
    usual = _usual(seq, delayed)
    evidence = delayed / (1.0 - delayed) * (1.0 - usual) / usual
    stays = FIRST_GUESS
    again = delayed
    for _ in range(STEPS):
        again, both = _smooth(stretches, evidence, usual, follows, stays)
        before, stays = stays, min(float(both.sum() / max(float(again[follows].sum()), 1e-9)), MOST)
        if abs(stays - before) < CLOSE:
            break
    reaches = np.divide(seq.slow, delayed, out=np.zeros(len(delayed)), where=delayed > 0.0)
    return np.asarray(np.where(delayed > SURELY_NOT, reaches * again, seq.slow))


def _usual(seq: Sequence, delayed: Floats) -> Floats:
    """Return per cycle its station's share of delayed cycles."""
    sizes = np.diff(seq.station_start)
    station = np.repeat(np.arange(len(sizes)), sizes)
    share = np.bincount(station, delayed, len(sizes)) / np.maximum(sizes, 1)
    return np.asarray(np.clip(share, 1e-6, 0.5)[station])


def _stretches(doubtful: Bools, follows: Bools) -> _Stretches:
    goes_on = np.zeros(len(doubtful), dtype=bool)
    goes_on[1:] = doubtful[1:] & doubtful[:-1] & follows[:-1]
    begins = doubtful & ~goes_on
    number = np.cumsum(begins) - 1
    first = np.flatnonzero(begins)
    return _Stretches(first, np.bincount(number[doubtful], minlength=len(first)))


def _smooth(
    stretches: _Stretches, evidence: Floats, usual: Floats, follows: Bools, stays: float
) -> tuple[Floats, Floats]:
    """Return the chance that each cycle is delayed, and that it and the next one are; shape (n,) each."""
    begins = np.clip(usual * (1.0 - stays) / (1.0 - usual), 1e-9, 0.9)  # so that the usual share stays
    count = len(evidence)
    forward, both, again = np.zeros(count), np.zeros(count), np.zeros(count)
    ahead = np.ones(count)  # odds of what comes after, if delayed against if not
    places = stretches.places()
    for k, (here, _) in enumerate(places):
        before = forward[here - 1] if k else np.zeros(len(here))
        expected = before * stays + (1.0 - before) * begins[here]
        forward[here] = expected * evidence[here] / (expected * evidence[here] + 1.0 - expected)
    for here, last in reversed(places):
        after = np.minimum(here + 1, count - 1)
        odds = np.where(last, 0.0, evidence[after] * ahead[after])  # the end of a stretch is undelayed
        known = ~last | follows[here]
        begun, was = begins[here], forward[here]
        ahead[here] = np.where(known, (stays * odds + 1.0 - stays) / (begun * odds + 1.0 - begun), 1.0)
        on = was * stays * odds
        both[here] = on / (on + was * (1.0 - stays) + (1.0 - was) * (begun * odds + 1.0 - begun))
        again[here] = was * ahead[here] / (was * ahead[here] + 1.0 - was)
    return again, both
