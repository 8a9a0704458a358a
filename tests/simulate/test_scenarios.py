"""Each kind of plant shows what its name says, in both families."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from analytics.simulate import SCENARIOS, SimulatedPlant, simulate
from analytics.simulate.plant import draw_plant
from analytics.simulate.scenarios import KINDS, changed

SMALL = 8_000
FAMILIES = ("", "flow_")
BOTH = pytest.mark.parametrize("family", FAMILIES)


def with_positions(plant: SimulatedPlant) -> pl.DataFrame:
    """Cycles with their truth and their place in the line."""
    truth = plant.truth.rename({"kind": "true_kind"})
    layout = plant.tables["stations"].select("station_id", "position", "parallel_group", "next_station_id")
    return plant.tables["cycles"].hstack(truth).join(layout, on="station_id", maintain_order="left")


def calls_and_cycles(plant: SimulatedPlant) -> pl.DataFrame:
    """Calls about slow cycles, with how long (s) after the cycle's start they were raised."""
    cycles = plant.tables["cycles"].with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    calls = plant.true_calls.drop_nulls("row").join(plant.tables["andon_calls"], on="call_id")
    return calls.join(cycles, on="row", suffix="_true").with_columns(
        after_s=(pl.col("raised_at") - pl.col("started_at")).dt.total_milliseconds() / 1000.0
    )


def test_both_families_have_every_kind() -> None:
    for name in KINDS:
        assert name in SCENARIOS
        assert SCENARIOS[f"flow_{name}"].spec.coupling.flow == "units"


@BOTH
def test_any_kind_has_a_twin_on_which_nothing_is_wrong(family: str) -> None:
    plant = simulate(f"{family}transfer", 3, SMALL, nothing_wrong=True)
    assert (plant.truth["own_delay_s"] == 0.0).all()
    assert (plant.truth["blocked_s"] > 0.0).any()
    assert plant.true_calls["row"].is_null().all()


@BOTH
def test_machines_in_parallel_share_the_units(family: str) -> None:
    cycles = with_positions(simulate(f"{family}parallel", 3, SMALL)).drop_nulls("parallel_group")
    shares = cycles.group_by("parallel_group", "station_id").len()
    for _, group in shares.group_by("parallel_group"):
        assert group.height == 2
        assert group["len"].min() > 0.3 * group["len"].sum()  # type: ignore[operator]
    assert cycles.group_by("parallel_group", "serial").len()["len"].max() == 1


@BOTH
def test_two_branches_merge(family: str) -> None:
    stations = simulate(f"{family}merge", 3, SMALL).tables["stations"]
    alone = stations.filter(pl.col("parallel_group").is_null()).drop_nulls("next_station_id")
    feeding = alone.group_by("line_id", "next_station_id").len()
    assert set(feeding.filter(pl.col("len") == 2)["line_id"]) == set(stations["line_id"])


@BOTH
def test_a_blocked_end_where_units_travel_is_an_offset_from_an_end_downstream(family: str) -> None:
    cycles = with_positions(simulate(f"{family}transfer", 3, 20_000))
    found = 0
    for (line,), part in cycles.group_by("line_id"):
        for here, there in pairwise(sorted(part["position"].unique())):
            blocked = part.filter((pl.col("position") == here) & (pl.col("blocked_s") > 5.0))
            ends = (
                part.filter(pl.col("position") == there)["ended_at"].dt.epoch("ms").sort().to_numpy() / 1000.0
            )
            at = blocked["ended_at"].dt.epoch("ms").to_numpy() / 1000.0
            if at.size < 30:
                continue
            offset = at - ends[np.searchsorted(ends, at - 1.5) - 1]
            middle = np.median(offset)
            assert 1.0 < middle < 16.0, (line, here)
            assert (np.abs(offset - middle) < 1.6).mean() > 0.8, (line, here)
            found += 1
    assert found >= 2


@BOTH
def test_a_drifting_clock_gains_or_loses_seconds_every_day(family: str) -> None:
    calls = calls_and_cycles(simulate(f"{family}drifting_clock", 5, 60_000)).with_columns(
        day=(pl.col("started_at") - pl.col("started_at").min()).dt.total_seconds() / 86_400.0,
        apart=pl.col("after_s") - pl.col("after_s").median().over("station_id_true"),
    )
    for (line,), part in calls.group_by("line_id"):
        steady = part.filter(pl.col("apart").abs() < 200.0)
        a_day = np.polyfit(steady["day"].to_numpy(), steady["apart"].to_numpy(), 1)[0]
        assert 0.7 < abs(a_day) < 12.0, line
    offsets = calls.group_by("station_id_true").agg(pl.col("after_s").median())["after_s"]
    assert offsets.std() > 10.0  # type: ignore[operator]


@BOTH
def test_all_problems_are_one_products(family: str) -> None:
    plant = simulate(f"{family}one_product", 3, 20_000)
    slow = with_positions(plant).filter(pl.col("own_delay_s") > 0.0)
    alone = slow.group_by("line_id", "product_id").len().sort("len", descending=True)
    for _, line in alone.group_by("line_id"):
        # A problem may run on into the next product's first units.
        assert line["len"].max() >= 0.95 * line["len"].sum()  # type: ignore[operator]
    assert 0.004 < slow.height / plant.truth.height < 0.06


@BOTH
def test_problems_run_over_one_to_five_cycles_or_over_one(family: str) -> None:
    lengths = {}
    for kind in ("episodes", "independent"):
        truth = simulate(f"{family}{kind}", 3, 20_000).truth.drop_nulls("problem_id")
        lengths[kind] = truth.group_by("problem_id").len()["len"]
    assert lengths["independent"].max() == 1
    assert lengths["episodes"].max() == 5
    assert 2.3 < lengths["episodes"].mean() < 3.3  # type: ignore[operator]


@BOTH
def test_problems_recur_in_patterns(family: str) -> None:
    cycles = with_positions(simulate(f"{family}patterns", 3, 40_000))
    assert {"every_kth", "by_product", "after_changeover", "burst"} <= set(cycles["true_kind"].drop_nulls())
    of_one = cycles.filter(pl.col("true_kind") == "by_product")
    products = of_one.group_by("station_id").agg(pl.col("product_id").n_unique())["product_id"]
    assert products.median() == 1
    # First units: soon after the station's product changed.
    order = cycles.sort("station_id", "started_at")
    since = order.select(
        "true_kind", run=pl.int_range(pl.len()).over("station_id", pl.col("product_id").rle_id())
    )
    early = since.filter(pl.col("true_kind") == "after_changeover")["run"]
    assert (early <= 5).mean() > 0.8


@BOTH
def test_two_ways_of_working_show_in_the_scatter(family: str) -> None:
    truth = simulate(f"{family}bimodal", 3, 20_000)
    cycles = with_positions(truth).with_columns(
        chance=pl.col("in_control_s") / pl.col("expected_s"), n=pl.len().over("station_id")
    )
    gaps = []
    for _, station in cycles.filter(pl.col("n") > 400).group_by("station_id"):
        values = np.sort(station["chance"].to_numpy())
        low, high = np.quantile(values, [0.35, 0.9])
        gaps.append((high - low) / (np.quantile(values, 0.5) - np.quantile(values, 0.1)))
    assert np.median(gaps) > 2.0


@BOTH
def test_calls_that_nobody_closed_have_no_end_in_the_log(family: str) -> None:
    calls = simulate(f"{family}left_open", 3, 30_000).tables["andon_calls"]
    assert 0.1 < calls["resolved_at"].null_count() / calls.height < 0.3


@BOTH
def test_people_who_see_open_calls_call_less(family: str) -> None:
    plant = simulate(f"{family}busy_help", 3, 60_000)
    decided = plant.truth.drop_nulls("call_chance")
    waiting = decided.filter(pl.col("open_calls") > 0)
    assert waiting.height > 50
    assert (waiting["call_chance"] < waiting["call_chance_alone"]).all()
    alone = decided.filter(pl.col("open_calls") == 0)
    assert alone["call_chance"].equals(alone["call_chance_alone"])
    # Calls come about as often as their chances say.
    expected, spread = (
        decided["call_chance"].sum(),
        decided.select((pl.col("call_chance") * (1.0 - pl.col("call_chance"))).sum().sqrt()).item(),
    )
    assert abs(decided["called"].sum() - expected) < 4.0 * spread


@BOTH
@pytest.mark.parametrize(("kind", "hours"), [("handover", 23), ("handover_autumn", 25)])
def test_the_night_on_which_clocks_change_is_an_hour_shorter_or_longer(
    family: str, kind: str, hours: int
) -> None:
    calendar = simulate(f"{family}{kind}", 3, 100_000).tables["calendar"]
    begins = calendar.filter((pl.col("kind") == "shift") & (pl.col("name") == "night"))["starts_at"]
    days = begins.unique().sort().diff().drop_nulls().dt.total_hours()
    assert hours in days
    assert set(days) <= {24, hours}


@BOTH
def test_crews_and_drift_move_the_usual_time(family: str) -> None:
    def moves(kind: str) -> float:
        spec = replace(SCENARIOS[f"{family}{kind}"].spec, days=4, lines=(1, 1))
        cycles = with_positions(draw_plant(kind, changed(spec, {"mix": {"products": (1, 1)}}), 3))
        ratio = pl.col("expected_s") / pl.col("expected_s").median().over("station_id", "shift")
        days = cycles.with_columns(ratio=ratio, day=pl.col("started_at").dt.date())
        by_day = days.group_by("station_id", "shift", "day").agg(pl.col("ratio").median())
        return float(by_day.select(pl.col("ratio").std()).item())

    usual = moves("independent")
    assert moves("crews") > 1.5 * usual + 0.002
    assert moves("slow_drift") > 1.5 * usual + 0.002
