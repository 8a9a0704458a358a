"""Cycles held by a stop downstream: slow here, slow there, and both end together.

A long stop fills the buffers behind it, and when it is over the stations there let go one after the other.
That is too rare at one station to show a pile of coincidences (:mod:`analytics.estimate.coincidences`), yet
it is minutes each time. Two slow cycles end in the same second by chance about once in a thousand, so a few
such pairs are telling, and all stations are judged together.

The chance of a coincidence is the local rate of slow ends downstream times the window looked at. Where the
time that units travel is unknown, the window is as wide as it may be. How many of the coincidences are chance
is told by how slow the cycles are: slow ones are many and meet an end downstream now and then, those of
minutes are few and were held more often than not.
"""

from __future__ import annotations

import numpy as np

from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints

SLOW_HERE, SLOW_THERE = 2.0, 3.0
NEAR_S = 0.5
EARLIEST_S, LONGEST_TRAVEL_S = 1.0, 30.0
LOCAL_S = 3600.0
MOST_TURNS = 3
CLEAR = 2.0
BANDS = (8.0, 20.0)
"""Scaled residuals between which the share of chance is taken to be the same."""
LEANS = 0.5
"""Coincidences that each band borrows from all bands together."""


def held_by_stops(
    end_us: Ints,
    slices: list[slice],
    downstream: dict[int, list[int]],
    deviation: Floats,
    known: Bools,
    width_s: Floats,
    offsets_s: dict[int, tuple[float, ...]],
) -> Floats:
    """Return the chance that each slow cycle only waited for a stop downstream to end.

    Args:
        end_us: end of each cycle, sorted by station and time, shape (n,).
        slices: the cycles of each station.
        downstream: station code → codes right after it.
        deviation: scaled residual of each cycle, shape (n,), nan where unknown.
        known: cycles that may have waited, shape (n,).
        width_s: stamp resolution of each station, shape (stations,).
        offsets_s: what the travel time to the next station may be, where it is known: the pair's own and the
            line's.

    Returns:
        A chance per cycle, shape (n,); 0 where no such pair is found.
    """
    t = np.nan_to_num(deviation, nan=-9.0)
    feeding = np.bincount([after for following in downstream.values() for after in following] or [0])
    met: dict[bool, list[Ints]] = {True: [], False: []}
    chance = {wide: np.zeros(len(BANDS) + 1) for wide in met}
    for code, following in downstream.items():
        part = slices[code]
        here = part.start + np.flatnonzero((t[part] > SLOW_HERE) & known[part])
        released = [
            _released(end_us[slices[after]], t[slices[after]], turns=int(feeding[after]))
            for after in following
        ]
        there = np.sort(np.concatenate(released))
        if not here.size or not there.size:
            continue
        width = float(max([width_s[code]] + [width_s[after] for after in following]))
        windows = [(travel - NEAR_S - width, travel + NEAR_S + width) for travel in offsets_s.get(code, ())]
        wide = not windows
        windows = windows or [(-EARLIEST_S - width, LONGEST_TRAVEL_S)]
        meets = np.any([_between(there, end_us[here], *window) > 0 for window in windows], axis=0)
        around = _between(there, end_us[here], -LOCAL_S, LOCAL_S) - meets
        looked_at_s = sum(high - low for low, high in windows)
        met[wide].append(here[meets])
        chance[wide] += np.bincount(
            np.digitize(t[here], BANDS),
            weights=around / (2 * LOCAL_S) * looked_at_s,
            minlength=len(BANDS) + 1,
        )
    weight = np.zeros(end_us.size)
    for wide, found in met.items():
        rows = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
        if rows.size:
            weight[rows] = _held_share(t[rows], chance[wide])
    return weight


def _held_share(deviation: Floats, by_chance: Floats) -> Floats:
    """Share of the coincidences that are no chance, for each by its band; 0 where chance could give them.

    A band counts where it has clearly more than chance, or all have together; few of a band lean on all.

    Args:
        deviation: scaled residual of each coincidence, shape (m,).
        by_chance: coincidences to be expected in each band, shape (bands,).
    """
    band = np.digitize(deviation, BANDS)
    seen = np.bincount(band, minlength=by_chance.size)
    clear = seen - by_chance >= CLEAR * np.sqrt(by_chance + 1.0)
    clear |= seen.sum() - by_chance.sum() >= CLEAR * np.sqrt(by_chance.sum() + 1.0)
    overall = min(by_chance.sum() / deviation.size, 1.0)
    share = 1.0 - (by_chance + LEANS * overall) / (seen + LEANS)
    return np.asarray(np.where(clear, np.maximum(share, 0.0), 0.0)[band])


def _released(ends_us: Ints, deviation: Floats, *, turns: int) -> Ints:
    """Ends at which a stop lets go of those behind it: its own, and the next where several take turns."""
    slow = np.flatnonzero(deviation > SLOW_THERE)
    rows = np.unique((slow[:, None] + np.arange(min(turns, MOST_TURNS))).ravel())
    return ends_us[rows[rows < ends_us.size]]


def _between(ends_us: Ints, at_us: Ints, low_s: float, high_s: float) -> Ints:
    """Count the ends that lie from ``low_s`` to ``high_s`` before each time; both ends sorted by time."""
    first = np.searchsorted(ends_us, at_us - int(high_s * SECOND_US), side="left")
    last = np.searchsorted(ends_us, at_us - int(low_s * SECOND_US), side="right")
    return np.asarray(last - first, dtype=np.int64)
