"""The second family: every unit goes its way once, machines take turns, travel takes its time."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.simulate import SimulatedPlant, simulate

SMALL = 10_000


@pytest.fixture(scope="module")
def merged() -> SimulatedPlant:
    return simulate("flow_merge", seed=4, cycles=SMALL)


def with_positions(plant: SimulatedPlant) -> pl.DataFrame:
    layout = plant.tables["stations"].select("station_id", "position", "parallel_group", "next_station_id")
    return plant.tables["cycles"].join(layout, on="station_id").sort("serial", "started_at")


@pytest.mark.parametrize("scenario", ["flow_base", "flow_transfer", "flow_handover"])
def test_finished_units_visited_every_step_once_and_in_order(scenario: str) -> None:
    plant = simulate(scenario, seed=4, cycles=SMALL)
    visits = with_positions(plant).group_by("line_id", "serial", maintain_order=True).agg("position")
    for (_,), line in visits.group_by("line_id"):
        steps = list(range(1, int(plant.tables["stations"]["position"].max()) + 1))  # type: ignore[arg-type]
        longest = line["position"].list.len().max()
        finished = line.filter(pl.col("position").list.len() == longest)
        assert finished.height > 0.9 * line.height
        assert finished["position"].to_list() == [steps[:longest]] * finished.height


def test_two_branches_bring_their_units_to_one_step(merged: SimulatedPlant) -> None:
    stations = merged.tables["stations"]
    feeding = stations.drop_nulls("next_station_id").group_by("line_id", "next_station_id").len()
    assert feeding.filter(pl.col("len") > 1).height >= merged.tables["stations"]["line_id"].n_unique()
    cycles = with_positions(merged)
    for _, line in cycles.group_by("line_id"):
        seen = {name: set(part["product_id"]) for (name,), part in line.group_by("station_id")}
        everything = set().union(*seen.values())
        assert any(products == everything for products in seen.values())
        assert any(products < everything for products in seen.values())


def test_machines_of_a_group_share_the_units() -> None:
    for seed in range(4, 12):
        cycles = with_positions(simulate("flow_merge", seed, SMALL)).drop_nulls("parallel_group")
        if not cycles.is_empty():
            break
    shares = cycles.group_by("parallel_group", "station_id").len().sort("station_id")
    for _, group in shares.group_by("parallel_group"):
        assert group.height == 2
        assert group["len"].min() > 0.35 * group["len"].sum()
    assert cycles.group_by("parallel_group", "serial").len()["len"].max() == 1


def test_travelling_takes_time() -> None:
    cycles = with_positions(simulate("flow_transfer", seed=4, cycles=SMALL))
    travel = cycles.select(
        gap=(pl.col("started_at") - pl.col("ended_at").shift(1)).over("serial").dt.total_seconds()
    )["gap"].drop_nulls()
    assert travel.min() >= 2


def test_three_shifts_have_a_gap_between_them() -> None:
    plant = simulate("flow_handover", seed=4, cycles=SMALL)
    assert plant.timezone == "Europe/Berlin"
    shifts = plant.tables["calendar"].filter((pl.col("kind") == "shift") & (pl.col("line_id") == "line-R"))
    assert set(shifts["name"]) == {"night", "early", "late"}
    gaps = shifts.sort("starts_at").select(pl.col("starts_at").shift(-1) - pl.col("ends_at")).to_series()
    assert gaps.drop_nulls().dt.total_minutes().min() == 15


def test_nothing_is_exported_from_after_the_last_shift() -> None:
    for scenario in ("default", "flow_base"):
        plant = simulate(scenario, seed=4, cycles=SMALL)
        last = plant.tables["calendar"]["ends_at"].max()
        assert plant.tables["cycles"]["ended_at"].max() <= last  # type: ignore[operator]
