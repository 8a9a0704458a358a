"""Which calls were open when: closed-form cases, on plants of a few cycles."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.estimate.open_calls import count_open, find_covered, open_times, queue_at
from analytics.estimate.plant import MISSING, Plant
from tests.estimate.given import at, calls, cycles, plant_of

CYCLES = 30
EVERY_S = 65.0
"""Cycles of a minute start every 65 s; the k-th starts at 65·k."""


def two_lines(given: pl.DataFrame) -> Plant:
    """Stations S1 and S2 on line L1, S3 on line L2, all in step."""
    return plant_of(
        cycles([60.0] * CYCLES, station="S1"),
        cycles([60.0] * CYCLES, station="S2"),
        cycles([60.0] * CYCLES, station="S3", line="L2"),
        andon_calls=given,
    )


def queue_of(plant: Plant, label: dict[int, int] | None = None):
    """Count open calls at every cycle; ``label`` names the call of some cycles."""
    calm = np.zeros(plant.size)
    opens, closes, _ = open_times(plant, calm, np.zeros(plant.stations.height))
    call_of_cycle = np.full(plant.size, -1)
    for cycle, call in (label or {}).items():
        call_of_cycle[cycle] = call
    return queue_at(
        plant, np.arange(plant.size), plant.start_us, np.full(plant.size, 60.0), opens, closes, call_of_cycle
    )


def test_open_are_those_raised_less_those_closed() -> None:
    opens, closes = at(10, 20, 30), at(40, 25, 35)
    assert count_open(opens, closes, at(5, 10, 22, 32, 36, 40)).tolist() == [0, 1, 2, 2, 1, 0]


def test_a_call_counts_at_the_other_stations_of_its_line_only() -> None:
    # Open from the middle of the first cycle (30 s) to the middle of the third (160 s).
    plant = two_lines(calls([20.0], station="S1", resolved_at=[161.0]))
    queue = queue_of(plant)
    assert queue.halfway.reshape(3, CYCLES)[:, :5].tolist() == [[0] * 5, [1, 1, 1, 0, 0], [0] * 5]
    # In the first cycle it is seen at 30, 42 and 54 s, but not at 6 and 18 s.
    assert queue.mean.reshape(3, CYCLES)[1, :4] == pytest.approx([0.6, 1.0, 0.6, 0.0])


def test_the_rule_is_the_same_for_called_and_uncalled_cycles() -> None:
    plant = two_lines(
        pl.concat(
            [calls([20.0], station="S1", resolved_at=[61.0]), calls([20.0], station="S2", resolved_at=[61.0])]
        )
    )
    called, uncalled = queue_of(plant, {0: 0, CYCLES: 1}), queue_of(plant)
    assert called.halfway.tolist() == uncalled.halfway.tolist()
    assert called.mean.tolist() == uncalled.mean.tolist()


def test_a_cycle_is_not_served_by_its_own_call() -> None:
    plant = two_lines(calls([20.0], station="S1", resolved_at=[200.0]))
    queue = queue_of(plant, {0: 0})
    assert queue.own_open[:4].tolist() == [False, True, True, False]


def test_a_call_logged_at_the_neighbour_is_its_cycles_own() -> None:
    plant = two_lines(calls([20.0], station="S2", resolved_at=[61.0]))
    queue = queue_of(plant, {0: 0})
    assert queue.halfway[0] == 0
    assert queue.halfway[CYCLES] == 1


def test_a_call_of_the_line_alone_is_open_for_all_its_stations() -> None:
    given = calls([20.0], resolved_at=[61.0]).with_columns(station_id=pl.lit(None, dtype=pl.String))
    queue = queue_of(two_lines(given))
    assert queue.halfway.reshape(3, CYCLES)[:, 0].tolist() == [1, 1, 0]


def test_without_a_closing_a_call_ends_when_it_is_answered_and_without_either_nobody_knows() -> None:
    answered = two_lines(calls([20.0], acknowledged_at=[50.0]))
    _, closes, _ = open_times(answered, np.zeros(answered.size), np.zeros(3))
    assert closes.tolist() == at(50.0).tolist()
    neither = two_lines(calls([20.0]))
    _, closes, _ = open_times(neither, np.zeros(neither.size), np.zeros(3))
    assert closes.tolist() == [MISSING]
    assert not find_covered(
        neither, neither.start_us, np.full(neither.size, 60.0), at(20.0), np.array([MISSING])
    ).any()


def test_a_call_closed_hours_later_ends_with_its_problem_but_one_that_waits_for_help_does_not() -> None:
    # The station runs undisturbed for ten cycles, until 645 s; others are closed after a minute.
    usual = [100.0 + EVERY_S * one for one in range(4)]
    late = two_lines(calls([20.0, *usual], resolved_at=[10_000.0, *[one + 60.0 for one in usual]]))
    _, closes, left_open = open_times(late, np.zeros(late.size), np.zeros(3))
    assert closes[0] == at(9 * EVERY_S + 60.0)[0]
    assert left_open == 1
    waits = two_lines(calls([20.0, *usual], resolved_at=[1500.0, *[one + 60.0 for one in usual]]))
    _, closes, left_open = open_times(waits, np.zeros(waits.size), np.zeros(3))
    assert closes[0] == at(1500.0)[0]
    assert left_open == 0


def test_a_call_is_never_closed_before_it_is_raised() -> None:
    plant = two_lines(calls([200.0, 300.0], resolved_at=[100.0, 340.0]))
    opens, closes, _ = open_times(plant, np.zeros(plant.size), np.zeros(3))
    assert (closes >= opens).all()
    assert (queue_of(plant).halfway >= 0).all()


def test_an_andon_clock_that_is_off_is_put_right() -> None:
    plant = two_lines(calls([50.0], resolved_at=[91.0]))
    opens, closes, _ = open_times(plant, np.zeros(plant.size), np.array([30.0, 30.0, 0.0]))
    assert opens.tolist() == at(20.0).tolist()
    assert closes.tolist() == at(61.0).tolist()
