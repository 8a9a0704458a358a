"""In which order units pass the stations: told, found from serials, or said to be unknown."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.estimate.order import SERIALS, TOLD, UNKNOWN, line_order
from analytics.estimate.plant import Plant
from tests.estimate.given import plant_of, spans

UNITS = 80


def line(names: list[str], *, serials: bool = True, shuffled: int | None = None) -> list[pl.DataFrame]:
    """Stations that units pass in the order of ``names``, a minute apart; ids don't tell the order."""
    frames = []
    for place, name in enumerate(names):
        ends = 60.0 * np.arange(UNITS) + 65.0 * (place + 1)
        unit = [f"u{number}" for number in range(UNITS)] if serials else None
        frames.append(spans(ends - 50.0, ends, station=name, serial=unit))
    return frames


def told(**columns: list) -> pl.DataFrame:
    return pl.DataFrame({"line_id": ["L1"] * len(columns["station_id"]), **columns})


def names_of(plant: Plant, links: dict[int, list[int]]) -> dict[str, list[str]]:
    ids = plant.stations["station_id"].to_list()
    return {ids[code]: sorted(ids[other] for other in others) for code, others in links.items()}


def test_told_positions() -> None:
    plant = plant_of(
        *line(["C", "A", "B"], serials=False), stations=told(station_id=["A", "B", "C"], position=[2, 3, 1])
    )
    order = line_order(plant)
    assert order.source == {0: TOLD}
    assert names_of(plant, order.downstream) == {"C": ["A"], "A": ["B"]}
    assert names_of(plant, order.upstream) == {"A": ["C"], "B": ["A"]}
    assert [order.position[code] for code in range(3)] == [2, 3, 1]


def test_told_successors_also_several() -> None:
    rows = told(station_id=["A", "B1", "B2", "C"], next_station_id=["B1; B2", "C", "C", None])
    plant = plant_of(*line(["A", "B1", "B2", "C"], serials=False), stations=rows)
    order = line_order(plant)
    assert order.source == {0: TOLD}
    assert names_of(plant, order.downstream) == {"A": ["B1", "B2"], "B1": ["C"], "B2": ["C"]}
    assert [order.position[code] for code in range(4)] == [1, 2, 2, 3]


def test_a_successor_that_does_not_exist_is_passed_over() -> None:
    rows = told(station_id=["A", "B"], next_station_id=["B", "shipping"])
    plant = plant_of(*line(["A", "B"], serials=False), stations=rows)
    assert names_of(plant, line_order(plant).downstream) == {"A": ["B"]}


def test_successors_in_a_circle_come_to_an_end() -> None:
    rows = told(station_id=["A", "B"], next_station_id=["B", "A"])
    order = line_order(plant_of(*line(["A", "B"], serials=False), stations=rows))
    assert order.downstream == {0: [1], 1: [0]}
    assert set(order.position) == {0, 1}


def test_serials_tell_the_order() -> None:
    plant = plant_of(*line(["C", "A", "B"]))
    order = line_order(plant)
    assert order.source == {0: SERIALS}
    assert names_of(plant, order.downstream) == {"C": ["A"], "A": ["B"]}


def test_serials_tell_which_stations_share_the_work() -> None:
    first, half, last = line(["P", "Q", "Z"])
    even = half.filter(pl.Series(np.arange(UNITS) % 2 == 0)).with_columns(station_id=pl.lit("Q1"))
    odd = half.filter(pl.Series(np.arange(UNITS) % 2 == 1)).with_columns(station_id=pl.lit("Q2"))
    plant = plant_of(first, even, odd, last)
    order = line_order(plant)
    assert names_of(plant, order.downstream) == {"P": ["Q1", "Q2"], "Q1": ["Z"], "Q2": ["Z"]}


def test_a_told_successor_that_is_missing_is_filled_from_the_positions() -> None:
    """Before parallel stations the cell is empty: which of the two would one write?"""
    rows = told(
        station_id=["A", "B1", "B2", "C"], position=[1, 2, 2, 3], next_station_id=[None, "C", "C", None]
    )
    plant = plant_of(*line(["A", "B1", "B2", "C"], serials=False), stations=rows)
    order = line_order(plant)
    assert names_of(plant, order.downstream) == {"A": ["B1", "B2"], "B1": ["C"], "B2": ["C"]}


def test_a_told_successor_that_is_missing_is_filled_from_the_units() -> None:
    rows = told(station_id=["A", "B", "C"], next_station_id=[None, "C", None])
    plant = plant_of(*line(["A", "B", "C"]), stations=rows)
    assert names_of(plant, line_order(plant).downstream) == {"A": ["B"], "B": ["C"]}


def test_branches_that_merge_are_not_crossed() -> None:
    """Units of one branch never see the other, though both stand at the same places."""
    even = pl.Series(np.arange(UNITS) % 2 == 0)
    frames = [
        frame.filter(even if name.startswith("E") else ~even)
        for names in (["E1", "E2", "M"], ["F1", "F2", "M"])
        for name, frame in zip(names, line(names), strict=True)
    ]
    plant = plant_of(*frames)
    links = {"E1": ["E2"], "E2": ["M"], "F1": ["F2"], "F2": ["M"]}
    assert names_of(plant, line_order(plant).downstream) == links


def test_rework_that_leads_back_makes_no_link() -> None:
    first, second, last = line(["A", "B", "C"])
    again = first.head(UNITS // 5).with_columns(
        started_at=pl.col("started_at") + pl.duration(seconds=3 * 65),
        ended_at=pl.col("ended_at") + pl.duration(seconds=3 * 65),
    )
    plant = plant_of(first, second, last, again)
    assert names_of(plant, line_order(plant).downstream)["B"] == ["C"]


def test_told_positions_that_are_equal_are_parallel() -> None:
    rows = told(station_id=["A", "B1", "B2", "C"], position=[1, 2, 2, 3])
    plant = plant_of(*line(["A", "B1", "B2", "C"], serials=False), stations=rows)
    assert names_of(plant, line_order(plant).downstream) == {"A": ["B1", "B2"], "B1": ["C"], "B2": ["C"]}


def test_without_either_it_is_unknown() -> None:
    order = line_order(plant_of(*line(["A", "B", "C"], serials=False)))
    assert order.source == {0: UNKNOWN}
    assert order.downstream == {}


def test_one_station_has_no_neighbours() -> None:
    order = line_order(plant_of(*line(["A"])))
    assert order.downstream == {}
    assert order.position == {0: 1}


def test_lines_don_t_mix() -> None:
    other = [frame.with_columns(line_id=pl.lit("L2")) for frame in line(["A", "B"])]
    plant = plant_of(*line(["B", "A"]), *other)
    order = line_order(plant)
    lines = plant.stations["line_id"].to_list()
    for code, following in order.downstream.items():
        assert {lines[after] for after in following} == {lines[code]}
    ids = plant.stations["station_id"].to_list()
    assert {(lines[c], ids[c]): ids[f[0]] for c, f in order.downstream.items()} == {
        ("L1", "B"): "A",
        ("L2", "A"): "B",
    }
