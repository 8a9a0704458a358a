"""The detection curve: known habits come back in their intervals, and what cannot be told is not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from analytics.estimate.detection_curve import DetectionCurve, curves_of_run, detection_curves
from analytics.results import Estimate, Unavailable
from analytics.simulate import SCENARIOS
from analytics.simulate.plant import draw_plant
from analytics.study import study_tables
from analytics.warehouse import memory_warehouse

FLOOR_S = 10.0


def drawn(
    seed: int,
    *,
    low: float = 0.0,
    high: float = 1.0,
    half_s: float = 40.0,
    slope: float = 2.0,
    shift_days: int = 30,
    each: int = 30,
    falls: bool = False,
) -> pl.DataFrame:
    """Slow cycles of a plant with this habit; near the floor some that were not called are noise."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(shift_days), each)
    seconds = np.exp(rng.normal(np.log(40.0), 0.8, day.size))
    day, seconds = day[seconds > FLOOR_S], seconds[seconds > FLOOR_S]
    mood = rng.normal(0.0, 0.3, shift_days)[day]
    chance = low + (high - low) / (1.0 + np.exp(-slope * np.log(seconds / half_s) - mood))
    called = rng.random(day.size) < (np.where(seconds > 90.0, 0.1, chance) if falls else chance)
    weight = 1.0 - 0.6 * np.exp(-2.0 * (seconds - FLOOR_S) / FLOOR_S)
    noise = ~called & (rng.random(day.size) < (1.0 - weight) / weight)
    day, seconds = np.append(day, day[noise]), np.append(seconds, seconds[noise])
    return pl.DataFrame(
        {
            "line_id": "L1",
            "shift": np.where(day % 2 == 0, "early", "late"),
            "shift_day": [date(2026, 3, 2) + timedelta(days=int(one) // 2) for one in day],
            "called": np.append(called, np.zeros(noise.sum(), dtype=bool)),
            "seconds": seconds,
            "weight": np.where(
                np.append(called, noise[noise] & False), 1.0, np.append(weight, weight[noise])
            ),
        }
    )


def curve(slow: pl.DataFrame, seed: int = 0) -> DetectionCurve:
    return detection_curves(slow, None, shared_error=0.02, rng=np.random.default_rng(seed))[0]


@pytest.mark.parametrize(
    ("habit", "half_s", "most_s"),
    [
        ({"half_s": 25.0, "slope": 4.0}, 25.1, 43.8),
        ({"half_s": 20.0, "slope": 2.0}, 20.1, 61.2),
        ({"low": 0.15, "high": 0.9, "slope": 3.0}, 38.5, None),
    ],
)
def test_the_seconds_lie_in_their_intervals(
    habit: dict[str, float], half_s: float, most_s: float | None
) -> None:
    found = [curve(drawn(seed, **habit), seed) for seed in range(30)]
    for name, true in (("called_50_s", half_s), ("called_90_s", most_s)):
        told = [one for each in found if isinstance(one := getattr(each, name), Estimate)]
        if true is None:
            assert len(told) <= 2, (
                "the ceiling is 90 %: hardly any plant may say from when so many are called"
            )
            continue
        assert len(told) >= 27
        held = sum(one.lower <= true <= one.upper for one in told)
        assert held / len(told) >= 0.9, name  # 92 % and more in the long run; 30 plants scatter by 4 points
        assert np.median([one.value for one in told]) == pytest.approx(true, rel=0.05)
        assert np.median([one.upper / one.lower for one in told if one.lower > 0]) < 1.7


def astray(slow: pl.DataFrame, seed: int, share: float) -> pl.DataFrame:
    """Give a share of the calls to other cycles, as matching does where a log is dirty."""
    rng = np.random.default_rng([seed, 1])
    called = slow["called"].to_numpy().copy()
    lost = np.flatnonzero(called & (rng.random(called.size) < share))
    other = rng.choice(np.flatnonzero(~called), lost.size, replace=False)
    called[lost], called[other] = False, True
    return slow.with_columns(called=pl.Series(called))


def test_calls_that_were_given_to_another_cycle_do_not_put_the_seconds_too_late() -> None:
    """They flatten the curve: long delays look called less often than they are."""
    most_s, held = 61.2, 0
    for seed in range(12):
        told = curve(astray(drawn(seed, half_s=20.0, slope=2.0), seed, 0.05), seed).called_90_s
        if isinstance(told, Estimate):
            held += told.lower <= most_s <= told.upper
        else:
            begins = re.match(r"not before (\d+) s|not reached: .* at (\d+) s", told.reason)
            held += begins is not None and float(begins[1] or begins[2]) <= most_s
    assert held >= 11


def test_shares_by_band_lie_in_their_intervals() -> None:
    held = total = 0
    mood = np.random.default_rng(9).normal(0.0, 0.3, 2000)
    for seed in range(30):
        for point in curve(drawn(seed), seed).points:
            chance = np.mean(1.0 / (1.0 + np.exp(-2.0 * np.log(point.seconds / 40.0) - mood)))
            held += point.called.lower <= chance <= point.called.upper
            total += 1
    assert total > 200
    assert held / total >= 0.92


def test_the_levels_lie_in_their_intervals() -> None:
    found = [curve(drawn(seed, low=0.15, high=0.85, slope=4.0), seed) for seed in range(20)]
    for name, true in (("floor", 0.15), ("ceiling", 0.85)):
        told = [getattr(one, name) for one in found]
        assert sum(one.lower <= true <= one.upper for one in told) >= 18, name


def test_a_lower_ceiling_is_never_passed() -> None:
    found = curve(drawn(1, low=0.1, high=0.6, half_s=20.0, slope=4.0))
    assert isinstance(found.called_50_s, Estimate)
    assert isinstance(found.called_90_s, Unavailable)
    assert found.called_90_s.reason.startswith("not reached: about")
    assert isinstance(found.ceiling, Estimate)
    assert found.ceiling.value == pytest.approx(0.6, abs=0.06)


def test_what_is_called_below_the_floor_already_is_not_told_in_seconds() -> None:
    found = curve(drawn(2, half_s=5.0, slope=1.0))
    assert isinstance(found.called_50_s, Unavailable)
    assert "earlier than can be seen" in found.called_50_s.reason


def test_below_the_shortest_delay_the_lower_end_is_open() -> None:
    ends = [curve(drawn(seed, half_s=12.0, slope=1.0), seed).called_50_s for seed in range(8)]
    told = [one for one in ends if isinstance(one, Estimate)]
    assert told
    assert all(one.lower == 0.0 for one in told)


def test_where_long_delays_are_not_called_the_curve_is_withheld_and_the_shares_stand() -> None:
    found = curve(drawn(3, falls=True))
    for one in (found.called_50_s, found.called_90_s, found.floor, found.ceiling):
        assert isinstance(one, Unavailable)
        assert "does not rise" in one.reason
    assert found.fitted == ()
    assert found.points[-1].called.upper < 0.4


@pytest.mark.parametrize(
    ("slow", "reason", "needed"),
    [
        (drawn(1, shift_days=4), "too early: slow cycles on only 4 shift-days", "1 more shift-day"),
        (drawn(1, each=1), "only ", "at least 40"),
        (drawn(1, high=0.0), "no slow cycle was called here", "slow cycles with a call"),
        (drawn(1, low=1.0), "were called", "as many not called"),
        (drawn(1).clear(), "no slow cycle was called here", "slow cycles with a call"),
    ],
)
def test_too_little_is_refused_with_what_it_takes(slow: pl.DataFrame, reason: str, needed: str) -> None:
    found = curve(slow)
    assert isinstance(found.called_50_s, Unavailable)
    assert reason in found.called_50_s.reason
    assert needed in str(found.called_50_s.needed)
    assert found.fitted == ()


def test_groups_stand_in_the_order_of_their_names_and_hold_all() -> None:
    slow = pl.concat([drawn(1), drawn(2).with_columns(line_id=pl.lit(None, dtype=pl.String))])
    found = detection_curves(slow, "line_id", shared_error=0.02, rng=np.random.default_rng(0))
    assert [one.key for one in found] == [{"line_id": "L1"}, {"line_id": None}]
    assert sum(one.slow_cycles for one in found) == pytest.approx(slow["weight"].sum())


def test_the_curve_is_drawn_within_what_was_seen() -> None:
    slow = drawn(1)
    found = curve(slow)
    seconds = [at for at, _ in found.fitted]
    assert slow["seconds"].min() <= seconds[0] < seconds[-1] <= slow["seconds"].max()
    assert all(
        low.value <= high.value for (_, low), (_, high) in zip(found.fitted, found.fitted[1:], strict=False)
    )


@pytest.mark.parametrize("scenario", ["default", "flow_base"])
def test_a_simulated_plants_habit_comes_back(scenario: str) -> None:
    """Everybody calls alike: half of the delays of 30 s, nine in ten of those of 90 s."""
    spec = SCENARIOS[scenario].spec
    slope = float(np.log(9.0) / np.log(3.0))
    alike = replace(
        spec.calls,
        level=(0.0, 0.0),
        by_delay=(slope, slope),
        by_station=0.0,
        by_shift=0.0,
        by_queue=(0.0, 0.0),
    )
    problems = replace(spec.problems, share=(0.03, 0.03))
    plant = draw_plant(scenario, replace(spec, calls=alike, problems=problems, days=6, lines=(1, 1)), 5)
    with memory_warehouse(plant.tables) as con:
        found = study_tables(con)
    told = curves_of_run(found.tables["cycles"], shared_error=0.05, rng=np.random.default_rng(0)).overall
    assert isinstance(told.called_50_s, Estimate)
    assert told.called_50_s.lower <= 30.0 <= told.called_50_s.upper
    assert told.called_50_s.value == pytest.approx(30.0, rel=0.15)
    if isinstance(told.called_90_s, Estimate):
        assert told.called_90_s.lower <= 90.0 <= told.called_90_s.upper
    else:
        assert "not before" in told.called_90_s.reason
    chances = [1.0 / (1.0 + (point.seconds / 30.0) ** -slope) for point in told.points]
    outside = [
        point
        for point, chance in zip(told.points, chances, strict=True)
        if not point.called.lower <= chance <= point.called.upper
    ]
    assert len(told.points) >= 7
    assert len(outside) <= 1
