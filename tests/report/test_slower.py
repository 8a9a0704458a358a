"""What the page says of stations that have grown slower, and of none."""

from __future__ import annotations

import pytest

from analytics.report import check_report, render_html
from analytics.report.slower import grown_slower, in_words
from tests.report import example as given


def report() -> dict[str, object]:
    report = given.example()
    report["chronic"]["drift"] = given.grown_slower()
    check_report(report)
    return report


def test_each_station_is_told_with_its_levels_and_what_it_is() -> None:
    first, second = grown_slower(report())
    assert (first.line_id, first.station_id, first.since) == ("L1", "S2", "2026-03-03")
    assert (first.before, first.after) == (
        "50.0\N{NO-BREAK SPACE}s",
        "54.0\N{NO-BREAK SPACE}s (+8\N{NO-BREAK SPACE}%)",
    )
    assert first.minutes == "120 (108–132)"
    assert first.remark == "90 of these minutes are counted as standard not held (Type 2)"
    assert second.since == "before 2026-03-03"
    assert second.remark == "reduced speed"


def test_the_sentence_names_its_yardstick_and_what_came_back() -> None:
    said = in_words(report())
    assert said.startswith("2 stations have grown slower for good")
    assert "own usual time before, not with a standard" in said
    assert "150 (135–165) station-minutes that no standard counts already" in said
    assert said.endswith("come back, as where a tool is changed: S7.")


def test_none_and_not_asked_and_not_said_read_apart() -> None:
    none = given.example()
    assert in_words(none) == ""
    assert grown_slower(none) == []
    none["chronic"]["drift"] = given.grown_slower() | {"stations": [], "came_back": []}
    assert in_words(none).startswith("No station has grown slower for good (5 stations judged)")
    none["chronic"]["drift"]["minutes"] = {"unavailable": "too few cycles", "needed": None}
    assert in_words(none) == "Whether a station has grown slower is not said: too few cycles."
    assert in_words({"chronic": {"unavailable": "no standards"}}) == ""


@pytest.mark.parametrize("asked", [True, False])
def test_the_page_has_the_table_where_it_was_asked(asked: bool) -> None:
    page = render_html(report() if asked else given.example())
    assert ("Grown slower" in page) == asked
    assert ("before 2026-03-03" in page) == asked
