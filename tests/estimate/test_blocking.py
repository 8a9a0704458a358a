"""Waiting for the next station: found with its transfer time, not found where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.blocking import LEAST_WEIGHT, Blocking, find_blocking
from analytics.estimate.order import LineOrder
from analytics.estimate.plant import Plant
from tests.estimate.given import plant_of, spans

UNITS = 1_500
CYCLE_S, SIGMA_S = 55.0, 2.5


def one_after_the_other(
    seed: int, *, offset_s: float = 0.0, blocked_share: float = 0.05, stamp_s: float = 0.1
) -> tuple[Plant, np.ndarray, np.ndarray]:
    """Two stations; now and then the first holds its unit until the next lets go of one.

    Returns the plant, the scaled residuals, and which cycles truly waited.
    """
    rng = np.random.default_rng(seed)
    takt = 66.0
    own = CYCLE_S + SIGMA_S * rng.standard_normal(UNITS)
    own += np.where(rng.random(UNITS) < 0.03, rng.exponential(30.0, UNITS) + 10.0, 0.0)
    begin = takt * np.cumsum(rng.uniform(0.8, 1.2, UNITS)) + np.cumsum(np.maximum(own - takt, 0.0))
    end = begin + own
    # The second station runs on its own, with unrelated ends.
    after = np.sort(begin + rng.uniform(0.0, 60.0, UNITS) + CYCLE_S)
    waited = rng.random(UNITS) < blocked_share
    held_until = after[np.searchsorted(after, end + 6.0).clip(max=UNITS - 1)] + offset_s
    waited &= (held_until > end) & (held_until - end < 60.0)
    end = np.where(waited, held_until, end)
    plant = plant_of(
        spans(begin, end, station="A", stamp_s=stamp_s),
        spans(after - CYCLE_S, after, station="B", stamp_s=stamp_s),
    )
    # load_plant sorts by end: bring the truth into that order.
    by_end = np.lexsort((begin, np.round(end / stamp_s)))
    seconds = (plant.end_us - plant.start_us) / 1e6
    deviation = (seconds - CYCLE_S) / SIGMA_S
    deviation[UNITS:] = 0.0
    return plant, deviation, waited[by_end]


ORDER = LineOrder({0: [1]}, {1: [0]}, {0: 1, 1: 2}, {0: "told"})


def search(plant: Plant, deviation: np.ndarray, width: float = 0.1) -> Blocking:
    return find_blocking(plant, ORDER, deviation, np.ones(plant.size, bool), np.full(2, width))


@pytest.mark.parametrize("offset_s", [0.0, 3.0, 11.5])
def test_blocking_is_found_at_its_transfer_time(offset_s: float) -> None:
    plant, deviation, waited = one_after_the_other(1, offset_s=offset_s)
    found = search(plant, deviation)
    assert len(found.pairs) == 1
    assert found.pairs[0].offset_s == pytest.approx(offset_s, abs=0.3)
    assert found.pairs[0].downstream == (1,)
    slow = waited & (deviation[:UNITS] > 1.5)
    weight = found.weight[:UNITS]
    assert weight[slow].mean() > 0.85
    assert (weight[~waited] > 0.5).mean() < 0.01
    assert found.pairs[0].blocked_share == pytest.approx(waited.mean(), abs=0.015)


def test_none_is_found_where_there_is_none() -> None:
    """Over 24 plants without blocking: false alarms are rare, and hardly a cycle is taken away by them."""
    shares = []
    for seed in range(24):
        plant, deviation, waited = one_after_the_other(100 + seed, blocked_share=0.0)
        assert not waited.any()
        shares.append(search(plant, deviation).weight.mean())
    assert np.mean(np.array(shares) > 0) <= 0.10
    assert np.mean(shares) < 0.001


def test_weights_say_how_many_are_chance_where_stamps_are_coarse() -> None:
    fine, coarse = [], []
    for seed in range(4):
        for stamp, kept in ((0.1, fine), (1.0, coarse)):
            plant, deviation, waited = one_after_the_other(seed, stamp_s=stamp)
            weight = search(plant, deviation, stamp).weight[:UNITS]
            flagged = weight > 0
            kept.append((weight[flagged].mean(), waited[flagged].mean()))
    for stated, true in (np.mean(fine, axis=0), np.mean(coarse, axis=0)):
        assert stated == pytest.approx(true, abs=0.08)
    assert np.mean(coarse, axis=0)[0] < np.mean(fine, axis=0)[0]


def test_short_cycles_are_never_flagged() -> None:
    plant, deviation, _ = one_after_the_other(3, blocked_share=0.3)
    weight = search(plant, deviation).weight
    assert not weight[deviation < 0.75].any()
    assert ((weight == 0) | (weight >= LEAST_WEIGHT)).all()
    assert weight.max() <= 1.0


def test_cycles_whose_start_is_not_known_are_left_out() -> None:
    plant, deviation, _ = one_after_the_other(4)
    found = find_blocking(plant, ORDER, deviation, np.zeros(plant.size, bool), np.full(2, 0.1))
    assert not found.weight.any()
    assert found.pairs == []


def test_without_an_order_nothing_is_searched() -> None:
    plant, deviation, _ = one_after_the_other(5)
    found = find_blocking(
        plant, LineOrder({}, {}, {}, {0: "unknown"}), deviation, np.ones(plant.size, bool), np.full(2, 0.1)
    )
    assert not found.weight.any()


def test_blocking_by_either_of_two_machines() -> None:
    """The next step is two parallel machines: the unit leaves when either lets go."""
    plant, deviation, waited = one_after_the_other(6)
    ends = plant.end_us[UNITS:] / 1e6
    first = plant.end_us[:UNITS] / 1e6
    origin = 1_772_431_200.0  # Monday six o'clock
    parallel = plant_of(
        spans(
            first - origin - (first - plant.start_us[:UNITS] / 1e6), first - origin, station="A", stamp_s=0.1
        ),
        spans(ends[::2] - origin - CYCLE_S, ends[::2] - origin, station="B1", stamp_s=0.1),
        spans(ends[1::2] - origin - CYCLE_S, ends[1::2] - origin, station="B2", stamp_s=0.1),
    )
    order = LineOrder({0: [1, 2]}, {1: [0], 2: [0]}, {0: 1, 1: 2, 2: 2}, {0: "told"})
    found = find_blocking(parallel, order, deviation, np.ones(parallel.size, bool), np.full(3, 0.1))
    slow = waited & (deviation[:UNITS] > 1.5)
    assert found.pairs[0].downstream == (1, 2)
    assert found.weight[:UNITS][slow].mean() > 0.85
