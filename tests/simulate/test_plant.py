"""The truth beside the tables must be the truth: the estimate is judged by nothing else."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.errors import UsageError
from analytics.simulate import SCENARIOS, SimulatedPlant, simulate
from analytics.warehouse import fetch, memory_warehouse

SMALL = 12_000


@pytest.fixture(scope="module")
def plant() -> SimulatedPlant:
    return simulate("default", seed=3, cycles=SMALL)


def clock_s(plant: SimulatedPlant) -> np.ndarray:
    cycles = plant.tables["cycles"]
    return (cycles["ended_at"] - cycles["started_at"]).dt.total_microseconds().to_numpy() / 1e6


def parts_s(truth: pl.DataFrame) -> np.ndarray:
    return (truth["in_control_s"] + truth["own_delay_s"] + truth["blocked_s"] + truth["paused_s"]).to_numpy()


def test_equal_seeds_give_equal_plants_and_others_do_not(plant: SimulatedPlant) -> None:
    again, other = simulate("default", 3, SMALL), simulate("default", 4, SMALL)
    for name, frame in plant.tables.items():
        assert frame.equals(again.tables[name]), name
    assert plant.truth.equals(again.truth)
    assert plant.true_calls.equals(again.true_calls)
    assert not plant.tables["cycles"].equals(other.tables["cycles"])


def test_plants_differ_in_structure_not_only_in_chance() -> None:
    stations = {simulate("default", seed, 2_000).tables["stations"].height for seed in range(6)}
    assert len(stations) > 1


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_scenario_draws_a_plant_whose_parts_add_up(scenario: str) -> None:
    plant = simulate(scenario, seed=5, cycles=2_500)
    cycles, truth = plant.tables["cycles"], plant.truth
    assert cycles.height == truth.height > 800
    assert truth["row"].to_list() == list(range(truth.height))
    assert truth.select(pl.col("in_control_s").min() > 0.0, pl.col("blocked_s").min() >= 0.0).row(0) == (
        True,
        True,
    )
    delayed = truth["own_delay_s"] > 0.0
    assert delayed.equals(truth["problem_id"].is_not_null())
    assert delayed.equals(truth["kind"].is_not_null())
    assert not (truth["called"] & truth["covered"]).any()
    assert not (truth["called"] & ~delayed).any()
    if "started_at" in cycles.columns:
        stamp_s = SCENARIOS[scenario].spec.sources.stamp_s
        assert np.abs(clock_s(plant) - parts_s(truth)).max() <= stamp_s + 1e-6
        assert clock_s(plant).min() >= 0.0
    with memory_warehouse(plant.tables) as con:
        for name, frame in plant.tables.items():
            known = fetch(con, "meta/column_names", table_name=name)["name"].to_list()
            assert set(frame.columns) <= set(known)


def test_a_station_works_on_one_unit_at_a_time(plant: SimulatedPlant) -> None:
    overlaps = (
        plant.tables["cycles"]
        .sort("station_id", "started_at")
        .select((pl.col("started_at") < pl.col("ended_at").shift(1)).over("station_id").sum())
        .item()
    )
    assert overlaps == 0


def test_a_unit_reaches_the_next_station_after_leaving_the_last(plant: SimulatedPlant) -> None:
    cycles = plant.tables["cycles"].join(plant.tables["stations"], on=["line_id", "station_id"])
    early = (
        cycles.sort("serial", "position")
        .select((pl.col("started_at") < pl.col("ended_at").shift(1)).over("serial").sum())
        .item()
    )
    assert early == 0


def test_a_blocked_cycle_ends_with_another_cycle_downstream() -> None:
    plant = simulate("coupled", seed=8, cycles=SMALL)
    cycles = plant.tables["cycles"].with_columns(plant.truth["blocked_s"], plant.truth["paused_s"])
    after = plant.tables["stations"].select("station_id", "next_station_id")
    ends = plant.tables["cycles"].select(next_station_id="station_id", ended_at="ended_at").unique()
    blocked = cycles.filter(pl.col("blocked_s") > 0.2).join(after, on="station_id")
    assert blocked.height > 200
    assert blocked.join(ends, on=["next_station_id", "ended_at"], how="semi").height == blocked.height


def test_travelling_units_leave_an_offset_between_ends() -> None:
    plant = simulate("flow_transfer", seed=8, cycles=SMALL)
    cycles = plant.tables["cycles"].with_columns(plant.truth["blocked_s"])
    after = plant.tables["stations"].select("station_id", "next_station_id")
    ends = plant.tables["cycles"].select(next_station_id="station_id", ended_at="ended_at").unique()
    blocked = cycles.filter(pl.col("blocked_s") > 2.0).join(after, on="station_id")
    assert blocked.height > 50
    assert blocked.join(ends, on=["next_station_id", "ended_at"], how="semi").height < 0.2 * blocked.height


def test_a_plant_without_problems_has_no_truth_to_find() -> None:
    for scenario in ("nothing_wrong", "flow_nothing_wrong"):
        plant = simulate(scenario, seed=1, cycles=SMALL)
        assert plant.truth["own_delay_s"].sum() == 0.0
        assert plant.tables["detections"].is_empty()
        assert not plant.truth["called"].any()


def test_where_everything_is_called_nothing_is_left() -> None:
    plant = simulate("everything_called", seed=1, cycles=SMALL)
    slow = plant.truth.filter(pl.col("own_delay_s") > 0.0)
    assert slow.height > 50
    assert slow.select((pl.col("called") | pl.col("covered")).all()).item()


def test_without_an_andon_nothing_is_called() -> None:
    plant = simulate("no_andon", seed=1, cycles=SMALL)
    assert plant.tables["andon_calls"].is_empty()
    assert not (plant.truth["called"] | plant.truth["covered"]).any()


def test_default_plants_are_ordinary() -> None:
    for seed in range(3):
        truth = simulate("default", seed, 60_000).truth
        slow = truth.filter(pl.col("own_delay_s") > 0.0)
        assert 0.005 < slow.height / truth.height < 0.05
        assert 0.15 < slow["called"].mean() < 0.75
        assert 0.0 < (truth["blocked_s"] > 0.0).mean() < 0.25
        uncalled = slow.filter(~pl.col("called"))["own_delay_s"].median()
        assert slow.filter(pl.col("called"))["own_delay_s"].median() > uncalled


def test_an_unknown_scenario_or_size_is_refused() -> None:
    with pytest.raises(UsageError, match="no scenario 'storm'"):
        simulate("storm", 1)
    with pytest.raises(UsageError, match="at least one cycle"):
        simulate("default", 1, 0)
