"""The shipped study reads as rows; one of another layout, or none, is not shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analytics import accuracy

FIGURES: dict[str, Any] = {
    "withheld": 0.0,
    "excess": 4.2,
    "count_bias": -0.031,
    "count_rmse": 0.05,
    "count_coverage": 0.95,
    "count_half_width": 0.11,
    "station_count_coverage": 0.96,
    "calibration": [{"low": 0.0, "cycles": 90, "stated": 0.02, "true": 0.03}],
    "peers": {"Tukey": {"count_ratio": 3.26, "minutes_ratio": None, "precision": 0.314}},
}
MET = ["count, bias", "±4 %", "-3.1 %", True]
UNMET = ["minutes, bias", "±3 %", "5 %", False]


def study(**more: Any) -> dict[str, Any]:
    kind = {
        "name": "noisy",
        "twin": False,
        "family": "serial",
        "class": "hard",
        "description": "much scatter",
        "plants": 40,
        "figures": FIGURES,
        "goals": [MET, UNMET],
    }
    other = kind | {"name": "wide", "figures": FIGURES | {"withheld": 1.0}, "goals": [MET]}
    return {
        "schema_version": 1,
        "version": "0.1.0",
        "date": "2026-11-24",
        "first_seed": 7,
        "kinds": [kind, other],
        **more,
    }


def test_a_kind_is_one_row_and_what_is_missing_is_a_dash() -> None:
    first, second = accuracy.kind_rows(study())
    assert first == {
        "kind": "noisy",
        "plants": "40",
        "count": "-3.1 ± 5.0 %",
        "minutes": "withheld",
        "covers": "95 %, –",
        "half_width": "±11 %, –",
        "stations": "96 %, –",
        "ranking": "–",
        "seen": "–",
        "goals": "1 of 2",
    }
    assert second["count"] == "withheld"
    assert second["covers"] == "–"


def test_goals_that_are_not_met_are_listed() -> None:
    assert accuracy.open_rows(study()) == [{"goal": "minutes, bias", "bounds": "±3 %", "by": "noisy (5 %)"}]
    rows = accuracy.goal_rows(study())
    assert [row["met"] for row in rows] == ["no", "yes", "yes"]
    assert rows[0] | {"met": "no", "kind": "noisy", "measured": "5 %"} == rows[0]


def test_of_many_kinds_that_miss_a_goal_the_worst_are_named() -> None:
    (first, _) = study()["kinds"]
    missed = [first | {"name": f"k{n}", "goals": [["a", "≥ 94 %", f"{n} %", False]]} for n in range(6)]
    (row,) = accuracy.open_rows(study(kinds=missed))
    assert row["by"] == "k0 (0 %), k1 (1 %), k2 (2 %), k3 (3 %), and 2 more"


def test_both_families_stand_beside_each_other() -> None:
    given = study()
    flow = [
        one | {"name": name} for one, name in zip(given["kinds"], ("flow_noisy", "flow_base"), strict=True)
    ]
    rows = accuracy.family_rows(given | {"kinds": [*given["kinds"], *flow]})
    assert [row["kind"] for row in rows] == ["noisy", "wide", "default"]
    assert rows[0]["count"] == rows[0]["flow_count"] == "-3.1 ± 5.0 %"
    assert rows[2]["count"] == "–"
    assert rows[2]["flow_count"] == "withheld"


def test_stated_chances_are_pooled_over_kinds() -> None:
    (row,) = accuracy.trust_rows(study())
    assert row == {"stated": "0.00 to 1.00", "cycles": "180", "mean": "0.020", "true": "0.030"}


def test_peers_are_told_as_multiples_of_the_truth() -> None:
    assert accuracy.peer_rows(study())[0] == {
        "kind": "noisy",
        "rule": "Tukey",
        "count": "3.3 ×",
        "minutes": "–",
        "ranking": "0.31",
    }


def test_what_was_studied_is_said() -> None:
    assert accuracy.about(study()) == (
        "80 simulated plants of 2 kinds, version 0.1.0, 2026-11-24, seeds from 7"
    )


def test_twins_are_told_apart_from_kinds() -> None:
    (first, _) = study()["kinds"]
    twin = first | {"name": "noisy/nothing_wrong", "twin": True, "plants": 3}
    together = {
        "family": "flow",
        "plants": 3,
        "figures": {"excess": 11.2, "excess_error": 4.4, "count_coverage": 1.0},
        "goals": [["above the truth", "≤ 20", "11", True], ["lower bound holds", "≥ 100 %", "67 %", False]],
    }
    given = study(kinds=[first, twin], twins=[together])
    assert accuracy.about(given).startswith(
        "40 simulated plants of 1 kinds and 3 twins of 1 kinds on which nothing is wrong, "
    )
    _, row = accuracy.kind_rows(given)
    assert row["kind"] == "flow_… any of these, nothing wrong"
    assert (row["plants"], row["count"], row["goals"]) == ("3", "11 ± 4 above 0", "1 of 2")
    assert {one["kind"] for one in accuracy.goal_rows(given) if one["goal"] == "lower bound holds"} == {
        "flow twins, together"
    }


@pytest.mark.parametrize("version", [None, 2])
def test_no_study_or_one_of_another_layout_is_not_shown(
    version: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    if version:
        text = json.dumps(study(schema_version=version))
        (tmp_path / "data" / accuracy.FILE).write_text(text, encoding="utf-8")
    monkeypatch.setattr(accuracy, "resources", lambda: tmp_path)
    assert accuracy.load_study() is None


def test_the_shipped_study_is_read() -> None:
    shipped = accuracy.load_study()
    assert shipped is not None
    assert accuracy.kind_rows(shipped)
    assert accuracy.trust_rows(shipped)
