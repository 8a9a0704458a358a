"""Slow cycles by seconds: who counts with how much, and shares that stand as they are."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from analytics.estimate.by_seconds import Band, bands, class_edges, count_by_seconds, slow_cycles


def cycles() -> pl.DataFrame:
    """Called, without a call, covered, standing apart, too likely noise, and one of unknown length."""
    return pl.DataFrame(
        {
            "line_id": ["L1"] * 6,
            "shift": ["early"] * 6,
            "shift_day": [date(2026, 3, 2)] * 6,
            "called": [True, False, False, False, False, False],
            "floor_s": [8.0] * 6,
            "slow_probability": [0.9, 0.5, 1.0, 1.0, 1e-6, 0.8],
            "undetected_probability": [0.0, 0.5, 0.0, 1.0, 1e-6, 0.8],
            "delay_s": [27.0, 6.0, 40.0, 40.0, 1e-5, 0.8],
            "common_probability": [0.9, 0.2, 1.0, None, 0.0, 0.8],
        }
    )


def test_covered_cycles_and_stations_apart_are_left_out() -> None:
    found = slow_cycles(cycles())
    assert found["called"].to_list() == [True, False]
    assert found["weight"].to_list() == [0.9, 0.5]
    assert found["seconds"].to_list() == pytest.approx([30.0, 12.0])


def drawn(size: int, seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    day = rng.integers(0, 20, size)
    seconds = np.exp(rng.normal(np.log(40.0), 0.8, size))
    return pl.DataFrame(
        {
            "line_id": "L1",
            "shift": np.where(day % 2 == 0, "early", "late"),
            "shift_day": [date(2026, 3, 2) + timedelta(days=int(one) // 2) for one in day],
            "called": rng.random(size) < seconds / (seconds + 40.0),
            "seconds": seconds,
            "weight": rng.uniform(0.5, 1.0, size),
        }
    )


def test_nothing_is_lost_between_the_bands() -> None:
    slow = drawn(900)
    counted = count_by_seconds(slow, shared_error=0.05, rng=np.random.default_rng(0))
    found = bands(counted)
    assert counted.slow[0].sum() == pytest.approx(slow["weight"].sum())
    assert sum(band.slow_cycles for band in found) == pytest.approx(slow["weight"].sum())
    assert all(band.slow_cycles >= 12.0 for band in found)
    assert all(band.from_s < band.seconds < band.to_s for band in found)
    called = sum(band.called.value * band.slow_cycles for band in found)
    assert called == pytest.approx(slow.filter("called")["weight"].sum())


def test_a_share_may_fall() -> None:
    slow = drawn(900).with_columns(called=pl.col("seconds") < 40.0)
    found = bands(count_by_seconds(slow, shared_error=0.05, rng=np.random.default_rng(0)))
    assert found[0].called.value == 1.0
    assert found[-1].called.value == 0.0
    assert found[-1].called.upper > 0.05


def test_the_order_of_rows_does_not_matter() -> None:
    slow = drawn(500)
    one, other = (
        count_by_seconds(given, shared_error=0.05, rng=np.random.default_rng(0))
        for given in (slow, slow.sample(fraction=1.0, shuffle=True, seed=4))
    )
    assert other.slow == pytest.approx(one.slow, rel=1e-9)
    assert other.called == pytest.approx(one.called, rel=1e-9)


def test_shift_days_that_differ_make_a_share_worth_less() -> None:
    alike = drawn(2000).with_columns(weight=pl.lit(1.0))
    at_night = alike.with_columns(
        called=pl.when(pl.col("shift_day").dt.day() % 2 == 0)
        .then(pl.col("called"))
        .otherwise(pl.lit(value=False))
    )
    one, other = (
        max(bands(count_by_seconds(given, shared_error=0.0, rng=np.random.default_rng(0))), key=_size)
        for given in (alike, at_night)
    )
    assert one.slow_cycles == pytest.approx(other.slow_cycles)
    assert one.worth > 0.6 * one.slow_cycles
    assert other.worth < 0.5 * one.worth


def _size(band: Band) -> float:
    return band.slow_cycles


def test_classes_divide_every_band() -> None:
    edges = class_edges()
    assert np.all(np.diff(edges) > 0)
    assert {4.0, 15.0, 60.0, 3600.0} <= set(np.round(edges, 9))


def test_nothing_slow_is_no_band() -> None:
    nothing = drawn(10).clear()
    counted = count_by_seconds(nothing, shared_error=0.05, rng=np.random.default_rng(0))
    assert counted.shift_days == 0
    assert bands(counted) == ()
