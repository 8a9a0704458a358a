"""Breaks that nobody told: found where they are, and nowhere else."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.estimate.quiet import find_quiet
from tests.estimate.given import calendar, interval, plant_of, spans

HOUR = 3600.0
DAY = 24 * HOUR


def worked(
    days: int, open_hours: list[tuple[float, float]], *, seed: int = 0, miss: int | None = None
) -> pl.DataFrame:
    """Cycles of a minute within these hours after six, day by day; day ``miss`` has no break."""
    rng = np.random.default_rng(seed)
    begin, end = [], []
    for day in range(days):
        hours = [(open_hours[0][0], open_hours[-1][1])] if day == miss else open_hours
        for first, last in hours:
            now = day * DAY + first * HOUR + 3.0
            while now + 70 < day * DAY + last * HOUR:
                length = 55.0 + 4.0 * rng.standard_normal()
                begin.append(now)
                end.append(now + length)
                now += length + 2.0
    return spans(begin, end)


def hours_of(frame: pl.DataFrame) -> list[tuple[float, float]]:
    """Start and end of intervals, hours after six in the morning of their day."""
    day = 24 * 3600 * 1_000_000
    start = ((frame["start_us"] % day) / 3.6e9 - 6).to_list()
    length = ((frame["end_us"] - frame["start_us"]) / 3.6e9).to_list()
    return [(a, a + b) for a, b in zip(start, length, strict=True)]


def test_a_daily_break_is_found_within_two_minutes_and_nights_are_closed() -> None:
    found = find_quiet(plant_of(worked(10, [(0, 3), (3.5, 8)])))
    breaks = found.filter(pl.col("kind") == "break")
    assert breaks.height == 10
    for begin, end in hours_of(breaks):
        # The last unit before the break ends at most a cycle early, the first after it a cycle late.
        assert begin == pytest.approx(3.0, abs=2 / 60)
        assert end == pytest.approx(3.5, abs=2 / 60)
    closed = found.filter(pl.col("kind") == "off_shift")
    assert closed.height == 9
    assert found["found"].all()


def test_a_day_on_which_the_break_was_worked_through_has_none() -> None:
    found = find_quiet(plant_of(worked(10, [(0, 3), (3.5, 8)], miss=4)))
    days = (found.filter(pl.col("kind") == "break")["start_us"] // (24 * 3600 * 1_000_000)).to_list()
    assert len(days) == 9
    assert days[0] + 4 not in days


def test_a_line_that_never_rests_has_no_break() -> None:
    found = find_quiet(plant_of(worked(8, [(0, 24)])))
    assert found.height == 0


def test_a_stop_at_another_time_each_day_is_no_break() -> None:
    rng = np.random.default_rng(1)
    parts = []
    for day in range(10):
        at_hour = 1 + 5 * rng.random()
        frame = worked(1, [(0, at_hour), (at_hour + 0.3, 8)], seed=day)
        parts.append(frame.with_columns(pl.col("started_at", "ended_at") + pl.duration(days=day)))
    found = find_quiet(plant_of(pl.concat(parts)))
    assert found.filter(pl.col("kind") == "break").height == 0


def test_where_a_calendar_tells_nothing_is_searched() -> None:
    days = [interval(day * DAY, day * DAY + 8 * HOUR, "shift", line="L1") for day in range(6)]
    breaks = [interval(day * DAY + 3 * HOUR, day * DAY + 3.5 * HOUR, "break", line="L1") for day in range(6)]
    worked_days = worked(6, [(0, 3), (3.5, 8)])
    assert find_quiet(plant_of(worked_days, calendar=calendar(*days, *breaks))).height == 0
    only_shifts = find_quiet(plant_of(worked_days, calendar=calendar(*days)))
    assert only_shifts["kind"].to_list() == ["break"] * 6
    only_breaks = find_quiet(plant_of(worked_days, calendar=calendar(*breaks)))
    assert set(only_breaks["kind"]) == {"off_shift"}
    elsewhere = interval(0, 30 * 60, "break", line="L9")
    assert "break" in find_quiet(plant_of(worked_days, calendar=calendar(elsewhere)))["kind"].to_list()


def test_a_few_cycles_tell_nothing() -> None:
    assert find_quiet(plant_of(worked(1, [(0, 2)]))).height == 0


def test_the_break_moves_with_the_wall_clock() -> None:
    """Stored stamps an hour behind the wall clock: the time of day is the wall's, the interval is stored."""
    plant = plant_of(worked(10, [(0, 3), (3.5, 8)]))
    here = find_quiet(plant).filter(pl.col("kind") == "break")
    shifted = find_quiet(plant, np.full(plant.size, 3_600_000_000)).filter(pl.col("kind") == "break")
    assert shifted["start_us"].to_list() == here["start_us"].to_list()
    assert here["name"][0].startswith("quiet at 08:5") or here["name"][0] == "quiet at 09:00"
    assert shifted["name"][0].startswith("quiet at 09:5") or shifted["name"][0] == "quiet at 10:00"
