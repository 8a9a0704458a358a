"""Every usable cycle falls into one bin of its own station, called or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.estimate.fit import HIDDEN, bin_of, count, fit, fit_stations
from analytics.estimate.mixture import above_floor
from analytics.estimate.null import BIN_WIDTH, BINS, HIGHEST, LOWEST
from analytics.estimate.passes import USUAL, prepare
from tests.estimate.given import calls, cycles, plant_of


def test_bins_are_an_eighth_of_a_sigma_and_the_last_is_the_rest() -> None:
    deviations = np.array([LOWEST, LOWEST + BIN_WIDTH, 0.0, HIGHEST - 1e-9, HIGHEST, 1e6, -1e6, np.nan])
    last = BINS - 1
    assert bin_of(deviations).tolist() == [0, 1, 48, last - 1, last, last, 0, 48]


@pytest.fixture(scope="module")
def prepared():
    rng = np.random.default_rng(2)
    frames, starts = [], []
    for name in ("S1", "S2"):
        lengths = 60 + 2 * rng.standard_normal(800)
        lengths[10::40] += 40
        frames.append(cycles(lengths, station=name))
        starts.append(np.cumsum(lengths + 5) - lengths - 5)
    return prepare(
        plant_of(*frames, andon_calls=calls((starts[0][10::80] + 80).tolist(), station="S1")),
        np.random.default_rng(0),
    )


def test_each_usable_cycle_is_counted_once(prepared) -> None:
    histograms = count(prepared)
    together = histograms.uncalled + histograms.blocked + histograms.called
    usable = prepared.usable & (prepared.kind == USUAL)
    expected = np.bincount(prepared.plant.station[usable], minlength=2)
    np.testing.assert_allclose(together.sum(axis=1), expected)
    assert histograms.called[0].sum() == prepared.matching.called.sum() == 10
    assert histograms.called[1].sum() == 0


def test_a_station_whose_scatter_is_not_its_own_is_masked_by_itself(prepared) -> None:
    """Its residuals are four times as wide as they should be; the other station keeps its number."""
    first = prepared.plant.station == 0
    narrow = replace(prepared, deviation=np.where(first, 4.0 * prepared.deviation, prepared.deviation))
    rest, fitted = fit_stations(narrow)
    assert rest.masked_because == [HIDDEN, ""]
    assert not rest.usable[first].any()
    assert rest.usable[~first].sum() == prepared.usable[~first].sum()
    assert fitted.histograms.uncalled[0].sum() == 0
    same, _ = fit_stations(prepared)
    assert same is prepared


def test_delays_are_where_they_were_put(prepared) -> None:
    fitted = fit(count(prepared))
    delayed = fitted.mixture.weights @ above_floor()
    np.testing.assert_allclose(delayed, [10 / 790, 20 / 800], rtol=0.02)
    np.testing.assert_allclose(fitted.mixture.weights.sum(axis=1), 1.0)
    assert fitted.called.weights.shape[0] == 1
    assert 1 - fitted.called.weights[0, 0] == pytest.approx(1.0, abs=0.02)


def test_no_cycles_at_all_can_be_fitted() -> None:
    prepared = prepare(plant_of(cycles(np.full(5, 60.0))), np.random.default_rng(0))
    fitted = fit(count(prepared))
    assert np.isfinite(fitted.null.location).all()
    assert np.isfinite(fitted.mixture.weights).all()
