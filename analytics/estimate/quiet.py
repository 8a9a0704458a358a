"""Breaks found in the data where no calendar tells them.

A break is a time of day at which, on most working days, no unit ends anywhere on the line. A stretch of hours
without a single unit is taken as not planned for work whatever the time. Both are assumptions, and every
interval found is published so that someone who knows the plant can say no.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.stats import binom

from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints, Plant, line_calendar

DAY_S = 86_400
STEP_S = 30
SHORTEST_S = 180.0
QUIET_SHARE = 0.8
CLOSED_S = 4 * 3600.0
FEWEST_DAYS = 2
LOOSE_SHARE, LOOSE_S = 1.25, 120.0
CHANCE = 0.01
"""Largest chance that stops at random times make a window that looks like a break."""


def find_quiet(plant: Plant, utc_offset_us: Ints | int = 0) -> pl.DataFrame:
    """Find breaks on every line whose calendar tells none, and closed hours where it tells no shifts.

    Args:
        plant: the plant.
        utc_offset_us: wall clock less stored clock at each cycle's end, shape (n,) or a constant.

    Returns:
        The intervals: ``line``, ``station`` (-1), ``start_us``, ``end_us``, ``kind``, ``name``, ``found``.
    """
    parts: list[pl.DataFrame] = [_empty()]
    for line in plant.lines():
        told = line_calendar(plant, line).filter(pl.col("station_id").is_null())
        no_shifts = not (told["kind"] == "shift").any()
        no_breaks = not told["kind"].is_in(["break", "planned_stop"]).any()
        rows = np.flatnonzero(plant.line == line)
        offsets = utc_offset_us[rows] if isinstance(utc_offset_us, np.ndarray) else utc_offset_us
        order = np.argsort(plant.end_us[rows], kind="stable")
        stored = plant.end_us[rows][order]
        shift = offsets[order] if isinstance(offsets, np.ndarray) else np.full(stored.size, offsets)
        found = _of_line(stored, shift, closed=no_shifts, breaks=no_breaks)
        parts += [frame.with_columns(line=pl.lit(line, dtype=pl.Int64)) for frame in found]
    return pl.concat(parts, how="diagonal_relaxed").select(_empty().columns)


def _empty() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "line": pl.Int64,
            "station": pl.Int64,
            "start_us": pl.Int64,
            "end_us": pl.Int64,
            "kind": pl.String,
            "name": pl.String,
            "found": pl.Boolean,
        }
    )


def _of_line(stored_us: Ints, shift_us: Ints, *, closed: bool, breaks: bool) -> list[pl.DataFrame]:
    """Intervals of one line from its ends in order of time."""
    if stored_us.size < 200:
        return []
    gap = np.diff(stored_us) / SECOND_US
    usual = float(np.median(gap))
    shortest = max(SHORTEST_S, 6.0 * usual)
    shut = gap >= max(CLOSED_S, 20 * usual)
    found = [_frame(stored_us[:-1], stored_us[1:], shut, "off_shift", "closed")] if closed else []
    if not breaks:
        return found
    wall = stored_us + shift_us
    candidates = np.flatnonzero((gap >= shortest) & (gap < CLOSED_S))
    windows = _daily_windows(wall, candidates)
    if not windows:
        return found
    start_day = ((wall[candidates] // SECOND_US) % DAY_S).astype(np.float64)
    for low, high in windows:
        stop = start_day + gap[candidates]
        shared = np.minimum(stop, high) - np.maximum(start_day, low)
        hits = candidates[shared >= 0.5 * (high - low)]
        if hits.size < FEWEST_DAYS:
            continue
        begin_tod = (wall[hits] // SECOND_US) % DAY_S
        end_tod = begin_tod + gap[hits]
        # Punctual breaks: the clock's window; else what was quiet that day.
        begin = float(np.quantile(begin_tod, 0.8))
        end = float(np.quantile(end_tod, 0.2))
        midnight = wall[hits] - (wall[hits] % (DAY_S * SECOND_US))
        starts = midnight + int(begin * SECOND_US) - shift_us[hits]
        ends = midnight + int(end * SECOND_US) - shift_us[hits]
        starts = np.maximum(starts, stored_us[hits])
        ends = np.minimum(ends, stored_us[hits + 1])
        # A little more than the window is a break taken early or late; much more is a stop beside it.
        whole = gap[hits] <= LOOSE_SHARE * (high - low) + LOOSE_S
        starts = np.where(whole, stored_us[hits], starts)
        ends = np.where(whole, stored_us[hits + 1], ends)
        name = f"quiet at {int(begin) // 3600:02d}:{int(begin) % 3600 // 60:02d}"
        found.append(_frame(starts, ends, ends > starts, "break", name))
    return found


def _frame(start: Ints, end: Ints, keep: Bools, kind: str, name: str) -> pl.DataFrame:
    return pl.DataFrame({"start_us": start[keep], "end_us": end[keep]}).with_columns(
        station=pl.lit(-1, dtype=pl.Int64), kind=pl.lit(kind), name=pl.lit(name), found=pl.lit(value=True)
    )


def _daily_windows(wall_us: Ints, candidates: Ints | np.ndarray) -> list[tuple[float, float]]:
    """Times of day (s) that are quiet on most working days."""
    day = wall_us // (DAY_S * SECOND_US)
    days, per_day = np.unique(day, return_counts=True)
    working = days[per_day >= 0.2 * np.median(per_day)]
    if working.size < FEWEST_DAYS:
        return []
    quiet: Floats = np.zeros(DAY_S // STEP_S)
    seen = np.isin(day[candidates], working)
    for index in np.asarray(candidates)[seen]:
        begin = (wall_us[index] // SECOND_US) % DAY_S
        length = (wall_us[index + 1] - wall_us[index]) / SECOND_US
        first = int(np.ceil(begin / STEP_S))
        last = int((begin + length) // STEP_S)
        quiet[np.arange(first, last) % quiet.size] += 1
    common = quiet >= QUIET_SHARE * working.size
    worked = np.zeros(quiet.size, dtype=bool)
    worked[(wall_us // SECOND_US % DAY_S) // STEP_S] = True
    by_chance = float(quiet[worked & ~common].mean() / working.size) if (worked & ~common).any() else 0.0
    least = int(np.ceil(QUIET_SHARE * working.size))
    windows = max(worked.sum() * STEP_S / SHORTEST_S, 1.0)
    if binom.sf(least - 1, working.size, min(by_chance, 1.0)) * windows > CHANCE:
        return []
    edges = np.flatnonzero(np.diff(np.concatenate([[0], common.astype(np.int8), [0]])))
    return [
        (float(a * STEP_S), float(b * STEP_S))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
        if (b - a) * STEP_S >= 120
    ]
