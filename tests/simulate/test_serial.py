"""The recursion of a serial line against its closed form, and work that meets a break."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.simulate.draw import Units, draw_units, spread
from analytics.simulate.hours import Schedule, schedule
from analytics.simulate.noise import draw_noise
from analytics.simulate.serial import Clock, Pace, run_line
from analytics.simulate.spec import Hours, PlantSpec
from analytics.simulate.structure import SerialLine, draw_lines


@pytest.fixture
def hours() -> Schedule:
    return schedule(Hours(), days=2)


def plain_line(buffers: list[int], habit: str = "pause") -> tuple[SerialLine, int]:
    """Three stations that take 50 s each, without chance."""
    spec = PlantSpec(lines=(1, 1), stations=(3, 3))
    line = draw_lines(spec, np.random.default_rng(1))[0]
    ones = np.ones(3)
    layout = replace(line.layout, takt_s=60.0, usual_s=np.full_like(line.layout.usual_s, 50.0))
    return replace(
        line,
        layout=layout,
        shift_factor=np.ones_like(line.shift_factor),
        warm_up=0.0,
        handling_s=0.0 * ones,
        buffers=np.array(buffers),
        habit=habit,
    ), layout.usual_s.shape[1]


def plain_units(count: int) -> Units:
    shape = (count, 3)
    nothing = np.full(shape, -1)
    return Units(
        product=np.zeros(count, dtype=np.int64),
        batch=np.zeros(count, dtype=np.int64),
        expected_s=np.full(shape, 50.0),
        noise=np.ones(shape),
        changeover_s=np.zeros(shape),
        delay_s=np.zeros(shape),
        problem=nothing,
        kind=nothing.copy(),
    )


def test_an_undisturbed_line_follows_takt(hours: Schedule) -> None:
    line, _ = plain_line([2, 2])
    happened = run_line(
        line, plain_units(60), hours, Pace(crew=np.ones((len(hours.starts), 3)), patience_s=0.0)
    )
    start = happened.start.reshape(60, 3)
    expected = hours.starts[0] + 60.0 * np.arange(60)[:, None] + 50.0 * np.arange(3)[None, :]
    np.testing.assert_allclose(start, expected)
    assert happened.blocked_s.max() == 0.0


def test_a_stop_downstream_blocks_after_the_buffer_is_full(hours: Schedule) -> None:
    line, _ = plain_line([1, 1])
    units = plain_units(40)
    units.delay_s[10, 2] = 600.0  # the last station stops for ten minutes
    happened = run_line(line, units, hours, Pace(crew=np.ones((len(hours.starts), 3)), patience_s=0.0))
    blocked = happened.blocked_s.reshape(40, 3)
    end = happened.end.reshape(40, 3)
    assert blocked[:11].max() == 0.0
    assert blocked[12, 1] > 0.0  # unit 11 fits the buffer, unit 12 does not
    assert end[12, 1] == end[10, 2]
    assert blocked[14, 0] > 0.0
    assert end[14, 0] == end[12, 1]
    assert blocked[:, 2].max() == 0.0


@pytest.mark.parametrize(
    ("patience_s", "end", "paused"), [(0.0, 11_740.0, 900.0), (90.0, 10_840.0, 0.0), (30.0, 11_740.0, 900.0)]
)
def test_work_that_meets_a_break_is_finished_or_waits(patience_s: float, end: float, paused: float) -> None:
    day = Schedule(
        origin=schedule(Hours(), 1).origin,
        starts=np.array([0.0, 11_700.0]),
        ends=np.array([10_800.0, 20_000.0]),
        shift=np.zeros(2, dtype=np.int64),
        day=np.zeros(2, dtype=np.int64),
        fresh=np.array([0.0, 11_700.0]),
        shifts=[(0.0, 20_000.0, 0)],
        breaks=[(10_800.0, 11_700.0, "break")],
        names=("early",),
    )
    assert Clock(day, patience_s).finish(10_840.0, 0) == (end, paused)


def test_work_longer_than_the_break_waits_it_out() -> None:
    day = schedule(Hours(shifts=(("day", 6.0, 14.0),), breaks=((2.0, 1.0),)), 1)
    pause = 8.0 * 3600.0
    assert Clock(day, 90.0).finish(pause + 80.0, 0) == (pause + 140.0, 60.0)


def test_a_night_with_a_change_of_the_clock_is_an_hour_shorter() -> None:
    night = (("night", 22.0, 30.0),)
    saturday = Hours(shifts=night, breaks=(), first_day="2025-03-29", timezone="Europe/Berlin", weekend=False)
    assert schedule(saturday, 1).working_s == 7 * 3600.0
    assert schedule(replace(saturday, timezone=None), 1).working_s == 8 * 3600.0
    assert schedule(replace(saturday, first_day="2025-10-25"), 1).working_s == 9 * 3600.0


def test_weekends_are_free() -> None:
    friday = Hours(first_day="2025-03-07")
    days = schedule(friday, 2)
    assert (days.shifts[2][0] - days.shifts[0][0]) / 86_400.0 == 3.0
    assert (schedule(replace(friday, weekend=False), 2).shifts[2][0] - days.shifts[0][0]) / 86_400.0 == 1.0


@pytest.mark.parametrize("noise", ["lognormal", "gamma", "ex_gaussian", "skewed", "normal"])
def test_chance_has_the_scatter_it_promises(noise: str) -> None:
    drawn = draw_noise(noise, 0.08, 200_000, np.random.default_rng(4))  # type: ignore[arg-type]
    assert drawn.mean() == pytest.approx(1.0, abs=0.004)
    assert drawn.std() == pytest.approx(0.08, rel=0.02)


def test_two_work_methods_have_two_modes() -> None:
    drawn = draw_noise("bimodal", 0.05, 100_000, np.random.default_rng(4), apart=4.0)
    between = np.mean((drawn > 1.08) & (drawn < 1.12))
    assert between < np.mean((drawn > 0.98) & (drawn < 1.02))
    assert between < np.mean((drawn > 1.18) & (drawn < 1.22))


def test_problems_that_run_on_never_share_a_cycle() -> None:
    touched, owner = spread(np.array([3, 5, 20]), np.array([4, 2, 5]), units=22)
    assert touched.tolist() == [3, 4, 5, 6, 20, 21]
    assert owner.tolist() == [0, 0, 0, 0, 2, 2]


def test_the_first_unit_of_a_batch_bears_the_changeover() -> None:
    spec = PlantSpec(lines=(1, 1))
    rng = np.random.default_rng(9)
    line = draw_lines(spec, rng)[0]
    units = draw_units(spec, line, 3_000, rng)
    changed = np.flatnonzero(np.diff(units.product)) + 1
    assert np.array_equal(np.flatnonzero(units.changeover_s[:, 0] > 0.0), units.batch[changed])
