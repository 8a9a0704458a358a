"""When is a line expected to run in the coming days? In the hours in which it usually did.

Assumes that the coming weeks are like those in the data: an hour of a weekday counts as worked where the line
finished cycles in it on at least half of the days of that weekday on which it ran at all. A weekday that the
data do not reach is like the other days, a Saturday or Sunday is then free.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from analytics.estimate.shifts import UNSPECIFIED

USUAL = 0.5

Hours = dict[str | None, frozenset[tuple[int, int]]]
"""Per line: (weekday, hour) on the wall clock, Monday is 0."""


def usual_hours(cycles: pl.DataFrame, timezone: str) -> Hours:
    """Return the hours of the week in which each line usually runs.

    Args:
        cycles: line_id and ended_at on the stored clock.
        timezone: the plant's zone, or "unspecified".
    """
    ended = on_wall(cycles["ended_at"], timezone)
    worked = (
        pl.DataFrame({"line_id": cycles["line_id"], "day": ended.dt.date(), "hour": ended.dt.hour()})
        .unique()
        .with_columns(weekday=pl.col("day").dt.weekday() - 1)
    )
    lines = worked["line_id"].unique().sort(nulls_last=True).to_list()
    return {line: _of_line(worked.filter(pl.col("line_id").eq_missing(line))) for line in lines}


def _of_line(worked: pl.DataFrame) -> frozenset[tuple[int, int]]:
    days = worked["day"].to_list()
    span = (max(days) - min(days)).days
    own = {(min(days) + timedelta(days=n)).weekday() for n in range(min(span, 6) + 1)}
    found = {(weekday, hour) for weekday in own for hour in _usual(worked.filter(weekday=weekday))}
    other = {(weekday, hour) for weekday in set(range(5)) - own for hour in _usual(worked)}
    return frozenset(found | other)


def _usual(worked: pl.DataFrame) -> list[int]:
    """Hours with cycles on at least half of the days."""
    counted = worked.group_by("hour").agg(days=pl.col("day").n_unique())
    return counted.filter(pl.col("days") >= USUAL * worked["day"].n_unique())["hour"].to_list()


def starts_on(day: date, hours: Hours, minutes: int) -> list[tuple[datetime, list[str | None]]]:
    """Return the windows that begin on a day: their start (wall clock) and the lines that then run."""
    found = []
    for hour in range(24):
        lines = [line for line, worked in hours.items() if (day.weekday(), hour) in worked]
        if lines:
            found += [
                (datetime.combine(day, time(hour)) + timedelta(minutes=past), lines)
                for past in range(0, 60, minutes)
            ]
    return found


def on_wall(stamps: pl.Series, timezone: str) -> pl.Series:
    """Turn stored stamps into wall-clock ones."""
    if timezone in {UNSPECIFIED, "UTC", ""}:
        return stamps
    return stamps.dt.replace_time_zone("UTC").dt.convert_time_zone(timezone).dt.replace_time_zone(None)


def tomorrow(timezone: str) -> date:
    """Return the day after today in the plant's zone; in UTC where it is not known."""
    zone = UTC if timezone in {UNSPECIFIED, "UTC", ""} else ZoneInfo(timezone)
    return datetime.now(tz=zone).date() + timedelta(days=1)
