"""What the pages add up themselves is what the report says of the same group, intervals and all."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from analytics.config import Workspace
from analytics.estimate.intervals import PLANT_ERROR
from analytics.estimate.strata import Group
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
def findings(*, calls: bool) -> Findings:
    tables = dict(simulate("small", 3, 2_000).tables)
    if not calls:
        tables["andon_calls"] = tables["andon_calls"].clear()
    with memory_warehouse(tables) as con:
        return study_tables(con, seed=5)


@pytest.mark.parametrize("calls", [True, False])
def test_pages_give_every_group_the_reports_intervals(workspace: Workspace, calls: bool) -> None:
    report = findings(calls=calls).report
    assert report["run"]["parameters"]["shared_error"] != PLANT_ERROR, "the plant has an error of its own"
    run = publish(workspace, report, findings(calls=calls).tables)

    assert said(pages.groups(run, Filters(), ())[0]) == said_by(report["demand"])
    for name, keys in KEYS.items():
        found = pages.groups(run, Filters(), keys)
        assert [said(one) for one in found] == [said_by(row) for row in report["by"][name]], name
    for row in report["by"]["station"]:
        alone = Filters(line_ids=(row["line_id"],), station_ids=(row["station_id"],))
        assert said(pages.groups(run, alone, ())[0]) == said_by(row)


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
