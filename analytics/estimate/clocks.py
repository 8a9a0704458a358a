"""How far the andon clock is off the cycles' clock, per station.

The two systems keep their own clocks. The offset is where calls hit the slowest cycles, accepted only where
that peak is clear; the clock of all calls comes first, then a line's, then a station's own.
"""

from __future__ import annotations

import numpy as np

from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints, Plant

SCAN_S, SCAN_STEP_S = 180, 5
FEWEST_CALLS, LEAST_GAIN = 15, 0.35
MOST = 6.0
"""From so many sigmas on a cycle is as slow as can be."""


def holding(part: slice, end_us: Ints, begin_us: Ints, at_us: Ints) -> Ints:
    """Row of the cycle of a station that runs at each time, -1 between cycles."""
    index = np.searchsorted(end_us[part], at_us, side="left")
    row = part.start + np.minimum(index, part.stop - part.start - 1)
    inside = (index < part.stop - part.start) & (begin_us[row] <= at_us)
    return np.asarray(np.where(inside, row, -1))


def clock_offsets(
    plant: Plant, station: Ints, raised_us: Ints, timeless: Bools, deviation: Floats, begin_us: Ints
) -> Floats:
    """Return the andon clock less the cycles' clock of each station, seconds, shape (stations,).

    Args:
        plant: the plant.
        station: station of each call, -1 where none is told, shape (calls,).
        raised_us: when each call was raised on the andon clock, shape (calls,).
        timeless: calls about what takes no time: they tell nothing of the clock, shape (calls,).
        deviation: scaled residual of each cycle, shape (n,), nan where unknown.
        begin_us: own start of each cycle, shape (n,).
    """
    slow = np.clip(np.nan_to_num(deviation, nan=0.0), 0.0, MOST)
    scan = np.arange(-SCAN_S, SCAN_S + 1, SCAN_STEP_S)
    parts = plant.slices()
    sums = np.zeros((len(parts), scan.size))
    counts = np.zeros(len(parts))
    for code, part in enumerate(parts):
        mine = raised_us[(station == code) & ~timeless]
        counts[code] = mine.size
        if not mine.size:
            continue
        for k, offset in enumerate(scan):
            row = holding(part, plant.end_us, begin_us, mine - offset * SECOND_US)
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
