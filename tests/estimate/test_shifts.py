"""A shift belongs to the wall-clock day on which it starts."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from analytics.estimate.shifts import shift_days, wall_offset_us
from tests.estimate.given import calendar, interval, micros, plant_of, spans

HOUR = 3600.0


def days_of(shifts) -> list[date]:
    return pl.Series(shifts.day).cast(pl.Int32).cast(pl.Date).to_list()


def around_the_clock(days: int, names: list[tuple[str, float, float]]) -> pl.DataFrame:
    """A cycle every 20 minutes; shift names by hours of the day (from, to; over midnight allowed)."""
    begin = np.arange(0, days * 24 * HOUR, 1200.0)
    hour = (6 + begin / HOUR) % 24
    shift = [next(n for n, a, b in names if (a <= h < b) or (a > b and (h >= a or h < b))) for h in hour]
    return spans(begin, begin + 60, shift=shift)


def test_the_night_shift_belongs_to_the_day_it_starts() -> None:
    plant = plant_of(around_the_clock(3, [("early", 6, 14), ("late", 14, 22), ("night", 22, 6)]))
    shifts = shift_days(plant, plant.start_us, np.zeros(plant.size, np.int64))
    assert shifts.source == "column"
    seen = pl.DataFrame({"shift": shifts.shift, "day": days_of(shifts)}).group_by("shift", "day").len()
    assert set(seen["len"]) == {24}
    assert sorted(seen.filter(pl.col("shift") == "night")["day"]) == [date(2026, 3, day) for day in (2, 3, 4)]
    monday_night = [d for d, s in zip(days_of(shifts), shifts.shift, strict=True) if s == "night"][:24]
    assert set(monday_night) == {date(2026, 3, 2)}


def test_a_shift_around_the_clock_changes_day_at_midnight() -> None:
    plant = plant_of(around_the_clock(3, [("only", 0, 24)]))
    shifts = shift_days(plant, plant.start_us, np.zeros(plant.size, np.int64))
    wall = pl.Series(plant.start_us).cast(pl.Datetime("us")).dt.date().to_list()
    assert days_of(shifts) == wall


def test_shifts_from_the_calendar_and_unknown_outside_of_them() -> None:
    night = interval(16 * HOUR, 24 * HOUR, "shift", line="L1", name="night")
    day = interval(24 * HOUR, 32 * HOUR, "shift", line="L1", name="day")
    begin = [15 * HOUR, 17 * HOUR, 23 * HOUR, 25 * HOUR]
    plant = plant_of(spans(begin, [b + 60 for b in begin]), calendar=calendar(night, day))
    shifts = shift_days(plant, plant.start_us, np.zeros(plant.size, np.int64))
    assert shifts.source == "calendar"
    assert shifts.shift.to_list() == [None, "night", "night", "day"]
    assert days_of(shifts) == [date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 3)]


def test_without_shifts_each_day_is_one() -> None:
    begin = [0.0, 17 * HOUR, 19 * HOUR]
    plant = plant_of(spans(begin, [b + 60 for b in begin]))
    shifts = shift_days(plant, plant.start_us, np.zeros(plant.size, np.int64))
    assert shifts.source == "none"
    assert shifts.shift.null_count() == 3
    assert days_of(shifts) == [date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 3)]


def test_days_are_those_of_the_wall() -> None:
    begin = [17.5 * HOUR]  # 23:30 UTC is half past midnight in Berlin
    plant = plant_of(spans(begin, [b + 60 for b in begin]))
    offset = wall_offset_us(plant.end_us, "Europe/Berlin")
    assert days_of(shift_days(plant, plant.start_us, offset)) == [date(2026, 3, 3)]


@pytest.mark.parametrize(
    ("zone", "moment", "hours"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 59), 1),  # noqa: DTZ001
        ("Europe/Berlin", datetime(2026, 3, 29, 1, 0), 2),  # noqa: DTZ001
        ("Europe/Berlin", datetime(2026, 10, 25, 1, 0), 1),  # noqa: DTZ001
        ("Asia/Kolkata", datetime(2026, 1, 1), 5.5),  # noqa: DTZ001
        ("America/New_York", datetime(2026, 7, 1), -4),  # noqa: DTZ001
        ("UTC", datetime(2026, 7, 1), 0),  # noqa: DTZ001
        ("unspecified", datetime(2026, 7, 1), 0),  # noqa: DTZ001
    ],
)
def test_the_wall_clock_knows_summer_time(zone: str, moment: datetime, hours: float) -> None:
    offset = wall_offset_us(np.array([micros(moment)]), zone)
    assert offset.tolist() == [int(hours * 3_600_000_000)]


def test_a_break_at_a_fixed_hour_keeps_its_day_over_the_change_of_clocks() -> None:
    """A night shift over the change to summer time is one shift-day."""
    stored = [micros(datetime(2026, 3, 28, 21)) + h * 3_600_000_000 for h in range(7)]  # noqa: DTZ001
    offset = wall_offset_us(np.array(stored), "Europe/Berlin")
    start = datetime(2026, 3, 28, 21)  # noqa: DTZ001
    begin = np.arange(7) * HOUR
    night = pl.DataFrame(
        {
            "line_id": ["L1"],
            "starts_at": [start],
            "ends_at": [datetime(2026, 3, 29, 4)],  # noqa: DTZ001
            "kind": ["shift"],
            "name": ["night"],
        }
    )
    plant = plant_of(spans(begin, begin + 60, start=start), calendar=night)
    assert set(days_of(shift_days(plant, plant.start_us, offset))) == {date(2026, 3, 28)}
