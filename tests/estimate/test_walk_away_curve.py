"""Call rates by open calls: counted as they are, with intervals that hold the chance behind them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from analytics.estimate.walk_away_curve import MOST_OPEN, call_curve
from analytics.estimate.walk_away_share import SlowCycles
from analytics.results import Estimate, Unavailable


def cycles(called: list[bool] | np.ndarray, shift_day: np.ndarray | None = None) -> SlowCycles:
    size = len(called)
    zeros = np.zeros(size, dtype=np.int64)
    days = np.arange(size) % 6 if shift_day is None else shift_day
    return SlowCycles(
        called=np.asarray(called, dtype=bool),
        weight=np.ones(size),
        excess_s=np.full(size, 30.0),
        queue=np.zeros(size),
        station=np.arange(size) % 4,
        line=zeros,
        shift_day=days,
        plant_shift_day=days,
        shift=zeros,
        hours=np.zeros(size),
    )


def test_rates_are_called_over_all_by_open_calls_and_the_last_level_holds_the_rest() -> None:
    called = [True] * 30 + [False] * 10 + [True] * 10 + [False] * 10 + [False] * 15
    open_calls = np.array([0] * 40 + [1] * 20 + [3, 4, 5] * 5)
    curve = call_curve(cycles(called), open_calls, np.ones(75), 0.05)
    assert [level.open_calls for level in curve] == [0, 1, MOST_OPEN]
    assert [level.call_rate.value for level in curve] == pytest.approx([0.75, 0.5, 0.0])
    assert [level.slow_cycles.value for level in curve] == [40.0, 20.0, 15.0]
    assert curve[2].call_rate.upper > 0.1  # none of 15 does not mean never
    assert [level.stations for level in curve] == [4, 4, 4]
    assert curve[0].shift_days == 6


def test_only_what_is_compared_counts_and_by_its_chance() -> None:
    at_common = np.array([1.0] * 20 + [0.5] * 20 + [np.nan] * 20)
    curve = call_curve(
        cycles([True] * 20 + [False] * 20 + [True] * 20), np.zeros(60, dtype=int), at_common, 0.05
    )
    assert curve[0].slow_cycles.value == pytest.approx(30.0)
    assert curve[0].call_rate.value == pytest.approx(2.0 / 3.0)


def test_few_cycles_give_no_rate() -> None:
    curve = call_curve(cycles([True] * 8), np.zeros(8, dtype=int), np.ones(8), 0.05)
    assert isinstance(curve[0].call_rate, Unavailable)
    assert isinstance(curve[0].slow_cycles, Estimate)


@pytest.mark.parametrize("between", [0.0, 0.7])
def test_the_interval_holds_the_chance_also_where_shift_days_differ(between: float) -> None:
    rng = np.random.default_rng(11)
    day, grid = np.repeat(np.arange(20), 15), np.linspace(-3.0, 3.0, 601)
    usual = np.average(expit(0.4 + between * grid), weights=np.exp(-0.5 * grid**2))
    held = []
    for _ in range(200):
        called = rng.random(300) < expit(0.4 + between * rng.normal(size=20))[day]
        rate = call_curve(cycles(called, day), np.zeros(300, dtype=int), np.ones(300), 0.05)[0].call_rate
        assert isinstance(rate, Estimate)
        held.append(rate.lower <= usual <= rate.upper)
    assert np.mean(held) >= 0.92
