"""Do a station's records hold single cycles, or several parts each?

A record of a run (40 parts in 38 minutes) gives a mean cycle time, and a count per interval (29 parts in 5
minutes) not even that: slow cycles hide in both, and no claim about single ones can be made. A shot of a
mould with 8 cavities, or a tray of 40, is one cycle however many parts it makes, and is judged as such.

Told by what the records state, station by station:

- the quantity is the same nearly always: single cycles, or *shots*; a record of more parts than that is left
  out, since it holds several cycles;
- records all last the same, in whole minutes: *counts* per interval;
- longer records hold more parts (rank correlation of at least one half): *runs*.

Rows that share a stamp and are one cycle (cavities, one row each) state one part each, and change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from analytics.estimate.plant import MISSING, SECOND_US, Bools, Floats, Ints, Plant

SINGLE, SHOTS, RUNS, COUNTS = range(4)
SAME, FEWEST = 0.9, 10
GRID_S = 60.0
SCALES = 0.5
MORE = 1.5
BLIND = "single cycles cannot be seen in them"
ONE_ROW_A_CYCLE = "an export with one row a cycle: start and end, or completion, of each unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralParts:
    """What the records of each station hold.

    Attributes:
        kind: SINGLE, SHOTS, RUNS or COUNTS for each station, shape (stations,).
        parts: median parts a record for each station, shape (stations,).
        apart: records that hold more parts than is usual at a station of single cycles or shots, shape (n,).
    """

    kind: Ints
    parts: Floats
    apart: Bools

    @property
    def blind(self) -> Bools:
        """Tell which stations' records hide their single cycles, shape (stations,)."""
        return np.isin(self.kind, (RUNS, COUNTS))

    def over(self, masked_because: list[str]) -> list[str]:
        """Return why each station is not judged: for what its records hold, before any other reason."""
        return [self._why(code) or reason for code, reason in enumerate(masked_because)]

    def _why(self, code: int) -> str:
        """Return why no single cycle of a station can be judged, "" where one can."""
        if self.kind[code] == RUNS:
            return f"records of runs with {self.parts[code]:,.0f} parts each (median): {BLIND}"
        return (
            f"parts per interval ({self.parts[code]:,.0f} each, median): {BLIND}"
            if self.kind[code] == COUNTS
            else ""
        )


def several_parts(plant: Plant) -> SeveralParts:
    """Tell for every station whether its records hold single cycles.

    Args:
        plant: the plant; ``cycles`` has "record_parts", the parts that a record states.
    """
    stated = plant.cycles["record_parts"].fill_null(1.0).to_numpy()
    stations = plant.stations.height
    kind, parts = np.full(stations, SINGLE, dtype=np.int64), np.ones(stations)
    apart = np.zeros(plant.size, dtype=bool)
    for code, part in enumerate(plant.slices()):
        held = stated[part]
        if not (held > 1).any() and not (held == 0).any():
            continue
        filled = held[held > 0]
        parts[code] = float(np.median(filled)) if filled.size else 0.0
        kind[code] = _kind(held, _lasted_s(plant, part))
        if kind[code] in {SINGLE, SHOTS}:
            apart[part] = held > MORE * parts[code]
    return SeveralParts(kind=kind, parts=parts, apart=apart)


def _kind(held: Floats, lasted_s: Floats) -> int:
    """Tell what a station's records hold from their parts and lengths, shapes (n,)."""
    filled = held[held > 0]
    usual = float(np.median(filled)) if filled.size else 0.0
    if filled.size >= SAME * held.size and np.mean(filled == usual) >= SAME:
        return SINGLE if usual <= 1 else SHOTS
    known = np.isfinite(lasted_s) & (lasted_s > 0)
    if known.sum() < FEWEST:
        return RUNS
    length = float(np.median(lasted_s[known]))
    if length >= GRID_S and length % GRID_S == 0 and np.mean(lasted_s[known] == length) >= SAME:
        return COUNTS
    both = known & (held > 0)
    if _rise_together(held[both], lasted_s[both]) >= SCALES:
        return RUNS
    return SHOTS if usual > 1 else SINGLE


def _rise_together(parts: Floats, lasted_s: Floats) -> float:
    """Return the rank correlation (Spearman) of parts and lengths; 0 where one of them never changes."""
    if np.unique(parts).size < 2 or np.unique(lasted_s).size < 2:
        return 0.0
    return float(np.corrcoef(rankdata(parts), rankdata(lasted_s))[0, 1])


def _lasted_s(plant: Plant, part: slice) -> Floats:
    """Return how long each record lasted: by its stamps, as stated, or since the one before; else nan."""
    start, end, stated = plant.start_us[part], plant.end_us[part], plant.stated_s[part]
    since = np.concatenate([[np.nan], np.diff(end) / SECOND_US])
    stamped = np.where(start != MISSING, (end - np.where(start != MISSING, start, end)) / SECOND_US, np.nan)
    return np.where(np.isfinite(stamped), stamped, np.where(np.isfinite(stated), stated, since))
