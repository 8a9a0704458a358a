"""Does a doubtful cycle get the chance that it truly has, beside a slow one and far from any?"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.problems.neighbours import judge_again
from analytics.problems.sequence import Sequence, sequence
from tests.problems.plant import run_cycles

CYCLES, DAYS = 40_000, 40
LEAST, FLOOR = 2.0, 4.0
Floats = NDArray[np.float64]


def _run(
    rng: np.random.Generator, *, begins: float, stays: float
) -> tuple[Sequence, Floats, NDArray[np.bool_]]:
    """Draw delays of 2 to 8 sigmas in runs; return the run as an estimate sees it, cycle by cycle.

    Both chances are Bayes' from the cycle alone: normal noise, every length of delay alike.
    """
    delayed = np.zeros(CYCLES, dtype=bool)
    draws = rng.random(CYCLES)
    for number in range(1, CYCLES):
        delayed[number] = draws[number] < (stays if delayed[number - 1] else begins)
    grid = np.arange(LEAST, 8.0, 0.1)
    length = rng.choice(grid, CYCLES) * delayed
    seen = length + rng.standard_normal(CYCLES)
    share = begins / (1.0 + begins - stays)
    likelihood = np.exp(-0.5 * np.square(seen[:, None] - grid)) / len(grid)
    nothing = np.exp(-0.5 * np.square(seen)) * (1.0 - share) / share
    any_delay = likelihood.sum(axis=1) / (likelihood.sum(axis=1) + nothing)
    reaches = likelihood[:, grid >= FLOOR].sum(axis=1) / likelihood.sum(axis=1)
    cycles = run_cycles(rng, delayed, days=DAYS).with_columns(
        slow_probability=any_delay * reaches, undetected_probability=any_delay * reaches
    )
    return sequence(cycles), any_delay, length >= FLOOR


def test_chances_hold_beside_a_slow_cycle_and_far_from_any() -> None:
    """Cycle by cycle, doubtful ones are slow 13 % too seldom in what is said beside a clearly slow one."""
    seq, delayed, slow = _run(np.random.default_rng(1), begins=0.02, stays=0.7)
    again = judge_again(seq, delayed)
    clear = seq.slow > 0.99
    beside = np.roll(clear, 1) | np.roll(clear, -1)
    doubtful = (seq.slow > 0.02) & (seq.slow < 0.9)
    for where in (doubtful & beside, doubtful & ~beside):
        assert again[where].mean() == pytest.approx(slow[where].mean(), rel=0.06)
    assert seq.slow[doubtful & beside].mean() < 0.95 * slow[doubtful & beside].mean()
    assert again.sum() == pytest.approx(slow.sum(), rel=0.02)


def test_a_delay_below_the_floor_stays_below_it() -> None:
    """Told only slow from not slow, the same chain takes short delays in a problem for slow cycles."""
    seq, delayed, slow = _run(np.random.default_rng(2), begins=0.02, stays=0.7)
    short = (delayed > 0.9) & (seq.slow < 0.4)
    assert judge_again(seq, delayed)[short].sum() == pytest.approx(slow[short].sum(), rel=0.2)
    assert judge_again(seq, seq.slow)[short].sum() > 1.3 * slow[short].sum()


def test_neighbours_say_nothing_where_delays_are_independent() -> None:
    seq, delayed, _ = _run(np.random.default_rng(3), begins=0.05, stays=0.05)
    assert judge_again(seq, delayed) == pytest.approx(seq.slow, abs=0.05)


def test_nothing_is_carried_over_a_shift_day_or_a_station() -> None:
    rng = np.random.default_rng(4)
    first = run_cycles(rng, np.zeros(20, dtype=bool), days=2)
    chance = np.full(20, 1e-6)
    chance[[9, 10]] = 0.999, 0.3  # last of one day, first of the next
    chance[[3, 4]] = 0.999, 0.3
    seq = sequence(first.with_columns(slow_probability=chance, undetected_probability=chance))
    again = judge_again(seq, chance)
    assert again[4] > again[10]


def test_no_cycles() -> None:
    seq = sequence(run_cycles(np.random.default_rng(0), np.zeros(4, dtype=bool), days=1).clear())
    assert judge_again(seq, np.zeros(0)).size == 0
