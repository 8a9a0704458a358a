"""What came out and the rate against the standard: sums that can be made by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from analytics.problems.output import NO_STANDARD, ODD, output
from analytics.results import Unavailable

SHIFT = datetime.fromisoformat("2025-03-03T06:00:00")
NO_STANDARDS = {
    "site_id": pl.String, "line_id": pl.String, "station_id": pl.String, "product_id": pl.String,
    "standard_cycle_s": pl.Float64, "target_cycle_s": pl.Float64, "valid_from": pl.Datetime("us"),
}  # fmt: skip


def records(*rows: dict[str, Any]) -> pl.DataFrame:
    whole = []
    for number, row in enumerate(rows):
        begin = SHIFT + timedelta(hours=number)
        usual: dict[str, Any] = {
            "site_id": None, "line_id": "L1", "station_id": "S1", "product_id": "P", "shift": "early",
            "shift_day": date(2025, 3, 3), "started_at": begin, "ended_at": begin + timedelta(hours=1),
            "parts": 100.0, "seconds": 3600.0, "several": True,
        }  # fmt: skip
        whole.append({**usual, **row})
    return pl.DataFrame(whole, schema_overrides={"site_id": pl.String, "seconds": pl.Float64})


def standards(*rows: dict[str, Any]) -> pl.DataFrame:
    usual: dict[str, Any] = dict.fromkeys(NO_STANDARDS)
    return pl.DataFrame([{**usual, "station_id": "S1", **row} for row in rows], schema=NO_STANDARDS)


def test_effectiveness_is_planned_run_time_over_hours() -> None:
    told = output(records({"parts": 90.0}, {"parts": 80.0}), standards({"standard_cycle_s": 36.0}))
    (station,) = told.stations
    assert (station.records, station.parts, station.hours) == (2, 170.0, 2.0)
    assert station.effectiveness == pytest.approx(170 * 36 / 7200)
    assert told.to_json()["station"][0]["parts_per_hour"] == 85.0
    assert told.several == 2


def test_each_product_has_its_own_standard() -> None:
    told = output(
        records({"product_id": "A", "parts": 50.0}, {"product_id": "B", "parts": 20.0}),
        standards(
            {"product_id": "A", "standard_cycle_s": 60.0}, {"product_id": "B", "standard_cycle_s": 150.0}
        ),
    )
    assert told.stations[0].effectiveness == pytest.approx((50 * 60 + 20 * 150) / 7200)


def test_products_without_a_standard_are_left_out_of_the_rate_only() -> None:
    told = output(
        records({"product_id": "A", "parts": 50.0}, {"product_id": "B", "parts": 20.0}),
        standards({"product_id": "A", "standard_cycle_s": 60.0}),
    )
    assert told.stations[0].effectiveness == pytest.approx(50 * 60 / 3600)
    assert told.stations[0].parts == 70


def test_parts_of_records_without_a_length_are_not_in_the_rate() -> None:
    told = output(records({}, {"seconds": None, "parts": 7.0}), standards({"standard_cycle_s": 30.0}))
    assert told.stations[0].parts == 107
    assert told.stations[0].effectiveness == pytest.approx(100 * 30 / 3600)


@pytest.mark.parametrize(("standard", "because"), [(None, NO_STANDARD), (0.036, ODD), (3600.0, ODD)])
def test_a_rate_that_cannot_be_told_says_why(standard: float | None, because: Unavailable) -> None:
    told = output(records({}), standards(*([{"standard_cycle_s": standard}] if standard else [])))
    assert told.stations[0].effectiveness == because


def test_only_records_that_hide_cycles_are_warned_of() -> None:
    assert output(records({"several": False}), standards()).caveats == ()
    (caveat,) = output(records({}, {"several": False}), standards()).caveats
    assert (caveat.code, caveat.severity) == ("several_parts", "serious")
    assert "1 of 2 records" in caveat.message
