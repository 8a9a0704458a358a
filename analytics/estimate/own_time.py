"""When a cycle's own time began: from its start stamp, from its stated length, or from completions.

Completion-only exports (a part counter, a label scan) know no start. With serials, a cycle's own time begins
at the later of the station's previous completion and the upstream completion of the same unit; a unit that
arrived late means that the station was starved. Without serials the gap between completions contains
waiting, so no minutes can be claimed from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimate.plant import MISSING, SECOND_US, Bools, Floats, Ints, Plant

START_END, STATED, COMPLETION, UNITS = 0, 1, 2, 3
"""How a station's cycles know their start: stamps, a stated length, completions, completions of units."""


@dataclass(frozen=True, slots=True)
class OwnTime:
    """Own start of each cycle.

    Attributes:
        begin_us: own start, shape (n,); the end itself where unknown.
        known: whether the start is known, shape (n,).
        starved: the unit arrived later than the station was free, shape (n,).
        mode: START_END, STATED, COMPLETION or UNITS for each station, shape (stations,).
        disagreement: share of each station's cycles whose stated length and stamps differ by over 5 %.
        overlap: share of each station's cycles that begin before the previous one ended.
    """

    begin_us: Ints
    known: Bools
    starved: Bools
    mode: Ints
    disagreement: Floats
    overlap: Floats


def own_time(plant: Plant, upstream: dict[int, list[int]]) -> OwnTime:
    """Find the own start of every cycle.

    Args:
        plant: the plant.
        upstream: for each station code the codes of the stations before it.
    """
    n = plant.size
    begin = plant.end_us.copy()
    known, starved = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    stations = plant.stations.height
    mode = np.full(stations, COMPLETION, dtype=np.int64)
    disagreement, overlap = np.zeros(stations), np.zeros(stations)
    parts = plant.slices()
    for code, part in enumerate(parts):
        start, end, stated = plant.start_us[part], plant.end_us[part], plant.stated_s[part]
        has_start, has_stated = start != MISSING, np.isfinite(stated)
        previous = np.concatenate([end[:1], end[:-1]])
        if has_start.mean() >= 0.5:
            mode[code] = START_END
            known[part] = has_start & (start <= end)
            begin[part] = np.where(known[part], start, end)
            overlap[code] = float(np.mean(has_start[1:] & (start[1:] < end[:-1]))) if end.size > 1 else 0.0
            both = has_start & has_stated
            if both.any():
                stamped = (end[both] - start[both]) / SECOND_US
                disagreement[code] = float(
                    np.mean(np.abs(stamped - stated[both]) > 0.05 * stated[both] + 1.0)
                )
                # A stated length is what the source itself says of the cycle.
                use = both & (stated > 0)
                begin[part] = np.where(
                    use, end - (np.nan_to_num(stated) * SECOND_US).astype(np.int64), begin[part]
                )
        elif has_stated.mean() >= 0.5:
            mode[code] = STATED
            known[part] = has_stated & (stated > 0)
            length = (np.nan_to_num(stated) * SECOND_US).astype(np.int64)
            begin[part] = np.where(known[part], end - length, end)
        else:
            begin[part] = previous
            known[part] = np.arange(end.size) > 0
            arrived = _arrivals(plant, part, [parts[u] for u in upstream.get(code, [])])
            if (arrived != MISSING).mean() >= 0.5:
                mode[code] = UNITS
                late = arrived > previous
                usable = (arrived != MISSING) & (arrived <= end)
                starved[part] = late & usable
                begin[part] = np.where(usable, np.maximum(previous, arrived), previous)
                known[part] &= usable | (arrived == MISSING)
            elif not upstream.get(code) and _shares_units(plant, code, parts):
                # The first station of a line: units wait before it for nobody we know of.
                mode[code] = UNITS
    return OwnTime(begin, known, starved, mode, disagreement, overlap)


def _shares_units(plant: Plant, code: int, parts: list[slice]) -> bool:
    """Tell whether another station of the line sees this station's units."""
    mine = plant.serial[parts[code]]
    mine = mine[mine >= 0]
    line = plant.stations["line"].to_list()
    others = [
        plant.serial[part] for other, part in enumerate(parts) if other != code and line[other] == line[code]
    ]
    if not others or mine.size < 0.5 * (parts[code].stop - parts[code].start):
        return False
    return bool(np.isin(mine, np.concatenate(others)).mean() >= 0.5)


def _arrivals(plant: Plant, part: slice, before: list[slice]) -> Ints:
    """Latest upstream completion of each cycle's unit, MISSING where there is none."""
    serial, end = plant.serial[part], plant.end_us[part]
    arrived = np.full(serial.size, MISSING, dtype=np.int64)
    for other in before:
        other_serial, other_end = plant.serial[other], plant.end_us[other]
        order = np.lexsort((other_end, other_serial))
        keys, ends = other_serial[order], other_end[order]
        # Position of the last upstream completion of this serial that is not later than ours.
        first = np.searchsorted(keys, serial, side="left")
        last = np.searchsorted(keys, serial, side="right")
        for offset in range(2):
            index = last - 1 - offset
            valid = (index >= first) & (serial >= 0)
            found = np.where(valid, ends[np.maximum(index, 0)], MISSING)
            take = valid & (found <= end) & (found > arrived)
            arrived = np.where(take, found, arrived)
    return arrived
