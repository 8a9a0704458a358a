"""The map steps in order: which cycles are judged among themselves, which say nothing, and what is left."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.estimate.passes import (
    ENDED_IN_BREAK,
    FEWEST_USABLE,
    FIRST_OF_PRODUCT,
    OUTLIVED_BREAK,
    SPANS_CHANGE,
    USUAL,
    Prepared,
    prepare,
)
from tests.estimate.given import calendar, cycles, interval, plant_of, spans

HOUR = 3600.0


def prepared(*frames: pl.DataFrame, **tables: pl.DataFrame) -> Prepared:
    return prepare(plant_of(*frames, **tables), np.random.default_rng(0))


def minutes(size: int, seed: int = 0) -> np.ndarray:
    return 60.0 + 2.0 * np.random.default_rng(seed).standard_normal(size)


def batches(size: int, batch: int, setup_s: float, seed: int = 0) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Lengths, products and which cycles are the first of a batch; the first takes ``setup_s`` longer."""
    number = np.arange(size) // batch
    first = (np.arange(size) % batch == 0) & (np.arange(size) > 0)
    return minutes(size, seed) + np.where(first, setup_s, 0.0), ["AB"[one % 2] for one in number], first


def test_kinds_of_cycles() -> None:
    begin = np.array([0.0, HOUR - 100, HOUR - 30, 2 * HOUR - 60, 3 * HOUR - 30])
    end = np.array([60.0, HOUR - 40, HOUR + 640, 2 * HOUR + 30, 3 * HOUR + 40])
    shifts = [interval(0, 3 * HOUR, "shift"), interval(3 * HOUR, 5 * HOUR, "shift")]
    breaks = [interval(HOUR, HOUR + 600, "break"), interval(2 * HOUR, 2 * HOUR + 600, "break")]
    one = prepared(spans(begin, end), calendar=calendar(*shifts, *breaks))
    assert one.kind.tolist() == [USUAL, USUAL, OUTLIVED_BREAK, ENDED_IN_BREAK, SPANS_CHANGE]


def test_a_changeover_is_no_delay() -> None:
    lengths, product, first = batches(2_400, 60, 300.0)
    one = prepared(cycles(lengths, product_id=product))
    assert (one.kind == FIRST_OF_PRODUCT).sum() == first.sum() == 39
    assert np.nanmedian(one.deviation[first]) == pytest.approx(0.0, abs=0.3)
    assert np.nanmax(np.abs(one.deviation[first])) < 6
    assert np.median(one.expected_s[first]) == pytest.approx(360.0, rel=0.02)
    assert np.median(one.expected_s[~first]) == pytest.approx(60.0, rel=0.02)


def test_a_delay_in_a_changeover_still_is_one() -> None:
    lengths, product, first = batches(2_400, 60, 300.0)
    delayed = np.flatnonzero(first)[10]
    lengths[delayed] += 200.0
    assert prepared(cycles(lengths, product_id=product)).deviation[delayed] > 20


def test_changeovers_too_few_to_know_are_planned() -> None:
    lengths, product, first = batches(600, 120, 300.0)
    one = prepared(cycles(lengths, product_id=product))
    np.testing.assert_array_equal(one.planned, first)
    assert not one.usable[first].any()


def test_where_the_product_changes_all_the_time_for_nothing_the_first_is_usual() -> None:
    lengths, product, _ = batches(1_200, 2, 0.0)
    one = prepared(cycles(lengths, product_id=product))
    assert (one.kind == USUAL).all()
    assert not one.planned.any()


def test_a_break_within_a_product_change_that_costs_nothing_still_is_one() -> None:
    """Mixed-model work changes the product at every cycle; what outlives a break must not teach the rest."""
    lengths, product, _ = batches(1_200, 1, 0.0)
    breaks = [interval(at * HOUR, at * HOUR + 600, "break") for at in range(1, 20)]
    one = prepared(cycles(lengths, product_id=product), calendar=calendar(*breaks))
    touched = one.net.outlived | one.net.ended_inside
    assert touched.sum() > 15
    assert np.isin(one.kind[touched], [OUTLIVED_BREAK, ENDED_IN_BREAK]).all()
    assert (one.kind[~touched] == USUAL).all()


def test_a_job_shops_setups_are_judged_among_themselves() -> None:
    """Batches of four: every fourth cycle is a first one, above the rare, and it takes five times as long."""
    lengths, product, first = batches(1_200, 4, 240.0)
    one = prepared(cycles(lengths, product_id=product))
    np.testing.assert_array_equal(one.kind == FIRST_OF_PRODUCT, first)
    assert (one.deviation[first] > 6).sum() == 0


@pytest.mark.parametrize(("size", "masked"), [(FEWEST_USABLE - 1, True), (FEWEST_USABLE, False)])
def test_fewer_than_a_hundred_cycles_say_nothing(size: int, masked: bool) -> None:
    one = prepared(cycles(minutes(size)))
    assert bool(one.masked_because[0]) == masked
    assert one.usable.any() != masked


def test_minute_stamps_say_nothing_unless_the_length_is_stated() -> None:
    coarse = cycles(minutes(400), stamp_s=60.0)
    assert "one minute" in prepared(coarse).masked_because[0]
    stated = coarse.drop("started_at").with_columns(cycle_s=pl.Series(minutes(400)))
    assert prepared(stated).masked_because == [""]


def test_the_same_seed_gives_the_same_residuals_and_the_dither_hardly_matters() -> None:
    plant = plant_of(cycles(minutes(1_500), stamp_s=1.0))
    one, same, other = (prepare(plant, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.deviation, same.deviation)
    assert np.abs(one.deviation - other.deviation).max() < 1.0 / np.median(one.scale_s) + 0.5


def test_one_line_gives_the_same_with_or_without_another() -> None:
    first, second = cycles(minutes(500)), cycles(minutes(500, seed=1), line="L2")
    alone, both = prepared(first), prepared(first, second)
    np.testing.assert_allclose(both.expected_s[:500], alone.expected_s, rtol=1e-9)
    assert both.baseline.relative_scale[0] == pytest.approx(alone.baseline.relative_scale[0], rel=0.01)
