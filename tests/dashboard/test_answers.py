"""From a report to sentences: what is said, and that nothing is said that the report does not hold."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit import config

from analytics.results import Estimate, Unavailable
from dashboard import answers, proposals
from dashboard.access import access, is_loopback
from dashboard.uploads import safe_name
from tests.report.example import audited, example, range_of_unseen, withheld

MINUTES = Estimate(value=810.2, lower=736.0, upper=890.4, unit="station-minutes", method="test")


def count(value: float, lower: float, upper: float) -> Estimate:
    return Estimate(value=value, lower=lower, upper=upper, unit="slow cycles", method="test")


def test_the_headline_says_at_least_with_its_floor_and_interval() -> None:
    told = answers.headline(count(1146, 1025, 1282), MINUTES, "4–15 s")
    assert told == (
        "At least **1,146** slow cycles delayed by over 4–15 s ran without a call: "
        "**810 station-minutes** (736–890)."
    )


def test_an_interval_that_reaches_zero_is_an_upper_bound_not_at_least() -> None:
    told = answers.headline(count(3, 0, 11), MINUTES, "4 s")
    assert "At least" not in told
    assert told.startswith("No more than **11** slow cycles delayed by over 4 s")
    assert told.endswith("possibly none.")


def test_a_refusal_has_no_number() -> None:
    told = answers.headline(Unavailable(reason="bimodal"), Unavailable(reason="bimodal"), "4 s")
    assert not any(letter.isdigit() for letter in told)


def test_a_section_that_was_not_computed_is_a_refusal() -> None:
    report = {"chronic": {"unavailable": "no standards", "needed": "standards"}}
    assert answers.quantity(report, "chronic", "standard_not_held", "minutes") == Unavailable(
        reason="no standards", needed="standards"
    )
    assert isinstance(answers.quantity({}, "anything"), Unavailable)


def report_of(problems: float, calls: int, hours: float | None) -> dict[str, Any]:
    wide = count(problems, 0.5 * problems, 2 * problems).to_json()
    return {
        "exposure": {"planned_hours": hours},
        "demand": {"calls": {"count": calls, "without_time_trace": {}}},
        "types": {"type_1": {"count": wide}},
    }


def test_the_takt_is_planned_time_over_problems_and_over_calls() -> None:
    demand, call = answers.takt(report_of(problems=300, calls=100, hours=10))
    assert demand[1] == "every 2\u00a0minutes"
    assert "1 to 4\u00a0minutes" in demand[2]
    assert call[1] == "every 6\u00a0minutes"


@pytest.mark.parametrize(
    ("problems", "calls", "hours", "told"), [(0, 0, 10, 0), (5, 5, None, 0), (5, 0, 10, 1)]
)
def test_no_takt_is_made_up(problems: float, calls: int, hours: float | None, told: int) -> None:
    assert len(answers.takt(report_of(problems, calls, hours))) == told


def target(rank: int, lower: float, value: float, upper: float) -> dict[str, Any]:
    minutes = Estimate(value=value, lower=lower, upper=upper, unit="station-minutes a week", method="test")
    return {
        "rank": rank,
        "id": str(rank),
        "type": "type_2",
        "station_id": f"S{rank}",
        "product_id": None,
        "pattern": "every_k",
        "evidence": "",
        "minutes_per_week": minutes.to_json(),
        "call_rate": Unavailable(reason="too few").to_json(),
    }


def test_ranks_are_as_wide_as_their_intervals() -> None:
    rows = proposals.target_rows([target(1, 90, 100, 110), target(2, 40, 50, 60), target(3, 35, 45, 55)])
    assert [row["could_be"] for row in rows] == ["1", "2–3", "2–3"]


def test_targets_are_all_told_in_minutes_whatever_their_size() -> None:
    rows = proposals.target_rows([target(1, 518, 533, 550), target(2, 69, 77, 87)])
    assert [row["minutes"] for row in rows] == ["533 (518–550)", "77 (69–87)"]
    assert [row["call_rate"] for row in rows] == [None, None], "why there is none is told with the evidence"


def test_a_target_names_its_line_where_two_lines_share_the_stations_name() -> None:
    first, second, third = (target(rank, 40, 50, 60) for rank in (1, 2, 3))
    shared = [first | {"station_id": "OP10", "line_id": line} for line in ("North", "South")]
    rows = proposals.target_rows([*shared, third | {"line_id": "North"}])
    assert [row["station"] for row in rows] == ["OP10 (North)", "OP10 (South)", "S3"]
    assert "OP10 (South)" in proposals.target_bars(shared)[1].label
    assert proposals.target_rows([second])[0]["station"] == "S2", "a run of an earlier version names no line"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        ("", False),
        (None, False),
        ("example.com", False),
    ],
)
def test_loopback_is_told_from_the_rest(address: str | None, expected: bool) -> None:
    assert is_loopback(address) is expected
    config.set_option("server.address", address)
    assert access().single_cycles is expected


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\exports\\cycles.csv", "cycles.csv"),
        ("..", "upload"),
        (".bashrc", "bashrc"),
        ("cycles März (2).csv", "cycles März (2).csv"),
        ("a;b|c.csv", "a_b_c.csv"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_an_uploads_name_cannot_lead_out_of_its_folder(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_what_no_source_holds_is_a_range_or_a_reason() -> None:
    report = example()
    (refused, _) = answers.beyond(report)
    assert "not estimated; overlap of 3" in refused
    report["demand"]["seen_by_no_source"] = range_of_unseen()
    (told, _) = answers.beyond(report)
    assert "120–330 slow cycles" in told
    assert "never part of a sum" in told


def test_an_audited_number_does_not_free_what_the_model_withholds() -> None:
    assert answers.withheld(example()) is None
    assert answers.withheld(audited()) is None
    rescued = audited(rescued=True)
    assert isinstance(answers.summary(rescued).count, Estimate)
    assert answers.withheld(rescued) == answers.withheld(withheld())
    assert isinstance(answers.withheld(rescued), Unavailable)


def test_the_audit_is_told_with_what_it_rests_on() -> None:
    first = answers.beyond(audited())[0]
    assert first.startswith("**Audited:** 260 (234–286). 2 people looked at 190 cycles")
    assert not any("Audited" in line for line in answers.beyond(example()))
