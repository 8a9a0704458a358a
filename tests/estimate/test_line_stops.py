"""Stops of a whole line are found where every station is mid-cycle, and a breakdown is not one."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.estimate.line_stops import find_line_stops, stopped_together
from analytics.estimate.order import line_order
from analytics.estimate.own_time import own_time
from analytics.estimate.plant import Plant
from tests.estimate.given import calendar, interval, plant_of, spans

STOP_FROM, STOP_S = 9_000.0, 1_200.0


def station(number: int, *, stopped: bool = True) -> pl.DataFrame:
    """Cycles of about a minute all day; a cycle that meets the stop goes on after it."""
    rng = np.random.default_rng([7, number])
    begins, ends, now = [], [], 10.0 * number
    while now < 28_000.0:
        end = now + 60.0 + 2.0 * rng.standard_normal()
        if stopped and now < STOP_FROM <= end:
            end += STOP_S
        begins.append(now)
        ends.append(end)
        now = end + 1.0
    return spans(np.array(begins), np.array(ends), station=f"S{number}")


def stops(plant: Plant) -> pl.DataFrame:
    found = find_line_stops(plant, own_time(plant, line_order(plant).upstream))
    return pl.concat(found) if found else pl.DataFrame()


def test_a_stop_of_the_whole_line_is_found_within_a_cycle() -> None:
    found = stops(plant_of(*[station(number) for number in range(6)]))
    assert found.height == 1
    length = (found["end_us"][0] - found["start_us"][0]) / 1e6
    assert STOP_S - 60 < length <= STOP_S + 60


def test_one_station_that_stands_alone_is_no_stop_of_the_line() -> None:
    others = [station(number, stopped=False) for number in range(1, 6)]
    assert stops(plant_of(station(0), *others)).height == 0


def test_a_calendar_with_breaks_is_believed() -> None:
    told = calendar(interval(100, 200, "break", line="L1"))
    assert stops(plant_of(*[station(number) for number in range(6)], calendar=told)).height == 0


def test_units_let_go_together_are_a_breakdown() -> None:
    frames = []
    for number in range(6):
        frame = station(number)
        held = (pl.col("ended_at") - pl.col("started_at")).dt.total_seconds() > 600
        together = frame.filter(held)["ended_at"].min()
        first = frames[0].filter(held)["ended_at"].min() if frames else together
        frames.append(frame.with_columns(ended_at=pl.when(held).then(pl.lit(first)).otherwise("ended_at")))
    assert stops(plant_of(*frames)).height == 0


def long_ones(plant: Plant, *, waited: str | None = None) -> list[str]:
    """Stations of the cycles that are taken for a stop of the line."""
    begin = own_time(plant, line_order(plant).upstream).begin_us
    names = np.array(plant.stations["station_id"].to_list())[plant.station]
    together = stopped_together(plant, begin, (plant.end_us - begin) / 1e6 - 60.0, names != waited)
    return sorted(names[together])


def test_three_that_stand_at_once_are_a_stop_though_others_worked_on() -> None:
    frames = [station(number, stopped=number < 3) for number in range(6)]
    assert long_ones(plant_of(*frames)) == ["S0", "S1", "S2"]
    assert stops(plant_of(*frames)).height == 0


def test_two_that_stand_at_once_are_two_delays() -> None:
    frames = [station(number, stopped=number < 2) for number in range(6)]
    assert long_ones(plant_of(*frames)) == []


def test_one_that_only_waited_is_no_third() -> None:
    frames = [station(number, stopped=number < 3) for number in range(6)]
    assert long_ones(plant_of(*frames), waited="S1") == []


def test_where_breaks_are_told_three_may_stand_by_chance() -> None:
    told = calendar(interval(100, 200, "break", line="L1"))
    frames = [station(number, stopped=number < 3) for number in range(6)]
    assert long_ones(plant_of(*frames, calendar=told)) == []
