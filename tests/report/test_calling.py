"""The report's page on calling: shares with their samples, both periods, nothing of small groups."""

from __future__ import annotations

from html import unescape
from typing import Any

import numpy as np
import polars as pl

from analytics.cli_ladder import ladder
from analytics.estimate.detection_curve import DetectionCurves, detection_curves
from analytics.report import check_report, render_html
from analytics.report.calling import change, seconds_called, share_by_seconds
from analytics.report.wording import MODELS, models_own
from tests.estimate.test_change import cells, told
from tests.estimate.test_detection_curve import drawn
from tests.report.example import audited, example, range_of_unseen

LINES = pl.concat([drawn(1), drawn(2).with_columns(line_id=pl.lit("L2"))])


def given() -> dict[str, Any]:
    """The example with a curve by line and shift, and a change."""
    overall, by_line, by_shift = (
        detection_curves(LINES, by, shared_error=0.05, rng=np.random.default_rng(0))
        for by in (None, "line_id", "shift")
    )
    curves = DetectionCurves(overall=overall[0], by_line=by_line, by_shift=by_shift)
    changed = told(cells(np.random.default_rng(1), problems=0.6))
    return example() | {"detection_curve": curves.to_json(), "change": changed.to_json()}


def test_what_is_estimated_keeps_to_the_contract_and_stands_on_the_page() -> None:
    check_report(given())
    page = render_html(given())
    assert "Fewer calls: fewer problems, or less calling?" in page
    assert "fewer problems, and no change in calling beyond chance" in page
    assert "From how many seconds on people call" in page
    assert "nan" not in page


def test_shares_stand_with_their_interval_and_sample() -> None:
    rows = share_by_seconds(given())
    assert len(rows) == len(given()["detection_curve"]["overall"]["points"])
    assert all(row.bar and row.bar.low < row.bar.length <= row.bar.high for row in rows)
    assert all("slow cycles" in row.remark and "(" in row.text for row in rows)


def test_groups_show_where_enough_is_pooled() -> None:
    assert [row[0] for row in seconds_called(given())] == [
        "All", "Line L1", "Line L2", "Shift early", "Shift late",
    ]  # fmt: skip
    few = given()
    few["by"]["day"] = few["by"]["day"][:4]
    assert [row[0] for row in seconds_called(few)] == ["All"]
    assert change(few) == []


def test_a_change_names_both_periods_and_the_mix() -> None:
    rows = change(given())
    assert [row[0] for row in rows][-1] == "Cycles moved between stations"
    assert all("(" in cell for row in rows[:3] for cell in row[1:])


def test_a_report_of_an_earlier_version_has_neither() -> None:
    old = example()
    for section in ("detection_curve", "change"):
        old.pop(section, None)
    check_report(old)
    assert change(old) == seconds_called(old) == share_by_seconds(old) == []
    assert "From how many seconds on people call" not in render_html(old)


def test_what_is_refused_says_why() -> None:
    refused = {"unavailable": "no andon calls were loaded", "needed": "the andon system's export"}
    page = render_html(example() | {"detection_curve": refused, "change": refused})
    assert "Detection curve" in page
    assert "Change in calls" in page


def test_what_an_audit_contradicts_and_cannot_correct_is_marked_wherever_it_is_drawn() -> None:
    report = given() | {"audit": audited()["audit"]}
    report["demand"]["seen_by_no_source"] = range_of_unseen()
    assert MODELS not in unescape(render_html(report))
    report["audit"]["overlaps_model"] = False
    marked = unescape(render_html(report))
    assert marked.count(models_own(report)) == 3, "the change, the curve and busy help"
    assert marked.count(MODELS) == 4, "these, and what no source holds"
    said = " ".join(" ".join(ladder(report)).split())
    assert said.count(MODELS) == 4
