"""Which station is meant where an export names no line or site: given rows, expected rows."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from analytics.warehouse import fetch, memory_warehouse

PERIOD = {"from_at": datetime(2025, 1, 1), "to_at": datetime(2026, 1, 1)}  # noqa: DTZ001 (stored naive)
Place = tuple[str | None, str | None, str]


def placed(places: list[Place], **columns: object) -> pl.DataFrame:
    frame = pl.DataFrame(
        places, schema=dict.fromkeys(("site_id", "line_id", "station_id"), pl.String), orient="row"
    )
    return frame.with_columns(pl.lit(value).alias(name) for name, value in columns.items())


def cycles_of(cycles: list[Place], layout: list[Place]) -> list[Place]:
    ended = datetime(2025, 3, 3, 6, 0)  # noqa: DTZ001
    tables = {"cycles": placed(cycles, ended_at=ended), "stations": placed(layout)}
    with memory_warehouse(tables) as con:
        return fetch(con, "estimate/cycles", **PERIOD).select("site_id", "line_id", "station_id").rows()


def layout_of(layout: list[Place], cycles: list[Place]) -> list[Place]:
    tables = {"cycles": placed(cycles), "stations": placed(layout, position=1)}
    with memory_warehouse(tables) as con:
        return fetch(con, "estimate/stations").select("site_id", "line_id", "station_id").rows()


@pytest.mark.parametrize(
    ("told", "others", "meant"),
    [
        ((None, None, "S1"), [(None, "L1", "S1")], (None, "L1", "S1")),
        ((None, None, "S1"), [("A", "L1", "S1")], ("A", "L1", "S1")),
        ((None, "L1", "S1"), [("A", "L1", "S1"), ("A", "L2", "S1")], ("A", "L1", "S1")),
        (("A", None, "S1"), [("A", "L1", "S1"), ("B", "L2", "S1")], ("A", "L1", "S1")),
        ((None, "L1", "S1"), [(None, None, "S1")], (None, "L1", "S1")),
        # What could be two stations stays as it was told.
        ((None, None, "S1"), [(None, "L1", "S1"), (None, "L2", "S1")], (None, None, "S1")),
        ((None, "L1", "S1"), [("A", "L1", "S1"), ("B", "L1", "S1")], (None, "L1", "S1")),
        ((None, None, "S1"), [("A", "L1", "S1"), ("B", "L1", "S1")], (None, None, "S1")),
        ((None, None, "S1"), [(None, "L1", "S2")], (None, None, "S1")),
        ((None, None, "S1"), [], (None, None, "S1")),
        (("A", "L1", "S1"), [("B", "L2", "S1")], ("A", "L1", "S1")),
    ],
)
def test_the_one_station_that_can_be_meant_is_meant(told: Place, others: list[Place], meant: Place) -> None:
    assert cycles_of([told], others) == [meant]
    assert layout_of([told], others) == [meant]


def test_cycles_with_and_without_their_line_are_one_stations() -> None:
    assert cycles_of([(None, "L1", "S1"), (None, None, "S1")], []) == [(None, "L1", "S1")]
