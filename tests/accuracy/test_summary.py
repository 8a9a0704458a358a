"""Figures, goals and tables of the study, from records that can be worked out by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from analytics import accuracy
from analytics.config import resources
from analytics.simulate import SCENARIOS
from analytics.simulate.scenarios import KINDS
from tests.accuracy import goals
from tests.accuracy.judge import TWIN
from tests.accuracy.publish import as_lines, markdown, rounded, study_of, with_table
from tests.accuracy.summary import figures


def stated(value: float, truth: float = 100.0, lower: float = 90.0, upper: float = 120.0) -> dict[str, Any]:
    return {
        "truth": truth,
        "value": value,
        "lower": lower,
        "upper": upper,
        "ratio": value / truth if truth else None,
        "covers": lower <= truth <= upper,
    }


def record(one: dict[str, Any], scenario: str = "default", **more: Any) -> dict[str, Any]:
    part = {"n": 2, "covers": 1, "half_widths": [0.2, 0.4], "logs": [0.0, 0.0]}
    return {
        "scenario": scenario,
        "seed": 1,
        "cycles": 50_000,
        "cpu_s": 1.0,
        **dict.fromkeys(("count", "minutes", "problems", "detected", "total"), one),
        "detection_rate": stated(0.62, 0.60, 0.5, 0.7),
        "problem_call_rate": {"truth": 0.5, "value": 0.47},
        "queue_share": {"truth": 0.1, "withheld": True},
        "merged": 0.02,
        "by_station": {"count": part, "minutes": part},
        "by_stratum": {"n": 10, "covers": 9, "squares": 40.0, "some": 4, "some_covers": 3},
        "floor_s": [4.0, 12.0, 30.0],
        "floor_sigma": 4.0,
        "above_floor": 0.9,
        "precision": 0.9,
        "precision_ceiling": 1.0,
        "calibration": [
            {"low": 0.2, "cycles": 300, "stated": 0.4, "true": 0.3},
            {"low": 0.5, "cycles": 5, "stated": 0.6, "true": 0.0},
        ],
        "right_calls": 0.97,
        **more,
    }


def test_errors_are_told_with_their_mean_spread_and_worst() -> None:
    low = record(stated(100.0 / 1.1, upper=95.0))
    found = figures([record(stated(110.0)), low])
    assert found["plants"] == 2
    assert found["count_bias"] == pytest.approx(0.0, abs=1e-9)
    assert found["count_rmse"] == pytest.approx(0.0955, abs=1e-3)
    assert found["count_worst"] == pytest.approx(0.1)
    assert found["count_coverage"] == 0.5


def test_parts_are_pooled_over_plants() -> None:
    found = figures([record(stated(100.0)), record(stated(100.0))])
    assert found["station_count_n"] == 4
    assert found["station_count_coverage"] == 0.5
    assert found["station_count_half_width"] == pytest.approx(0.3)
    assert found["stratum_coverage"] == pytest.approx(0.9)
    assert found["stratum_rmse"] == pytest.approx(2.0)
    assert found["detection_rate_rmse"] == pytest.approx(0.02)
    assert found["problem_call_rate_bias"] == pytest.approx(-0.03)
    assert found["precision_share"] == pytest.approx(0.9)
    assert found["cpu_s_per_million"] == pytest.approx(20.0)


def test_a_bin_of_few_cycles_is_shown_but_not_judged() -> None:
    found = figures([record(stated(100.0))])
    assert [one["cycles"] for one in found["calibration"]] == [300, 5]
    assert found["calibration_worst"] == pytest.approx(0.1)


def test_a_bin_fails_only_by_what_chance_does_not_explain() -> None:
    """Of 300 cycles 0.3 are true, give or take 0.052: that far from the 0.4 that was stated may be chance."""
    assert figures([record(stated(100.0))])["calibration_surely"] == pytest.approx(0.0481, abs=5e-4)
    many = [{"low": 0.8, "cycles": 30_000, "stated": 0.9, "true": 0.8}]
    low = [{"low": 0.8, "cycles": 400, "stated": 0.84, "true": 0.85}]
    assert figures([record(stated(100.0), calibration=many)])["calibration_surely"] == pytest.approx(
        0.0955, abs=5e-4
    )
    assert figures([record(stated(100.0), calibration=low)])["calibration_surely"] == 0.0
    found = figures([record(stated(100.0))])
    told = {one[0]: one[2] for one in goals.judged(goals.goals_of("default"), found)}
    assert told["stated probability, worst bin, beyond chance (95 %)"] == "4.8 points (10 points with chance)"


def test_delays_hidden_in_a_wait_are_told_apart() -> None:
    seen = {"precision_seen": 0.98, "precision_seen_ceiling": 1.0, "hidden_in_waits": 0.08}
    found = figures([record(stated(100.0), **seen)])
    assert found["precision_share"] == pytest.approx(0.9)
    assert found["precision_seen_share"] == pytest.approx(0.98)
    assert found["hidden_in_waits"] == pytest.approx(0.08)
    (row,) = accuracy.kind_rows(study_of([record(stated(100.0), **seen)]))
    assert row["seen"] == "98 % (8 %)"


def test_a_withheld_plant_gives_no_errors_but_counts_as_withheld() -> None:
    refused = record({"truth": 100.0, "withheld": True}, precision=0.1)
    found = figures([record(stated(100.0)), refused])
    assert found["withheld"] == 0.5
    assert found["count_rmse"] == 0.0
    assert found["precision"] == 0.9


def nothing(value: float, *, cycles: int = 100_000, lower: float = 0.0) -> dict[str, Any]:
    one = stated(value, truth=0.0, lower=lower, upper=9.0)
    return record(one, "nothing_wrong", precision=None, cycles=cycles)


def test_what_is_reported_where_nothing_is_wrong_is_added_up_over_plants() -> None:
    found = figures([nothing(9.0), nothing(3.0)])
    assert found["excess"] == pytest.approx(12.0)
    assert found["excess_worst"] == pytest.approx(18.0)
    assert found["excess_error"] == pytest.approx(12.0)  # 18 and 6: the mean of two is off by 6
    small = figures([nothing(9.0, cycles=100_000), nothing(3.0, cycles=300_000)])
    assert small["excess"] == pytest.approx(6.0)


def test_of_too_few_cycles_nothing_is_told_above_the_truth() -> None:
    found = figures([nothing(9.0)])
    assert found["excess"] is None
    judged = [one[0] for one in goals.judged(goals.goals_of("nothing_wrong"), found)]
    assert judged == ["lower bound holds", "withheld"]


def test_a_lower_bound_above_nothing_is_a_goal_not_met() -> None:
    found = figures([nothing(3.0), nothing(3.0, lower=1.0)])
    judged = {one[0]: one for one in goals.judged(goals.goals_of("nothing_wrong"), found)}
    assert judged["above the truth, per 200,000 cycles"][-1]
    assert judged["lower bound holds"] == ("lower bound holds", "≥ 100 %", "50 % (1–99), 1 of 2", False)


def test_the_peer_margin_is_that_of_the_worst_plant() -> None:
    peers = {
        name: {"precision": p, "count": 1.0, "count_ratio": 1.0, "minutes_ratio": 2.0} for name, p in PEERS
    }
    found = figures([record(stated(100.0), peers=peers), record(stated(100.0))])
    assert found["peer_margin"] == pytest.approx(0.9 - 0.95)
    assert found["peers"]["b"]["minutes_ratio"] == 2.0


PEERS = (("a", 0.5), ("b", 0.95))


def test_goals_hold_what_they_say() -> None:
    within = goals.BY_CLASS["ordinary"][0]
    assert within.bounds() == "±4 %"
    assert within.met(-0.04)
    assert not within.met(0.041)
    covers = next(goal for goal in goals.BY_CLASS["ordinary"] if goal.figure == "count_coverage")
    assert covers.bounds() == "93 % to 99 %"
    assert covers.met(1.0, 40)  # of 40 intervals that hold in 99 %, all 40 often do
    assert not covers.met(1.0, 400)
    assert not covers.met(0.92, 40)
    seldom = goals.SELDOM_WITHHELD
    assert not seldom.met(0.025, 40)  # told strictly: chance shows in the interval beside it
    assert seldom.told(0.025, 40) == "2.5 % (0–13), 1 of 40"


@pytest.mark.parametrize(("held", "low", "high"), [(0, 0.0, 0.0881), (36, 0.7634, 0.9721), (40, 0.9119, 1.0)])
def test_a_share_of_plants_has_its_exact_interval(held: int, low: float, high: float) -> None:
    assert goals.share_interval(held, 40) == pytest.approx((low, high), abs=5e-5)


def test_every_kind_is_of_one_class_and_every_goal_names_a_figure() -> None:
    named = [kind for kinds in goals.CLASSES.values() for kind in kinds]
    assert len(set(named)) == len(named)
    assert set(named) | set(goals.ALSO) <= set(KINDS)
    found = figures([record(stated(100.0), peers={})])
    for name in SCENARIOS:
        asked = goals.goals_of(name)
        assert {goal.figure for goal in asked} | {goal.of for goal in asked if goal.of} <= set(found), name
    assert goals.class_of("flow_noisy") == "hard"
    assert goals.class_of(f"flow_noisy{TWIN}") == "nothing"
    assert goals.class_of("flow_bimodal") == "withheld"
    assert goals.class_of("flow_base") == "ordinary"


def test_the_kinds_that_goals_name_are_kinds_of_both_families() -> None:
    serial, flow = goals.named("serial"), goals.named("flow")
    assert set(serial) | set(flow) <= set(SCENARIOS)
    assert len(serial) == len(flow) == len(set(flow))
    assert {goals.class_of(name) for name in flow} == {"ordinary", "hard", "structure", "nothing", "withheld"}
    assert {f"flow_{name}" for name in goals.ALSO} <= set(flow)


def test_a_kind_that_may_be_withheld_may_be_so_where_nothing_is_wrong() -> None:
    assert goals.SELDOM_WITHHELD in goals.goals_of(f"flow_noisy{TWIN}")
    assert goals.SELDOM_WITHHELD not in goals.goals_of(f"flow_no_serials{TWIN}")


def test_the_study_as_it_is_shipped_says_what_is_not_held() -> None:
    twins = [
        record(stated(3.0, truth=0.0, lower=0.0), f"flow_{kind}{TWIN}", cycles=50_000)
        for kind in ("noisy", "dense", "merge", "coupled")
    ]
    records = [record(stated(110.0)), *twins]
    study = study_of(records, date="2026-11-24")
    rows = accuracy.kind_rows(study)
    assert [row["kind"] for row in rows] == ["default", "flow_… any of these, nothing wrong"]
    assert rows[0]["count"] == "+10.0 ± 10.0 %"
    assert rows[1]["count"] == "12 ± 0 above 0"
    unmet = {row["goal"]: row["by"] for row in accuracy.open_rows(study)}
    assert unmet["count, bias"] == "default (10 %)"
    assert "lower bound holds" not in unmet
    assert json.loads(as_lines(study)) == study


def test_a_table_replaces_what_stands_between_the_markers_only() -> None:
    study = study_of([record(stated(110.0))], date="2026-11-24")
    text = "before\n<!-- accuracy: begin -->\nstale text\n<!-- accuracy: end -->\nafter\n"
    made = with_table(text, study)
    assert made.startswith("before\n<!-- accuracy: begin -->\n")
    assert made.endswith("<!-- accuracy: end -->\nafter\n")
    assert "stale text" not in made
    assert markdown(study) in made
    assert with_table(made, study) == made
    with pytest.raises(ValueError, match="no part between"):
        with_table("nothing to replace", study)


def test_figures_are_cut_to_four_digits() -> None:
    assert rounded({"a": [0.123456, True, 3, None], "b": 1234.567}) == {
        "a": [0.1235, True, 3, None],
        "b": 1235.0,
    }


def test_the_readme_shows_the_shipped_study() -> None:
    study = accuracy.load_study()
    assert study is not None
    assert markdown(study) in (resources() / "README.md").read_text(encoding="utf-8")
