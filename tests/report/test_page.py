"""Does the page say the message first, escape what the data hold, and need nothing from outside?"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from analytics.report import render_html
from analytics.report.view import days, pools
from analytics.report.wording import headline, supporting
from tests.report.example import audited, example, nothing_wrong, range_of_unseen, withheld

VOID = {"meta", "link", "br", "img", "hr", "input"}


class _Balanced(HTMLParser):
    """Reads a page and holds every end tag to its start tag."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _read(page: str) -> _Balanced:
    parser = _Balanced()
    parser.feed(page)
    assert parser.open == []
    return parser


def _text(page: str) -> str:
    return re.sub(r"\s+", " ", " ".join(_read(page).text))


def test_the_headline_says_number_floor_interval_and_minutes() -> None:
    assert headline(example()).replace("\N{NO-BREAK SPACE}", " ") == (
        "At least 200 slow cycles delayed by over their station's floor (4.2–30 s) ran without a call "
        "(180–220), 140 (126–154) station-minutes."
    )


def test_the_headline_of_one_floor() -> None:
    report = example()
    report["demand"]["undetected"]["floor_s"] = {"min": 12.1, "median": 12.1, "max": 12.1}
    assert "slow cycles delayed by over 12\N{NO-BREAK SPACE}s ran without a call" in headline(report)


def test_the_headline_of_nothing_and_of_no_number() -> None:
    assert "stand out from noise" in headline(nothing_wrong())
    assert "0 to 14 fit the data" in headline(nothing_wrong())
    assert headline(withheld()).endswith("is not said: the noise has two modes.")


@pytest.mark.parametrize("make", [example, withheld, nothing_wrong, audited])
def test_the_message_comes_before_the_first_chart(make: Callable[[], dict[str, Any]]) -> None:
    report = make()
    text = _text(render_html(report)).replace("\N{NO-BREAK SPACE}", " ")
    message = text.index(headline(report).replace("\N{NO-BREAK SPACE}", " "))
    assert message < text.index("Detection rate") < text.index("The ladder")


def test_nothing_is_fetched_and_no_script_runs() -> None:
    page = render_html(example())
    assert not re.search(r"(src|href|url)\s*[=(]", page)
    assert "script" not in _read(page).tags
    assert "default-src 'none'" in page


def test_markup_in_the_data_stays_text() -> None:
    attack = "<script>alert(1)</script>\"' onmouseover=x & {{ 7*7 }}"
    report = example()
    report["by"]["station"][0]["station_id"] = attack
    report["by"]["day"][0]["day"] = "2026-03-02"
    report["targets"][0] |= {"evidence": attack, "station_id": attack, "product_id": attack}
    report["caveats"][0]["message"] = report["sources"][0]["file"] = attack
    report["run"]["parameters"]["note"] = attack
    page = render_html(report)
    parsed = _read(page)
    assert "script" not in parsed.tags
    assert "<script" not in page
    assert "".join(parsed.text).count(attack) >= 6


def test_withheld_numbers_are_shown_with_their_reason() -> None:
    text = _text(render_html(withheld()))
    headline_to_refused = text[: text.index("By line")]
    assert headline_to_refused.count("the noise has two modes") == 1
    assert "as above" in headline_to_refused
    assert "no standards loaded" in text
    assert "nan" not in text.lower().split()
    assert "None" not in text


def test_serious_caveats_stand_before_the_ladder() -> None:
    text = _text(render_html(example()))
    assert text.index("Stamps are whole minutes") < text.index("The ladder")
    assert text.index("The ladder") < text.index("No teams loaded")


def test_shop_floor_words() -> None:
    text = _text(render_html(example()))
    assert "not lost output" in text
    assert "undetected" not in text.lower()
    assert "ran without a call" in text


def test_shifts_keep_their_order_and_small_groups_show_no_rate() -> None:
    report = example()
    report["by"]["shift"].reverse()
    text = _text(render_html(report))
    assert text.index("late") < text.index("early")
    assert pools(report, "station")
    report["by"]["day"] = report["by"]["day"][:4]
    assert not any(pools(report, name) for name in report["by"])
    text = _text(render_html(report))
    assert "from five days and two crews" in text
    assert "38 %" not in text[text.index("By line") :]


def test_stations_are_ordered_by_minutes_and_long_lists_are_cut() -> None:
    report = example()
    row = report["by"]["station"][0]
    report["by"]["station"] += [row | {"station_id": f"X{number}"} for number in range(300)]
    text = _text(render_html(report))
    assert text.index("L2 · S1") < text.index("L1 · S1")
    assert "103 further rows are in the workbook" in text


def test_what_to_work_on_stands_before_the_long_tables_and_those_fold_without_a_script() -> None:
    report = example()
    row = report["by"]["station"][0]
    report["by"]["station"] += [row | {"station_id": f"X{number}"} for number in range(9)]
    page = render_html(report)
    text = _text(page)
    assert text.index("The ladder") < text.index("What to work on") < text.index("By station")
    assert f"Show all {len(report['by']['station'])}" in text
    assert "details" in _read(page).tags
    assert "X8" in text


def test_both_takts_are_named() -> None:
    report = example()
    report["exposure"]["planned_hours"] = 40.0
    said = " ".join(supporting(report)).replace("\N{NO-BREAK SPACE}", " ")
    assert "one problem, called or not, every 8.6 minutes, and one without a call every 15 minutes" in said


def test_the_chart_by_day_has_gaps_and_a_scale() -> None:
    report = example()
    del report["by"]["day"][2:4]
    chart = days(report)
    assert chart is not None
    assert [column.day[-2:] for column in chart.columns] == ["02", "03", "04", "05", "06", "07"]
    assert [column.called + column.silent == 0 for column in chart.columns] == [
        False,
        False,
        True,
        True,
        False,
        False,
    ]
    assert (chart.top, chart.half) == ("60", "30")
    report["by"]["day"] = report["by"]["day"][:1]
    assert days(report) is None


def test_counts_are_whole_and_one_is_singular() -> None:
    report = example()
    report["demand"]["calls"] = {"count": 1, "without_time_trace": {}}
    report["demand"]["undetected"]["count"] |= {"value": 3.4, "lower": 1.2, "upper": 6.7}
    text = _text(render_html(report))
    assert "At least 3 slow cycles" in text
    assert "(1–7)" in text
    assert "1 andon call was raised" in text


def test_a_refusal_does_not_say_twice_that_there_is_no_number() -> None:
    report = example()
    reason = "not estimated: it takes a second source"
    report["demand"]["seen_by_no_source"]["count"] = {"unavailable": reason, "needed": None}
    text = _text(render_html(report))
    assert "not estimated it takes a second source" in text
    assert reason not in text


def test_what_no_source_holds_is_a_range_beside_the_ladder() -> None:
    report = example()
    report["demand"]["seen_by_no_source"] = range_of_unseen()
    text = _text(render_html(report)).replace("\N{NO-BREAK SPACE}", " ")
    assert "4 · Seen by no source 120–330 slow cycles of 63 s or more" in text
    assert "which share 240 (odds ratio 1.02, 0.81–1.28)" in text
    assert "cycle times show 170 (153–187) of them, counted above; beyond these 0–177" in text
    assert "never part of a sum" in text


def test_the_audit_is_a_rung_with_what_it_rests_on() -> None:
    said = _text(render_html(audited()))
    assert "3b · 2 and 3, audited" in said
    assert "260 (234–286)" in said
    assert "2 people looked at 190 cycles and saw 61 slow ones. The model alone says 200 (180–220)" in said
    rescued = _text(render_html(audited(rescued=True)))
    assert "At least 260 slow cycles" in rescued
    assert "The model alone says nothing" in rescued
    assert "3b" not in _text(render_html(example()))
