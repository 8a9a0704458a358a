"""Which cycles each andon call may be about: where it landed, before that, next door.

A call lands in the cycle of its station that runs when it is raised. It may be about that one, about one of
those before it (called when it was over, or logged later), about the one after it (clocks that are off), or
about one at a station next to it (the wrong cord); a call that names only its line about any of the line's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimate.order import LineOrder
from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints, Plant

LAGS = (1, 1, 1, 3, 5, 10, 1)
"""Cycles in each class of lag: the one the call lands in, one back, two back, then three, five and ten more;
the last class is the cycle after."""
FARTHEST = 20
STEPS = np.array([*range(FARTHEST + 1), -1])
LAG_OF_STEP = np.repeat(np.arange(len(LAGS)), LAGS)
NEXT_DOOR = 3
"""At a neighbour's only the cycle of the moment and the two before it."""
LATE_S, LATE_CYCLES, FAR_LATE_S = 150.0, 2.0, 1800.0
"""A call comes at most so many seconds, or usual times, after the end of one of the two cycles before it, and
so many after one farther back."""
MOST_NEIGHBOURS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Pairs of a call and a cycle it may be about, shape (pairs,) each.

    Attributes:
        call: row of the call.
        cycle: row of the cycle.
        lag: class of ``LAGS``: how many cycles back from the landing.
        elsewhere: the cycle is another station's than the call was logged at.
        early: when the call landed, the usual time of the cycle running at that station had not run out.
        ways: how many cycles share the chance of this lag and station.
        covers: the call came before the cycle's usual time ran out: the cycle is covered if it is not called.
    """

    call: Ints
    cycle: Ints
    lag: Ints
    elsewhere: Bools
    early: Bools
    ways: Floats
    covers: Bools

    def only(self, keep: Bools) -> Candidates:
        """Return some of the pairs."""
        return Candidates(
            call=self.call[keep],
            cycle=self.cycle[keep],
            lag=self.lag[keep],
            elsewhere=self.elsewhere[keep],
            early=self.early[keep],
            ways=self.ways[keep],
            covers=self.covers[keep],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Landings:
    """What is known of calls and cycles before they are matched.

    Attributes:
        begin_us: own start of each cycle, shape (n,).
        out_us: when the usual time of each cycle ran out, shape (n,).
        usual_s: usual time of each cycle, 0 where unknown, shape (n,).
        station: station each call was logged at, -1 where none is told, shape (calls,).
        raised_us: when each call was raised, on the andon clock, shape (calls,).
        offset_s: andon clock less cycle clock, shape (stations,).
        closes: the log says when calls were over, so that they cover.
    """

    begin_us: Ints
    out_us: Ints
    usual_s: Floats
    station: Ints
    raised_us: Ints
    offset_s: Floats
    closes: bool


def candidates(plant: Plant, order: LineOrder, known: Landings) -> Candidates:
    """List the cycles that each call may be about."""
    line = plant.calls["line"].to_numpy()
    found = []
    for code in np.unique(known.station[known.station >= 0]).tolist():
        rows, others = np.flatnonzero(known.station == code), _neighbours(order, code)
        clock = float(known.offset_s[code])
        found.append(_at_station(plant, known, rows, code, clock, ways=1))
        found += [
            _at_station(plant, known, rows, other, clock, ways=len(others), elsewhere=True)
            for other in others
        ]
    for code, members in plant.lines().items():
        rows = np.flatnonzero((known.station < 0) & (line == code))
        found += [
            _at_station(plant, known, rows, one, float(known.offset_s[one]), ways=len(members))
            for one in members
            if rows.size
        ]
    nothing = _at_station(plant, known, np.empty(0, dtype=np.int64), 0, 0.0, ways=1)
    parts = [*found, nothing]
    return Candidates(
        call=np.concatenate([part.call for part in parts]),
        cycle=np.concatenate([part.cycle for part in parts]),
        lag=np.concatenate([part.lag for part in parts]),
        elsewhere=np.concatenate([part.elsewhere for part in parts]),
        early=np.concatenate([part.early for part in parts]),
        ways=np.concatenate([part.ways for part in parts]),
        covers=np.concatenate([part.covers for part in parts]),
    )


def _at_station(
    plant: Plant,
    known: Landings,
    rows: Ints,
    code: int,
    clock_s: float,
    *,
    ways: int,
    elsewhere: bool = False,
) -> Candidates:
    """List the cycles of one station that some calls may be about."""
    first, last = int(plant.bounds[code]), int(plant.bounds[code + 1])
    at = known.raised_us[rows] - int(clock_s * SECOND_US)
    landing = first + np.searchsorted(plant.end_us[first:last], at, side="left")
    running = np.minimum(landing, last - 1)
    inside = (landing < last) & (known.begin_us[running] <= at)
    early = ~inside | (at <= known.out_us[running])
    steps = STEPS[:NEXT_DOOR] if elsewhere else STEPS
    cycle = landing[:, None] - steps
    # Between two cycles the next one is the one after.
    cycle -= (steps == -1) & ~inside[:, None]
    valid = (cycle >= first) & (cycle < last) & ((steps != 0) | inside[:, None])
    safe = np.clip(cycle, first, last - 1)
    late_s = (at[:, None] - plant.end_us[safe]) / SECOND_US
    early_s = (known.begin_us[safe] - at[:, None]) / SECOND_US
    near = np.maximum(LATE_S, LATE_CYCLES * known.usual_s[safe])
    valid &= (late_s <= np.where(steps < NEXT_DOOR, near, FAR_LATE_S)) & (early_s <= LATE_S)
    row, step = np.nonzero(valid)
    lag = LAG_OF_STEP[step]
    return Candidates(
        call=rows[row],
        cycle=safe[row, step],
        lag=lag,
        elsewhere=np.full(row.size, elsewhere),
        early=early[row],
        ways=ways * np.array(LAGS, dtype=np.float64)[lag],
        covers=(lag == 0) & early[row] & (known.closes and not elsewhere),
    )


def _neighbours(order: LineOrder, code: int) -> list[int]:
    """Stations next to one: right before it, right after it, and beside it."""
    before, after = order.upstream.get(code, []), order.downstream.get(code, [])
    beside = [other for one in before for other in order.downstream.get(one, [])]
    beside += [other for one in after for other in order.upstream.get(one, [])]
    return [one for one in dict.fromkeys([*before[:2], *after[:2], *beside]) if one != code][:MOST_NEIGHBOURS]
