"""How wrong the fit may be: the interval's rules, and that replicates keep their promise."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analytics.estimate import intervals
from analytics.estimate.fit import Histograms, fit
from analytics.estimate.intervals import (
    DENSE_ERROR,
    PLANT_ERROR,
    POISSON_ZERO,
    QUANTILE,
    STATION_ERROR,
    Errors,
    estimate_errors,
    interval,
)
from analytics.estimate.mixture import FLOOR, above_floor
from analytics.results import LEVEL, Estimate
from tests.estimate.given import histogram, noise


def of(value: float, relative: float = 0.1, **more: float) -> Estimate:
    return interval(value, relative, unit="slow cycles", method="test", **more)


def test_the_interval_is_on_the_logarithmic_scale() -> None:
    found = of(200.0, 0.1)
    assert found.lower == pytest.approx(200 / np.exp(QUANTILE * 0.1))
    assert found.upper == pytest.approx(200 * np.exp(QUANTILE * 0.1))
    assert found.level == LEVEL


def test_the_counting_variance_is_added_in_squares() -> None:
    found = of(100.0, 0.1, variance=225.0)
    assert np.log(found.upper / 100.0) == pytest.approx(QUANTILE * np.hypot(0.1, 0.15))


def test_nothing_found_still_has_an_upper_end() -> None:
    found = of(0.0)
    assert (found.value, found.lower, found.upper) == (0.0, 0.0, POISSON_ZERO)
    assert of(0.0, noise=5.0).upper == pytest.approx(POISSON_ZERO + 5.0)
    assert of(-3.0).value == 0.0


@pytest.mark.parametrize(("value", "noise_n"), [(3.0, 0.0), (20.0, 20.0), (7.0, 9.0), (0.2, 0.0)])
def test_what_noise_could_have_given_has_zero_as_its_lower_end(value: float, noise_n: float) -> None:
    found = of(value, noise=noise_n)
    assert found.lower == 0.0
    assert found.upper > value


def test_more_than_noise_gives_is_above_zero() -> None:
    assert of(21.0, noise=20.0).lower > 0


def test_minutes_follow_the_rule_of_their_counts() -> None:
    """Ten minutes in five slow cycles, where noise gives up to eight: zero is possible."""
    assert of(10.0, noise=8.0, per_cycle=2.0).lower == 0.0
    assert of(10.0, noise=4.0, per_cycle=2.0).lower > 0.0
    assert of(0.0, noise=1.0, per_cycle=2.0).upper == pytest.approx(2 * (POISSON_ZERO + 1))


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1e6), st.floats(0, 2), st.floats(0, 1e8), st.floats(0, 1e4), st.floats(1e-3, 100))
def test_the_value_lies_in_its_interval_and_the_interval_is_not_empty(
    value: float, relative: float, variance: float, noise_n: float, per_cycle: float
) -> None:
    found = of(value, relative, variance=variance, noise=noise_n, per_cycle=per_cycle)
    assert 0 <= found.lower <= found.value <= found.upper
    assert found.upper > 0


@settings(max_examples=200, deadline=None)
@given(
    st.floats(4.0, 1e5),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.floats(0, 1e3),
)
def test_more_error_or_variance_never_narrows(
    value: float, error: float, more: float, variance: float, extra: float, noise_n: float
) -> None:
    assume(value > noise_n)
    narrow, wide = (
        of(value, error, variance=variance, noise=noise_n),
        of(value, error + more, variance=variance + extra, noise=noise_n),
    )
    assert wide.lower <= narrow.lower * (1 + 1e-12)
    assert wide.upper >= narrow.upper * (1 - 1e-12)


SHARE, CYCLES, STATIONS = 0.03, 4_000, 6


@cache
def errors_of(share: float, seed: int = 1) -> tuple[Errors, float, float]:
    """Errors of a drawn plant, its estimated and its true count of delays at the floor."""
    rng = np.random.default_rng(seed)
    rows, truth = [], 0
    for _ in range(STATIONS):
        delay = np.where(rng.random(CYCLES) < share, 3.0 + rng.gamma(2.0, 4.0, CYCLES), 0.0)
        rows.append(histogram(noise(rng, CYCLES, 0.0, 1.0, 0.12) + delay))
        truth += int((delay >= FLOOR).sum())
    counts = np.stack(rows)
    nothing = np.zeros_like(counts)
    fitted = fit(Histograms(uncalled=counts, blocked=nothing, called=nothing))
    found = float((fitted.mixture.posterior() @ above_floor() * counts).sum())
    return estimate_errors(fitted, np.random.default_rng(seed), replicates=10), found, truth


def test_errors_cover_what_a_drawn_plant_is_off_by() -> None:
    errors, found, truth = errors_of(SHARE)
    assert abs(np.log(found / truth)) < QUANTILE * np.hypot(errors.shared, np.sqrt(found) / found)
    assert PLANT_ERROR < errors.shared < 0.12
    assert np.all(errors.station_count >= STATION_ERROR)
    assert np.all(errors.station_minutes < errors.station_count)
    assert errors.plant_noise < 0.05 * found


def test_with_nothing_wrong_the_count_is_within_what_noise_gives() -> None:
    errors, found, truth = errors_of(0.0)
    assert truth == 0
    estimate = of(found, errors.shared, noise=max(errors.plant_noise, 1.0))
    assert estimate.lower == 0.0
    assert 0 < estimate.upper < 25


def test_a_plant_full_of_delays_has_the_wider_error() -> None:
    assert errors_of(0.12)[0].shared >= DENSE_ERROR


def test_the_same_seed_gives_the_same_errors() -> None:
    rows = np.stack([histogram(noise(np.random.default_rng(s), 800, 0, 1, 0.1)) for s in (1, 2)])
    fitted = fit(Histograms(uncalled=rows, blocked=np.zeros_like(rows), called=np.zeros_like(rows)))
    one, two = (estimate_errors(fitted, np.random.default_rng(4), replicates=3) for _ in range(2))
    np.testing.assert_array_equal(one.station_count, two.station_count)
    assert one.plant_noise == two.plant_noise


@pytest.mark.parametrize("rows", [1, 5, 10_000])
def test_how_many_replicates_are_fitted_at_once_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    counts = np.stack([histogram(noise(np.random.default_rng(s), 800, 0, 1, 0.1)) for s in (1, 2)])
    fitted = fit(Histograms(uncalled=counts, blocked=np.zeros_like(counts), called=np.zeros_like(counts)))
    usual = estimate_errors(fitted, np.random.default_rng(4), replicates=4)
    monkeypatch.setattr(intervals, "ROWS_AT_ONCE", rows)
    other = estimate_errors(fitted, np.random.default_rng(4), replicates=4)
    np.testing.assert_allclose(other.station_count, usual.station_count, rtol=1e-9)
    np.testing.assert_allclose(other.station_noise, usual.station_noise, rtol=1e-9, atol=1e-9)
    assert other.shared == pytest.approx(usual.shared, rel=1e-9)
    np.testing.assert_allclose(other.station_minutes, usual.station_minutes, rtol=1e-9)
