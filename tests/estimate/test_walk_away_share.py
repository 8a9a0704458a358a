"""The share comes back from cycles whose truth is known, with an interval that holds it."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from analytics.estimate.walk_away_share import SlowCycles, queue_share, shift_phase

DAYS, SHIFTS, STATIONS = 12, 2, 8


def drawn(
    seed: int, by_queue: float, *, busy_late: float = 1.0, late_level: float = 0.0, rows: int = 1500
) -> tuple[SlowCycles, float]:
    """Draw slow cycles of one line, and the share of the uncalled that walked away.

    Args:
        seed: of the draws.
        by_queue: drop of the logit per open call.
        busy_late: the late shift has so many times as many open calls.
        late_level: added to the logit in the late shift.
        rows: how many cycles.
    """
    rng = np.random.default_rng(seed)
    day, shift = rng.integers(0, DAYS, rows), rng.integers(0, SHIFTS, rows)
    station = rng.integers(0, STATIONS, rows)
    queue = rng.poisson(0.5 * np.where(shift == 1, busy_late, 1.0)).astype(np.float64)
    excess = np.exp(rng.normal(3.4, 0.7, rows))
    alone = (
        0.4
        + 1.1 * np.log(excess / 30.0)
        + rng.normal(0.0, 0.5, STATIONS)[station]
        + late_level * (shift == 1)
        + rng.normal(0.0, 0.2, (DAYS, SHIFTS))[day, shift]
    )
    draw = rng.random(rows)
    called = draw < expit(alone - by_queue * queue)
    walked = ~called & (draw < expit(alone))
    return SlowCycles(
        called=called,
        weight=np.ones(rows),
        excess_s=excess,
        queue=queue,
        station=station,
        line=np.zeros(rows, dtype=np.int64),
        shift_day=day * SHIFTS + shift,
        plant_shift_day=day * SHIFTS + shift,
        shift=shift,
        hours=rng.uniform(0.0, 8.0, rows),
    ), float(walked.sum() / (~called).sum())


@pytest.mark.parametrize("by_queue", [0.0, 0.4, 0.9])
def test_the_share_is_recovered_and_covered(by_queue: float) -> None:
    errors, held = [], []
    for seed in range(30):
        cycles, truth = drawn(seed, by_queue)
        found = queue_share(cycles, np.random.default_rng(seed)).adjusted
        errors.append(found.value - truth)
        held.append(found.lower <= truth <= found.upper)
    assert abs(np.mean(errors)) < 0.01
    assert np.mean(held) >= 0.9


def test_a_shift_that_is_busy_and_calls_less_is_not_taken_for_walking_away() -> None:
    adjusted, unadjusted, held = [], [], []
    for seed in range(20):
        cycles, truth = drawn(seed, 0.0, busy_late=3.0, late_level=-1.0)
        found = queue_share(cycles, np.random.default_rng(seed))
        adjusted.append(found.adjusted.value - truth)
        unadjusted.append(found.unadjusted.value - truth)
        held.append(found.adjusted.lower <= truth <= found.adjusted.upper)
    assert abs(np.mean(adjusted)) < 0.02
    assert np.mean(unadjusted) > 0.08
    assert np.mean(held) >= 0.9


def test_a_busy_shift_that_calls_more_hides_walking_away_without_adjustment() -> None:
    cycles, truth = drawn(3, 0.5, busy_late=3.0, late_level=1.0, rows=6000)
    found = queue_share(cycles, np.random.default_rng(0))
    assert found.adjusted.value == pytest.approx(truth, abs=0.04)
    assert found.unadjusted.value < truth - 0.08


def test_a_queue_that_follows_from_the_shift_is_told() -> None:
    cycles, _ = drawn(1, 0.5)
    tied = replace(cycles, queue=2.0 * cycles.shift)
    assert queue_share(cycles, np.random.default_rng(0)).explained < 0.1
    assert queue_share(tied, np.random.default_rng(0)).explained > 0.9


def test_doubtful_cycles_count_by_their_chance() -> None:
    """Cycles of weight 0 change nothing."""
    cycles, _ = drawn(1, 0.5)
    ghosts, _ = drawn(2, 0.0)
    both = SlowCycles(
        **{
            field.name: np.concatenate([getattr(cycles, field.name), getattr(ghosts, field.name)])
            for field in fields(SlowCycles)
        }
    )
    both = replace(both, weight=np.concatenate([cycles.weight, 0.0 * ghosts.weight]))
    one = queue_share(cycles, np.random.default_rng(0)).adjusted
    other = queue_share(both, np.random.default_rng(0)).adjusted
    assert other.value == pytest.approx(one.value, abs=1e-9)


def test_the_order_of_rows_does_not_matter() -> None:
    cycles, _ = drawn(1, 0.5)
    mixed = np.random.default_rng(5).permutation(cycles.weight.size)
    shuffled = SlowCycles(**{field.name: getattr(cycles, field.name)[mixed] for field in fields(SlowCycles)})
    one = queue_share(cycles, np.random.default_rng(0)).adjusted
    other = queue_share(shuffled, np.random.default_rng(0)).adjusted
    assert (other.value, other.lower, other.upper) == pytest.approx((one.value, one.lower, one.upper))


def test_more_days_narrow_the_interval() -> None:
    few, _ = drawn(1, 0.5, rows=800)
    many, _ = drawn(1, 0.5, rows=8000)
    width = [
        found.upper - found.lower
        for found in (queue_share(one, np.random.default_rng(0)).adjusted for one in (few, many))
    ]
    assert width[1] < 0.6 * width[0]


def test_shift_days_are_numbered_by_line_and_hours_start_with_their_first_cycle() -> None:
    hour = 3_600_000_000
    line = np.array([0, 0, 0, 1, 1])
    shift = pl.Series(["early", "early", None, "early", "early"])
    day = np.array([1, 1, 1, 1, 2])
    begin = np.array([6, 8, 15, 7, 31]) * hour
    found = shift_phase(line, shift, day, begin, np.array([1, 2, 3, 4]))
    assert found["hours"].to_list() == [2.0, 0.0, 0.0, 0.0]
    assert found["shift_day"].n_unique() == 4
    assert found["shift"].n_unique() == 3
    same = found["plant_shift_day"].to_list()
    assert same[0] == same[2]
    assert found["plant_shift_day"].n_unique() == 3
