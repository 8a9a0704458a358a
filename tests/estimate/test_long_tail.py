"""What an exponential tail could show beyond the floor: counted where the noise has one, else hardly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import exponnorm

from analytics.estimate.long_tail import ex_gaussian, lognormal, long_tail_counts
from analytics.estimate.mixture import FLOOR
from analytics.estimate.null import BINS
from tests.estimate.given import histogram, noise

STATIONS, CYCLES = 12, 4_000


def with_exponential_tail(rng: np.random.Generator) -> np.ndarray:
    """Normal plus exponential, centred and scaled as a station's residual is."""
    raw = rng.standard_normal(CYCLES) + 0.9 * rng.exponential(1.0, CYCLES)
    middle, left = np.median(raw), np.quantile(raw, 0.1587)
    return (raw - middle) / (middle - left)


def test_the_distribution_functions_are_those_of_the_formulas() -> None:
    t = np.linspace(-4, 8, 49)
    theta = np.array([[-0.4, np.log(0.8), np.log(0.7)]])
    np.testing.assert_allclose(
        ex_gaussian(theta, t)[0], exponnorm.cdf(t, 0.7, loc=-0.4, scale=0.8), atol=1e-12
    )
    assert np.all(np.diff(lognormal(theta, t)[0]) >= 0)


def test_where_the_tail_is_exponential_noise_alone_may_show_what_it_does() -> None:
    drawn = [with_exponential_tail(np.random.default_rng([1, code])) for code in range(STATIONS)]
    beyond = sum(int((t >= FLOOR).sum()) for t in drawn)
    assert beyond > 50
    found = long_tail_counts(np.stack([histogram(t) for t in drawn]))
    assert found.shape == (STATIONS,)
    assert found.sum() == pytest.approx(beyond, rel=0.4)


def test_where_it_is_not_next_to_nothing_is_allowed_for() -> None:
    """A normal left side with less than a normal's right: no exponential hides in it."""
    drawn = [noise(np.random.default_rng([2, code]), CYCLES, 0.0, 1.0, 0.0) for code in range(STATIONS)]
    drawn = [np.where(t > 0, 0.8 * t, t) for t in drawn]
    assert long_tail_counts(np.stack([histogram(t) for t in drawn])).sum() < 1.0


def test_a_station_with_hardly_any_cycles_is_left_out() -> None:
    counts = np.zeros((2, BINS))
    assert long_tail_counts(counts).tolist() == [0.0, 0.0]
    counts[0] = histogram(with_exponential_tail(np.random.default_rng(3)))
    assert long_tail_counts(counts)[1] == 0.0
