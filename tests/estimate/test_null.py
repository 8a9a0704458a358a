"""The empirical null: drawn noise is recovered, whatever is mixed in beyond the truncation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from analytics.estimate.null import (
    BINS,
    EDGES,
    HIGHEST,
    LOWEST,
    Null,
    fit_null,
    pool_skew,
    shifted_lognormal_cdf,
)
from tests.estimate.given import histogram, noise

DRAWN = [(0.0, 1.0, 0.12), (0.1, 0.9, 0.05), (-0.1, 1.1, 0.25), (0.0, 1.0, 0.0)]
SIZE = 20_000


def drawn(location: float, scale: float, skew: float, *, seeds: int = 8, size: int = SIZE) -> np.ndarray:
    rows = [
        histogram(noise(np.random.default_rng(seed), size, location, scale, skew)) for seed in range(seeds)
    ]
    return np.stack(rows)


@pytest.mark.parametrize(("location", "scale", "skew"), DRAWN)
def test_location_scale_and_skew_are_recovered(location: float, scale: float, skew: float) -> None:
    fitted = fit_null(drawn(location, scale, skew))

    # Sampling error at 20,000 cycles is about 0.01; on average over eight seeds a third of that.
    for found, truth in ((fitted.location, location), (fitted.scale, scale), (fitted.skew, skew)):
        assert np.abs(found - truth).max() < 0.035
        assert abs(found.mean() - truth) < 0.012


def test_without_skew_it_is_the_normal_distribution() -> None:
    t = np.linspace(-5, 5, 41)
    np.testing.assert_allclose(shifted_lognormal_cdf(t, 0.3, 1.2, 0.0), ndtr((t - 0.3) / 1.2), atol=1e-12)
    np.testing.assert_allclose(
        shifted_lognormal_cdf(t, 0.3, 1.2, 2e-4), ndtr((t - 0.3) / 1.2), atol=2e-3, err_msg="continuous at 0"
    )


def test_the_distribution_function_is_that_of_the_formula() -> None:
    t = np.array([-1.0, 0.0, 0.5, 2.0, 4.0])
    expected = ndtr(np.log1p(0.3 * (t - 0.1) / 0.9) / 0.3)
    np.testing.assert_allclose(shifted_lognormal_cdf(t, 0.1, 0.9, 0.3), expected, rtol=1e-12)
    # Left of where the lognormal begins there is nothing.
    assert shifted_lognormal_cdf(np.array([-6.0]), 0.0, 1.0, 0.3)[0] == 0.0


@settings(max_examples=60, deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(0.3, 2.5), st.floats(-0.5, 0.8))
def test_the_distribution_function_rises_from_zero_to_one(location: float, scale: float, skew: float) -> None:
    t = np.linspace(-60, 60, 500)
    cdf = shifted_lognormal_cdf(t, location, scale, skew)
    assert np.all(np.diff(cdf) >= -1e-12)
    assert np.all((cdf >= 0) & (cdf <= 1))


def test_what_lies_beyond_the_truncation_does_not_matter() -> None:
    clean = drawn(0.0, 1.0, 0.12, seeds=3)
    dirty = clean.copy()
    dirty[:, round((2.5 - LOWEST) * 8) :] += 500.0
    before, behind = fit_null(clean), fit_null(dirty)
    np.testing.assert_array_equal(before.location, behind.location)
    np.testing.assert_array_equal(before.scale, behind.scale)
    np.testing.assert_array_equal(before.skew, behind.skew)


def test_delays_beyond_three_sigmas_hardly_move_the_noise() -> None:
    rng = np.random.default_rng(5)
    t = noise(rng, SIZE, 0.0, 1.0, 0.12)
    slow = rng.random(SIZE) < 0.05
    fitted = fit_null(histogram(t + np.where(slow, 3.0 + rng.exponential(8.0, SIZE), 0.0))[None, :])
    assert abs(fitted.location[0]) < 0.05
    assert abs(fitted.scale[0] - 1.0) < 0.05
    assert abs(fitted.skew[0] - 0.12) < 0.06


def test_pooling_draws_the_skewness_of_small_stations_together() -> None:
    counts = drawn(0.0, 1.0, 0.12, seeds=12, size=400)
    alone = fit_null(counts)
    mean, sd = pool_skew(counts, alone)
    pooled = fit_null(counts, skew_prior=(mean, sd))

    assert np.unique(mean).size == 1
    assert mean[0] == pytest.approx(0.12, abs=0.05)
    assert np.std(pooled.skew) < 0.7 * np.std(alone.skew)
    assert np.sqrt(np.mean((pooled.skew - 0.12) ** 2)) < np.sqrt(np.mean((alone.skew - 0.12) ** 2))


def test_stations_that_truly_differ_are_not_forced_together() -> None:
    counts = np.concatenate([drawn(0, 1, 0.0, seeds=4), drawn(0, 1, 0.3, seeds=4)])
    alone = fit_null(counts)
    mean, sd = pool_skew(counts, alone)
    assert sd[0] > 0.05
    pooled = fit_null(counts, skew_prior=(mean, sd))
    np.testing.assert_allclose(pooled.skew, [0.0] * 4 + [0.3] * 4, atol=0.03)


def test_one_large_station_does_not_speak_for_all_where_stations_differ() -> None:
    counts = np.concatenate([drawn(0, 1, 0.0, seeds=1, size=60_000), drawn(0, 1, 0.3, seeds=4, size=4_000)])
    mean, _ = pool_skew(counts, fit_null(counts))
    # By size alone it would be 0.06; among five that differ it is near their plain mean, 0.24.
    assert mean[0] == pytest.approx(0.24, abs=0.05)


def test_one_station_keeps_the_weak_prior() -> None:
    counts = drawn(0, 1, 0.3, seeds=1)
    mean, sd = pool_skew(counts, fit_null(counts))
    assert (mean[0], sd[0]) == (0.12, 0.15)


def test_many_at_once_give_what_each_gives_alone() -> None:
    counts = np.concatenate([drawn(0, 1, 0.12, seeds=3, size=n) for n in (0, 150, 5_000)])
    together = fit_null(counts)
    for row in range(counts.shape[0]):
        alone = fit_null(counts[row : row + 1])
        for name in ("location", "scale", "skew"):
            assert getattr(together, name)[row] == pytest.approx(getattr(alone, name)[0], abs=1e-7)


def test_an_empty_histogram_keeps_the_prior() -> None:
    fitted = fit_null(np.zeros((1, BINS)))
    assert (fitted.location[0], fitted.scale[0], fitted.skew[0]) == pytest.approx((0.0, 1.0, 0.12), abs=1e-6)


def test_some_rows_of_a_null_are_a_null() -> None:
    null = Null(np.arange(3.0), np.ones(3), np.zeros(3))
    np.testing.assert_allclose(null.take(np.array([2])).cdf(np.array([2.0])), [[0.5]])
    assert EDGES[0] == LOWEST
    assert EDGES[-1] == HIGHEST
