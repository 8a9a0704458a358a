"""Calls follow the delay and the queue, and the log says what the truth says."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from analytics.simulate import SCENARIOS, SimulatedPlant, simulate
from analytics.simulate.plant import draw_plant


@pytest.fixture(scope="module")
def plant() -> SimulatedPlant:
    return simulate("default", seed=11, cycles=60_000)


def about(plant: SimulatedPlant) -> pl.DataFrame:
    """Calls about slow cycles, with their cycle and its truth."""
    calls = plant.true_calls.drop_nulls("row").join(plant.tables["andon_calls"], on="call_id")
    cycles = plant.tables["cycles"].with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    return calls.join(cycles, on="row", suffix="_of_cycle").join(plant.truth, on="row", suffix="_true")


def test_every_call_in_the_log_is_in_the_truth(plant: SimulatedPlant) -> None:
    logged, true = plant.tables["andon_calls"], plant.true_calls
    assert logged["call_id"].n_unique() == logged.height == true.height
    assert set(logged["call_id"]) == set(true["call_id"])
    assert plant.truth["called"].sum() == true["row"].n_unique() - true["row"].has_nulls()


def test_calls_name_the_problem_of_their_cycle(plant: SimulatedPlant) -> None:
    calls = about(plant)
    assert (calls["problem_id"] == calls["problem_id_true"]).all()
    assert (calls["station_id"] == calls["station_id_of_cycle"]).mean() > 0.97


def test_most_calls_are_raised_while_the_cycle_runs(plant: SimulatedPlant) -> None:
    calls = about(plant)
    inside = (calls["raised_at"] >= calls["started_at"]) & (calls["raised_at"] <= calls["ended_at"])
    assert 0.93 < inside.mean() < 1.0  # a few are late


def test_calls_are_answered_before_they_are_closed(plant: SimulatedPlant) -> None:
    calls = plant.tables["andon_calls"]
    assert (calls["raised_at"] <= calls["acknowledged_at"]).all()
    assert (calls["acknowledged_at"] <= calls["resolved_at"]).all()


def test_long_delays_are_called_more_often(plant: SimulatedPlant) -> None:
    slow = plant.truth.filter((pl.col("own_delay_s") > 0.0) & ~pl.col("covered"))
    short, long = slow.filter(pl.col("own_delay_s") < 20.0), slow.filter(pl.col("own_delay_s") > 60.0)
    assert long["called"].mean() > short["called"].mean() + 0.2


def test_calls_without_a_time_trace_are_about_no_slow_cycle(plant: SimulatedPlant) -> None:
    other = plant.true_calls.filter(pl.col("kind") != "process")
    assert set(other["kind"].unique()) == {"quality", "safety", "material"}
    assert other["row"].is_null().all()


def test_a_dirty_clock_moves_every_call_of_a_line_alike() -> None:
    plant = simulate("dirty_clock", seed=2, cycles=60_000)
    calls = about(plant).with_columns(
        early=(pl.col("raised_at") - pl.col("started_at")).dt.total_seconds().cast(pl.Float64)
    )
    clean = about(simulate("default", seed=2, cycles=60_000)).with_columns(
        early=(pl.col("raised_at") - pl.col("started_at")).dt.total_seconds().cast(pl.Float64)
    )
    usual = clean["early"].median()
    for _, line in calls.group_by("line_id"):
        assert 15.0 < abs(line["early"].median() - usual) < 150.0


def test_who_walked_away_saw_another_call_and_was_not_served() -> None:
    plant = simulate("busy_help", seed=4, cycles=30_000)
    truth = plant.truth.with_columns(
        plant.tables["cycles"].select("line_id", "station_id", "started_at", "ended_at")
    )
    walked = truth.filter("walked_away")
    assert walked.height > 30
    assert not walked.select(pl.any_horizontal("called", "covered").any()).item()
    assert (walked["own_delay_s"] > 0.0).all()
    calls = plant.tables["andon_calls"].select("line_id", "raised_at", "resolved_at")
    during = walked.select("row", "line_id", "started_at", "ended_at").join(calls, on="line_id")
    seen = during.filter(
        (pl.col("raised_at") < pl.col("ended_at")) & (pl.col("resolved_at") > pl.col("started_at"))
    )
    assert seen["row"].n_unique() == walked.height


def test_nobody_walks_away_where_the_queue_does_not_matter() -> None:
    for scenario in ("no_balking", "everything_called", "no_andon"):
        assert not simulate(scenario, seed=4, cycles=20_000).truth["walked_away"].any()


def test_people_who_look_at_unanswered_calls_only_see_fewer() -> None:
    spec = SCENARIOS["busy_help"].spec
    few = replace(spec, cycles=30_000, calls=replace(spec.calls, seen="unanswered"))
    every = replace(spec, cycles=30_000)
    share = [
        draw_plant("busy_help", one, 4)
        .truth.filter(~pl.col("called") & (pl.col("own_delay_s") > 0))["walked_away"]
        .mean()
        for one in (few, every)
    ]
    assert 0.0 < share[0] < share[1]


def test_help_that_takes_longer_in_the_last_shift_does() -> None:
    calls = simulate("late_shift_busy", seed=4, cycles=30_000).tables["andon_calls"]
    open_s = (pl.col("resolved_at") - pl.col("raised_at")).dt.total_seconds()
    late = calls.filter(pl.col("raised_at").dt.hour() >= 14).select(open_s.median()).item()
    early = calls.filter(pl.col("raised_at").dt.hour() < 14).select(open_s.median()).item()
    assert late > 2.0 * early
