"""When each andon call was open, and how many were open elsewhere while a cycle could have been called.

A call is open from its raising until it was closed; where the log tells no closing, until it was answered.
Help is busy with it: the *queue* at a cycle are the calls open at the line's other stations while its usual
time ran. That time is known alike for cycles that were called and for those that were not. When in it a
person looked up is not known, so beside the queue at half time there is its mean: taken for what a person
saw, it errs about the truth and not the truth about it, so that a slope fitted to it is hardly flattened
(Berkson 1950, J. Amer. Statist. Assoc. 45).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimate.plant import MISSING, SECOND_US, Bools, Floats, Ints, Plant

LEFT_OPEN, SURELY_OPEN_S, SURELY_FORGOTTEN_S = 20.0, 2 * 3600.0, 12 * 3600.0
"""A call open for so many times the median was perhaps just not closed; of so many seconds never, of so many
always."""
RECOVERED_CYCLES, RECOVERED_T = 10, 2.0
"""So many cycles in a row that are not slow: such a call is over, whether or not it was closed."""
USUAL_END = 0.95
"""A call whose end is not logged is taken to last as long as all but the longest of the others."""
MOMENTS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Shares of the usual time at which open calls are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Open calls at some cycles, shape (rows,) each.

    Attributes:
        halfway: calls open at the line's other stations when half of the usual time had passed.
        mean: the same, as a mean over the usual time.
        own_open: another call than the cycle's own was open at its station when its usual time ran out.
    """

    halfway: Ints
    mean: Floats
    own_open: Bools


def call_stations(plant: Plant) -> Ints:
    """Station code of each call, -1 where none is told; a call of a line alone goes to its only station."""
    station = plant.calls["station"].to_numpy().astype(np.int64)
    line = plant.calls["line"].to_numpy()
    for code, members in plant.lines().items():
        if len(members) == 1:
            station = np.where((station < 0) & (line == code), members[0], station)
    return station


def log_closes(plant: Plant) -> bool:
    """Tell whether the log says of any call when it was closed or answered: only then does a call cover."""
    return any(
        plant.calls[name].null_count() < plant.calls.height for name in ("resolved_us", "acknowledged_us")
    )


def open_times(
    plant: Plant, deviation: Floats, offset_s: Floats, whose: Ints | None = None
) -> tuple[Ints, Ints, int]:
    """Find when each call was open.

    A call that nobody closed, or only hours later, is over once its station has run undisturbed again; else
    the stamp is believed, however long help took.

    Args:
        plant: the plant.
        deviation: scaled residual of each cycle, shape (n,), nan where unknown.
        offset_s: andon clock less cycle clock, shape (stations,).
        whose: station that each call is about, -1 if unknown, shape (calls,); default: as logged.

    Returns:
        From and until, microseconds on the cycles' clock, shape (calls,) each (until is ``MISSING`` where no
        call has an end), and how many calls were left open.
    """
    calls = plant.calls
    raised = calls["raised_us"].to_numpy().astype(np.int64)
    station, line = call_stations(plant), calls["line"].to_numpy()
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
    took = np.maximum(end[closed] - raised[closed], 0)
    lasted = np.full(raised.size, int(np.quantile(took, USUAL_END)), dtype=np.int64)
    lasted[closed] = took
    closes = opens + lasted
    longest = min(max(LEFT_OPEN * float(np.median(took)) / SECOND_US, SURELY_OPEN_S), SURELY_FORGOTTEN_S)
    doubtful = ~closed | (lasted > longest * SECOND_US)
    left_open = 0
    whose = station if whose is None else whose
    for code, part in enumerate(plant.slices()):
        mine = np.flatnonzero(whose == code)
        if mine.size:
            over = _recovered(plant.end_us[part], deviation[part], opens[mine])
            forgotten = doubtful[mine] & (closes[mine] > over)
            left_open += int((forgotten & closed[mine]).sum())
            closes[mine] = np.where(forgotten, over, closes[mine])
    return opens, closes, left_open


def find_covered(
    plant: Plant,
    begin_us: Ints,
    expected_s: Floats,
    opens_us: Ints,
    closes_us: Ints,
    whose: Ints | None = None,
) -> Bools:
    """Find cycles whose station already had a call open when their expected time ran out, shape (n,)."""
    covered = np.zeros(plant.size, dtype=bool)
    if (closes_us == MISSING).any():
        return covered
    station = call_stations(plant) if whose is None else whose
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


def queue_at(
    plant: Plant,
    rows: Ints,
    begin_us: Ints,
    expected_s: Floats,
    opens_us: Ints,
    closes_us: Ints,
    call_of_cycle: Ints,
) -> Queue:
    """Count the calls open elsewhere on the line at some cycles.

    Args:
        plant: the plant.
        rows: which cycles, shape (rows,).
        begin_us: own start of each cycle, shape (n,).
        expected_s: usual time of each cycle, shape (n,); nan counts as none.
        opens_us: when each call was raised, on the cycles' clock, shape (calls,).
        closes_us: when it stopped being open, shape (calls,); known.
        call_of_cycle: the call that labels each cycle, -1 if none, shape (n,).
    """
    usual_us, begin = np.nan_to_num(expected_s[rows]) * SECOND_US, begin_us[rows]
    moments = np.stack([begin + (part * usual_us).astype(np.int64) for part in (*MOMENTS, 1.0)])
    whose, line = _station_of_calls(plant, call_of_cycle), plant.calls["line"].to_numpy()
    elsewhere, own = np.zeros((len(MOMENTS), rows.size), dtype=np.int64), np.zeros(rows.size, dtype=np.int64)
    station = plant.station[rows]
    for code in np.unique(station):
        here, mine = np.flatnonzero(station == code), whose == code
        others = (line == plant.line[rows[here[0]]]) & ~mine
        elsewhere[:, here] = count_open(opens_us[others], closes_us[others], moments[:-1, here])
        own[here] = count_open(opens_us[mine], closes_us[mine], moments[-1, here])
    call = call_of_cycle[rows]
    label = np.flatnonzero(call >= 0)
    ran_out = moments[-1, label]
    own[label] -= (opens_us[call[label]] <= ran_out) & (ran_out < closes_us[call[label]])
    return Queue(
        halfway=elsewhere[len(MOMENTS) // 2], mean=elsewhere.mean(axis=0), own_open=np.asarray(own > 0)
    )


def _station_of_calls(plant: Plant, call_of_cycle: Ints) -> Ints:
    """Station code of each call: that of the cycle it labels, else the one it was logged at; -1 if none."""
    whose = call_stations(plant)
    label = np.flatnonzero(call_of_cycle >= 0)
    whose[call_of_cycle[label]] = plant.station[label]
    return whose


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
