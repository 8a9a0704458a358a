"""Does the page say the message first, escape what the data hold, and need nothing from outside?"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from analytics.report import render_html
from analytics.report.view import pools
from analytics.report.wording import headline
from tests.report.example import example, nothing_wrong, withheld

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
        "At least 200 slow cycles longer than their station's floor (4.2–30 s) ran without a call (180–220), "
        "140 (126–154) station-minutes."
    )


def test_the_headline_of_one_floor() -> None:
    report = example()
    report["demand"]["undetected"]["floor_s"] = {"min": 12.1, "median": 12.1, "max": 12.1}
    assert "slow cycles longer than 12\N{NO-BREAK SPACE}s ran without a call" in headline(report)


def test_the_headline_of_nothing_and_of_no_number() -> None:
    assert "stand out from noise" in headline(nothing_wrong())
    assert "0 to 14 fit the data" in headline(nothing_wrong())
    assert headline(withheld()).endswith("is not said: the noise has two modes.")


@pytest.mark.parametrize("make", [example, withheld, nothing_wrong])
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
    assert text.count("the noise has two modes") >= 3
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
