"""Which slow cycles only waited for the next station.

A blocked unit leaves when the next station lets go of one: the end here coincides, up to a constant transfer
time, with an end there. Among slow cycles such coincidences pile up at one offset; the ring around the peak
tells how many are chance. Each slow cycle in the peak gets the chance that it was blocked, by how slow it
is, because short ones coincide by luck more often. Short cycles are never flagged.

A blocked cycle is left-censored (its own time was at most what was seen), not dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analytics.estimate.order import LineOrder
from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints, Plant

SLOW = (2.0, 8.0)
"""Deviations from which cycles help to find the peak: the very slow coincide least by chance."""
BANDS = (0.75, 1.5, 2.5, 4.0, np.inf)
"""Bands of deviation within which the share of chance coincidences is told apart."""
RING = 9.0
LEAST_CONTRAST, LEAST_EXCESS = 6.0, 6.0
CONTRAST_AT_USUAL, OFFSET_SLACK_S, FEWEST_AGREEING = 3.0, 1.0, 3
WINDOW_S = 90.0
LEAST_WEIGHT = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Blocking of one station by those after it."""

    station: int
    downstream: tuple[int, ...]
    offset_s: float
    contrast: float
    blocked_share: float


@dataclass(frozen=True, slots=True)
class Blocking:
    """Chance that each cycle was blocked, shape (n,), and what was found per station."""

    weight: Floats
    pairs: list[Pair]


def find_blocking(
    plant: Plant, order: LineOrder, deviation: Floats, known: Bools, width_s: Floats
) -> Blocking:
    """Find blocked cycles at every station that has a next one.

    Args:
        plant: the plant.
        order: the stations' order.
        deviation: scaled residual of each cycle, shape (n,), nan where unknown.
        known: cycles whose own start is known, shape (n,).
        width_s: stamp resolution of each station, shape (stations,).
    """
    weight = np.zeros(plant.size)
    parts = plant.slices()
    found: dict[int, _Search] = {}
    for code, following in sorted(order.downstream.items()):
        part = parts[code]
        ends = np.sort(np.concatenate([plant.end_us[parts[after]] for after in following]))
        width = max([width_s[code]] + [width_s[after] for after in following])
        t = np.where(known[part], np.nan_to_num(deviation[part], nan=-9.0), -9.0)
        if (t > SLOW[0]).sum() < LEAST_EXCESS or ends.size < 30:
            continue
        lag, owner = _lags(plant.end_us[part], ends, np.flatnonzero(t > BANDS[0]), width)
        found[code] = _Search(lag, owner, t, width, _best_peak(lag, t[owner], width))
    pairs = []
    for code, search in found.items():
        usual = _usual_offset(plant, found, int(plant.line[parts[code].start]))
        peak = _at_usual_offset(search, usual) or search.peak
        if peak is None:
            continue
        share = _weigh(weight[parts[code]], search, peak)
        pairs.append(
            Pair(
                station=code,
                downstream=tuple(order.downstream[code]),
                offset_s=peak.offset_s,
                contrast=peak.contrast,
                blocked_share=share,
            )
        )
    return Blocking(weight, pairs)


@dataclass(frozen=True, slots=True)
class _Peak:
    """A pile of coincidences: where, how wide to either side, how far above chance (sigmas)."""

    offset_s: float
    half_width_s: float
    contrast: float


@dataclass(frozen=True, slots=True)
class _Search:
    """One station's lags to ends downstream: seconds, whose (row in the station), all deviations."""

    lag_s: Floats
    owner: Ints
    deviation: Floats
    width_s: float
    peak: _Peak | None


def _usual_offset(plant: Plant, found: dict[int, _Search], line: int) -> float | None:
    """Offset at which most of the line's clear peaks lie; None where they don't agree."""
    clear = [
        search.peak.offset_s
        for code, search in found.items()
        if search.peak is not None and int(plant.stations["line"][code]) == line
    ]
    if len(clear) < FEWEST_AGREEING:
        return None
    middle = float(np.median(clear))
    agreeing = np.abs(np.array(clear) - middle) <= OFFSET_SLACK_S
    return middle if agreeing.mean() > 0.5 else None


def _at_usual_offset(search: _Search, usual: float | None) -> _Peak | None:
    """Look for a peak where the line's others have theirs: a single look needs a lower bar."""
    if usual is None or (search.peak and abs(search.peak.offset_s - usual) <= OFFSET_SLACK_S):
        return None
    near = np.arange(usual - OFFSET_SLACK_S, usual + OFFSET_SLACK_S + 1e-9, max(0.25, search.width_s / 2))
    return _best_peak(
        search.lag_s, search.deviation[search.owner], search.width_s, offsets=near, bar=CONTRAST_AT_USUAL
    )


def _lags(end_us: Ints, after_us: Ints, rows: Ints, width: float) -> tuple[Floats, Ints]:
    """Seconds from each downstream end within the window to the end here, and whose they are."""
    low = np.searchsorted(after_us, end_us[rows] - int(WINDOW_S * SECOND_US), side="left")
    margin = int((RING * max(0.15, width) + 1.0) * SECOND_US)
    high = np.searchsorted(after_us, end_us[rows] + margin, side="right")
    # At most the nearest dozen: more would only add background.
    low = np.maximum(low, high - 12)
    counts = np.maximum(high - low, 0)
    owner = np.repeat(rows, counts)
    first = np.repeat(low, counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return (end_us[owner] - after_us[first + within]) / SECOND_US, owner


def _best_peak(
    lag: Floats,
    deviation: Floats,
    width: float,
    *,
    offsets: Floats | None = None,
    bar: float = LEAST_CONTRAST,
) -> _Peak | None:
    """Find the highest pile of coincidences among slow and among very slow cycles; None below the bar."""
    best: _Peak | None = None
    for slow in SLOW:
        ordered = np.sort(lag[deviation > slow])
        for half in sorted({max(0.15, width / 2), max(0.15, width), max(0.5, width), max(1.5, width)}):
            peak = _peak(ordered, half, width, offsets, bar)
            if peak is not None and (best is None or peak.contrast > 1.1 * best.contrast):
                best = peak
    return best


def _peak(lag: Floats, half: float, width: float, offsets: Floats | None, bar: float) -> _Peak | None:
    """Find the highest pile of one width; ``lag`` is in ascending order."""
    if offsets is None:
        offsets = lag[(lag > -half) & (lag < WINDOW_S - RING * half)]
        offsets = np.unique(np.round(offsets / (half / 2)) * (half / 2))
    if not offsets.size:
        return None
    inside = _between(lag, offsets - half, offsets + half)
    ring = _between(lag, offsets - RING * half, offsets + RING * half) - inside
    values_inside, values_ring = _values(half, width), _values(RING * half, width)
    chance = ring * values_inside / max(values_ring - values_inside, 1.0)
    excess = inside - chance
    least = LEAST_EXCESS if bar >= LEAST_CONTRAST else LEAST_EXCESS / 2
    contrast = np.where(excess >= least, excess / np.sqrt(chance + 1.0), 0.0)
    top = int(np.argmax(contrast))
    if contrast[top] <= bar:
        return None
    return _Peak(float(offsets[top]), half, float(contrast[top]))


def _values(half: float, width: float) -> float:
    """How many stamp values lie within plus or minus ``half``: a continuum where stamps are fine."""
    return 2.0 * half / width if half > 4 * width else 2.0 * np.floor(half / width + 1e-9) + 1.0


def _between(ordered: Floats, low: Floats, high: Floats) -> Floats:
    slack = 1e-6
    return np.asarray(
        np.searchsorted(ordered, high + slack, side="right")
        - np.searchsorted(ordered, low - slack, side="left"),
        dtype=np.float64,
    )


def _weigh(weight: Floats, search: _Search, peak: _Peak) -> float:
    """Give each cycle in the peak its chance of being blocked, band by band; return the share blocked."""
    distance = np.abs(search.lag_s - peak.offset_s)
    half, width = peak.half_width_s, search.width_s
    scale = _values(half, width) / max(_values(RING * half, width) - _values(half, width), 1.0)
    t = search.deviation[search.owner]
    for low, high in pairwise(BANDS):
        band = (t >= low) & (t < high)
        inside = band & (distance <= half + 1e-6)
        ring = band & (distance > half + 1e-6) & (distance <= RING * half)
        chance = ring.sum() * scale
        seen = inside.sum()
        if seen - chance < 2.0 * np.sqrt(chance + 1.0):
            continue
        share = 1.0 - chance / seen
        if share >= LEAST_WEIGHT:
            weight[np.unique(search.owner[inside])] = share
    return float(weight.mean())
