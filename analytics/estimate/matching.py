"""Which cycle an andon call belongs to, and what an open call covers.

A call may be about the cycle that it lands in, about one before it (called when it was over, or logged
later), or about a neighbour's (the wrong cord); a call that names only its line about any cycle there. All
calls together say how likely each is (:mod:`analytics.estimate.landing`), and each labels its likeliest
cycle. Calls about quality, safety or material label a cycle only where it holds them and is clearly slow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimate.candidates import Candidates, Landings, candidates
from analytics.estimate.clocks import clock_offsets
from analytics.estimate.landing import about
from analytics.estimate.open_calls import call_stations, find_covered, log_closes, open_times
from analytics.estimate.order import LineOrder
from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints, Plant

TIMELESS_KINDS = frozenset({"quality", "safety", "material", "planned"})
CLEARLY_SLOW = 4.0
LINE_CALL_SLOW = 2.5
"""A call that names only its line labels a cycle that is at all slow."""
AMBIGUOUS, AMBIGUOUS_SLOW = 0.25, 1.5
"""Another cycle than the one it labels, slower than so many sigmas, that has such a chance by what is usual
everywhere: what the calls of one plant say of each other may be one error."""


@dataclass(frozen=True, slots=True)
class Matching:
    """Calls and cycles, matched.

    Attributes:
        cycle_of_call: row of the cycle each call belongs to, -1 if none, shape (calls,).
        ambiguous: whether another cycle fits nearly as well, shape (calls,).
        called: whether a call labels each cycle, shape (n,).
        call_of_cycle: the call that labels each cycle, -1 if none, shape (n,).
        covered: slow cycles whose station's call was already open, shape (n,).
        claimed: chance that a call is about each unlabelled cycle though it labels another, where that one is
            not slow or was covered anyway, shape (n,). Whatever counts what ran without a call counts the
            cycle as the rest, slow × (1 − claimed), and not as slow: it is ``Scores.undetected``.
        offset_s: andon clock less cycle clock, shape (stations,).
        left_open: calls that were closed only long after their station ran undisturbed again.
        opens_us, closes_us: when each call was raised and stopped being open, on the cycles' clock, shape
            (calls,); where no call has a time of its end, ``closes_us`` is ``MISSING``.
    """

    cycle_of_call: Ints
    ambiguous: Bools
    called: Bools
    call_of_cycle: Ints
    covered: Bools
    claimed: Floats
    offset_s: Floats
    left_open: int
    opens_us: Ints
    closes_us: Ints


def match_calls(
    plant: Plant, order: LineOrder, begin_us: Ints, expected_s: Floats, deviation: Floats
) -> Matching:
    """Match every andon call to a cycle.

    Args:
        plant: the plant.
        order: the stations' order, for calls logged at a neighbour.
        begin_us: own start of each cycle, shape (n,).
        expected_s: usual time of each cycle, shape (n,).
        deviation: scaled residual of each cycle, shape (n,), nan where unknown.
    """
    calls = plant.calls
    known = _landings(plant, begin_us, expected_s, deviation)
    timeless = _timeless(plant)
    t = np.nan_to_num(deviation, nan=0.0)
    pairs = candidates(plant, order, known)
    # A call about what takes no time belongs where it was made.
    pairs = pairs.only(~timeless[pairs.call] | ((pairs.lag == 0) & ~pairs.elsewhere))
    told = ~timeless[pairs.call]
    chance = 1e-9 + np.maximum(t[pairs.cycle], 0.0)
    chance[told] = about(pairs.only(told), deviation, plant.station, calls.height)
    best = _best(pairs, chance, calls.height)
    usual = np.zeros(chance.size)
    usual[told] = about(pairs.only(told), deviation, plant.station, calls.height, steps=1)
    cycle_of_call = np.where(best >= 0, np.append(pairs.cycle, -1)[best], -1)
    slowness = np.where(cycle_of_call >= 0, t[cycle_of_call], -np.inf)
    needed = np.where(timeless, CLEARLY_SLOW, np.where(known.station < 0, LINE_CALL_SLOW, -np.inf))
    needed = np.where(timeless & (known.station < 0), np.inf, needed)
    labels = np.flatnonzero((cycle_of_call >= 0) & (slowness >= needed))
    call_of_cycle = np.full(plant.size, -1, dtype=np.int64)
    call_of_cycle[cycle_of_call[labels]] = labels
    called = call_of_cycle >= 0
    # The wrong cord, or only a line: the call is open where the cycle is that it is about.
    sure = labels[slowness[labels] >= CLEARLY_SLOW]
    whose = known.station.copy()
    whose[sure] = plant.station[cycle_of_call[sure]]
    opens, closes, left_open = open_times(plant, deviation, known.offset_s, whose)
    covered = find_covered(plant, begin_us, expected_s, opens, closes, whose) & ~called
    return Matching(
        cycle_of_call=cycle_of_call,
        ambiguous=_ambiguous(pairs, usual, best, t),
        called=called,
        call_of_cycle=call_of_cycle,
        covered=covered,
        claimed=_claimed(pairs, np.where(told, chance, 0.0), best, t) * ~(called | covered),
        offset_s=known.offset_s,
        left_open=left_open,
        opens_us=opens,
        closes_us=closes,
    )


def _timeless(plant: Plant) -> Bools:
    return np.isin(plant.calls["kind"].to_numpy(), list(TIMELESS_KINDS))


def _landings(plant: Plant, begin_us: Ints, expected_s: Floats, deviation: Floats) -> Landings:
    """Put together what is known before calls are matched, the clocks among it."""
    station = call_stations(plant)
    raised = plant.calls["raised_us"].to_numpy().astype(np.int64)
    usual_s = np.nan_to_num(expected_s, nan=0.0)
    return Landings(
        begin_us=begin_us,
        out_us=begin_us + (usual_s * SECOND_US).astype(np.int64),
        usual_s=usual_s,
        station=station,
        raised_us=raised,
        offset_s=clock_offsets(plant, station, raised, _timeless(plant), deviation, begin_us),
        closes=log_closes(plant),
    )


def _best(pairs: Candidates, chance: Floats, calls: int) -> Ints:
    """Row of each call's likeliest pair, -1 if it has none."""
    best = np.full(calls, -1, dtype=np.int64)
    ranked = np.lexsort((np.arange(chance.size), -chance, pairs.call))
    ranked = ranked[chance[ranked] > 0.0]
    first = ranked[np.flatnonzero(np.diff(pairs.call[ranked], prepend=-1))]
    best[pairs.call[first]] = first
    return best


def _ambiguous(pairs: Candidates, usual: Floats, best: Ints, t: Floats) -> Bools:
    """Tell which calls may well be about another slow cycle than the one they label."""
    other = best[pairs.call] != np.arange(usual.size)
    close = other & (usual >= AMBIGUOUS) & (t[pairs.cycle] >= AMBIGUOUS_SLOW)
    return np.bincount(pairs.call[close], minlength=best.size) > 0


def _claimed(pairs: Candidates, chance: Floats, best: Ints, t: Floats) -> Floats:
    """Chance that calls are about cycles other than those they label, where the label takes nothing away."""
    free = np.ones(best.size, dtype=bool)
    known = np.flatnonzero(best >= 0)
    label = best[known]
    free[known] = (t[pairs.cycle[label]] < CLEARLY_SLOW) | pairs.covers[label]
    others = np.flatnonzero(free[pairs.call])
    others = others[best[pairs.call[others]] != others]
    claimed = np.bincount(pairs.cycle[others], weights=chance[others], minlength=t.size)
    return np.minimum(claimed, 1.0)
