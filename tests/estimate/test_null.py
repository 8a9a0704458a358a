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
    pool_shapes,
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


def one(location: float, scale: float, skew: float, tail: float) -> Null:
    return Null(*(np.array([value]) for value in (location, scale, skew, tail)))


def test_without_skew_it_is_the_normal_distribution() -> None:
    t = np.linspace(-5, 5, 41)
    normal = ndtr((t - 0.3) / 1.2)
    np.testing.assert_allclose(one(0.3, 1.2, 0.0, 0.0).cdf(t)[0], normal, atol=1e-12)
    np.testing.assert_allclose(one(0.3, 1.2, 2e-4, 2e-4).cdf(t)[0], normal, atol=2e-3, err_msg="near 0")


def test_the_distribution_function_is_that_of_the_formula_on_either_side() -> None:
    t = np.array([-1.0, 0.0, 0.5, 2.0, 4.0])
    y = (t - 0.1) / 0.9
    expected = np.where(y < 0, ndtr(np.log1p(0.3 * y) / 0.3), ndtr(np.log1p(0.1 * y) / 0.1))
    np.testing.assert_allclose(one(0.1, 0.9, 0.3, 0.1).cdf(t)[0], expected, rtol=1e-12)
    # Left of where the lognormal begins there is nothing.
    assert one(0.0, 1.0, 0.3, 0.1).cdf(np.array([-6.0]))[0, 0] == 0.0


@settings(max_examples=60, deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(0.3, 2.5), st.floats(-0.5, 0.8), st.floats(-0.05, 0.8))
def test_the_distribution_function_rises_from_zero_to_one(
    location: float, scale: float, skew: float, tail: float
) -> None:
    cdf = one(location, scale, skew, tail).cdf(np.linspace(-60, 60, 500))
    assert np.all(np.diff(cdf) >= -1e-12)
    assert np.all((cdf >= 0) & (cdf <= 1))


def test_the_left_side_does_not_decide_how_long_the_tail_is() -> None:
    """Left half of a lognormal of 0.3, right half normal: with one shape for both the tail came out long."""
    rng = np.random.default_rng(11)
    z = rng.standard_normal((4, 60_000))
    t = np.where(z < 0, np.expm1(0.3 * z) / 0.3, z)
    fitted = fit_null(np.stack([histogram(row) for row in t]))
    np.testing.assert_allclose(fitted.skew, 0.3, atol=0.05)
    np.testing.assert_allclose(fitted.tail, 0.0, atol=0.06)
    beyond = 1.0 - fitted.cdf(np.array([3.0]))[:, 0]
    assert beyond.mean() == pytest.approx(1.0 - ndtr(3.0), rel=0.4)


def test_a_tail_never_ends_within_the_histogram() -> None:
    """Noise that stops at one sigma: beyond it nothing may be certain to be a delay."""
    t = -np.abs(np.random.default_rng(12).standard_normal(SIZE)) + 1.0
    null = fit_null(histogram(t)[None, :])
    assert null.cdf(np.array([HIGHEST]))[0, 0] <= 1.0
    assert null.cdf(np.array([3.0]))[0, 0] < 1.0


def test_blocked_cycles_are_known_to_have_been_done() -> None:
    """Half are held for a random while: left out or taken as they are, the noise would look slower."""
    rng = np.random.default_rng(13)
    own = noise(rng, 8 * SIZE, 0.0, 1.0, 0.12).reshape(8, SIZE)
    held = rng.normal(0.2, 1.5, own.shape)
    blocked = held > own
    seen = np.maximum(own, held)
    open_ = np.stack([histogram(row[~mask]) for row, mask in zip(seen, blocked, strict=True)])
    waited = np.stack([histogram(row[mask]) for row, mask in zip(seen, blocked, strict=True)])
    told = fit_null(open_, blocked=waited)
    assert np.abs(told.location).mean() < 0.05
    assert told.scale.mean() == pytest.approx(1.0, abs=0.04)
    assert fit_null(open_).location.mean() > 0.3


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
    assert abs(fitted.tail[0] - 0.12) < 0.08


def test_pooling_draws_the_shapes_of_small_stations_together() -> None:
    counts = drawn(0.0, 1.0, 0.12, seeds=12, size=400)
    alone = fit_null(counts)
    prior = pool_shapes(counts, alone)
    pooled = fit_null(counts, prior=prior)

    assert np.unique(prior.mean, axis=0).shape[0] == 1
    np.testing.assert_allclose(prior.mean[0], 0.12, atol=0.08)
    for name in ("skew", "tail"):
        mine, theirs = getattr(pooled, name), getattr(alone, name)
        assert np.std(mine) < 0.8 * np.std(theirs)
        assert np.sqrt(np.mean((mine - 0.12) ** 2)) < np.sqrt(np.mean((theirs - 0.12) ** 2))


def test_stations_that_truly_differ_are_not_forced_together() -> None:
    counts = np.concatenate([drawn(0, 1, 0.0, seeds=4), drawn(0, 1, 0.3, seeds=4)])
    prior = pool_shapes(counts, fit_null(counts))
    assert (prior.sd[0] > 0.05).all()
    pooled = fit_null(counts, prior=prior)
    np.testing.assert_allclose(pooled.skew, [0.0] * 4 + [0.3] * 4, atol=0.08)
    np.testing.assert_allclose(pooled.tail, [0.0] * 4 + [0.3] * 4, atol=0.12)


def test_one_large_station_does_not_speak_for_all_where_stations_differ() -> None:
    counts = np.concatenate([drawn(0, 1, 0.0, seeds=1, size=60_000), drawn(0, 1, 0.3, seeds=4, size=4_000)])
    prior = pool_shapes(counts, fit_null(counts))
    # By size alone it would be 0.06; among five that differ it is near their plain mean, 0.24.
    np.testing.assert_allclose(prior.mean[0], 0.24, atol=0.09)


def test_one_station_keeps_the_weak_prior() -> None:
    counts = drawn(0, 1, 0.3, seeds=1)
    prior = pool_shapes(counts, fit_null(counts))
    assert prior.mean.tolist() == [[0.12, 0.12]]
    assert prior.sd.tolist() == [[0.15, 0.15]]


def test_many_at_once_give_what_each_gives_alone() -> None:
    counts = np.concatenate([drawn(0, 1, 0.12, seeds=3, size=n) for n in (0, 150, 5_000)])
    together = fit_null(counts)
    for row in range(counts.shape[0]):
        alone = fit_null(counts[row : row + 1])
        for name in ("location", "scale", "skew", "tail"):
            assert getattr(together, name)[row] == pytest.approx(getattr(alone, name)[0], abs=1e-7)


def test_an_empty_histogram_keeps_the_prior() -> None:
    fitted = fit_null(np.zeros((1, BINS)))
    assert (fitted.location[0], fitted.scale[0], fitted.skew[0]) == pytest.approx((0.0, 1.0, 0.12), abs=1e-6)


def test_some_rows_of_a_null_are_a_null() -> None:
    null = Null(np.arange(3.0), np.ones(3), np.zeros(3), np.zeros(3))
    np.testing.assert_allclose(null.take(np.array([2])).cdf(np.array([2.0])), [[0.5]])
    assert EDGES[0] == LOWEST
    assert EDGES[-1] == HIGHEST
