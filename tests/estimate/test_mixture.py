"""The delay mixture: a known mixture is recovered, and nothing is found where nothing was put in."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.mixture import (
    FLOOR,
    GRID,
    SMALLEST,
    above,
    above_floor,
    cell_of,
    delay_kernel,
    fit_mixture,
)
from analytics.estimate.null import BINS, LOWEST, Null, fit_null
from tests.estimate.given import histogram, noise

SEEDS = range(100, 112)
SIZE = 10_000
SHARE = 0.03


def drawn(seed: int, share: float = SHARE) -> tuple[np.ndarray, np.ndarray]:
    """Draw scaled residuals and their true delays (sigmas): none, or from 3 sigmas up."""
    rng = np.random.default_rng(seed)
    t = noise(rng, SIZE, 0.0, 1.0, 0.12)
    delay = np.where(rng.random(SIZE) < share, 3.0 + rng.gamma(2.0, 4.0, SIZE), 0.0)
    return t + delay, delay


def true_null(size: int) -> Null:
    return Null(np.zeros(size), np.ones(size), np.full(size, 0.12), np.full(size, 0.12))


def counted(mixture, counts: np.ndarray) -> np.ndarray:
    return (mixture.posterior() @ above_floor() * counts).sum(axis=1)


def test_the_count_above_the_floor_is_recovered() -> None:
    plants = [drawn(seed) for seed in SEEDS]
    counts = np.stack([histogram(t) for t, _ in plants])
    truth = np.array([(delay >= FLOOR).sum() for _, delay in plants])

    ratio = counted(fit_mixture(counts, fit_null(counts)), counts) / truth

    # Of some 290 a plant about 15 lie within a sigma of the floor: 4 % each, 1.5 % on average.
    assert np.abs(ratio - 1.0).max() < 0.10
    assert abs(ratio.mean() - 1.0) < 0.03


def test_the_length_of_the_delays_is_recovered() -> None:
    plants = [drawn(seed) for seed in SEEDS]
    counts = np.stack([histogram(t) for t, _ in plants])
    inside = np.isfinite(GRID) & (GRID >= FLOOR)
    mixture = fit_mixture(counts, true_null(len(plants)))
    share = mixture.weights[:, inside].sum(axis=1)
    truth = np.array([np.mean((delay >= FLOOR) & (delay < 12)) for _, delay in plants])
    assert share.mean() == pytest.approx(truth.mean(), rel=0.05)
    mean = (mixture.weights[:, inside] * GRID[inside]).sum() / share.sum()
    real = np.concatenate([delay[(delay >= FLOOR) & (delay < 12)] for _, delay in plants]).mean()
    assert mean == pytest.approx(real, rel=0.05)


def test_without_delays_about_none_are_found() -> None:
    counts = np.stack([histogram(drawn(seed, share=0.0)[0]) for seed in SEEDS])
    found = counted(fit_mixture(counts, fit_null(counts)), counts)
    assert found.max() < 3.0
    assert found.mean() < 0.5


def test_weights_sum_to_one_and_posteriors_too() -> None:
    counts = np.stack([histogram(drawn(seed)[0]) for seed in (1, 2)])
    blocked = np.stack([histogram(drawn(seed, share=0.5)[0][:300]) for seed in (3, 4)])
    mixture = fit_mixture(counts, fit_null(counts), blocked=blocked)
    np.testing.assert_allclose(mixture.weights.sum(axis=1), 1.0, atol=1e-9)
    assert np.all(mixture.weights >= 0)
    np.testing.assert_allclose(mixture.posterior().sum(axis=2), 1.0, atol=1e-9)
    np.testing.assert_allclose(mixture.posterior_censored().sum(axis=2), 1.0, atol=1e-9)
    np.testing.assert_allclose(mixture.density().sum(axis=1), 1.0, atol=1e-9)


def test_the_kernel_spreads_each_delay_over_all_bins_once() -> None:
    kernel = delay_kernel(true_null(2))
    np.testing.assert_allclose(kernel.sum(axis=1), 1.0, atol=1e-9)
    assert kernel[0, -1, -1] == 1.0, "beyond the histogram is the last bin"
    centres = LOWEST + 0.0625 + 0.125 * np.arange(BINS)
    k = int(np.flatnonzero(GRID == SMALLEST)[0])
    no_delay, delayed = (centres * kernel[0, :, j] for j in (0, k))
    assert delayed.sum() - no_delay.sum() == pytest.approx(SMALLEST, abs=0.01)


def blocked_plant(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """A station of which a third of the cycles waited for the next station, whatever their own time."""
    rng = np.random.default_rng(seed)
    own, delay = drawn(seed)
    wait = np.where(rng.random(SIZE) < 0.33, rng.exponential(12.0, SIZE), -np.inf)
    seen = np.maximum(own, wait)
    return seen, delay, wait > own, int((delay >= FLOOR).sum())


def test_a_blocked_cycle_is_at_most_what_was_seen() -> None:
    """Taken as its own time, blocking is delay; dropped, long delays weigh too much; censored is right."""
    ratios: dict[str, list[float]] = {"as_own": [], "dropped": [], "censored": [], "share": []}
    for seed in SEEDS:
        seen, _, waited, truth = blocked_plant(seed)
        free, held = histogram(seen[~waited])[None, :], histogram(seen[waited])[None, :]
        null = true_null(1)
        as_own = counted(fit_mixture(free + held, null), free + held)[0]
        # Dropping the blocked leaves delays that outlast the wait over-represented among the rest.
        left = fit_mixture(free, null)
        dropped = counted(left, free)[0] * SIZE / free.sum()
        both = fit_mixture(free, null, blocked=held)
        hidden = both.posterior_censored()[0] @ above_floor() @ held[0]
        censored = counted(both, free)[0] + hidden
        share = (both.weights[0] @ above_floor()) * SIZE
        for name, value in (
            ("as_own", as_own),
            ("dropped", dropped),
            ("censored", censored),
            ("share", share),
        ):
            ratios[name].append(value / truth)

    assert np.mean(ratios["as_own"]) > 3.0
    assert np.mean(ratios["dropped"]) > 1.15
    assert np.mean(ratios["censored"]) == pytest.approx(1.0, abs=0.04)
    assert np.mean(ratios["share"]) == pytest.approx(1.0, abs=0.04)


def test_an_empty_histogram_stays_where_it_started() -> None:
    mixture = fit_mixture(np.zeros((1, BINS)), true_null(1))
    assert mixture.weights[0, 0] == pytest.approx(0.97)
    assert mixture.weights.sum() == pytest.approx(1.0)


def test_many_at_once_give_what_each_gives_alone() -> None:
    counts = np.stack([histogram(drawn(seed)[0]) for seed in (1, 2, 3)])
    counts[2] = 0
    null = fit_null(counts)
    together = fit_mixture(counts, null)
    for row in range(3):
        alone = fit_mixture(counts[row : row + 1], null.take(np.array([row])))
        np.testing.assert_allclose(together.weights[row], alone.weights[0], rtol=1e-9, atol=1e-12)


def test_delays_between_zero_and_the_smallest_are_not_on_the_grid() -> None:
    assert GRID[0] == 0.0
    assert GRID[1] == SMALLEST


def test_of_the_delays_at_a_grid_point_half_are_below_it() -> None:
    shares = above_floor()
    np.testing.assert_array_equal(shares[GRID < FLOOR], 0.0)
    np.testing.assert_array_equal(shares[GRID > FLOOR], 1.0)
    assert shares[GRID == FLOOR] == pytest.approx([0.5])
    cell, beyond = cell_of(np.array([4.125 - 1e-9, 4.125, 4.1875, 12.0, 30.0]))
    assert GRID[cell].tolist() == [4.0, 4.25, 4.25, np.inf, np.inf]
    assert beyond == pytest.approx([0.0, 1.0, 0.75, 1.0, 1.0], abs=1e-6)
    np.testing.assert_allclose(above(np.array([5.1, 20.0]))[:, -1], 1.0)
    np.testing.assert_array_equal(above(np.array([np.inf])), 0.0)


def test_a_prior_of_many_cycles_is_what_comes_out_and_one_of_none_is_no_prior() -> None:
    counts = np.stack([histogram(drawn(seed)[0]) for seed in (1, 2)])
    null = fit_null(counts)
    told = np.linspace(1.0, 2.0, 2 * GRID.size).reshape(2, GRID.size)
    ruled = fit_mixture(counts, null, prior=1e9 * told)
    np.testing.assert_allclose(ruled.weights, told / told.sum(axis=1, keepdims=True), rtol=1e-3)
    free = fit_mixture(counts, null, prior=np.zeros_like(told))
    np.testing.assert_array_equal(free.weights, fit_mixture(counts, null).weights)
