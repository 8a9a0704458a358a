"""The report contract: parts make up their whole, refusals stay refusals, response is what the calls say."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from analytics.study import Findings, study_tables
from analytics.warehouse import memory_warehouse
from tests.estimate.given import MONDAY, calendar, calls, interval, spans

SIZE = 360
HOUR = 3600.0


def study(**tables: Any) -> dict[str, Any]:
    with memory_warehouse(tables) as con:
        found: Findings = study_tables(
            con, sources=[{"file": "a.csv", "table": "cycles", "read": SIZE, "loaded": SIZE}]
        )
    return found.report


def frame(stamp_s: float = 0.01):
    lengths = 60.0 + 2.0 * np.random.default_rng(1).standard_normal(SIZE)
    lengths[20::30] += 40.0
    end = np.cumsum(lengths + 5.0) - 5.0
    return spans(end - lengths, end, stamp_s=stamp_s, product_id="A")


@cache
def report() -> dict[str, Any]:
    """Twelve slow cycles: four called and answered after 10, 20, 30 and 80 s; one about safety elsewhere."""
    cycles = frame()
    starts = [(one - MONDAY).total_seconds() for one in cycles["started_at"]]
    slow = [starts[row] + 75 for row in (20, 50, 80, 110)]
    raised = [*slow, starts[205] + 30]
    answers = [10, 20, 30, 80, None]
    given = calls(
        raised,
        acknowledged_at=[None if a is None else r + a for r, a in zip(raised, answers, strict=True)],
        resolved_at=[r + 24 for r in raised],
        kind=["process"] * 4 + ["safety"],
    )
    shift = calendar(
        interval(0, 10 * HOUR, "shift", line="L1"), interval(2 * HOUR, 2.5 * HOUR, "break", line="L1")
    )
    return study(cycles=cycles, andon_calls=given, calendar=shift)


def test_response_is_what_the_calls_say() -> None:
    response = report()["response"]
    assert response["acknowledged_s"]["median"] in {20.0, 30.0}
    assert response["acknowledged_s"]["p90"] == 80.0
    assert response["resolved_s"] == {"median": 24.0, "p90": 24.0}
    # Three of the four answered within the usual minute; the unanswered one is not among them.
    assert response["within_cycle_rate"] == pytest.approx(0.75)


def test_type_1_counts_problems_not_slow_cycles() -> None:
    found = report()["types"]["type_1"]["count"]
    assert found["unit"] == report()["demand"]["undetected"]["problems"]["unit"] == "problems"


def test_calls_without_a_time_trace_are_counted_apart_by_kind() -> None:
    called = report()["demand"]["calls"]
    assert called["count"] == 5
    assert called["without_time_trace"] == {"safety": 1}
    assert report()["demand"]["detected"]["count"]["value"] == pytest.approx(4, abs=0.2)


def test_detected_and_undetected_make_the_total() -> None:
    demand = report()["demand"]
    parts = demand["detected"]["count"]["value"] + demand["undetected"]["count"]["value"]
    assert demand["total"]["count"]["value"] == pytest.approx(parts)
    assert demand["undetected"]["count"]["value"] == pytest.approx(8, abs=0.5)
    assert demand["total"]["count"]["upper"] > parts > demand["total"]["count"]["lower"]


def test_planned_hours_leave_out_breaks() -> None:
    last = frame()["ended_at"][-1]
    whole = (last - MONDAY).total_seconds() / 3600
    assert report()["exposure"]["planned_hours"] == pytest.approx(whole - 0.5, abs=0.01)
    assert study(cycles=frame())["exposure"]["planned_hours"] == pytest.approx(whole, abs=0.01)


def test_the_floor_is_told_with_the_count() -> None:
    floor = report()["demand"]["undetected"]["floor_s"]
    assert floor["min"] == floor["median"] == floor["max"] == pytest.approx(8.0, rel=0.2)
    assert report()["demand"]["common_floor_s"] == pytest.approx(floor["max"])


def test_what_is_not_estimated_says_so() -> None:
    for part in (report()["capacity"], report()["audit"], report()["types"]["type_4"]):
        assert part["unavailable"]
    assert "second source" in report()["demand"]["seen_by_no_source"]["count"]["unavailable"]


def test_sources_are_told_by_their_counts() -> None:
    assert report()["sources"] == [
        {
            "file": "a.csv",
            "table": "cycles",
            "read": SIZE,
            "loaded": SIZE,
            "duplicate": None,
            "quarantined": None,
        }
    ]


def test_a_withheld_report_has_no_number_of_demand_anywhere() -> None:
    withheld = study(cycles=frame(stamp_s=60.0))
    demand = withheld["demand"]
    for part in (demand["detected"], demand["undetected"], demand["undetected"]["recorded"]):
        for name in ("count", "minutes"):
            assert "unavailable" in part[name]
    for part in (demand["total"]["count"], demand["detection_rate"], demand["undetected"]["problems"]):
        assert "unavailable" in part
    for rows in withheld["by"].values():
        for row in rows:
            assert "unavailable" in row["undetected"]["count"]
            assert "unavailable" in row["detection_rate"]
    assert withheld["targets"] == []
    assert demand["calls"]["count"] == 0
    json.dumps(withheld, allow_nan=False)
