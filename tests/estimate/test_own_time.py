"""When a cycle's own time began, for every way an export can tell it."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.own_time import COMPLETION, START_END, STATED, UNITS, own_time
from tests.estimate.given import at, plant_of, spans

UPSTREAM = {1: [0]}


def test_start_and_end_are_taken_as_they_are() -> None:
    own = own_time(plant_of(spans([0, 70], [60, 130])), {})
    assert own.mode.tolist() == [START_END]
    assert own.begin_us.tolist() == at(0, 70).tolist()
    assert own.known.all()
    assert not own.starved.any()


def test_a_cycle_that_ends_before_it_starts_is_not_known() -> None:
    own = own_time(plant_of(spans([0, 200, 300], [60, 130, 360])), {})
    assert own.known.tolist() == [True, False, True]
    assert own.begin_us[1] == at(130)[0]


def test_a_stated_length_counts_back_from_the_end() -> None:
    given = spans([0, 70], [60, 130], cycle_s=[40.0, 50.0]).drop("started_at")
    own = own_time(plant_of(given), {})
    assert own.mode.tolist() == [STATED]
    assert own.begin_us.tolist() == at(20, 80).tolist()


def test_a_stated_length_wins_over_stamps_and_the_disagreement_is_told() -> None:
    own = own_time(
        plant_of(spans([0, 70, 140, 210], [60, 130, 200, 270], cycle_s=[60.0, 60.0, 45.0, 45.0])), {}
    )
    assert own.mode.tolist() == [START_END]
    assert own.begin_us.tolist() == at(0, 70, 155, 225).tolist()
    assert own.disagreement[0] == pytest.approx(0.5)


def test_completions_alone_give_the_gap() -> None:
    own = own_time(plant_of(spans([0, 0, 0], [60, 130, 200]).drop("started_at")), {})
    assert own.mode.tolist() == [COMPLETION]
    assert own.known.tolist() == [False, True, True]
    assert own.begin_us[1:].tolist() == at(60, 130).tolist()


def line_of_two(first_ends: list[float], second_ends: list[float]):
    """Two stations that count completions of serial units, the first before the second."""
    names = [f"u{number}" for number in range(len(first_ends))]
    return plant_of(
        spans(first_ends, first_ends, station="S1", serial=names).drop("started_at"),
        spans(second_ends, second_ends, station="S2", serial=names).drop("started_at"),
    )


def test_own_time_begins_when_the_station_is_free_and_the_unit_is_there() -> None:
    own = own_time(line_of_two([60, 130, 260], [120, 180, 330]), UPSTREAM)
    assert own.mode.tolist() == [UNITS, UNITS]
    second = slice(3, 6)
    # u1 arrived at 130 after the station was free (120); u2 at 260, free since 180.
    assert own.begin_us[second][1:].tolist() == at(130, 260).tolist()
    assert own.starved[second].tolist()[1:] == [True, True]


def test_a_unit_that_waited_begins_when_the_station_is_free() -> None:
    own = own_time(line_of_two([60, 100, 140], [120, 190, 260]), UPSTREAM)
    assert own.begin_us[3:].tolist()[1:] == at(120, 190).tolist()
    assert not own.starved[4:].any()


def test_a_unit_seen_upstream_twice_arrived_the_last_time() -> None:
    plant = plant_of(
        spans([60, 90], [60, 90], station="S1", serial=["u0", "u0"]).drop("started_at"),
        spans([50, 150], [50, 150], station="S2", serial=["x", "u0"]).drop("started_at"),
    )
    own = own_time(plant, UPSTREAM)
    assert own.begin_us[3] == at(90)[0]


def test_an_arrival_after_the_completion_is_not_believed() -> None:
    own = own_time(line_of_two([60, 500, 140], [120, 190, 260]), UPSTREAM)
    assert not own.starved[4]


def test_cycles_that_overlap_are_told() -> None:
    own = own_time(plant_of(spans([0, 30, 60, 90], [60, 90, 120, 150])), {})
    assert own.overlap[0] == pytest.approx(1.0)


def test_each_station_by_its_own_rule() -> None:
    plant = plant_of(
        spans([0, 70], [60, 130], station="A"),
        spans([0, 70], [60, 130], station="B", cycle_s=[50.0, 50.0]).drop("started_at"),
        spans([0, 70], [60, 130], station="C").drop("started_at"),
    )
    own = own_time(plant, {})
    assert own.mode.tolist() == [START_END, STATED, COMPLETION]
    assert np.all(own.begin_us <= plant.end_us)
