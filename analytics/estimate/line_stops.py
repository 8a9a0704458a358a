"""Stops of a whole line that no calendar tells: a meeting, a drill, a power cut.

In such a stop no cycle starts or ends anywhere on the line, every station is in the middle of one, and work
goes on afterwards where it was left, so that the cycles end one by one. A breakdown looks different: stations
behind it run out of work, and those before it are held and let go together.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.estimate.own_time import OwnTime
from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints, Plant, line_calendar

SHORTEST_S = 180.0
FEWEST_STATIONS, RUNNING_SHARE = 4, 0.7
LEAST_SPREAD = 0.3
FEWEST_TOGETHER, SHARED = 3, 0.7


def find_line_stops(plant: Plant, own: OwnTime) -> list[pl.DataFrame]:
    """Find stops of every line whose calendar tells no breaks.

    Args:
        plant: the plant.
        own: own starts of the cycles.

    Returns:
        One table of intervals per line that has any: line, station (-1), start_us, end_us, kind, name, found.
    """
    parts = plant.slices()
    tables = []
    for line, stations in plant.lines().items():
        if len(stations) < FEWEST_STATIONS or _breaks_told(plant, line):
            continue
        rows = (plant.line == line) & own.known
        events = np.unique(np.concatenate([own.begin_us[rows], plant.end_us[rows]]))
        gaps = np.flatnonzero(np.diff(events) >= SHORTEST_S * SECOND_US)
        if not gaps.size:
            continue
        start, end = events[gaps], events[gaps + 1]
        running, spread = _mid_cycle(plant, own, [parts[code] for code in stations], start, end)
        keep = (running >= RUNNING_SHARE * len(stations)) & (spread >= LEAST_SPREAD)
        if keep.any():
            tables.append(
                pl.DataFrame({"start_us": start[keep], "end_us": end[keep]}).select(
                    line=pl.lit(line, dtype=pl.Int64),
                    station=pl.lit(-1, dtype=pl.Int64),
                    start_us="start_us",
                    end_us="end_us",
                    kind=pl.lit("break"),
                    name=pl.lit("the whole line stood, mid-cycle"),
                    found=pl.lit(value=True),
                )
            )
    return tables


def stopped_together(plant: Plant, begin_us: Ints, excess_s: Floats, alone: Bools) -> Bools:
    """Find long cycles that three stations of a line have at the same time, where no calendar tells why.

    One station's breakdown starves those behind it and blocks those before it; that three stand by themselves
    in the middle of a cycle is a stop of the line, though one or the other still ended a cycle in it.

    Args:
        plant: the plant.
        begin_us: own start of each cycle, shape (n,).
        excess_s: seconds beyond the usual time, shape (n,), nan where unknown.
        alone: cycles that did not wait for another station, shape (n,).
    """
    together = np.zeros(plant.size, dtype=bool)
    long = alone & (np.nan_to_num(excess_s) >= SHORTEST_S)
    for line, stations in plant.lines().items():
        rows = np.flatnonzero(long & (plant.line == line))
        if min(rows.size, len(stations)) < FEWEST_TOGETHER or _breaks_told(plant, line):
            continue
        begin, end, station = begin_us[rows], plant.end_us[rows], plant.station[rows]
        for k, row in enumerate(rows):
            shared = (np.minimum(end, end[k]) - np.maximum(begin, begin[k])) / SECOND_US
            with_it = shared >= SHARED * np.maximum(excess_s[rows], excess_s[row])
            together[row] = np.unique(station[with_it]).size >= FEWEST_TOGETHER
    return together


def _breaks_told(plant: Plant, line: int) -> bool:
    told = line_calendar(plant, line).filter(pl.col("station_id").is_null())
    return bool(told["kind"].is_in(["break", "planned_stop"]).any())


def _mid_cycle(
    plant: Plant, own: OwnTime, parts: list[slice], start_us: Ints, end_us: Ints
) -> tuple[Ints, Floats]:
    """Count the stations whose cycle spans each gap, and how spread its ends are (in usual cycles)."""
    running = np.zeros(start_us.size, dtype=np.int64)
    left = np.full((len(parts), start_us.size), np.nan)
    usual = []
    for number, part in enumerate(parts):
        ends, begins = plant.end_us[part], own.begin_us[part]
        index = np.searchsorted(ends, end_us, side="left")
        safe = np.minimum(index, ends.size - 1)
        spans = (index < ends.size) & (begins[safe] <= start_us) & own.known[part][safe]
        running += spans
        left[number] = np.where(spans, (ends[safe] - end_us) / SECOND_US, np.nan)
        lengths = (ends - begins)[own.known[part]]
        usual.append(float(np.median(lengths)) / SECOND_US if lengths.size else np.nan)
    enough = np.isfinite(left).sum(axis=0) >= 2
    spread = np.zeros(start_us.size)
    if enough.any():
        low, high = np.nanquantile(left[:, enough], [0.1, 0.9], axis=0)
        spread[enough] = (high - low) / max(float(np.nanmedian(usual)), 1e-9)
    return running, spread
