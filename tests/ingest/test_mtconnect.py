"""States into cycles, conditions into alarms; what the adapter did not see is not made up."""
# ruff: noqa: DTZ001 - the warehouse keeps times without a zone

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from analytics.ingest import preview, read_quarantine
from analytics.ingest.mtconnect import station_of
from tests.ingest.conftest import Load, Rows

Written = Callable[..., Path]
DAY = "Mill7-20250303-20250304.txt"


def log(*events: str, day_file: str = "") -> str:
    """Write events "HH:MM:SS item value" of 3 March 2025 (or with a full stamp) as a log."""
    lines = []
    for event in events:
        time, item, value = event.split(" ", 2)
        stamp = time if "T" in time else f"2025-03-03T{time}Z"
        lines.append(f"{day_file + '|' if day_file else ''}{stamp}|{item}|{value}")
    return "\n".join(lines) + "\n"


NORMAL_DAY = (
    "06:00:00 execution READY",
    "06:00:00 program O100",
    "06:01:00 execution ACTIVE",
    "06:01:30 execution FEED_HOLD",
    "06:01:40 execution ACTIVE",
    "06:02:00 execution READY",
    "06:03:00 program O200",
    "06:03:00 execution ACTIVE",
    "06:03:20 execution INTERRUPTED",
    "06:03:30 execution PROGRAM_STOPPED",
    "06:04:00 execution ACTIVE",
    "06:05:00.250 execution STOPPED",
)


def at(hour: int, minute: int, second: int = 0, micro: int = 0) -> datetime:
    return datetime(2025, 3, 3, hour, minute, second, micro)


@pytest.mark.parametrize("prefixed", [True, False])
def test_a_cycle_runs_from_the_first_active_to_the_next_ready_or_stopped(
    prefixed: bool, written: Written, load: Load, rows: Rows
) -> None:
    text = log(*NORMAL_DAY, day_file=DAY if prefixed else "")
    outcome = load(written(text, name="all.psv" if prefixed else DAY))
    assert (outcome.read, outcome.loaded, outcome.derived) == (12, 12, {"cycles": 2, "detections": 0})
    cycles = rows("cycles")
    assert cycles["station_id"].to_list() == ["Mill7", "Mill7"]
    assert cycles["product_id"].to_list() == ["O100", "O200"]
    assert cycles["started_at"].to_list() == [at(6, 1), at(6, 3)]
    assert cycles["ended_at"].to_list() == [at(6, 2), at(6, 5, 0, 250000)]


def test_repeated_lines_are_duplicates_and_change_nothing(written: Written, load: Load, rows: Rows) -> None:
    text = log(*NORMAL_DAY, *NORMAL_DAY[3:8], day_file=DAY)
    outcome = load(written(text))
    assert (outcome.read, outcome.loaded, outcome.duplicate) == (17, 12, 5)
    assert rows("cycles").height == 2


def test_a_log_loaded_again_is_all_duplicates(written: Written, load: Load) -> None:
    path = written(log(*NORMAL_DAY, "06:06:00 system_cond Fault|433|||SAME PROGRAM", day_file=DAY))
    assert load(path).derived == {"cycles": 2, "detections": 1}
    again = load(path)
    assert (again.loaded, again.duplicate, again.derived) == (0, 13, {"cycles": 0, "detections": 0})
    assert again.already_loaded


def test_lines_out_of_order_are_put_in_order(written: Written, load: Load, rows: Rows) -> None:
    events = list(NORMAL_DAY)
    events[4], events[5] = events[5], events[4]
    load(written(log(*events, day_file=DAY)))
    assert rows("cycles")["ended_at"].to_list() == [at(6, 2), at(6, 5, 0, 250000)]


def test_stale_lines_at_the_head_make_no_cycle(written: Written, load: Load, rows: Rows) -> None:
    head = ("2025-02-10T09:00:00Z execution ACTIVE", "2025-02-10T09:00:00Z system_cond Fault|1|||OLD")
    tail = ("06:00:30 execution READY", *NORMAL_DAY[1:])
    for name, day_file in (("all.psv", DAY), (DAY, ""), ("Mill7.log", "")):
        outcome = load(written(log(*head, *tail, day_file=day_file), name=name))
        assert outcome.error is None, name
    assert rows("cycles")["started_at"].to_list() == [at(6, 1), at(6, 3)]
    assert rows("detections").height == 0


def test_a_short_loss_of_connection_inside_a_cycle_is_bridged_a_long_one_is_not(
    written: Written, load: Load, rows: Rows
) -> None:
    text = log(
        "06:00:00 execution READY",
        "06:01:00 execution ACTIVE",
        "06:02:00 execution UNAVAILABLE",
        "06:03:00 execution ACTIVE",
        "06:04:00 execution READY",
        "06:10:00 execution ACTIVE",
        "06:11:00 execution UNAVAILABLE",
        "06:30:00 execution ACTIVE",
        "06:31:00 execution READY",
        "06:40:00 execution ACTIVE",
        "06:41:00 execution UNAVAILABLE",
        "06:41:30 execution READY",
        "06:50:00 execution UNAVAILABLE",
        "06:50:30 execution ACTIVE",
        "06:51:00 execution READY",
        "06:52:00 execution ACTIVE",
        day_file=DAY,
    )
    outcome = load(written(text))
    assert rows("cycles").select("started_at", "ended_at").rows() == [(at(6, 1), at(6, 4))]
    assert [caveat.code for caveat in outcome.caveats] == ["cycles_cut"]
    assert "3" in outcome.caveats[0].message


def test_conditions_and_emergency_stops_are_detections(written: Written, load: Load, rows: Rows) -> None:
    text = log(
        *NORMAL_DAY,
        "07:00:00 system_cond Normal||||",
        "07:01:00 system_cond Warning|433|||SAME PROGRAM EXISTS",
        "07:01:10 system_cond Warning|433|||SAME PROGRAM EXISTS",
        "07:02:00 system_cond Normal||||",
        "07:03:00 logic Fault|270|||X AXIS",
        "07:04:00 logic Unavailable||||",
        "07:05:00 estop TRIGGERED",
        "07:06:00 estop ARMED",
        day_file=DAY,
    )
    load(written(text))
    found = rows("detections").select("source", "station_id", "detected_at", "ended_at", "reason").rows()
    assert found == [
        ("machine alarm", "Mill7", at(7, 1), at(7, 2), "system_cond 433 SAME PROGRAM EXISTS"),
        ("machine alarm", "Mill7", at(7, 3), None, "logic 270 X AXIS"),
        ("machine alarm", "Mill7", at(7, 5), at(7, 6), "estop emergency stop"),
    ]


def test_lines_that_are_no_events_are_kept_with_their_reason(
    written: Written, load: Load, workspace: object
) -> None:
    text = log(*NORMAL_DAY, day_file=DAY) + "\nMill7|garbage\n"
    outcome = load(written(text))
    assert (outcome.read, outcome.quarantined, outcome.skipped) == (13, 1, 1)
    assert outcome.rules == {"not_an_event": 1}
    assert read_quarantine(workspace)["line"].to_list() == [14]  # type: ignore[arg-type]


def test_logs_of_two_machines_in_one_compressed_file(tmp_path: Path, load: Load, rows: Rows) -> None:
    both = log(*NORMAL_DAY, day_file=DAY) + log(*NORMAL_DAY, day_file="Lathe2-20250303-20250304.txt")
    path = tmp_path / "both.psv.gz"
    path.write_bytes(gzip.compress(both.encode()))
    assert load(path).derived == {"cycles": 4, "detections": 0}
    assert set(rows("cycles")["station_id"]) == {"Mill7", "Lathe2"}


def test_a_log_without_states_is_refused(written: Written, load: Load) -> None:
    outcome = load(written(log("06:00:00 Srpm 100", "06:00:01 Srpm 120", day_file=DAY)))
    assert outcome.error is not None
    assert "execution" in outcome.error


def test_a_log_cannot_be_loaded_as_something_else(written: Written, load: Load) -> None:
    assert "MTConnect" in str(load(written(log(*NORMAL_DAY, day_file=DAY)), table="teams").error)


def test_a_log_is_looked_at_before_it_is_loaded(written: Written) -> None:
    seen = preview(written(log(*NORMAL_DAY, day_file=DAY)))
    assert (seen.format, seen.table, seen.rows.height) == ("mtconnect", "cycles", 2)


@pytest.mark.parametrize(
    ("name", "station"),
    [
        ("Mazak01-20161006-20161007.txt", "Mazak01"),
        ("Mazak01_events_only.psv.gz", "Mazak01"),
        ("mill.log", "mill"),
    ],
)
def test_the_station_is_named_by_the_file(name: str, station: str) -> None:
    assert station_of(name) == station
