"""When each andon call was open, and how many were open elsewhere while a cycle could have been called.

A call is open from its raising until it was closed; where the log tells no closing, until it was answered.
Help is busy with it: the *queue* at a cycle are the calls open at the line's other stations when half of its
usual time had passed. That moment is the same for cycles that were called and for those that were not; the
moment of a call itself would be known for the first kind only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimate.plant import MISSING, SECOND_US, Bools, Floats, Ints, Plant

RECOVERED_CYCLES, RECOVERED_T = 10, 2.0
"""So many cycles in a row that are not slow: the problem is over, whether or not the call was closed."""
USUAL_END = 0.95
"""A call whose end is not logged is taken to last as long as all but the longest of the others."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Open calls at every cycle, shape (n,) each.

    Attributes:
        open_calls: calls open at the line's other stations when half of the usual time had passed.
        served: another call was open at the cycle's own station when its usual time ran out.
    """

    open_calls: Ints
    served: Bools


def open_times(plant: Plant, deviation: Floats, offset_s: Floats) -> tuple[Ints, Ints, int]:
    """Find when each call was open.

    A call that nobody closed is over once its station has run undisturbed again.

    Args:
        plant: the plant.
        deviation: scaled residual of each cycle, shape (n,), nan where unknown.
        offset_s: andon clock less cycle clock, shape (stations,).

    Returns:
        From and until, microseconds on the cycles' clock, shape (calls,) each (until is ``MISSING`` where no
        call has an end), and how many calls were left open.
    """
    calls = plant.calls
    raised = calls["raised_us"].to_numpy().astype(np.int64)
    station, line = calls["station"].to_numpy(), calls["line"].to_numpy()
    opens = raised.copy()
    for code, members in plant.lines().items():
        opens[line == code] -= int(offset_s[members[0]] * SECOND_US)
    known = station >= 0
    opens[known] = raised[known] - (offset_s[station[known]] * SECOND_US).astype(np.int64)
    ends = [calls[name].fill_null(MISSING).to_numpy() for name in ("resolved_us", "acknowledged_us")]
    end = next((one.astype(np.int64) for one in ends if (one != MISSING).any()), None)
    if end is None:
        return opens, np.full(raised.size, MISSING, dtype=np.int64), 0
    closed = end != MISSING
    usual = max(int(np.quantile(end[closed] - raised[closed], USUAL_END)), 0)
    closes = opens + np.maximum(np.where(closed, end - raised, usual), 0)
    left_open = 0
    for code, part in enumerate(plant.slices()):
        mine = np.flatnonzero(station == code)
        if mine.size:
            over = _recovered(plant.end_us[part], deviation[part], opens[mine])
            left_open += int((closed[mine] & (closes[mine] > over)).sum())
            closes[mine] = np.minimum(closes[mine], over)
    return opens, closes, left_open


def find_covered(plant: Plant, begin_us: Ints, expected_s: Floats, opens_us: Ints, closes_us: Ints) -> Bools:
    """Find cycles whose station already had a call open when their expected time ran out, shape (n,)."""
    covered = np.zeros(plant.size, dtype=bool)
    if (closes_us == MISSING).any():
        return covered
    station = plant.calls["station"].to_numpy()
    ran_out = begin_us + (np.nan_to_num(expected_s) * SECOND_US).astype(np.int64)
    for code, part in enumerate(plant.slices()):
        mine = station == code
        covered[part] = count_open(opens_us[mine], closes_us[mine], ran_out[part]) > 0
    return covered


def count_open(opens_us: Ints, closes_us: Ints, at_us: Ints) -> Ints:
    """Count the calls that are open at each time: those raised by then, less those closed by then."""
    return np.asarray(
        np.searchsorted(np.sort(opens_us), at_us, side="right")
        - np.searchsorted(np.sort(closes_us), at_us, side="right")
    )


def _recovered(end_us: Ints, deviation: Floats, opens_us: Ints) -> Ints:
    """When the station had first run undisturbed for ``RECOVERED_CYCLES`` after each call was raised."""
    calm = np.nan_to_num(deviation, nan=0.0) < RECOVERED_T
    last_disturbed = np.maximum.accumulate(np.where(calm, -1, np.arange(calm.size)))
    first_after = np.searchsorted(end_us, opens_us, side="left")
    # A run of calm cycles counts from the call on, or from the last slow cycle after it.
    run = np.arange(calm.size) - last_disturbed
    ends_run = np.flatnonzero(run >= RECOVERED_CYCLES)
    at_least = first_after + RECOVERED_CYCLES - 1
    index = np.searchsorted(ends_run, at_least, side="left")
    far = np.iinfo(np.int64).max // 4
    found = index < ends_run.size
    row = ends_run[np.minimum(index, max(ends_run.size - 1, 0))] if ends_run.size else np.zeros_like(index)
    return np.asarray(np.where(found, end_us[np.minimum(row, end_us.size - 1)], far), dtype=np.int64)


def queue_at(
    plant: Plant,
    begin_us: Ints,
    expected_s: Floats,
    opens_us: Ints,
    closes_us: Ints,
    call_of_cycle: Ints,
    covered: Bools,
) -> Queue:
    """Count the calls open elsewhere on the line at every cycle.

    Args:
        plant: the plant.
        begin_us: own start of each cycle, shape (n,).
        expected_s: usual time of each cycle, shape (n,); nan counts as none.
        opens_us: when each call was raised, on the cycles' clock, shape (calls,).
        closes_us: when it stopped being open, shape (calls,); known.
        call_of_cycle: the call that labels each cycle, -1 if none, shape (n,).
        covered: uncalled cycles whose station's call was open, shape (n,).
    """
    usual_us = np.nan_to_num(expected_s) * SECOND_US
    halfway, ran_out = (begin_us + (part * usual_us).astype(np.int64) for part in (0.5, 1.0))
    whose, line = _station_of_calls(plant, call_of_cycle), plant.calls["line"].to_numpy()
    open_calls, own = np.zeros((2, plant.size), dtype=np.int64)
    for code, part in enumerate(plant.slices()):
        mine = whose == code
        others = (line == plant.line[part.start]) & ~mine
        open_calls[part] = count_open(opens_us[others], closes_us[others], halfway[part])
        own[part] = count_open(opens_us[mine], closes_us[mine], ran_out[part])
    label = np.flatnonzero(call_of_cycle >= 0)
    call = call_of_cycle[label]
    own[label] -= (opens_us[call] <= ran_out[label]) & (ran_out[label] < closes_us[call])
    return Queue(open_calls, np.where(call_of_cycle >= 0, own > 0, covered))


def _station_of_calls(plant: Plant, call_of_cycle: Ints) -> Ints:
    """Station code of each call: that of the cycle it labels, else the one it was logged at; -1 if none."""
    whose = plant.calls["station"].to_numpy().astype(np.int64)
    label = np.flatnonzero(call_of_cycle >= 0)
    whose[call_of_cycle[label]] = plant.station[label]
    return whose
