"""Which shift and which shift-day a cycle belongs to, on the plant's wall clock.

A shift belongs to the day on which it starts. Shifts come from the source's column, else from the calendar;
without both there is one shift a day, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.estimate.plant import Ints, Plant, line_calendar

DAY_US = 86_400_000_000
UNSPECIFIED = "unspecified"
LEAST_REST_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class ShiftDays:
    """Shift and day of every cycle.

    Attributes:
        shift: name per cycle, null where unknown.
        day: wall-clock day on which the shift started, days since 1970, shape (n,).
        source: "column", "calendar" or "none".
    """

    shift: pl.Series
    day: NDArray[np.int64]
    source: str


def wall_offset_us(at_us: Ints, timezone: str) -> Ints:
    """Return wall clock less stored clock, microseconds, for stored (UTC) times; 0 where no zone is known."""
    if timezone in (UNSPECIFIED, "UTC", ""):
        return np.zeros(at_us.shape, dtype=np.int64)
    zoned = (
        pl.Series(at_us).cast(pl.Datetime("us")).dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
    )
    shift = zoned.dt.base_utc_offset() + zoned.dt.dst_offset()
    return shift.dt.total_microseconds().to_numpy().astype(np.int64)


def shift_days(plant: Plant, begin_us: Ints, offset_us: Ints) -> ShiftDays:
    """Find shift and shift-day of every cycle.

    Args:
        plant: the plant.
        begin_us: own start of each cycle, stored clock, shape (n,).
        offset_us: wall clock less stored clock, shape (n,).
    """
    wall = begin_us + offset_us
    calendar = plant.calendar.filter((pl.col("kind") == "shift") & pl.col("station_id").is_null())
    if (plant.shift >= 0).mean() >= 0.5:
        day = wall // DAY_US
        for code in range(len(plant.shifts)):
            rows = np.flatnonzero(plant.shift == code)
            start = _start_of_day(wall[rows] % DAY_US)
            day[rows] = (wall[rows] - start) // DAY_US
        return ShiftDays(plant.cycles["shift"], day, "column")
    if calendar.height:
        return _from_calendar(plant, begin_us, offset_us, calendar)
    return ShiftDays(pl.Series([None] * plant.size, dtype=pl.String), wall // DAY_US, "none")


def _start_of_day(time_of_day_us: Ints) -> int:
    """Where a shift's day begins: after its longest rest around the clock; 0 where it never rests."""
    if time_of_day_us.size < 2:
        return 0
    minutes = np.unique(time_of_day_us // 60_000_000)
    rest = np.diff(np.concatenate([minutes, [minutes[0] + 1440]]))
    longest = int(np.argmax(rest))
    if rest[longest] * 60_000_000 < LEAST_REST_US:
        return 0
    start = int(minutes[(longest + 1) % minutes.size]) * 60_000_000
    # A shift that does not pass midnight needs no shift of the day.
    last = int(minutes[longest])
    return start if last * 60_000_000 < start else 0


def _from_calendar(plant: Plant, begin_us: Ints, offset_us: Ints, calendar: pl.DataFrame) -> ShiftDays:
    """Look each cycle's start up among its line's shifts."""
    names = np.full(plant.size, -1, dtype=np.int64)
    day = (begin_us + offset_us) // DAY_US
    known = calendar["name"].fill_null("shift").unique().sort().to_list()
    for line in plant.lines():
        rows = line_calendar(plant, line).filter((pl.col("kind") == "shift") & pl.col("station_id").is_null())
        # In the order of their starts, so that the latest shift that still holds a cycle is its own.
        rows = rows.sort("start_us")
        mine = np.flatnonzero(plant.line == line)
        mine = mine[np.argsort(begin_us[mine], kind="stable")]
        firsts = np.searchsorted(begin_us[mine], rows["start_us"].to_numpy())
        lasts = np.searchsorted(begin_us[mine], rows["end_us"].to_numpy())
        for first, last, start, name in zip(firsts, lasts, rows["start_us"], rows["name"], strict=True):
            inside = mine[first:last]
            if inside.size:
                names[inside] = known.index(name or "shift")
                # The wall clock at the shift's own start: it may change while the shift runs.
                day[inside] = (start + offset_us[inside[0]]) // DAY_US
    labels = [None, *known]
    shift = pl.Series(labels, dtype=pl.String).gather(names + 1)
    return ShiftDays(shift, day, "calendar")
