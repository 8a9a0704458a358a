"""Output in words, where single cycles cannot be seen; nothing where they can."""

from __future__ import annotations

from typing import Any

from analytics.report import render_html
from analytics.report.contract import check_report
from analytics.report.put_out import in_words, seen
from tests.report.example import example


def station(name: str, effectiveness: Any) -> dict[str, Any]:
    return {
        "line_id": "L1", "station_id": name, "records": 6000, "parts": 90_000.0, "hours": 40.0,
        "parts_per_hour": 2250.0, "effectiveness": effectiveness,
    }  # fmt: skip


def put_out(several: int, *stations: dict[str, Any]) -> dict[str, Any]:
    report = example()
    report["output"] = {"parts": 90_000.0, "records_of_several_parts": several, "station": list(stations)}
    check_report(report)
    return report


def test_single_cycles_need_no_such_words() -> None:
    for report in (example(), put_out(0, station("S1", 0.9))):
        assert in_words(report) == []
        assert seen(report) == "12,000 cycles"


def test_records_of_several_parts_are_no_cycles() -> None:
    report = put_out(12_000, station("S1", 0.91))
    assert seen(report) == "12,000 records of several parts each"
    told = " ".join(in_words(report))
    assert "90,000 parts in 40 station-hours" in told
    assert "S1 2,250 parts an hour, 91%" in told
    page = render_html(report)
    assert "12,000 records of several parts each" in page
    assert "nothing can be said of single cycles" in page


def test_a_plant_of_both_says_both() -> None:
    refused = {"unavailable": "no standard for what was made", "needed": "standards"}
    report = put_out(2_000, station("S1", refused))
    assert seen(report) == "10,000 cycles, 2,000 records of several parts each"
    assert "No rate against the standard" in " ".join(in_words(report))
