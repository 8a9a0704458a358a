"""Is a pattern called chance as often as chance makes it, and found where it was put?"""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.problems.chance import close_chance, discoveries, group_chance, phase_chance

DAYS, PER_DAY = 20, 480
STARTS = np.arange(DAYS + 1) * PER_DAY


def _isolated(rng: np.random.Generator, rate: float) -> np.ndarray:
    """Draw events of which no two follow each other, as first cycles of runs never do."""
    event = rng.random(DAYS * PER_DAY) < rate
    event[1:] &= ~event[:-1]
    return event


def test_group_of_one_cycle_in_one_day_is_exact() -> None:
    """Three events among ten cycles: one chance in ten turns that a given one of them hits the one cycle."""
    event = np.zeros(10, dtype=bool)
    event[[2, 5, 7]] = True
    member = np.zeros((1, 10), dtype=bool)
    member[0, 5] = True
    (chance,) = group_chance(event, member, np.array([0, 10]))
    assert chance.seen == 1
    assert chance.expected == pytest.approx(0.3)
    assert chance.p_value == pytest.approx(0.3)


def test_group_over_days_is_the_product_of_turns() -> None:
    """Two days of four cycles with one event each on the group's only cycle: (1/4)²."""
    event = np.array([0, 1, 0, 0, 0, 0, 1, 0], dtype=bool)
    (chance,) = group_chance(event, event[None, :], np.array([0, 4, 8]))
    assert chance.p_value == pytest.approx(1 / 16)


def test_days_without_a_choice_say_nothing() -> None:
    event = np.array([1, 0, 1, 0], dtype=bool)
    (chance,) = group_chance(event, np.ones((1, 4), dtype=bool), np.array([0, 4]))
    assert (chance.seen, chance.p_value) == (0, 1.0)


def test_a_cluster_is_not_mistaken_for_its_group() -> None:
    """Ten slow cycles in one cluster are one coincidence with an hour, not ten."""
    event = np.zeros(480, dtype=bool)
    event[100:120:2] = True
    member = np.zeros((1, 480), dtype=bool)
    member[0, 90:150] = True
    (chance,) = group_chance(event, member, np.array([0, 480]))
    assert chance.p_value > 0.05


@pytest.mark.parametrize("k", [2, 7, 24])
def test_phase_is_calibrated_under_chance(k: int) -> None:
    rng = np.random.default_rng(k)
    p_values = np.array([phase_chance(_isolated(rng, 0.03), STARTS, k).p_value for _ in range(600)])
    assert (p_values <= 0.05).mean() < 0.08
    assert (p_values <= 0.5).mean() == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("within", [10, 30])
def test_closeness_is_calibrated_under_chance(within: int) -> None:
    rng = np.random.default_rng(within)
    p_values = np.array([close_chance(_isolated(rng, 0.03), STARTS, within).p_value for _ in range(600)])
    assert (p_values <= 0.05).mean() < 0.08
    assert (p_values <= 0.5).mean() == pytest.approx(0.5, abs=0.08)


def test_phase_finds_its_own_k_best() -> None:
    """Every sixth unit also shows at 2, 3, 12 …, but strongest at 6."""
    rng = np.random.default_rng(6)
    event = (np.arange(DAYS * PER_DAY) % 6 == 4) & (rng.random(DAYS * PER_DAY) < 0.2)
    strength = {}
    for k in range(2, 25):
        chance = phase_chance(event, STARTS, k)
        strength[k] = (chance.seen - chance.expected) / np.sqrt(chance.expected)
    assert max(strength, key=lambda k: strength[k]) == 6


def test_close_pairs_meet_over_the_days_end() -> None:
    """Positions lie on a circle, so that the edge of a day counts like its middle."""
    event = np.zeros(100, dtype=bool)
    event[[1, 97]] = True
    assert close_chance(event, np.array([0, 100]), 10).seen == 1
    assert close_chance(np.roll(event, 40), np.array([0, 100]), 10).seen == 1


def test_discoveries_match_the_step_up_rule() -> None:
    p_values = np.array([0.01, 0.02, 0.03, 0.04, 0.5])
    assert discoveries(p_values) == pytest.approx([0.05, 0.05, 0.05, 0.05, 0.5])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_discoveries_keep_the_order_and_never_shrink(p_values: list[float]) -> None:
    first = discoveries(np.array(p_values))
    assert np.all(first >= np.array(p_values) - 1e-12)
    for order in list(permutations(range(len(p_values))))[:6]:
        again = discoveries(np.array(p_values)[list(order)])
        assert again == pytest.approx(first[list(order)])
