"""Which slow cycles only waited for the next station.

A blocked unit leaves when the next station lets go of one: the end here coincides, up to a constant transfer
time, with an end there. Among slow cycles such coincidences pile up at one offset; the ring around the peak
tells how many are chance. Each slow cycle in the peak gets the chance that it was blocked, by how slow it
is, because short ones coincide by luck more often. Short cycles are never flagged.

A blocked cycle is left-censored (its own time was at most what was seen), not dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimate.order import LineOrder
from analytics.estimate.plant import SECOND_US, Bools, Floats, Plant

SLOW = 2.0
"""Deviation from which a cycle helps to find the peak."""
BANDS = (0.75, 1.5, 2.5, 4.0, np.inf)
"""Bands of deviation within which the share of chance coincidences is told apart."""
RING = 9.0
LEAST_CONTRAST, LEAST_EXCESS = 6.0, 6.0
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
    pairs = []
    parts = plant.slices()
    for code, following in sorted(order.downstream.items()):
        part = parts[code]
        ends = np.sort(np.concatenate([plant.end_us[parts[after]] for after in following]))
        width = max([width_s[code]] + [width_s[after] for after in following])
        t = np.where(known[part], np.nan_to_num(deviation[part], nan=-9.0), -9.0)
        if (t > SLOW).sum() < LEAST_EXCESS or ends.size < 30:
            continue
        lag, owner = _lags(plant.end_us[part], ends, np.flatnonzero(t > BANDS[0]), width)
        peak = _peak(lag[t[owner] > SLOW], width)
        if peak is None:
            continue
        offset, half_width, contrast = peak
        share = _weigh(weight[part], lag, owner, t, offset, half_width, width)
        pairs.append(
            Pair(
                station=code,
                downstream=tuple(following),
                offset_s=offset,
                contrast=contrast,
                blocked_share=share,
            )
        )
    return Blocking(weight, pairs)


def _lags(end_us, after_us, rows, width):  # type: ignore[no-untyped-def]
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


def _peak(lag: Floats, width: float) -> tuple[float, float, float] | None:
    """Offset, half-width and contrast of the highest pile of coincidences; None if there is none."""
    best: tuple[float, float, float] | None = None
    lag = np.sort(lag)
    for half in sorted({max(0.15, width), max(0.5, width), max(1.5, width)}):
        offsets = lag[(lag > -half) & (lag < WINDOW_S - RING * half)]
        if not offsets.size:
            continue
        offsets = np.unique(np.round(offsets / (half / 2)) * (half / 2))
        inside = _between(lag, offsets - half, offsets + half)
        ring = _between(lag, offsets - RING * half, offsets + RING * half) - inside
        values_inside, values_ring = _values(half, width), _values(RING * half, width)
        chance = ring * values_inside / max(values_ring - values_inside, 1.0)
        excess = inside - chance
        contrast = excess / np.sqrt(chance + 1.0)
        # One search over many offsets: the bar is higher than for a single look.
        contrast = np.where(excess >= LEAST_EXCESS, contrast, 0.0)
        top = int(np.argmax(contrast))
        if contrast[top] > LEAST_CONTRAST and (best is None or contrast[top] > 1.1 * best[2]):
            best = (float(offsets[top]), half, float(contrast[top]))
    return best


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


def _weigh(weight, lag, owner, t, offset, half, width) -> float:  # type: ignore[no-untyped-def]
    """Give each cycle in the peak its chance of being blocked, band by band; return the share blocked."""
    distance = np.abs(lag - offset)
    for low, high in zip(BANDS[:-1], BANDS[1:], strict=True):
        band = (t[owner] >= low) & (t[owner] < high)
        inside = band & (distance <= half + 1e-6)
        ring = band & (distance > half + 1e-6) & (distance <= RING * half)
        scale = _values(half, width) / max(_values(RING * half, width) - _values(half, width), 1.0)
        chance = ring.sum() * scale
        seen = inside.sum()
        if seen - chance < 3.0 * np.sqrt(chance + 1.0):
            continue
        share = 1.0 - (chance + 0.5) / (seen + 0.5)
        if share >= LEAST_WEIGHT:
            weight[np.unique(owner[inside])] = share
    return float(weight.mean())
