"""Is a lasting rise found where it begins and by how much, and nothing else taken for one?"""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.drift import (
    BLOCK,
    FEWEST_BLOCKS,
    MOST_BLOCKS,
    CameBack,
    Drift,
    Floats,
    Ints,
    find_drift,
    level_of,
)

SIZE = 6_000
SIGMA = 0.06
PROGRESS = np.linspace(0.0, 1.0, SIZE)
ONE = np.zeros(SIZE, dtype=np.int64)


def found(
    growth: Floats, seed: int = 0, *, product: Ints = ONE, shift: Ints = ONE, sigma: float = SIGMA
) -> Drift | CameBack | None:
    """Draw a station of 60 s whose cycles are longer by a factor, and look for a drift."""
    rng = np.random.default_rng(seed)
    crew = np.repeat(rng.normal(0.0, 0.006, SIZE // 200), 200)
    level = level_of(60.0 * (1.0 + growth) * np.exp(sigma * rng.standard_normal(SIZE) + crew), product, shift)
    assert level is not None
    return find_drift(level)


def step(at: float, height: float) -> Floats:
    return np.where(at <= PROGRESS, height, 0.0)


def ramp(at: float, height: float) -> Floats:
    return height * np.clip((PROGRESS - at) / (1.0 - at), 0.0, 1.0)


def batches(rng: np.random.Generator, products: int) -> Ints:
    return np.repeat(rng.integers(0, products, SIZE // 100), 100)


@pytest.mark.parametrize("growth", [step(0.5, 0.09), ramp(0.4, 0.10), ramp(0.0, 0.10)])
def test_a_lasting_rise_is_found(growth: Floats) -> None:
    hits = [found(growth, seed) for seed in range(20)]
    drifts = [one for one in hits if isinstance(one, Drift)]
    assert len(drifts) >= 19
    # What was lost on average per cycle, over the whole period.
    lost = np.mean([np.mean(one.rise) for one in drifts])
    assert lost == pytest.approx(np.mean(np.log1p(growth)), rel=0.06)


@pytest.mark.parametrize("at", [0.3, 0.5, 0.7])
def test_the_onset_of_a_step_is_found_to_the_block(at: float) -> None:
    onsets = []
    for seed in range(20):
        one = found(step(at, 0.09), seed)
        assert isinstance(one, Drift)
        onsets.append(one.onset - at * SIZE / BLOCK)
    assert abs(np.median(onsets)) <= 1
    assert np.quantile(np.abs(onsets), 0.9) <= 4


def test_a_rise_from_the_first_day_is_measured_from_the_first_day() -> None:
    onsets = [one.onset for seed in range(20) if isinstance(one := found(ramp(0.0, 0.10), seed), Drift)]
    assert np.mean(np.array(onsets) == 0) >= 0.8


@pytest.mark.parametrize(
    "growth", [np.zeros(SIZE), ramp(0.0, 0.025), -ramp(0.0, 0.10), -step(0.4, 0.08), step(0.97, 0.12)]
)
def test_no_drift_is_found_where_there_is_none(growth: Floats) -> None:
    """Nothing; less than the threshold; learning; a faster method; a few bad hours at the end."""
    false = sum(isinstance(found(growth, seed), Drift) for seed in range(40))
    assert false <= 1


def test_wear_is_no_drift_it_comes_back() -> None:
    """Tools that last for a fifth of the period: the last one is worn out as the data end."""
    saw = 0.12 * ((5 * PROGRESS) % 1.0)
    said = [found(saw, seed) for seed in range(20)]
    assert not any(isinstance(one, Drift) for one in said)
    short = 0.06 * ((13.4 * PROGRESS) % 1.0)
    assert not any(isinstance(found(short, seed), Drift) for seed in range(20))


def test_a_bad_week_came_back() -> None:
    spell = step(0.4, 0.10) - step(0.6, 0.10)
    said = [found(spell, seed) for seed in range(20)]
    assert all(isinstance(one, CameBack) for one in said)
    assert np.mean([one.swing for one in said if isinstance(one, CameBack)]) == pytest.approx(0.10, abs=0.02)
    assert all(0.35 <= one.highest * BLOCK / SIZE <= 0.6 for one in said if isinstance(one, CameBack))


def test_a_changed_mix_is_no_drift_and_hides_none() -> None:
    """Slow products are made more and more often; and the same while the station does grow slower."""
    extra = np.array([0.0, 0.12, 0.30])
    false, hits, lost = 0, 0, []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        late = np.repeat(rng.random(SIZE // 100) < PROGRESS[::100], 100)
        product = np.where(late, batches(rng, 2) + 1, batches(rng, 2))
        factor = 1.0 + extra[product]
        false += isinstance(found(factor - 1.0, seed, product=product), Drift)
        one = found(factor * (1.0 + ramp(0.0, 0.10)) - 1.0, seed, product=product)
        if isinstance(one, Drift):
            hits += 1
            lost.append(np.mean(one.rise))
    assert false <= 1
    assert hits >= 18
    assert np.mean(lost) == pytest.approx(np.mean(np.log1p(ramp(0.0, 0.10))), rel=0.12)


def test_shifts_that_differ_are_no_drift() -> None:
    shift = np.repeat(np.arange(SIZE // 500) % 2, 500)
    assert not any(isinstance(found(0.08 * shift, seed, shift=shift), Drift) for seed in range(20))
    assert isinstance(found(0.08 * shift + ramp(0.2, 0.12), 1, shift=shift), Drift)


def test_slow_cycles_do_not_move_the_level() -> None:
    rng = np.random.default_rng(4)
    delays = np.where(rng.random(SIZE) < 0.05 * PROGRESS, 1.5, 0.0)
    assert not any(isinstance(found(delays, seed), Drift) for seed in range(10))


def test_the_level_does_not_depend_on_the_unit_or_the_names() -> None:
    rng = np.random.default_rng(2)
    net_s = 60.0 * np.exp(SIGMA * rng.standard_normal(SIZE))
    product = batches(rng, 3)
    one = level_of(net_s, product, ONE)
    other = level_of(net_s / 60.0, 7 - 2 * product, ONE + 5)
    assert one is not None
    assert other is not None
    assert one.value == pytest.approx(other.value, abs=1e-9)


def test_few_cycles_say_nothing_and_many_cost_no_more() -> None:
    few = BLOCK * FEWEST_BLOCKS - 1
    assert level_of(np.full(few, 60.0), ONE[:few], ONE[:few]) is None
    rng = np.random.default_rng(1)
    many = 60.0 * np.exp(SIGMA * rng.standard_normal(50_000))
    level = level_of(many, np.zeros(50_000, np.int64), np.zeros(50_000, np.int64))
    assert level is not None
    assert level.value.size == MOST_BLOCKS
    assert level.block.max() == MOST_BLOCKS - 1
