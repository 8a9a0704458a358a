"""What the fit says of every cycle is true as often as it says."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from analytics.estimate.fit import Fit, count, fit
from analytics.estimate.mixture import FLOOR, GRID, SMALLEST
from analytics.estimate.null import Null
from analytics.estimate.passes import Prepared, prepare
from analytics.estimate.scoring import _held_beyond, exceedance, score
from tests.estimate.given import calls, cycles, noise, plant_of

SIZE, STATIONS, SHARE = 4_000, 4, 0.04
USUAL_S, SIGMA = 60.0, 0.05


@cache
def drawn() -> tuple[Prepared, Fit, np.ndarray]:
    """Four stations; every twenty-fifth cycle is delayed by 5 to about 60 s, a fifth of those called."""
    rng = np.random.default_rng(11)
    frames, raised, delays = [], [], []
    for code in range(STATIONS):
        own = USUAL_S * (1 + SIGMA * noise(rng, SIZE, 0.0, 1.0, 0.12))
        delay = np.where(rng.random(SIZE) < SHARE, 5.0 + rng.gamma(1.5, 12.0, SIZE), 0.0)
        frames.append(cycles(own + delay, station=f"S{code}"))
        starts = np.cumsum(own + delay + 5.0) - own - delay - 5.0
        called = (delay > 15) & (rng.random(SIZE) < 0.3)
        raised.append(calls((starts + own + 0.7 * delay)[called].tolist(), station=f"S{code}"))
        delays.append(delay)
    plant = plant_of(*frames, andon_calls=pl.concat(raised))
    prepared = prepare(plant, np.random.default_rng(0))
    return prepared, fit(count(prepared)), np.concatenate(delays)


def test_the_count_and_the_minutes_are_recovered() -> None:
    prepared, fitted, delay = drawn()
    scores = score(prepared, fitted)
    slow = delay >= scores.floor_s
    assert np.nansum(scores.slow) == pytest.approx(slow.sum(), rel=0.06)
    assert np.nansum(scores.delay_s) == pytest.approx(delay[slow].sum(), rel=0.05)
    called = prepared.matching.called
    # Over draws it is off by 3 ± 5 %: four stations tell their common tail no better.
    assert np.nansum(scores.undetected) == pytest.approx((slow & ~called).sum(), rel=0.12)


def test_a_slow_cycle_is_a_delayed_one() -> None:
    prepared, fitted, delay = drawn()
    scores = score(prepared, fitted)
    assert (scores.delayed >= scores.slow - 1e-12).all()
    longer = delay >= SMALLEST * prepared.scale_s
    assert np.nansum(scores.delayed) == pytest.approx(longer.sum(), rel=0.08)


def test_stated_chances_are_true() -> None:
    prepared, fitted, delay = drawn()
    scores = score(prepared, fitted)
    slow = delay >= scores.floor_s
    for low, high, slack in ((0.0, 0.05, 0.002), (0.1, 0.5, 0.10), (0.5, 0.9, 0.10), (0.95, 1.01, 0.02)):
        band = (scores.slow >= low) & (scores.slow < high)
        assert band.sum() > 25
        assert slow[band].mean() == pytest.approx(
            scores.slow[band].mean(), abs=slack + 1.5 / np.sqrt(band.sum()) * 0.5
        )


def test_longer_is_likelier_and_a_higher_threshold_is_not() -> None:
    prepared, fitted, _ = drawn()
    size = prepared.plant.size
    before = np.ones(size) * 2
    for threshold in (4.0, 4.5, 5.3, 6.0, 7.9, 9.0, 12.0, 20.0):
        chance, delay = exceedance(prepared, fitted, np.full(size, threshold))
        assert np.all((chance >= 0) & (chance <= 1))
        assert np.all(delay >= 0)
        # From 6 sigmas on, cycles beyond 8 are judged without the grid: the two agree within 3 %.
        assert np.all(chance <= before + (0.03 if threshold == 6.0 else 1e-9)), threshold
        before = chance
    open_ = ~prepared.matching.called & (prepared.blocking.weight == 0)
    chance, _ = exceedance(prepared, fitted, np.full(size, FLOOR))
    for part in prepared.plant.slices():
        rows = np.arange(part.start, part.stop)[open_[part]]
        ordered = chance[rows][np.argsort(prepared.deviation[rows], kind="stable")]
        assert np.all(np.diff(ordered) >= -0.02), "a longer cycle is at least as likely slow"


def test_called_and_covered_cycles_did_not_run_without_a_call() -> None:
    prepared, fitted, _ = drawn()
    scores = score(prepared, fitted)
    detected = prepared.matching.called | prepared.matching.covered
    assert detected.sum() > 50
    assert not scores.undetected[detected].any()
    unclaimed = ~detected & (prepared.matching.claimed == 0.0)
    assert unclaimed.sum() > 10_000
    np.testing.assert_array_equal(scores.undetected[unclaimed], scores.slow[unclaimed])


def test_a_cycle_that_a_call_may_be_about_ran_without_one_only_as_far_as_it_is_not() -> None:
    prepared, fitted, _ = drawn()
    named = prepared.matching.called | prepared.matching.covered
    share = np.where(named, 0.0, np.random.default_rng(4).choice([0.0, 0.3, 1.0], prepared.plant.size))
    claimed = replace(prepared, matching=replace(prepared.matching, claimed=share))
    before, after = score(prepared, fitted), score(claimed, fitted)
    np.testing.assert_array_equal(after.slow, before.slow)
    assert np.nansum(after.slow[(share > 0.0) & ~named]) > 10.0
    np.testing.assert_allclose(after.undetected[~named], (after.slow * (1.0 - share))[~named])


def test_what_is_not_usable_has_no_floor_and_no_chance() -> None:
    frames = [
        cycles(USUAL_S + np.random.default_rng(1).standard_normal(n), station=f"S{n}") for n in (99, 400)
    ]
    prepared = prepare(plant_of(*frames), np.random.default_rng(0))
    assert prepared.masked_because[prepared.plant.stations["station_id"].to_list().index("S99")]
    scores = score(prepared, fit(count(prepared)))
    for values in (scores.floor_s, scores.slow, scores.undetected, scores.delay_s):
        np.testing.assert_array_equal(np.isnan(values), ~prepared.usable)
    assert (~prepared.usable).sum() == 99


def test_the_floor_is_four_sigmas_of_the_stations_scatter() -> None:
    prepared, fitted, _ = drawn()
    floor = score(prepared, fitted).floor_s
    assert np.nanmedian(floor) == pytest.approx(FLOOR * SIGMA * USUAL_S, rel=0.08)


@pytest.mark.parametrize(("location", "scale", "skew"), [(0.0, 1.0, 0.0), (0.2, 0.9, 0.12), (-0.1, 1.2, 0.4)])
def test_the_mean_noise_is_that_of_drawn_noise(location: float, scale: float, skew: float) -> None:
    null = Null(*(np.array([value]) for value in (location, scale, skew, skew)))
    seen = noise(np.random.default_rng(3), 200_000, location, scale, skew).mean()
    assert null.mean()[0] == pytest.approx(seen, abs=0.012)


def test_a_long_delay_does_not_fit_into_a_shorter_wait() -> None:
    """One in ten is delayed, by 15 to 24 sigmas: a wait of 12 hides none of them, one of 30 hides all."""
    weights = np.zeros(GRID.size)
    weights[[0, -1]] = 0.9, 0.1
    beyond = np.arange(15.0, 25.0)
    chance, delay = _held_beyond(weights, beyond, np.array([12.0, 19.5, 30.0]), np.full(3, FLOOR))
    assert chance == pytest.approx([0.0, 0.05 / 0.95, 0.1])
    assert delay[2] == pytest.approx(0.1 * beyond.mean())
    chance, _ = _held_beyond(weights, beyond, np.array([30.0]), np.array([20.0]))
    assert chance == pytest.approx([0.05])
