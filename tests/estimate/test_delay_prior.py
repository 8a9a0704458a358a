"""Stations lend each other the lengths of their delays, not how many they have."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.delay_prior import DELAYS_IN_ADVANCE, EVEN, LEAST_SHARE, pool_delays
from analytics.estimate.fit import Histograms, bin_of, fit
from analytics.estimate.mixture import FLOOR, GRID, Mixture, above_floor, fit_mixture
from analytics.estimate.null import BINS
from tests.estimate.given import histogram, noise

STATIONS, SIZE = 60, 4_000


def drawn(rng: np.random.Generator, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw scaled residuals and their true delays, of 2 sigmas up, shape (stations, SIZE) each."""
    t = noise(rng, share.size * SIZE, 0.0, 1.0, 0.12).reshape(share.size, SIZE)
    delay = np.where(rng.random(t.shape) < share[:, None], 2.0 + rng.gamma(1.5, 2.0, t.shape), 0.0)
    return t + delay, delay


def histograms(t: np.ndarray) -> Histograms:
    counts = np.stack([histogram(row) for row in t])
    none = np.zeros_like(counts)
    return Histograms(uncalled=counts, blocked=none, called=none)


def chance(mixture: Mixture, t: np.ndarray) -> np.ndarray:
    table = mixture.posterior() @ above_floor()
    return np.take_along_axis(table, bin_of(t), axis=1)


def worst_bin(stated: np.ndarray, slow: np.ndarray) -> float:
    away = []
    for low, high in ((0.05, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        rows = (stated >= low) & (stated < high)
        assert rows.sum() > 150
        away.append(abs(stated[rows].mean() - slow[rows].mean()))
    return max(away)


def test_stations_with_twenty_delays_state_chances_that_are_true() -> None:
    """Each by itself is off by more than 7 points in some bin; together they are not off by 5."""
    alone, together, truth = [], [], []
    for seed in range(1, 6):
        t, delay = drawn(np.random.default_rng(seed), np.full(STATIONS, 20 / SIZE))
        fitted = fit(histograms(t))
        alone.append(chance(fit_mixture(fitted.histograms.uncalled, fitted.null), t))
        together.append(chance(fitted.mixture, t))
        truth.append(delay >= FLOOR)
    slow = np.concatenate(truth)

    assert worst_bin(np.concatenate(alone), slow) > 0.07
    assert worst_bin(np.concatenate(together), slow) < 0.05
    assert np.sum(together) == pytest.approx(slow.sum(), rel=0.05)


def test_one_bad_station_among_good_ones_keeps_its_count() -> None:
    """Of the delays of one station, the others get none."""
    share = np.full(STATIONS, 0.0)
    share[7] = 0.06
    ratios = []
    for seed in range(1, 4):
        t, delay = drawn(np.random.default_rng(seed), share)
        found = chance(fit(histograms(t)).mixture, t).sum(axis=1)
        ratios.append(found[7] / (delay[7] >= FLOOR).sum())
        assert np.delete(found, 7).mean() < 0.5, "of 4,000 cycles at a good station"
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.06)


def test_a_station_is_delayed_as_often_as_it_is_and_as_long_as_all_are() -> None:
    weights = np.full((2, GRID.size), 0.0)
    weights[0, [0, 20]] = 0.98, 0.02
    weights[1, 0] = 1.0
    kernel = np.full((2, BINS, GRID.size), 1.0 / BINS)
    prior = pool_delays(Mixture(weights=weights, kernel=kernel), np.ones((2, BINS)))

    np.testing.assert_allclose(prior[:, 1:].sum(axis=1), DELAYS_IN_ADVANCE)
    np.testing.assert_allclose(prior[:, 1:].sum(axis=1) / prior.sum(axis=1), [0.02, LEAST_SHARE])
    np.testing.assert_allclose(prior[0, 1:], prior[1, 1:])
    even = DELAYS_IN_ADVANCE * EVEN / (GRID.size - 1)
    assert prior[0, 20] == pytest.approx(DELAYS_IN_ADVANCE * (1.0 - EVEN) + even, rel=1e-3)
    np.testing.assert_allclose(np.delete(prior[0, 1:], 19), even, rtol=1e-2)


def test_where_nothing_is_delayed_the_lengths_are_even() -> None:
    weights = np.zeros((1, GRID.size))
    weights[0, 0] = 1.0
    kernel = np.full((1, BINS, GRID.size), 1.0 / BINS)
    prior = pool_delays(Mixture(weights=weights, kernel=kernel), np.zeros((1, BINS)))
    np.testing.assert_allclose(prior[0, 1:], DELAYS_IN_ADVANCE / (GRID.size - 1))
