"""What a cycle usually takes: by product and shift, drift followed, scatter never below the stamps."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.estimate.baseline import (
    LEAST_RELATIVE_SCALE,
    SCALE_FLOOR_STAMPS,
    Baseline,
    dither,
    fit_baseline,
    stamp_resolution,
)
from analytics.estimate.plant import Plant
from tests.estimate.given import cycles, plant_of

SIZE = 3_000


def fitted(
    plant: Plant,
    *,
    usable: np.ndarray | None = None,
    since: np.ndarray | None = None,
) -> Baseline:
    net = (plant.end_us - plant.start_us) / 1e6
    return fit_baseline(
        plant,
        net,
        np.ones(plant.size, bool) if usable is None else usable,
        np.full(plant.size, np.inf) if since is None else since,
        stamp_resolution(plant),
    )


def scattered(
    seed: int, usual: np.ndarray | float = 60.0, sigma: float = 0.04, size: int = SIZE
) -> np.ndarray:
    return usual * np.exp(sigma * np.random.default_rng(seed).standard_normal(size))


def test_each_product_has_its_own_usual_time() -> None:
    product = np.array(["A", "B"])[np.arange(SIZE) // 50 % 2]
    usual = np.where(product == "A", 60.0, 90.0)
    plant = plant_of(cycles(scattered(1, usual), product_id=product.tolist()))
    base = fitted(plant)
    for code, expected in ((0, 60.0), (1, 90.0)):
        assert np.median(base.expected_s[plant.product == code]) == pytest.approx(expected, rel=0.01)
    assert base.relative_scale[0] == pytest.approx(0.04, rel=0.08)
    assert np.nanmedian(base.deviation) == pytest.approx(0.0, abs=0.05)


def test_each_shift_has_its_own_pace() -> None:
    shift = np.array(["day", "night"])[np.arange(SIZE) // 300 % 2]
    plant = plant_of(cycles(scattered(2, np.where(shift == "day", 60.0, 63.0)), shift=shift.tolist()))
    base = fitted(plant)
    day = plant.shift == 0
    assert np.median(base.expected_s[~day]) / np.median(base.expected_s[day]) == pytest.approx(1.05, abs=0.01)


def test_a_slow_change_is_followed_and_delays_are_not() -> None:
    drift = np.linspace(60.0, 72.0, SIZE)
    slow = np.random.default_rng(3).random(SIZE) < 0.05
    plant = plant_of(cycles(scattered(4, drift) + np.where(slow, 40.0, 0.0)))
    base = fitted(plant)
    middle = slice(200, SIZE - 200)
    np.testing.assert_allclose(base.expected_s[middle], drift[middle], rtol=0.03)
    assert base.relative_scale[0] == pytest.approx(0.04, rel=0.15)
    assert np.median(base.deviation[slow]) > 12


def test_warm_up_after_a_break_is_expected() -> None:
    place = np.arange(SIZE) % 25
    since = place * 65.0
    usual = np.where(since < 120, 66.0, 60.0)
    base = fitted(plant_of(cycles(scattered(5, usual))), since=since)
    assert np.median(base.expected_s[since < 120]) == pytest.approx(66.0, rel=0.015)
    assert np.median(base.expected_s[since > 1000]) == pytest.approx(60.0, rel=0.01)


def test_the_scale_is_measured_on_the_left_where_delays_never_reach() -> None:
    slow = np.random.default_rng(6).random(SIZE) < 0.10
    clean = scattered(7)
    dirty = plant_of(cycles(clean + np.where(slow, 25.0, 0.0)))
    scale = fitted(dirty).relative_scale[0]
    assert scale == pytest.approx(0.04, rel=0.20)
    assert scale < 0.5 * np.std(clean + np.where(slow, 25.0, 0.0)) / 60.0


def test_cycles_that_may_not_teach_don_t() -> None:
    longer = np.arange(SIZE) % 3 == 0
    plant = plant_of(cycles(scattered(8) + np.where(longer, 30.0, 0.0)))
    base = fitted(plant, usable=~longer)
    assert np.median(base.expected_s) == pytest.approx(60.0, rel=0.01)
    assert np.isfinite(base.expected_s[longer]).all()


def test_a_rare_product_is_not_judged() -> None:
    product = ["rare"] * 29 + ["A"] * (SIZE - 29)
    base = fitted(plant_of(cycles(scattered(9), product_id=product)))
    assert base.enough.sum() == SIZE - 29
    assert np.isnan(base.expected_s[~base.enough]).all()
    assert np.isnan(base.deviation[~base.enough]).all()


@pytest.mark.parametrize(
    ("stamp_s", "found"), [(60.0, 60.0), (1.0, 1.0), (0.1, 0.1), (0.01, 0.01), (0.001, 0.001)]
)
def test_the_stamps_width_is_found(stamp_s: float, found: float) -> None:
    plant = plant_of(
        cycles(scattered(10, size=500), stamp_s=stamp_s),
        cycles(scattered(11, size=500), station="S2", stamp_s=1.0),
    )
    assert stamp_resolution(plant).tolist() == pytest.approx([found, 1.0])


def test_a_few_finer_stamps_don_t_make_the_clock_finer() -> None:
    frame = cycles(scattered(12, size=500), stamp_s=1.0)
    odd = frame.with_columns(
        ended_at=pl.col("ended_at")
        + pl.duration(milliseconds=(pl.int_range(pl.len()) % 100 == 0).cast(int) * 137)
    )
    assert stamp_resolution(plant_of(odd))[0] == pytest.approx(1.0)


def test_the_scale_is_never_below_the_stamps_nor_half_a_percent() -> None:
    steady = scattered(13, sigma=1e-4)
    coarse = fitted(plant_of(cycles(steady, stamp_s=1.0)))
    assert coarse.relative_scale[0] == pytest.approx(SCALE_FLOOR_STAMPS * 1.0 / 60.0, rel=0.02)
    fine = fitted(plant_of(cycles(steady, stamp_s=0.001)))
    assert fine.relative_scale[0] == pytest.approx(LEAST_RELATIVE_SCALE)


def test_the_dither_fills_the_stamp_and_keeps_the_mean() -> None:
    plant = plant_of(cycles(scattered(14), stamp_s=1.0))
    drawn = dither(plant, stamp_resolution(plant), np.random.default_rng(0))
    assert np.abs(drawn).max() <= 0.5
    assert drawn.mean() == pytest.approx(0.0, abs=4 * 1 / np.sqrt(12 * SIZE))
    assert drawn.std() == pytest.approx(1 / np.sqrt(12), rel=0.05)


def test_the_numbers_given_are_left_alone() -> None:
    plant = plant_of(cycles(scattered(15, size=300)))
    net = (plant.end_us - plant.start_us) / 1e6
    before = net.copy()
    fit_baseline(plant, net, np.ones(300, bool), np.full(300, np.inf), stamp_resolution(plant))
    np.testing.assert_array_equal(net, before)
