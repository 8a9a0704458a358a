"""Are the links between slow cycles those of their problems: no fewer at a gap, no more by chance?"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.problems.links import REACH, silent_links, slow_links
from analytics.problems.sequence import Sequence, sequence
from tests.problems.plant import run_cycles

CYCLES, DAYS = 48_000, 60
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
GEOMETRIC = [1] * 8 + [2] * 4 + [3] * 2 + [4, 6]


def _problems(
    rng: np.random.Generator, lengths: list[int], *, rate: float, seen: float, cycles: int = CYCLES
) -> tuple[Bools, Ints]:
    """Draw problems apart from each other, each as long as one of ``lengths``; a share of the cycles is slow.

    Returns:
        Which cycles are slow (the others of a problem stay below the floor), and whose each cycle is.
    """
    problem = np.full(cycles, -1, dtype=np.int64)
    for number, at in enumerate(np.flatnonzero(rng.random(cycles) < rate)):
        if problem[at] < 0:
            problem[at : at + int(rng.choice(lengths))] = number
    return (problem >= 0) & (rng.random(cycles) < seen), problem


def _sequence(slow: Bools, days: int = DAYS) -> Sequence:
    return sequence(run_cycles(np.random.default_rng(0), slow, days=days))


@pytest.mark.parametrize("rate", [0.004, 0.03])
@pytest.mark.parametrize("seen", [1.0, 0.75])
@pytest.mark.parametrize("lengths", [[1], [3], [1, 2, 3, 4, 5], [1, 1, 1, 1, 2, 2, 3, 4, 6], [10]], ids=str)
def test_problems_of_any_length_are_counted_once(lengths: list[int], seen: float, rate: float) -> None:
    """Also where every fourth of their cycles stays below the floor, few and far between or dense."""
    rng = np.random.default_rng(len(lengths))
    slow, problem = _problems(rng, lengths, rate=rate, seen=seen)
    found = slow_links(_sequence(slow), slow.astype(float))
    problems = slow.sum() * (1 - found.share)
    truth = len(np.unique(problem[slow]))
    parted = (1 - seen) ** REACH * max(lengths) / 3  # where too many in a row stay below the floor
    assert problems == pytest.approx(truth, rel=(0.04 if rate < 0.01 else 0.09) + parted)


def test_bad_hours_are_hardly_taken_for_problems() -> None:
    """Against the run's average, slow cycles fifteen times as frequent in every fourth hour look linked."""
    rng = np.random.default_rng(5)
    bad = np.arange(CYCLES) % 240 < 60
    slow = (rng.random(CYCLES) < np.where(bad, 0.15, 0.01)).astype(float)
    on_average = (slow[1:] * slow[:-1]).sum() / slow.sum() - slow.mean()
    assert slow_links(_sequence(slow > 0), slow).share < 0.15
    assert 1 - (1 - on_average) ** REACH > 0.2


def test_the_last_cycles_of_a_day_say_nothing() -> None:
    """Days of ten cycles: every second problem of three runs into their end."""
    rng = np.random.default_rng(6)
    slow, problem = _problems(rng, [3], rate=0.01, seen=1.0)
    found = slow_links(_sequence(slow, days=CYCLES // 10), slow.astype(float))
    assert slow.sum() * (1 - found.share) == pytest.approx(len(np.unique(problem[slow])), rel=0.08)


def test_the_error_is_as_large_as_shares_scatter() -> None:
    shares, errors = [], []
    for seed in range(60):
        slow, _ = _problems(np.random.default_rng(seed), GEOMETRIC, rate=0.01, seen=0.8, cycles=CYCLES // 4)
        found = slow_links(_sequence(slow, days=DAYS // 4), slow.astype(float))
        shares.append(found.share)
        errors.append(found.error)
    assert np.mean(errors) == pytest.approx(np.std(shares), rel=0.3)


@pytest.mark.parametrize("call_at", [0, 1, 2])
@pytest.mark.parametrize("stays_open", [True, False])
def test_a_call_at_any_cycle_takes_the_problem_out(call_at: int, *, stays_open: bool) -> None:
    """Of problems of four, half are called at their first, second or third cycle, for long or not."""
    rng = np.random.default_rng(call_at)
    slow, problem = _problems(rng, [4], rate=0.012, seen=0.85)
    first = np.concatenate([[True], problem[1:] != problem[:-1]]) & (problem >= 0)
    nth = np.arange(CYCLES) - np.maximum.accumulate(np.where(first, np.arange(CYCLES), 0))
    answered = (problem >= 0) & (problem % 2 == 0)
    called = answered & (nth == call_at)
    served = answered & (nth > call_at) & stays_open
    undetected = slow & ~called & ~served
    noticed = called | (slow & served)
    found = silent_links(
        _sequence(slow),
        undetected.astype(float),
        noticed.astype(float),
        being_served=served.astype(float),
    )
    silent = len(np.unique(problem[undetected & ~np.isin(problem, problem[called])]))
    assert undetected.sum() * (1 - found.share) == pytest.approx(silent, rel=0.12)


def test_calls_that_stay_open_for_long_take_nothing_out_of_single_cycles() -> None:
    """Dense, every one a problem of its own, every second called; help leaves only some cycles later."""
    rng = np.random.default_rng(7)
    slow = rng.random(CYCLES) < 0.1
    called, served = np.zeros(CYCLES, dtype=bool), np.zeros(CYCLES, dtype=bool)
    for at in np.flatnonzero(slow):
        if not served[at] and rng.random() < 0.5:
            called[at] = True
            served[at + 1 : at + 1 + int(rng.integers(1, 5))] = True
    undetected, noticed = slow & ~called & ~served, slow & (called | served)
    found = silent_links(
        _sequence(slow), undetected.astype(float), noticed.astype(float), being_served=served.astype(float)
    )
    assert found.share < 0.03
