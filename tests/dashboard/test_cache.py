"""What the pages add up themselves is what the report says of the same group, intervals and all."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl
import pytest

from analytics import runs
from analytics.config import Workspace
from analytics.estimate.intervals import PLANT_ERROR
from analytics.estimate.strata import Group
from analytics.results import CALLS_ELSEWHERE, Unavailable
from analytics.runs import Filters, publish
from analytics.simulate import simulate
from analytics.study import Findings, study_tables
from analytics.warehouse import memory_warehouse
from dashboard import cache as pages

KEYS = {
    "station": ("line_id", "station_id"),
    "line": ("line_id",),
    "shift": ("shift",),
    "product": ("product_id",),
    "day": ("shift_day",),
}


@cache
def findings(calls: str) -> Findings:
    tables = dict(simulate("small", 3, 2_000).tables)
    if calls == "none":
        tables["andon_calls"] = tables["andon_calls"].clear()
    if calls == "elsewhere":
        tables["andon_calls"] = tables["andon_calls"].with_columns(
            station_id=pl.lit("X"), line_id=pl.lit(None, pl.String)
        )
    with memory_warehouse(tables) as con:
        return study_tables(con, seed=5)


@pytest.mark.parametrize("calls", ["loaded", "none", "elsewhere"])
def test_pages_give_every_group_the_reports_intervals(workspace: Workspace, calls: str) -> None:
    report = findings(calls).report
    assert report["run"]["parameters"]["shared_error"] != PLANT_ERROR, "the plant has an error of its own"
    run = publish(workspace, report, findings(calls).tables)

    assert said(pages.groups(run, Filters(), ())[0]) == said_by(report["demand"])
    for name, keys in KEYS.items():
        found = pages.groups(run, Filters(), keys)
        assert [said(one) for one in found] == [said_by(row) for row in report["by"][name]], name
    for row in report["by"]["station"]:
        alone = Filters(line_ids=(row["line_id"],), station_ids=(row["station_id"],))
        assert said(pages.groups(run, alone, ())[0]) == said_by(row)
    whole = runs.read_change(run, Filters()).to_json()
    assert ("unavailable" in whole) == ("unavailable" in report["change"])
    assert whole.get("unavailable") == report["change"].get("unavailable")


def test_calls_of_other_stations_are_no_call_rate_of_zero(workspace: Workspace) -> None:
    run = publish(workspace, findings("elsewhere").report, findings("elsewhere").tables)
    (whole,) = pages.groups(run, Filters(), ())
    assert isinstance(whole.detection_rate, Unavailable)
    assert whole.detection_rate.code == CALLS_ELSEWHERE
    assert runs.read_change(run, Filters()) == whole.detection_rate


def said(group: Group) -> dict[str, Any]:
    return {
        "count": rounded(group.undetected_count.to_json()),
        "minutes": rounded(group.undetected_minutes.to_json()),
        "rate": rounded(group.detection_rate.to_json()),
    }


def said_by(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "count": rounded(row["undetected"]["count"]),
        "minutes": rounded(row["undetected"]["minutes"]),
        "rate": rounded(row["detection_rate"]),
    }


def rounded(quantity: dict[str, Any]) -> dict[str, Any]:
    """Leave out the last bits: rows may be added up in another order."""
    return {key: round(part, 6) if isinstance(part, float) else part for key, part in quantity.items()}
