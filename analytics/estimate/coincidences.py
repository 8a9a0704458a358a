"""Where ends at one station pile up against ends at the next: lags, and the highest pile among them.

Blocking shows as a pile of coincidences at one lag. The lag is zero where a unit leaves the moment room is
made, and a transfer time where units travel. The ring around a pile tells how many coincidences are chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimate.plant import SECOND_US, Floats, Ints

SLOW = (2.0, 8.0)
"""Deviations from which cycles help to find the pile: the very slow coincide least by chance."""
RING = 9.0
LEAST_CONTRAST, LEAST_EXCESS = 6.0, 6.0
WINDOW_S = 90.0
NARROWEST_S = 0.15
MOST_LAGS = 12
MOST_PEAKS, FURTHER_CONTRAST, FURTHER_SHARE = 3, 15.0, 0.3


@dataclass(frozen=True, slots=True)
class Peak:
    """A pile of coincidences: where, how wide to either side, how far above chance (sigmas)."""

    offset_s: float
    half_width_s: float
    contrast: float


@dataclass(frozen=True, slots=True)
class Search:
    """One station's lags to ends downstream.

    Attributes:
        lag_s: seconds from an end downstream to the end here, shape (m,).
        owner: row of the cycle within its station, shape (m,).
        deviation: scaled residual of the station's cycles, shape (n,).
        width_s: width of the coarser time stamps.
        after_us: ends downstream, sorted, shape (k,).
        peak: the highest pile, None if none stands out.
    """

    lag_s: Floats
    owner: Ints
    deviation: Floats
    width_s: float
    after_us: Ints
    peak: Peak | None


def lags(end_us: Ints, after_us: Ints, rows: Ints, width: float) -> tuple[Floats, Ints]:
    """Seconds from each downstream end within the window to the end here, and whose they are."""
    low = np.searchsorted(after_us, end_us[rows] - int(WINDOW_S * SECOND_US), side="left")
    margin = int((RING * max(NARROWEST_S, width) + 1.0) * SECOND_US)
    high = np.searchsorted(after_us, end_us[rows] + margin, side="right")
    # At most the nearest few: more would only add background.
    low = np.maximum(low, high - MOST_LAGS)
    counts = np.maximum(high - low, 0)
    owner = np.repeat(rows, counts)
    first = np.repeat(low, counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return (end_us[owner] - after_us[first + within]) / SECOND_US, owner


def ends_within(after_us: Ints, end_us: Ints, offset_s: float, half_s: float) -> Ints:
    """Count the ends downstream that lie ``offset_s`` before each end here, give or take ``half_s``."""
    slack = 1e-6
    low = end_us - int((offset_s + half_s + slack) * SECOND_US)
    high = end_us - int((offset_s - half_s - slack) * SECOND_US)
    return np.asarray(
        np.searchsorted(after_us, high, side="right") - np.searchsorted(after_us, low, side="left"),
        dtype=np.int64,
    )


def best_peak(
    lag: Floats,
    deviation: Floats,
    width: float,
    *,
    offsets: Floats | None = None,
    bar: float = LEAST_CONTRAST,
) -> Peak | None:
    """Find the highest pile of coincidences among slow and among very slow cycles; None below the bar."""
    best: Peak | None = None
    for slow in SLOW:
        ordered = np.sort(lag[deviation > slow])
        for half in sorted(
            {max(NARROWEST_S, width / 2), max(NARROWEST_S, width), max(0.5, width), max(1.5, width)}
        ):
            peak = _peak(ordered, half, width, offsets, bar)
            if peak is not None and (best is None or peak.contrast > 1.1 * best.contrast):
                best = peak
    return best


def further_peaks(search: Search, first: Peak) -> list[Peak]:
    """Find what piles up elsewhere once the cycles in the first pile are taken away.

    A unit may be let go when the next one is done, or only when that has left too: two lags.
    """
    peaks = [first]
    left = np.ones(search.lag_s.size, dtype=bool)
    while len(peaks) < MOST_PEAKS:
        last = peaks[-1]
        inside = np.abs(search.lag_s - last.offset_s) <= last.half_width_s + search.width_s + 1e-6
        left &= ~np.isin(search.owner, search.owner[inside])
        peak = best_peak(search.lag_s[left], search.deviation[search.owner[left]], search.width_s)
        if peak is None or peak.contrast < max(FURTHER_CONTRAST, FURTHER_SHARE * first.contrast):
            break
        peaks.append(peak)
    return peaks[1:]


def _peak(lag: Floats, half: float, width: float, offsets: Floats | None, bar: float) -> Peak | None:
    """Find the highest pile of one width; ``lag`` is in ascending order."""
    if offsets is None:
        offsets = lag[(lag > -half) & (lag < WINDOW_S - RING * half)]
        offsets = np.unique(np.round(offsets / (half / 2)) * (half / 2))
    if not offsets.size:
        return None
    inside = _between(lag, offsets - half, offsets + half)
    ring = _between(lag, offsets - RING * half, offsets + RING * half) - inside
    values_inside, values_ring = stamp_values(half, width), stamp_values(RING * half, width)
    chance = ring * values_inside / max(values_ring - values_inside, 1.0)
    excess = inside - chance
    least = LEAST_EXCESS if bar >= LEAST_CONTRAST else LEAST_EXCESS / 2
    contrast = np.where(excess >= least, excess / np.sqrt(chance + 1.0), 0.0)
    top = int(np.argmax(contrast))
    if contrast[top] <= bar:
        return None
    return Peak(float(offsets[top]), half, float(contrast[top]))


def stamp_values(half: float, width: float) -> float:
    """How many stamp values lie within plus or minus ``half``: a continuum where stamps are fine."""
    return 2.0 * half / width if half > 4 * width else 2.0 * np.floor(half / width + 1e-9) + 1.0


def _between(ordered: Floats, low: Floats, high: Floats) -> Floats:
    slack = 1e-6
    return np.asarray(
        np.searchsorted(ordered, high + slack, side="right")
        - np.searchsorted(ordered, low - slack, side="left"),
        dtype=np.float64,
    )
