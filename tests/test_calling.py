"""How people call, as it is drawn and said: intervals and sample sizes are on every chart, no word judges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analytics.charts import calling
from analytics.charts.change import AXIS, change
from analytics.charts.curve import X, Y, detection_curve, seconds_by_group
from analytics.estimate.detection_curve import detection_curves
from analytics.results import Unavailable
from tests.estimate.test_change import cells, told
from tests.estimate.test_detection_curve import drawn

REFUSED = Unavailable(reason="pools fewer than 5 shift-days").to_json()


def curve(seed: int = 1, **habit: Any) -> dict[str, Any]:
    found = detection_curves(drawn(seed, **habit), None, shared_error=0.02, rng=np.random.default_rng(0))
    return found[0].to_json()


def changed(seed: int = 1, **what: float) -> dict[str, Any]:
    return told(cells(np.random.default_rng(seed), **what)).to_json()


def test_the_curve_is_drawn_with_shares_intervals_and_sample_sizes() -> None:
    given = curve()
    figure = detection_curve(given, subtitle="900 slow cycles", nothing="nothing here")
    assert figure.layout.xaxis.title.text == X
    assert figure.layout.yaxis.title.text == Y
    shares = next(trace for trace in figure.data if trace.mode == "markers")
    assert len(shares.x) == len(given["points"]) == len(shares.error_y.array)
    assert all(value > 0 for value in shares.error_y.array)
    assert any(trace.fill == "tonexty" for trace in figure.data)
    noted = [note.text for note in figure.layout.annotations]
    assert noted == [f"{round(point['slow_cycles']):,}" for point in given["points"]]


def test_a_withheld_curve_leaves_the_shares() -> None:
    figure = detection_curve(curve(3, falls=True), subtitle="900 slow cycles", nothing="nothing here")
    assert [trace.mode for trace in figure.data] == ["markers"]
    empty = detection_curve({"points": []}, subtitle="", nothing="nothing here")
    assert [note.text for note in empty.layout.annotations] == ["nothing here"]


def test_groups_keep_their_order_and_what_is_not_told_says_why() -> None:
    rows = [("Line L2", curve(2)), ("Line L1", REFUSED), ("Shift early", curve(4, half_s=20.0))]
    figure = seconds_by_group(rows, subtitle="not ranked", nothing="nothing here")
    assert list(figure.layout.yaxis.categoryarray) == ["Line L2", "Line L1", "Shift early"]
    assert "pools fewer than 5 shift-days" in figure.layout.annotations[0].text.replace("<br>", " ")
    half = figure.data[0]
    assert list(half.y) == ["Line L2", "Shift early"]
    assert all(value > 0 for value in half.error_x.array)
    # Told apart by shape as well as by colour.
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol


def test_a_change_is_drawn_with_its_parts_and_intervals_in_no_judging_colour() -> None:
    more, fewer = (
        change(changed(problems=size), subtitle="40 shift-days", nothing="nothing here")
        for size in (1.6, 0.6)
    )
    assert more.layout.xaxis.title.text == AXIS
    assert list(more.data[0].y) == [name for _, name in calling.PARTS]
    assert all(value > 0 for value in more.data[0].error_x.array[:3])
    assert more.data[0].marker.color == fewer.data[0].marker.color
    stopped = change(changed(calling=0.0), subtitle="", nothing="nothing here")
    assert [note.text for note in stopped.layout.annotations] == ["nothing here"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({}, "no change in either beyond chance"),
        ({"problems": 0.6}, "fewer problems, and no change in calling"),
        ({"problems": 1.6}, "more problems, and no change in calling"),
        ({"calling": 1.4}, "sees more"),
        ({"calling": 0.6}, "a smaller share of the problems is called"),
        ({"problems": 0.6, "calling": 0.6}, "fewer problems, and a smaller share of them is called"),
    ],
)
def test_a_change_is_always_two_numbers_and_never_good_or_bad(what: dict[str, float], said: str) -> None:
    text = calling.verdict(changed(**what))
    assert said in text
    assert text.count("to ") >= 2, "both intervals stand in the sentence"
    assert text.startswith("Problems ")
    assert "call rate" in text
    for judging in ("good", "bad", "better", "worse", "improve", "target"):
        assert judging not in text.lower()


def test_where_calls_stopped_it_is_said_and_not_split() -> None:
    assert calling.verdict(changed(calling=0.0)).startswith("Not told apart: ")


def test_cycles_moved_between_stations_are_named() -> None:
    assert "Cycles moved between stations: +" in calling.verdict(changed(moved=0.5))


def test_the_seconds_are_said_with_their_interval_or_why_not() -> None:
    text = calling.seconds_called(curve(1, low=0.1, high=0.6, half_s=20.0, slope=4.0))
    assert text.startswith("One in two is called from ")
    assert "Nine in ten: not reached: about" in text
    assert calling.seconds_called(curve(1, high=0.0)).endswith("no slow cycle was called here.")
