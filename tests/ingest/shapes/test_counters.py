"""A counter that grows: each step of one is a completion, at the reading that shows it; falls are told."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.ingest import preview
from tests.ingest.conftest import Load, Rows
from tests.ingest.shapes.conftest import MORNING, Report, Table, at

HEAD = "timestamp,machine,part_count"


def polled(values: list[int], every_s: int = 5, machine: str = "M1") -> list[tuple[str, str, int]]:
    return [(at(every_s * i), machine, value) for i, value in enumerate(values)]


def stepwise(parts: int, readings: int = 4, first: int = 0) -> list[int]:
    """Return a counter that grows by one every few readings."""
    return [first + i // readings for i in range(parts * readings)]


def test_each_step_up_is_a_completion(table: Table, load: Load, rows: Rows) -> None:
    outcome = load(table(HEAD, polled(stepwise(30))))
    assert (outcome.shape, outcome.table, outcome.read) == ("part_counter", "cycles", 120)
    assert outcome.derived == {"cycles": 29}
    cycles = rows("cycles")
    assert cycles["started_at"].null_count() == 29
    assert cycles["quantity"].to_list() == [1.0] * 29
    seconds = [(one - MORNING).total_seconds() for one in cycles["completed_at"]]
    assert seconds == [20.0 * i for i in range(1, 30)]


def test_the_evidence_names_the_column(table: Table) -> None:
    seen = preview(table(HEAD, polled(stepwise(30))))
    assert (seen.shape, seen.table, seen.error) == ("part_counter", "part_counter", None)
    assert "'part_count' only grows" in seen.evidence[0]
    assert "100%" in seen.evidence[1]


def test_a_rollover_loses_no_part(table: Table, load: Load, rows: Rows) -> None:
    values = [value % 1000 for value in stepwise(40, first=980)]
    outcome = load(table(HEAD, polled(values)))
    assert rows("cycles")["quantity"].sum() == 39
    assert any(c.code == "counter_fell" and "1 × rollover" in c.message for c in outcome.caveats)


def test_a_reset_counts_the_parts_since(table: Table, load: Load, rows: Rows) -> None:
    values = [*stepwise(30, first=300), *stepwise(20, first=0)]
    outcome = load(table(HEAD, polled(values)))
    assert rows("cycles")["quantity"].sum() == 29 + 19
    assert any("1 × reset" in c.message for c in outcome.caveats if c.code == "counter_fell")


def test_a_counter_that_each_order_resets_is_one_all_the_same(table: Table, load: Load, rows: Rows) -> None:
    values = [value for _ in range(6) for value in stepwise(12)]
    outcome = load(table(HEAD, polled(values)))
    assert outcome.shape == "part_counter"
    assert rows("cycles")["quantity"].sum() == 6 * 11


def test_a_correction_by_hand_makes_nothing(table: Table, load: Load, rows: Rows) -> None:
    values = [*stepwise(30, first=300), 328, 328, *stepwise(10, first=329)]
    outcome = load(table(HEAD, polled(values)))
    assert rows("cycles")["quantity"].sum() == 29 + 1 + 9
    assert any("1 × correction" in c.message for c in outcome.caveats)


def test_machines_are_counted_apart_and_order_does_not_matter(table: Table, load: Load, rows: Rows) -> None:
    lines = [*polled(stepwise(20)), *polled(stepwise(15, first=700), machine="M2")]
    np.random.default_rng(7).shuffle(lines)
    load(table(HEAD, lines))
    counted = rows("cycles").group_by("station_id").len().sort("station_id")
    assert counted.rows() == [("M1", 19), ("M2", 14)]


def test_readings_far_apart_are_intervals_with_quantities(table: Table, load: Load, rows: Rows) -> None:
    outcome = load(table(HEAD, polled([7 * i + i % 3 for i in range(60)], every_s=600)))
    assert outcome.derived == {"cycles": 59}
    cycles = rows("cycles")
    assert set(cycles["quantity"]) <= {5.0, 8.0}
    assert (cycles["ended_at"] - cycles["started_at"]).dt.total_seconds().to_list() == [600] * 59
    assert any(c.code == "counts_only" and c.severity == "serious" for c in outcome.caveats)


def test_a_reading_that_holds_several_parts_is_no_single_cycle(
    table: Table, load: Load, rows: Rows, report: Report
) -> None:
    rng = np.random.default_rng(3)
    ends = np.cumsum(rng.normal(60, 2, 700))
    readings = np.arange(0, ends[-1], 2)
    readings = readings[~((readings > 9000) & (readings < 9700))]  # the log was down for 12 minutes
    values = np.searchsorted(ends, readings)
    lines = [(at(float(t)), "M1", int(v)) for t, v in zip(readings, values, strict=True)]
    outcome = load(table(HEAD, lines))
    assert any(c.code == "counter_jumped" for c in outcome.caveats)
    assert rows("cycles")["quantity"].sum() == values[-1] - values[0]
    # Nothing was wrong: the twelve minutes without readings must not pass for a slow cycle.
    count = report()["demand"]["undetected"]["count"]
    assert count["lower"] == 0
    assert count["value"] < 1


def test_true_delays_are_found_in_a_polled_counter(table: Table, load: Load, report: Report) -> None:
    rng = np.random.default_rng(11)
    delay = np.where(rng.random(1500) < 0.03, 40 + rng.exponential(60, 1500), 0.0)
    ends = np.cumsum(rng.normal(60, 2, 1500) + delay)
    readings = np.arange(0, ends[-1], 2)
    values = np.searchsorted(ends, readings)
    load(table(HEAD, [(at(float(t)), "M1", int(v)) for t, v in zip(readings, values, strict=True)]))
    count = report()["demand"]["undetected"]["count"]
    truth = int((delay > 0).sum())
    assert count["value"] == pytest.approx(truth, rel=0.1)
    assert count["lower"] <= truth <= count["upper"]


def test_machines_that_do_not_feed_each_other_are_judged_once_their_lines_are_told(
    table: Table, load: Load, report: Report
) -> None:
    rng = np.random.default_rng(12)
    lines = []
    for machine in ("M1", "M2"):
        ends = np.cumsum(rng.normal(60, 2, 400))
        readings = np.arange(0, ends[-1], 2)
        values = np.searchsorted(ends, readings)
        lines += [(at(float(t)), machine, int(v)) for t, v in zip(readings, values, strict=True)]
    load(table(HEAD, lines))
    assert "may be a wait" in report()["demand"]["undetected"]["count"]["unavailable"]
    load(table("station_id,line_id", [("M1", "L1"), ("M2", "L2")], "stations.csv"), table="stations")
    assert report()["demand"]["undetected"]["count"]["lower"] == 0


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("station,start,end,quantity", lambda i: ("S1", at(60 * i), at(60 * i + 50), i)),
        ("station,timestamp,serial", lambda i: ("S1", at(60 * i), f"U{i}")),
        ("station,timestamp,quantity", lambda i: ("S1", at(61.7 * i), 1 + (i * 7) % 5)),
        ("station,timestamp,cycle_time_s,part_count", lambda i: ("S1", at(60 * i), 58 + i % 3, i)),
    ],
)
def test_what_is_no_counter_is_left_alone(head: str, line: object, table: Table, load: Load) -> None:
    outcome = load(table(head, [line(i) for i in range(60)]))  # type: ignore[operator]
    assert outcome.shape is None
    assert (outcome.table, outcome.loaded) == ("cycles", 60)


def test_a_counter_loaded_again_is_all_duplicates(table: Table, load: Load) -> None:
    path = table(HEAD, polled(stepwise(30)))
    load(path)
    again = load(path)
    assert again.already_loaded
    assert again.duplicate == 120
