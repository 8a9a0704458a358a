"""Are problems counted as often as they were put in, and is a call anywhere in one enough?"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from analytics.problems.episodes import continuation, episode_table, label_episodes, problem_count
from analytics.results import Estimate
from tests.problems.plant import run_cycles

DAYS, CYCLES = 20, 9600


def _with_runs(rng: np.random.Generator, rate: float, carries_on: float) -> NDArray[np.bool_]:
    """Draw slow cycles: problems start at ``rate`` and go on to the next cycle with chance ``carries_on``."""
    starts, goes_on = rng.random(CYCLES) < rate, rng.random(CYCLES) < carries_on
    slow = starts.copy()
    for number in range(1, CYCLES):
        slow[number] |= slow[number - 1] & goes_on[number]
    return slow


def _of_three(
    rng: np.random.Generator, cycles: int, rate: float
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Draw problems of three cycles each; return which cycles are slow, and whose they are (-1: nobody's)."""
    problem = np.full(cycles, -1, dtype=np.int64)
    for number, at in enumerate(np.flatnonzero(rng.random(cycles) < rate)):
        if problem[at] < 0:
            problem[at : at + 3] = number
    return problem >= 0, problem


def _estimate(value: float, half: float = 0.1) -> Estimate:
    return Estimate(
        value=value, lower=value * (1 - half), upper=value * (1 + half), unit="slow cycles", method=""
    )


@pytest.mark.parametrize("carries_on", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("rate", [0.01, 0.04])
def test_continuation_is_recovered(carries_on: float, rate: float) -> None:
    rng = np.random.default_rng(int(100 * carries_on) + int(1000 * rate))
    stations = [
        run_cycles(rng, _with_runs(rng, rate, carries_on), days=DAYS, station_id=f"S{number}")
        for number in range(6)
    ]
    found = continuation(pl.concat(stations))
    assert found.slow.share == pytest.approx(carries_on, abs=0.05)


def test_chance_neighbours_are_not_linked() -> None:
    """Where 15 % of cycles are slow by chance, merging neighbours would lose a seventh of the problems."""
    rng = np.random.default_rng(15)
    slow = rng.random(CYCLES) < 0.15
    cycles = run_cycles(rng, slow, days=DAYS)
    problems = problem_count(_estimate(slow.sum()), continuation(cycles).slow)
    assert problems.value == pytest.approx(slow.sum(), rel=0.03)
    assert episode_table(cycles).height < 0.9 * slow.sum()


def test_interval_of_problems_covers_the_truth() -> None:
    """Problems put in lie in the interval at least as often as promised."""
    hits = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        slow = _with_runs(rng, 0.015, 0.4)
        starts = slow & ~np.concatenate([[False], slow[:-1]])
        linked = continuation(run_cycles(rng, slow, days=DAYS, blurred=True))
        found = problem_count(_estimate(slow.sum(), 1e-9), linked.slow)
        hits += found.lower <= starts.sum() <= found.upper
    assert hits >= 36


def test_a_call_anywhere_makes_the_whole_problem_called() -> None:
    """Half the problems of three cycles are called at their second cycle; the rest are without a call."""
    rng = np.random.default_rng(3)
    slow, problem = _of_three(rng, CYCLES, 0.02)
    problems = len(np.unique(problem[problem >= 0]))
    called = np.diff(problem, prepend=-1) == 0
    called &= np.roll(called, -1) & slow  # the middle one
    called[CYCLES // 2 :] = False
    cycles = run_cycles(rng, slow, days=DAYS, called=called)
    linked = continuation(cycles)
    silent = problem_count(_estimate(linked.undetected.cycles), linked.undetected)
    everything = problem_count(_estimate(linked.slow.cycles), linked.slow)
    assert everything.value == pytest.approx(problems, rel=0.08)
    # Linked in part only, a called problem's other cycles would count as problems without a call.
    silent_problems = len(np.unique(problem[CYCLES // 2 :])) - 1
    assert silent.value == pytest.approx(silent_problems, rel=0.1)


def test_a_cycle_that_a_call_may_be_about_ran_without_one_only_in_part() -> None:
    """Calls are about seven in ten of the middle cycles, which is not known: so many problems are called."""
    rng = np.random.default_rng(4)
    slow, problem = _of_three(rng, CYCLES, 0.02)
    problems = len(np.unique(problem[problem >= 0]))
    middle = np.diff(problem, prepend=-1) == 0
    middle &= np.roll(middle, -1) & slow
    in_part = pl.when(pl.Series(middle)).then(0.3).otherwise(1.0)
    cycles = run_cycles(rng, slow, days=DAYS).with_columns(pl.col("undetected_probability") * in_part)
    linked = continuation(cycles)
    assert linked.undetected.cycles == pytest.approx(cycles["undetected_probability"].sum())
    silent = problem_count(_estimate(linked.undetected.cycles), linked.undetected)
    assert silent.value == pytest.approx(0.3 * problems, rel=0.1)
    everything = problem_count(_estimate(linked.slow.cycles), linked.slow)
    assert everything.value == pytest.approx(problems, rel=0.08)


@pytest.mark.parametrize("blurred", [False, True])
def test_single_cycles_claimed_in_part_are_so_many_problems_less(blurred: bool) -> None:
    rng = np.random.default_rng(5)
    slow = rng.random(CYCLES) < 0.03
    cycles = run_cycles(rng, slow, days=DAYS, blurred=blurred)
    linked = continuation(cycles.with_columns(pl.col("undetected_probability") * 0.3))
    assert linked.undetected.cycles == pytest.approx(0.3 * slow.sum(), rel=0.05)
    silent = problem_count(_estimate(linked.undetected.cycles), linked.undetected)
    assert silent.value == pytest.approx(0.3 * slow.sum(), rel=0.1)


def test_problems_of_nothing_are_nothing_with_an_upper_bound() -> None:
    rng = np.random.default_rng(0)
    linked = continuation(run_cycles(rng, np.zeros(CYCLES, dtype=bool), days=DAYS))
    none = Estimate(value=0.0, lower=0.0, upper=4.0, unit="slow cycles", method="")
    found = problem_count(none, linked.undetected)
    assert (found.value, found.lower) == (0.0, 0.0)
    assert found.upper == pytest.approx(4.0, rel=0.05)


def test_rows_may_come_in_any_order() -> None:
    rng = np.random.default_rng(8)
    cycles = pl.concat(
        [
            run_cycles(rng, _with_runs(rng, 0.02, 0.5), days=DAYS, station_id=name, blurred=True)
            for name in ("S1", "S2")
        ]
    )
    shuffled = cycles.sample(fraction=1.0, shuffle=True, seed=1)
    assert continuation(shuffled) == continuation(cycles)
    labelled = shuffled.with_columns(label_episodes(shuffled)).sort("station_id", "ended_at")
    assert labelled["episode_id"].equals(label_episodes(cycles))


def test_masked_cycles_and_no_cycles() -> None:
    rng = np.random.default_rng(9)
    cycles = run_cycles(rng, rng.random(CYCLES) < 0.02, days=DAYS).with_columns(
        pl.lit(None, dtype=pl.Float64).alias(name)
        for name in ("slow_probability", "undetected_probability", "delay_s")
    )
    assert continuation(cycles).slow.cycles == 0.0
    assert label_episodes(cycles).is_null().all()
    assert continuation(cycles.clear()).undetected.cycles == 0.0
    assert episode_table(cycles.clear()).is_empty()


def test_episodes_end_with_the_shift_day() -> None:
    """Cycles on both sides of a night are two episodes; three in a row are one, called by any call in it."""
    rng = np.random.default_rng(1)
    slow = np.zeros(20, dtype=bool)
    slow[[3, 4, 5, 9, 10]] = True
    called = np.zeros(20, dtype=bool)
    called[4] = True
    table = episode_table(run_cycles(rng, slow, days=2, called=called))
    assert table["slow_cycles"].to_list() == [3, 1, 1]
    assert table["called"].to_list() == [True, False, False]
    assert table["calls"].to_list() == [1, 0, 0]


def test_two_sites_with_the_same_names_are_not_interleaved() -> None:
    """Runs of three slow cycles at one site; the other, with the same names, has none at those times."""
    rng = np.random.default_rng(8)
    first = np.zeros(CYCLES, dtype=bool)
    first[rng.choice(CYCLES // 6, 200, replace=False) * 6] = True
    slow = first | np.roll(first, 1) | np.roll(first, 2)
    north = run_cycles(rng, slow, days=DAYS, site_id="north")
    south = run_cycles(rng, np.zeros(CYCLES, dtype=bool), days=DAYS, site_id="south")
    linked = continuation(pl.concat([north, south]))
    assert problem_count(_estimate(slow.sum()), linked.slow).value == pytest.approx(first.sum(), rel=0.08)
    assert episode_table(pl.concat([north, south])).height == episode_table(north).height
