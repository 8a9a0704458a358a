"""Where a team begins to look: a step for every pattern that is looked for, each said once."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType

from analytics.problems import candidates, chronic
from analytics.report.page import render_html
from analytics.report.proposed import FIRST_STEPS, NAMES, first_step, first_steps
from tests.report.example import example


def patterns_of(module: ModuleType) -> set[str]:
    tree = ast.parse(inspect.getsource(module))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in NAMES}


def test_every_pattern_that_is_looked_for_has_a_name_and_a_first_step() -> None:
    assert patterns_of(candidates) | patterns_of(chronic) == set(NAMES) == set(FIRST_STEPS)


def test_a_pattern_of_a_later_version_has_no_step_and_a_step_is_said_once() -> None:
    later, first = {"pattern": "later"}, {"pattern": "burst"}
    assert first_step(later) == ""
    assert first_steps([first, later, first]) == [("in bursts", FIRST_STEPS["burst"])]


def test_the_page_says_where_to_begin_names_files_and_what_a_caveat_touches() -> None:
    report = example()
    report["sources"][0]["file"] = "/home/kim/exports/mes.csv"
    report["caveats"][0]["affects"] = "demand.undetected"
    page = render_html(report)
    assert "comes round as often" in page
    assert "/home/kim" not in page
    assert "affects what ran without a call" in page


def test_what_was_counted_has_no_interval() -> None:
    counted = {
        "value": 10.0,
        "lower": 10.0,
        "upper": 10.0,
        "level": 0.95,
        "unit": "targets",
        "method": "counted",
    }
    report = example()
    report["types"]["type_3"]["count"] = counted
    assert "10 (10" not in render_html(report)
