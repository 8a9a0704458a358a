"""Net time: closed forms around breaks, stops, shifts and handovers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.estimate.own_time import own_time
from analytics.estimate.planned_time import (
    Intervals,
    NetTime,
    merge,
    net_time,
    station_intervals,
    unplanned_table,
)
from tests.estimate.given import after, at, calendar, interval, micros, plant_of, spans

HOUR = 3600.0
BREAK = interval(2 * HOUR, 2 * HOUR + 600, "break", line="L1")
LATER = interval(3 * HOUR, 3 * HOUR + 900, "break", line="L1")


def net_of(
    begin: list[float], end: list[float], *rows: dict, station: str = "S1", line: str | None = "L1"
) -> NetTime:
    """Net time of cycles that start and end at these seconds, beside a second station."""
    plant = plant_of(
        spans(begin, end, station=station, line=line),
        spans([0.0], [10.0], station="other", line=line),
        calendar=calendar(*rows),
    )
    own = own_time(plant, {})
    result = net_time(plant, own.begin_us, own.known, unplanned_table(plant))
    mine = plant.stations["station_id"].to_list().index(station)
    part = plant.slices()[mine]
    return NetTime(*(getattr(result, name)[part] for name in NetTime.__slots__))


def test_a_break_that_the_cycle_outlives_is_taken_from_it() -> None:
    net = net_of([2 * HOUR - 30], [2 * HOUR + 630], BREAK)
    assert net.net_s[0] == pytest.approx(60)
    assert net.clock_s[0] == pytest.approx(660)
    assert net.outlived[0]
    assert not net.ended_inside[0]


def test_a_cycle_that_ends_inside_a_break_was_worked_on_in_it() -> None:
    net = net_of([2 * HOUR - 30], [2 * HOUR + 40], BREAK)
    assert net.net_s[0] == pytest.approx(70)
    assert net.ended_inside[0]
    assert not net.outlived[0]


def test_a_cycle_within_a_break_keeps_its_clock_time() -> None:
    net = net_of([2 * HOUR + 100], [2 * HOUR + 160], BREAK)
    assert net.net_s[0] == pytest.approx(60)
    assert net.ended_inside[0]


def test_a_start_inside_a_break_counts_from_the_breaks_end() -> None:
    net = net_of([2 * HOUR + 500], [2 * HOUR + 650], BREAK)
    assert net.net_s[0] == pytest.approx(50)
    assert net.outlived[0]


def test_an_end_in_the_very_moment_the_break_ends_outlived_it() -> None:
    """Else eight closed hours would pass for delay."""
    net = net_of([2 * HOUR - 30], [2 * HOUR + 600], BREAK)
    assert net.net_s[0] == pytest.approx(30)
    assert net.outlived[0]
    assert not net.ended_inside[0]


def test_an_end_in_the_very_moment_the_break_begins_is_ordinary() -> None:
    net = net_of([2 * HOUR - 60], [2 * HOUR], BREAK)
    assert net.net_s[0] == pytest.approx(60)
    assert not net.outlived[0]
    assert not net.ended_inside[0]


def test_two_breaks_are_both_taken() -> None:
    net = net_of([2 * HOUR - 30], [3 * HOUR + 930], BREAK, LATER)
    assert net.net_s[0] == pytest.approx(HOUR + 960 - 600 - 900)


def test_one_break_outlived_and_an_end_in_the_next() -> None:
    net = net_of([2 * HOUR - 30], [3 * HOUR + 100], BREAK, LATER)
    assert net.net_s[0] == pytest.approx(HOUR + 130 - 600)
    assert net.outlived[0]
    assert net.ended_inside[0]


def test_no_break_no_change() -> None:
    net = net_of([0.0, 100.0], [60.0, 190.0])
    assert net.net_s.tolist() == pytest.approx([60, 90])
    assert not (net.outlived | net.ended_inside | net.spans_change).any()


@pytest.mark.parametrize(("station", "expected"), [("S1", 30.0), ("S2", 630.0)])
def test_a_stop_of_one_station_stops_only_that_one(station: str, expected: float) -> None:
    stop = interval(2 * HOUR, 2 * HOUR + 600, "planned_stop", line="L1", station="S1")
    net = net_of([2 * HOUR - 15], [2 * HOUR + 615], stop, station=station)
    assert net.net_s[0] == pytest.approx(expected)


@pytest.mark.parametrize(("of", "expected"), [("L1", 60.0), (None, 60.0), ("L2", 660.0)])
def test_a_break_belongs_to_its_line_or_to_all(of: str | None, expected: float) -> None:
    net = net_of([2 * HOUR - 30], [2 * HOUR + 630], interval(2 * HOUR, 2 * HOUR + 600, "break", line=of))
    assert net.net_s[0] == pytest.approx(expected)


def test_between_shifts_nobody_works_and_a_handover_is_marked() -> None:
    day = interval(0, 8 * HOUR, "shift", line="L1")
    next_day = interval(24 * HOUR, 32 * HOUR, "shift", line="L1")
    late = interval(8 * HOUR, 16 * HOUR, "shift", line="L1")
    net = net_of([8 * HOUR - 30], [24 * HOUR + 20], day, next_day)
    assert net.net_s[0] == pytest.approx(50)
    assert net.outlived[0]
    handover = net_of([8 * HOUR - 30], [8 * HOUR + 40], day, late)
    assert handover.net_s[0] == pytest.approx(70)
    assert handover.spans_change[0]
    assert not handover.outlived[0]


def test_a_start_that_is_not_known_has_no_net_time() -> None:
    plant = plant_of(spans([0, 60], [60, 120]).drop("started_at"))
    own = own_time(plant, {})
    net = net_time(plant, own.begin_us, own.known, unplanned_table(plant))
    assert np.isnan(net.net_s[0])
    assert np.isnan(net.clock_s[0])


def test_a_planned_detection_is_a_planned_stop_of_its_station() -> None:
    seen = pl.DataFrame(
        {
            "source": ["downtime"] * 2,
            "line_id": ["L1"] * 2,
            "station_id": ["S1"] * 2,
            "detected_at": [after(100), after(1000)],
            "ended_at": [after(400), after(1100)],
            "reason": ["tool change", None],
            "planned": [True, False],
        }
    )
    plant = plant_of(spans([90, 900], [420, 1200]), detections=seen)
    table = unplanned_table(plant)
    assert table["kind"].to_list() == ["planned_stop"]
    assert table["name"].to_list() == ["tool change"]
    own = own_time(plant, {})
    net = net_time(plant, own.begin_us, own.known, table)
    assert net.net_s.tolist() == pytest.approx([30, 300])


def test_station_intervals_join_the_lines_and_the_stations_own() -> None:
    plant = plant_of(
        spans([0], [10]),
        calendar=calendar(
            interval(100, 200, "break", line="L1"),
            interval(150, 260, "planned_stop", line="L1", station="S1"),
        ),
    )
    joined = station_intervals(unplanned_table(plant), 0, 0)
    assert joined.start_us.tolist() == at(100).tolist()
    assert joined.end_us.tolist() == at(260).tolist()


def test_merge_joins_what_overlaps_or_touches() -> None:
    joined = merge(np.array([50, 0, 10, 30, 12]), np.array([60, 5, 20, 50, 14]))
    assert joined.start_us.tolist() == [0, 10, 30]
    assert joined.end_us.tolist() == [5, 20, 60]
    assert merge(np.empty(0, np.int64), np.empty(0, np.int64)).start_us.size == 0


PAIRS = st.lists(st.tuples(st.integers(0, 5_000_000), st.integers(0, 900_000)), max_size=12)
MOMENTS = st.lists(st.integers(-1_000_000, 7_000_000), min_size=1, max_size=12)


def made(pairs: list[tuple[int, int]]) -> Intervals:
    start = np.array([a for a, _ in pairs], dtype=np.int64)
    return merge(start, start + np.array([b for _, b in pairs], dtype=np.int64))


@settings(max_examples=100, deadline=None)
@given(PAIRS, MOMENTS)
def test_seconds_before_are_those_inside_and_grow_no_faster_than_the_clock(
    pairs: list[tuple[int, int]], moments: list[int]
) -> None:
    at_us = np.sort(np.array(moments, dtype=np.int64))
    intervals = made(pairs)
    before = intervals.seconds_before(at_us)
    expected = [
        sum(max(0, min(e, m) - s) for s, e in zip(intervals.start_us, intervals.end_us, strict=True)) / 1e6
        for m in at_us.tolist()
    ]
    np.testing.assert_allclose(before, expected, atol=1e-9)
    steps = np.diff(before)
    assert np.all(steps >= 0)
    assert np.all(steps <= np.diff(at_us) / 1e6 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(PAIRS, MOMENTS)
def test_merging_keeps_the_covered_time_and_is_disjoint(
    pairs: list[tuple[int, int]], moments: list[int]
) -> None:
    joined = made(pairs)
    assert np.all(joined.start_us[1:] > joined.end_us[:-1])
    for moment in moments:
        inside = any(a <= moment < a + b for a, b in pairs)
        assert inside == bool(np.any((joined.start_us <= moment) & (moment < joined.end_us)))


def test_holding_tells_where_the_interval_starts() -> None:
    intervals = merge(at(100, 300), at(200, 400))
    inside, start = intervals.holding(at(50, 150, 200, 250, 350))
    assert inside.tolist() == [False, True, False, False, True]
    assert start.tolist() == at(50, 100, 200, 250, 300).tolist()
    assert micros(after(0)) == int(at(0)[0])
