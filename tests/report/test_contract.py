"""Does the schema hold reports to the contract, and only to it?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from analytics.errors import SchemaVersionError
from analytics.report import check_report, render_json, report_schema
from tests.report.example import audited, example, nothing_wrong, withheld


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(report_schema())
    assert report_schema()["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("make", [example, withheld, nothing_wrong, audited])
def test_reports_keep_to_it_and_come_back_unchanged(make: Callable[[], dict[str, Any]]) -> None:
    report = make()
    assert json.loads(render_json(report)) == report


@pytest.mark.parametrize("part", sorted(example()))
def test_no_part_may_be_missing(part: str) -> None:
    report = example()
    del report[part]
    with pytest.raises(ValueError, match=part):
        check_report(report)


@pytest.mark.parametrize(
    "path",
    [
        ("run",),
        ("period",),
        ("exposure",),
        ("demand",),
        ("demand", "calls"),
        ("demand", "undetected"),
        ("demand", "undetected", "floor_s"),
        ("chronic", "standard_not_held"),
        ("by",),
        ("types",),
        ("demand", "detection_rate"),
    ],
)
def test_nothing_may_be_added(path: tuple[str, ...]) -> None:
    report = example()
    part = report
    for key in path:
        part = part[key]
    part["guess"] = 3
    with pytest.raises(ValueError, match="breaks its contract"):
        check_report(report)


def test_a_bare_number_is_no_estimate() -> None:
    report = example()
    report["demand"]["undetected"]["count"] = 200
    with pytest.raises(ValueError, match=r"demand\.?"):
        check_report(report)


def test_an_estimate_lies_in_its_interval() -> None:
    report = example()
    report["by"]["line"][1]["undetected"]["count"]["lower"] = 500.0
    with pytest.raises(ValueError, match=r"\$\.by\.line\[1\]\.undetected\.count"):
        check_report(report)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_are_finite(bad: float) -> None:
    report = example()
    report["run"]["parameters"]["seed"] = bad
    with pytest.raises(ValueError, match="not a number"):
        render_json(report)


def test_a_section_may_be_refused_whole() -> None:
    report = example()
    refused = {"unavailable": "not computed"}
    report |= {"chronic": refused, "types": refused, "walk_away": refused, "response": refused}
    check_report(report)


def test_a_newer_report_is_refused_kindly() -> None:
    report = example() | {"schema_version": 2}
    with pytest.raises(SchemaVersionError, match="newer"):
        check_report(report)


def test_a_target_may_name_no_line() -> None:
    report = example()
    report["targets"][0]["line_id"] = None
    check_report(report)
    del report["targets"][0]["line_id"]  # as in a run of an earlier version
    check_report(report)
    report["targets"][0]["line_id"] = 3
    with pytest.raises(ValueError, match="line_id"):
        check_report(report)
