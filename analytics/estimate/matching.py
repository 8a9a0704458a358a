"""Which cycle an andon call belongs to, and how far the andon clock is off.

The two systems keep their own clocks; the offset is where calls hit the slowest cycles, accepted only where
that peak is clear. A call then belongs to the cycle that holds it, or to one of the two before it (called
when it was over), or to the neighbour's (the wrong cord), whichever is slowest after a handicap. Calls
about quality, safety or material label a cycle only where it holds them and is clearly slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.estimate.open_calls import call_stations, find_covered, open_times
from analytics.estimate.order import LineOrder
from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints, Plant

TIMELESS_KINDS = frozenset({"quality", "safety", "material", "planned"})
SCAN_S, SCAN_STEP_S = 180, 5
FEWEST_CALLS, LEAST_GAIN = 15, 0.35
MOST = 6.0
LATE_S = 150.0
HANDICAP_BEFORE, HANDICAP_NEIGHBOUR, HANDICAP_TAKEN = 1.5, 3.5, 3.0
CLEARLY_SLOW = 4.0
LINE_CALL_SLOW = 2.5
"""A call that names only its line labels the slowest cycle there, where that is at all slow."""
AMBIGUOUS = 0.75


@dataclass(frozen=True, slots=True)
class Matching:
    """Calls and cycles, matched.

    Attributes:
        cycle_of_call: row of the cycle each call belongs to, -1 if none, shape (calls,).
        ambiguous: whether another cycle fits nearly as well, shape (calls,).
        called: whether a call labels each cycle, shape (n,).
        call_of_cycle: the call that labels each cycle, -1 if none, shape (n,).
        covered: slow cycles whose station's call was already open, shape (n,).
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
    station = call_stations(plant)
    raised = calls["raised_us"].to_numpy().astype(np.int64)
    timeless = np.isin(calls["kind"].to_numpy(), list(TIMELESS_KINDS))
    slow = np.clip(np.nan_to_num(deviation, nan=0.0), 0.0, MOST)
    parts = plant.slices()
    offset = _offsets(plant, station, raised, timeless, slow, begin_us)
    cycle_of_call = np.full(calls.height, -1, dtype=np.int64)
    ambiguous = np.zeros(calls.height, dtype=bool)
    called = np.zeros(plant.size, dtype=bool)
    call_of_cycle = np.full(plant.size, -1, dtype=np.int64)

    rows_by_station = _calls_by_station(plant)
    taken = np.zeros(plant.size, dtype=bool)
    holding = np.full(calls.height, -1, dtype=np.int64)
    for code, rows in rows_by_station.items():
        at = raised[rows] - int(offset[code] * SECOND_US)
        holding[rows] = _holding(parts[code], plant.end_us, begin_us, at)
    sure = (holding >= 0) & ~timeless
    sure &= np.where(holding >= 0, slow[np.maximum(holding, 0)], 0.0) >= CLEARLY_SLOW
    taken[holding[sure]] = True

    for code, rows in rows_by_station.items():
        at = raised[rows] - int(offset[code] * SECOND_US)
        candidates, scores = _candidates(plant, order, parts, begin_us, slow, code, at)
        own = candidates[0] == holding[rows]
        scores[1:] -= np.where(taken[np.maximum(candidates[1:], 0)], HANDICAP_TAKEN, 0.0)
        only_holding = timeless[rows]
        scores[1:, only_holding] = -np.inf
        weak = only_holding & ~(own & (scores[0] >= CLEARLY_SLOW))
        best = np.argmax(scores, axis=0)
        top = np.take_along_axis(scores, best[None, :], axis=0)[0]
        chosen = np.take_along_axis(candidates, best[None, :], axis=0)[0]
        ranked = np.sort(np.maximum(scores, -99.0), axis=0)
        ambiguous[rows] = (ranked[-1] - ranked[-2] < AMBIGUOUS) & (ranked[-2] > 1.5)
        fits = np.isfinite(top) & (chosen >= 0)
        cycle_of_call[rows] = np.where(fits, chosen, -1)
        labels = rows[fits & ~weak]
        called[cycle_of_call[labels]] = True
        call_of_cycle[cycle_of_call[labels]] = labels
    for rows, chosen in _of_lines(plant, calls, raised, slow, offset, begin_us):
        fits = chosen >= 0
        cycle_of_call[rows] = chosen
        labels = rows[fits & ~timeless[rows] & (slow[np.maximum(chosen, 0)] >= LINE_CALL_SLOW)]
        called[cycle_of_call[labels]] = True
        call_of_cycle[cycle_of_call[labels]] = labels
    opens, closes, left_open = open_times(plant, deviation, offset)
    covered = find_covered(plant, begin_us, expected_s, opens, closes)
    return Matching(
        cycle_of_call,
        ambiguous,
        called,
        call_of_cycle,
        covered & ~called,
        offset,
        left_open,
        opens,
        closes,
    )


def _of_lines(
    plant: Plant, calls: pl.DataFrame, raised: Ints, slow: Floats, offset: Floats, begin_us: Ints
) -> Iterator[tuple[Ints, Ints]]:
    """Match calls that name only a line of several stations: to the slowest cycle that runs on it then."""
    station, line = calls["station"].to_numpy(), calls["line"].to_numpy()
    parts = plant.slices()
    for code, members in plant.lines().items():
        rows = np.flatnonzero((station < 0) & (line == code))
        if not rows.size or len(members) == 1:
            continue
        running = np.stack(
            [
                _holding(parts[one], plant.end_us, begin_us, raised[rows] - int(offset[one] * SECOND_US))
                for one in members
            ]
        )
        scores = np.where(running >= 0, slow[np.maximum(running, 0)], -1.0)
        best = np.argmax(scores, axis=0)
        yield rows, np.take_along_axis(running, best[None, :], axis=0)[0]


def _calls_by_station(plant: Plant) -> dict[int, Ints]:
    """Rows of the calls of each station."""
    station = call_stations(plant)
    return {int(code): np.flatnonzero(station == code) for code in np.unique(station[station >= 0])}


def _holding(part: slice, end_us: Ints, begin_us: Ints, at_us: Ints) -> Ints:
    """Row of the cycle that runs at each time, -1 between cycles."""
    index = np.searchsorted(end_us[part], at_us, side="left")
    row = part.start + np.minimum(index, part.stop - part.start - 1)
    inside = (index < part.stop - part.start) & (begin_us[row] <= at_us)
    return np.asarray(np.where(inside, row, -1))


def _offsets(
    plant: Plant, station: Ints, raised: Ints, timeless: Bools, slow: Floats, begin_us: Ints
) -> Floats:
    """Clock offset of each station: the plant's, unless its line's or its own calls clearly say another."""
    scan = np.arange(-SCAN_S, SCAN_S + 1, SCAN_STEP_S)
    parts = plant.slices()
    sums = np.zeros((len(parts), scan.size))
    counts = np.zeros(len(parts))
    for code, part in enumerate(parts):
        mine = raised[(station == code) & ~timeless]
        counts[code] = mine.size
        if not mine.size:
            continue
        for k, offset in enumerate(scan):
            row = _holding(part, plant.end_us, begin_us, mine - offset * SECOND_US)
            sums[code, k] = np.where(row >= 0, slow[np.maximum(row, 0)], 0.0).sum()
    result = np.full(len(parts), _clear_peak(scan, sums.sum(axis=0), counts.sum(), around=0.0))
    for members in plant.lines().values():
        # One terminal serves a line: its clock is the line's.
        of_line = _clear_peak(
            scan, sums[members].sum(axis=0), counts[members].sum(), around=float(result[members[0]])
        )
        result[members] = of_line
        for code in members:
            if counts[code] >= 2 * FEWEST_CALLS:
                result[code] = _clear_peak(scan, sums[code], counts[code], around=of_line)
    return result


def _clear_peak(scan: Ints, total: Floats, count: float, around: float) -> float:
    """Return the offset of a clear peak of the mean deviation hit, else ``around``."""
    if count < FEWEST_CALLS:
        return around
    profile = np.convolve(total / count, np.ones(3) / 3, mode="same")
    profile[[0, -1]] = -np.inf
    here = profile[int(np.argmin(np.abs(scan - around)))]
    top = float(profile.max())
    noise = 2.5 * MOST / 2 / np.sqrt(count)
    if top - here <= max(LEAST_GAIN, noise):
        return around
    # The middle of the plateau: a call may come at any moment of the delay.
    near = scan[profile >= top - 0.05 * (top - float(np.median(profile[1:-1])))]
    return float(np.median(near))


def _candidates(
    plant: Plant,
    order: LineOrder,
    parts: list[slice],
    begin_us: Ints,
    slow: Floats,
    code: int,
    at_us: Ints,
) -> tuple[Ints, Floats]:
    """Rows and scores of the cycles a call may belong to: shape (candidates, calls) each."""
    part = parts[code]
    rows, scores = [], []
    held = _holding(part, plant.end_us, begin_us, at_us)
    rows.append(held)
    scores.append(np.where(held >= 0, slow[np.maximum(held, 0)], -np.inf))
    index = part.start + np.searchsorted(plant.end_us[part], at_us, side="left")
    for back in (1, 2):
        before = index - back
        valid = before >= part.start
        safe = np.maximum(before, part.start)
        late = (at_us - plant.end_us[safe]) / SECOND_US
        valid &= late <= LATE_S
        rows.append(np.where(valid, safe, -1))
        scores.append(np.where(valid, slow[safe] - HANDICAP_BEFORE, -np.inf))
    for other in (*order.upstream.get(code, [])[:1], *order.downstream.get(code, [])[:1]):
        near = _holding(parts[other], plant.end_us, begin_us, at_us)
        rows.append(near)
        scores.append(np.where(near >= 0, slow[np.maximum(near, 0)] - HANDICAP_NEIGHBOUR, -np.inf))
    return np.stack(rows), np.stack(scores)
