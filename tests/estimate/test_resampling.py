"""Weights of shift-days keep the mean, and are the wider the fewer they are."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.resampling import shift_day_weights, wilson


@pytest.mark.parametrize("days", [5, 20, 200])
def test_a_weighted_mean_varies_as_students_t_asks_for(days: int) -> None:
    drawn = shift_day_weights(days, 6000, np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(1.0, abs=0.05)
    values = np.random.default_rng(2).normal(10.0, 2.0, days)
    error = np.std(drawn @ values / drawn.sum(axis=1))
    widened = {5: 2.776, 20: 2.093, 200: 1.972}[days] / 1.96
    assert error == pytest.approx(widened * values.std(ddof=1) / np.sqrt(days), rel=0.05)


def test_the_interval_of_a_mean_holds_it_even_with_six_shift_days() -> None:
    rng, held = np.random.default_rng(2), 0
    for _ in range(400):
        values = rng.normal(10.0, 2.0, 6)
        drawn = shift_day_weights(6, 400, rng)
        low, high = np.quantile(drawn @ values / drawn.sum(axis=1), [0.025, 0.975])
        held += low <= 10.0 <= high
    assert held / 400 >= 0.92


def test_one_shift_day_tells_nothing_of_others() -> None:
    assert (shift_day_weights(1, 7, np.random.default_rng(0)) == 1.0).all()


def test_wilson_leaves_room_at_none_and_all() -> None:
    assert wilson(0.0, 20.0) == pytest.approx((0.0, 0.161), abs=1e-3)
    assert wilson(1.0, 20.0) == pytest.approx((0.839, 1.0), abs=1e-3)
    low, high = wilson(0.4, 1000.0)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.24 / 1000), rel=0.01)
