"""Busy help in words: what falls, what quicker help closes, what it does not, and nothing about people."""

from __future__ import annotations

import re

from analytics.report import render_html
from analytics.report.help_busy import points, sentences
from analytics.results import Estimate, Unavailable
from tests.report.example import estimate, example, walk_away


def said(report) -> str:
    return " ".join(sentences(report, points(report))).replace("\N{NO-BREAK SPACE}", " ")


def test_it_says_how_calls_become_rarer_and_what_quicker_help_closes() -> None:
    text = said(example())
    assert (
        "with no other call open on the line 61 % (55–67 %) of the slow cycles are called, with 2 other "
        "calls open 33 % (30–36 %)." in text
    )
    assert (
        "About 10 % (6–14 %) of what ran without a call, some 20 slow cycles (12–28), would have been" in text
    )
    assert "The other 90 % (86–94 %) would have run without a call all the same." in text
    assert "31 slow cycles ran while their own station's call was open" in text


def test_spare_response_is_room_for_a_more_sensitive_andon_never_fewer_people() -> None:
    report = example()
    report["walk_away"]["attributable"]["share"] |= {"value": 0.01, "lower": 0.0, "upper": 0.04}
    text = said(report)
    assert "at most 4 %" in text
    assert "room for a more sensitive andon" in text
    assert "fewer" not in text
    assert "calls become rarer" not in text


def test_what_is_not_known_is_not_taken_for_nothing() -> None:
    report = example()
    report["walk_away"]["attributable"]["share"] |= {"value": 0.1, "lower": 0.0, "upper": 0.3}
    text = said(report)
    assert "cannot be told yet: between 0 and 30 %" in text
    assert "No sign" not in text


def test_points_of_too_few_days_or_stations_are_withheld() -> None:
    shown = points(example())
    assert [isinstance(point.rate, Estimate) for point in shown] == [True, True, True, False]
    assert isinstance(shown[3].rate, Unavailable)
    assert [point.label for point in shown] == ["0", "1", "2", "3+"]
    assert [point.name for point in shown] == [
        "no other call open",
        "1 other call open",
        "2 other calls open",
        "3 or more other calls open",
    ]
    stricter = points(example(), shift_days=13)
    assert not any(isinstance(point.rate, Estimate) for point in stricter)


def test_rates_that_do_not_fall_are_not_said_to() -> None:
    report = example()
    report["walk_away"]["curve"] = [
        level | {"call_rate": estimate(0.5, "share")} for level in walk_away()["curve"]
    ]
    assert "calls become rarer" not in said(report)
    assert "would have been called" in said(report)


def test_a_refusal_gives_its_reason() -> None:
    report = example()
    report["walk_away"] = {"unavailable": "no andon calls were loaded", "needed": "the export"}
    assert (
        said(report) == "Whether busy help keeps people from calling is not said: no andon calls were loaded."
    )
    assert points(report) == []
    page = render_html(report)
    assert "When help is busy" not in page
    assert "no andon calls were loaded" in page


def test_a_run_of_an_earlier_version_is_read() -> None:
    report = example()
    del report["walk_away"]["remaining"], report["walk_away"]["being_served"]
    for one in report["walk_away"]["curve"]:
        del one["shift_days"], one["stations"]
    assert "About 10 %" in said(report)
    assert "being served" not in said(report)
    assert not any(isinstance(point.rate, Estimate) for point in points(report))


def test_the_page_shows_the_curve_with_its_sizes() -> None:
    page = re.sub(r"\s+", " ", render_html(example())).replace("\N{NO-BREAK SPACE}", " ")
    part = page[page.index("When help is busy</h2>") : page.index("What this report does not say")]
    assert "no other call open" in part
    assert "n = 210" in part
    assert "61 % (55–67 %)" in part
    assert "pools fewer than 5 shift-days or 2 stations" in part
    assert "11 %" not in part
