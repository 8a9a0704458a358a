"""Stamps and names become arrays: sorted, coded, with nothing lost and nothing mixed up."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from analytics.estimate.plant import MISSING, load_plant, no_calls_here
from analytics.results import CALLS_ELSEWHERE, NO_CALLS, Unavailable
from analytics.warehouse import memory_warehouse
from tests.estimate.given import MONDAY, after, at, calls, plant_of, spans


def test_cycles_are_sorted_by_station_and_time_whatever_the_order_they_came_in() -> None:
    frame = pl.concat([spans([0, 60, 120], [60, 120, 180], station=name) for name in ("B", "A")])
    plant = plant_of(frame.sample(fraction=1.0, shuffle=True, seed=3))
    assert plant.stations["station_id"].to_list() == ["A", "B"]
    assert plant.station.tolist() == [0, 0, 0, 1, 1, 1]
    assert plant.bounds.tolist() == [0, 3, 6]
    assert [part.stop - part.start for part in plant.slices()] == [3, 3]
    for part in plant.slices():
        assert plant.end_us[part].tolist() == at(60, 120, 180).tolist()


def test_names_without_a_line_come_first_and_stay_apart() -> None:
    plant = plant_of(spans([0], [60], line="L1"), spans([0], [60], line=None), spans([0], [60], line="L0"))
    assert plant.stations["line_id"].to_list() == [None, "L0", "L1"]
    assert plant.lines() == {0: [0], 1: [1], 2: [2]}


def test_the_same_station_on_two_lines_and_sites_is_three_stations() -> None:
    plant = plant_of(
        spans([0], [60], site_id="N"), spans([0], [60], site_id="S"), spans([0], [60], site_id="S", line="L2")
    )
    assert plant.stations.height == 3
    assert len(plant.lines()) == 3


def test_cavities_are_one_cycle_with_their_parts_added() -> None:
    both = pl.concat([spans([0, 70], [60, 130], product_id=one, quantity=2.0) for one in ("left", "right")])
    plant = plant_of(both)
    assert plant.size == 2
    assert plant.products == ["left + right"]
    assert plant.cycles["quantity"].to_list() == [4.0, 4.0]


def test_cavities_of_three_products_name_them_all() -> None:
    all_three = [spans([0, 70], [60, 130], product_id=one) for one in ("b", "a", "c")]
    outer = [spans([140], [200], product_id=one) for one in ("c", "a")]
    plant = plant_of(pl.concat([*all_three, *outer]))
    assert plant.cycles["product_id"].to_list() == ["a + b + c", "a + b + c", "a + c"]


def test_work_that_ends_together_but_began_apart_is_not_joined() -> None:
    assert plant_of(spans([0, 20], [60, 60])).size == 2


def test_units_with_serials_are_not_joined() -> None:
    assert plant_of(spans([0, 0], [60, 60], serial=["u1", "u2"])).size == 2


def test_what_is_not_known_has_a_code_of_its_own() -> None:
    frame = spans([0, 60], [60, 120], product_id=["A", None], serial=[None, "u"]).with_columns(
        started_at=pl.when(pl.int_range(pl.len()) == 0).then("started_at")
    )
    plant = plant_of(frame)
    assert plant.product.tolist() == [0, -1]
    assert plant.serial.tolist() == [-1, 0]
    assert plant.shift.tolist() == [-1, -1]
    assert plant.start_us.tolist() == [at(0)[0], MISSING]
    assert np.isnan(plant.stated_s).all()


def test_a_completion_stands_for_an_end() -> None:
    frame = spans([0], [60]).rename({"ended_at": "completed_at"})
    assert plant_of(frame).end_us.tolist() == at(60).tolist()


def test_the_period_is_from_inclusive_to_exclusive() -> None:
    tables = {
        "cycles": spans([0, 60, 120], [60, 120, 180]),
        "andon_calls": calls([60, 120, 180]),
    }
    with memory_warehouse(tables) as con:
        plant = load_plant(con, after(60), after(180))
    assert plant.end_us.tolist() == at(60, 120).tolist()
    assert plant.calls["raised_us"].to_list() == at(60, 120).tolist()


def test_a_bare_station_id_is_looked_up_where_only_one_bears_it() -> None:
    frames = [
        spans([0], [60], station="A"),
        spans([0], [60], station="B"),
        spans([0], [60], station="B", line="L2"),
    ]
    plant = plant_of(
        *frames, andon_calls=pl.concat([calls([1], station=s, line=None) for s in ("A", "B", "Z")])
    )
    found = dict(zip(plant.calls["station_id"], plant.calls["station"], strict=True))
    assert found == {"A": 0, "B": -1, "Z": -1}


def test_a_call_of_a_line_knows_its_line() -> None:
    given = calls([1]).with_columns(station_id=pl.lit(None, dtype=pl.String))
    plant = plant_of(spans([0], [60]), spans([0], [60], station="S2"), andon_calls=given)
    assert plant.calls["station"].to_list() == [-1]
    assert plant.calls["line"].to_list() == [0]


def test_stations_without_cycles_are_not_there() -> None:
    told = pl.DataFrame({"line_id": ["L1"] * 2, "station_id": ["S1", "ghost"], "position": [1, 2]})
    plant = plant_of(spans([0], [60]), stations=told)
    assert plant.stations["station_id"].to_list() == ["S1"]
    assert plant.stations["position"].to_list() == [1]


@pytest.mark.parametrize("year", [1970, 1999, 2026, 2100])
def test_microseconds_are_exact(year: int) -> None:
    start = datetime.fromisoformat(f"{year}-01-01T00:00:00")
    plant = plant_of(spans([0.000001], [1.000003], start=start, stamp_s=1e-6))
    assert plant.end_us[0] - plant.start_us[0] == 1_000_002
    assert MONDAY.year == 2026


@pytest.mark.parametrize(("station", "line", "elsewhere"), [(-1, -1, True), (-1, 0, False), (0, 0, False)])
def test_calling_is_not_judged_by_calls_of_other_places(station: int, line: int, *, elsewhere: bool) -> None:
    calls = pl.DataFrame({"station": [station, -1], "line": [line, -1]})
    refusal = no_calls_here(calls)
    assert (isinstance(refusal, Unavailable) and refusal.code == CALLS_ELSEWHERE) == elsewhere
    assert (refusal is None) != elsewhere
    assert no_calls_here(calls.clear()) == NO_CALLS
