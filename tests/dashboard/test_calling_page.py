"""The pages on calling: the day of the split is in the URL, small groups and withheld runs show no curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from analytics.charts.change import AXIS
from analytics.charts.curve import Y
from analytics.config import Workspace
from analytics.estimate.detection_curve import DetectionCurves, detection_curves
from analytics.report.wording import MODELS
from tests.dashboard.make_run import ASSEMBLY, WELDING, Variant, make_run
from tests.dashboard.pages import charts, open_page, text
from tests.estimate.test_detection_curve import drawn
from tests.report.example import audited

CHANGE, CURVE = "Fewer calls: fewer problems, or less calling?", "From how many seconds on people call"


def place(root: Path, variant: Variant = "demo", **sections: Any) -> Workspace:
    """A workspace whose run holds a detection curve by line and shift."""
    slow = pl.concat(
        drawn(seed).with_columns(line_id=pl.lit(line)) for seed, line in enumerate((ASSEMBLY, WELDING))
    )
    overall, by_line, by_shift = (
        detection_curves(slow, by, shared_error=0.05, rng=np.random.default_rng(0))
        for by in (None, "line_id", "shift")
    )
    curves = DetectionCurves(overall=overall[0], by_line=by_line, by_shift=by_shift)
    made = Workspace(root=root / variant)
    make_run(made, variant, detection_curve=curves.to_json(), **sections)
    return made


def titled(drawings: list[dict[str, Any]], axis: str, title: str) -> list[dict[str, Any]]:
    return [one for one in drawings if one["layout"].get(axis, {}).get("title", {}).get("text") == title]


def test_the_split_halves_the_shift_days_and_the_url_moves_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = place(tmp_path)
    at = open_page(monkeypatch, made, "gap-report")
    assert CHANGE in text(at)
    assert at.selectbox(key="split").value == "2026-03-09"
    assert "2026-03-09 to 2026-03-13 (10 shift-days" in text(at)
    moved = open_page(monkeypatch, made, "gap-report", split="2026-03-10")
    assert "2026-03-10 to 2026-03-13 (8 shift-days" in text(moved)
    (drawing,) = titled(charts(moved), "xaxis", AXIS)
    assert any(value > 0 for value in drawing["data"][0]["error_x"]["array"])


def test_too_early_is_said_instead_of_a_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    at = open_page(monkeypatch, place(tmp_path), "gap-report", split="2026-03-13")
    assert not at.exception
    assert "Too early: the later period" in text(at)
    assert "3 more shift-days" in text(at)
    assert not titled(charts(at), "xaxis", AXIS)


def test_the_curve_is_that_of_the_chosen_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    at = open_page(monkeypatch, place(tmp_path), "detection-gaps", at_line=ASSEMBLY)
    assert not at.exception
    assert CURVE in text(at)
    assert f"{ASSEMBLY}: One in two is called from" in text(at)
    (drawing,) = titled(charts(at), "yaxis", Y)
    assert any(trace.get("fill") == "tonexty" for trace in drawing["data"])


@pytest.mark.parametrize("variant", ["withheld", "no_andons"])
def test_where_nothing_can_be_said_of_calling_it_is_said_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variant: Variant
) -> None:
    made = Workspace(root=tmp_path / variant)
    make_run(made, variant, detection_curve={"unavailable": "no andon calls were loaded", "needed": None})
    gaps = open_page(monkeypatch, made, "detection-gaps")
    assert not gaps.exception
    assert not titled(charts(gaps), "yaxis", Y)
    report = open_page(monkeypatch, made, "gap-report")
    assert not report.exception
    assert not titled(charts(report), "xaxis", AXIS)


@pytest.mark.parametrize(("page", "marks"), [("gap-report", 2), ("detection-gaps", 1)])
def test_figures_that_an_audit_contradicts_and_cannot_correct_are_called_the_models(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: str, marks: int
) -> None:
    for contradicts in (False, True):
        section = audited()["audit"] | {"overlaps_model": not contradicts}
        at = open_page(monkeypatch, place(tmp_path / str(contradicts), audit=section), page)
        assert not at.exception
        assert text(at).count(f"These figures are {MODELS}.") == marks * contradicts


def test_a_run_of_an_earlier_version_has_no_curve_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = Workspace(root=tmp_path / "old")
    make_run(made)
    at = open_page(monkeypatch, made, "detection-gaps")
    assert not at.exception
    assert "this run does not hold it: analyze again" in text(at)
