"""Which cycles only waited for the next station.

A blocked unit leaves when the next station lets go of one: the end here coincides, up to a constant
transfer time, with an end there (:mod:`analytics.estimate.coincidences`). Slow cycles show where the pile
is; then each cycle in it gets the chance that it was blocked, by how long it took, because short ones
coincide by luck more often. Short waits matter: left among the others they make the usual time too long and
hide delays. Where a station is blocked too rarely to show a pile of its own, the lag that the others have
is looked at, for all such stations together.

A blocked cycle is left-censored (its own time was at most what was seen), not dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analytics.estimate.coincidences import (
    LEAST_EXCESS,
    RING,
    SLOW,
    Peak,
    Search,
    best_peak,
    ends_within,
    further_peaks,
    lags,
    stamp_values,
)
from analytics.estimate.held import held_by_stops
from analytics.estimate.order import LineOrder
from analytics.estimate.plant import Bools, Floats, Ints, Plant

BANDS = (-8.0, -1.0, 0.0, 0.75, 1.5, 2.5, 4.0, np.inf)
"""Bands of deviation within which the share of chance coincidences is told apart."""
SHORT = 0.75
"""Shorter cycles wait too, but where waiting is rare hardly any coincidence tells of it."""
CONTRAST_AT_USUAL, CONTRAST_ELSEWHERE = 3.0, 12.0
OFFSET_SLACK_S, FEWEST_AGREEING, AGREEING = 1.0, 3, 0.7
CLEAR_EXCESS = 2.0
LEAST_WEIGHT, LEAST_SHORT_WEIGHT = 0.2, 0.5
FEWEST_ENDS = 30


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
    found = _searches(plant, order, deviation, known, width_s)
    peaks: dict[int, Peak] = {}
    rare: dict[int, Peak] = {}
    others: list[dict[int, Peak]] = []
    for code, search in found.items():
        usual = _usual_offset(plant, found, int(plant.line[parts[code].start]))
        peak = _clearer(_believed(search.peak, usual), _at_usual_offset(search, usual))
        if peak is not None:
            peaks[code] = peak
            others += [{code: other} for other in further_peaks(search, peak)]
        elif usual is not None:
            rare[code] = Peak(usual, max(0.5, search.width_s), 0.0)
    groups = [{code: peak} for code, peak in peaks.items()] + others + ([rare] if rare else [])
    for group in groups:
        _weigh(weight, plant, found, group)
    several = {code for group in others for code in group}
    own = {code: peak.offset_s for code, peak in (peaks | rare).items() if code not in several}
    offsets = {
        code: _possible(code, {one: own[one] for one in members if one in own})
        for members in plant.lines().values()
        for code in members
        if code in own
    }
    held = held_by_stops(plant.end_us, parts, order.downstream, deviation, known, width_s, offsets)
    weight = np.maximum(weight, held)
    pairs = [
        Pair(
            station=code,
            downstream=tuple(order.downstream[code]),
            offset_s=peak.offset_s,
            contrast=peak.contrast,
            blocked_share=float(weight[parts[code]].mean()),
        )
        for code, peak in sorted((peaks | rare).items())
        if weight[parts[code]].any()
    ]
    return Blocking(weight, pairs)


def _searches(
    plant: Plant, order: LineOrder, deviation: Floats, known: Bools, width_s: Floats
) -> dict[int, Search]:
    """Lags and highest pile of every station that has a next one and some slow cycles."""
    parts = plant.slices()
    found = {}
    for code, following in sorted(order.downstream.items()):
        part = parts[code]
        ends = np.sort(np.concatenate([plant.end_us[parts[after]] for after in following]))
        width = float(max([width_s[code]] + [width_s[after] for after in following]))
        t = np.where(known[part], np.nan_to_num(deviation[part], nan=-9.0), -9.0)
        if not (t > SLOW[0]).any() or ends.size < FEWEST_ENDS:
            continue
        lag, owner = lags(plant.end_us[part], ends, np.flatnonzero(t > SHORT), width)
        peak = best_peak(lag, t[owner], width) if (t > SLOW[0]).sum() >= LEAST_EXCESS else None
        found[code] = Search(lag, owner, t, width, ends, peak)
    return found


def _usual_offset(plant: Plant, found: dict[int, Search], line: int) -> float | None:
    """Offset at which most clear peaks of the line lie, else of the plant; None where they don't agree."""
    clear = {code: search.peak.offset_s for code, search in found.items() if search.peak is not None}
    of_line = [offset for code, offset in clear.items() if int(plant.stations["line"][code]) == line]
    for offsets in (of_line, list(clear.values())):
        if len(offsets) < FEWEST_AGREEING:
            continue
        middle = float(np.median(offsets))
        agreeing = np.abs(np.array(offsets) - middle) <= OFFSET_SLACK_S
        return middle if agreeing.mean() >= AGREEING else None
    return None


def _possible(code: int, of_line: dict[int, float]) -> tuple[float, ...]:
    """Offsets at which a rare long stop may show: a pair's own, and that of most pairs of its line.

    A pile elsewhere may be the line's beat: units come at nearly equal times.
    """
    offsets = np.array(list(of_line.values()))
    agreeing = (np.abs(offsets[:, None] - offsets) <= OFFSET_SLACK_S).sum(axis=1)
    common, own = float(offsets[np.argmax(agreeing)]), of_line[code]
    return (own,) if agreeing.max() < 2 or abs(own - common) <= OFFSET_SLACK_S else (own, common)


def _believed(peak: Peak | None, usual: float | None) -> Peak | None:
    """Drop a faint pile that lies elsewhere than those of the stations around it."""
    if peak is None or usual is None or abs(peak.offset_s - usual) <= OFFSET_SLACK_S:
        return peak
    return peak if peak.contrast > CONTRAST_ELSEWHERE else None


def _at_usual_offset(search: Search, usual: float | None) -> Peak | None:
    """Look for a peak where the others have theirs: a single look needs a lower bar."""
    if usual is None or (search.peak and abs(search.peak.offset_s - usual) <= OFFSET_SLACK_S):
        return None
    near = np.arange(usual - OFFSET_SLACK_S, usual + OFFSET_SLACK_S + 1e-9, max(0.25, search.width_s / 2))
    return best_peak(
        search.lag_s, search.deviation[search.owner], search.width_s, offsets=near, bar=CONTRAST_AT_USUAL
    )


def _clearer(own: Peak | None, usual: Peak | None) -> Peak | None:
    """Take the peak where the others have theirs, unless the station's own is twice as clear."""
    if own is None or usual is None:
        return own or usual
    return own if own.contrast > 2.0 * usual.contrast else usual


def _weigh(weight: Floats, plant: Plant, found: dict[int, Search], group: dict[int, Peak]) -> None:
    """Set the chance of being blocked in ``weight``, band by band, for stations judged together.

    The pile has a core and, where stamps are coarse, a flank of one stamp on either side, into which the
    rounding of two stamps spreads it.
    """
    parts = plant.slices()
    shells = {code: _shells(found[code], peak, plant.end_us[parts[code]]) for code, peak in group.items()}
    for low, high in pairwise(BANDS):
        least = LEAST_WEIGHT if low >= SHORT else LEAST_SHORT_WEIGHT
        for shell in (0, 1):
            inside, seen, chance = {}, 0.0, 0.0
            for code, both in shells.items():
                t = found[code].deviation
                band = (t >= low) & (t < high)
                there, expected = both[shell]
                inside[code] = np.flatnonzero(band & there)
                seen += float(inside[code].size)
                chance += float(expected[band].sum())
            if seen - chance < CLEAR_EXCESS * np.sqrt(chance + 1.0) or seen == 0:
                continue
            share = 1.0 - chance / seen
            if share < least:
                continue
            for code, rows in inside.items():
                at = parts[code].start + rows
                weight[at] = np.maximum(weight[at], share)


def _shells(search: Search, peak: Peak, end_us: Ints) -> list[tuple[Bools, Floats]]:
    """Core and flank of a pile: whether each cycle lies in it, and how many ends would by chance."""
    width = search.width_s
    core = peak.half_width_s
    flank = core + (width if core <= width else 0.0)
    outer = RING * max(core, width)

    def within(half: float) -> Ints:
        return ends_within(search.after_us, end_us, peak.offset_s, half)

    in_core, in_flank, around = within(core), within(flank), within(outer)
    ring_values = max(stamp_values(outer, width) - stamp_values(flank, width), 1.0)
    per_value = (around - in_flank) / ring_values
    core_values = stamp_values(core, width)
    return [
        (in_core > 0, per_value * core_values),
        ((in_flank > 0) & (in_core == 0), per_value * (stamp_values(flank, width) - core_values)),
    ]
