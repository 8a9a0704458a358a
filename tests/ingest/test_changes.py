"""A corrected export says what it changes: how many records, in which columns, one example of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.ingest.changes import ChangedColumn, added_up, in_lines
from tests.ingest.conftest import CYCLES, Load, Rows

Written = Callable[..., Path]

CALLS = """call_id,station_id,raised_at,resolved_at,category
7,S1,2025-03-03 06:00:00,,jam
8,S1,2025-03-03 07:00:00,2025-03-03 07:05:00,jam
9,S2,2025-03-03 08:00:00,2025-03-03 08:05:00,
"""
LATER = """call_id,station_id,raised_at,resolved_at,category
9,S2,2025-03-03 08:00:00,2025-03-03 08:05:00,
8,S1,2025-03-03 07:00:00,2025-03-03 07:09:00,
7,S1,2025-03-03 06:00:00,2025-03-03 06:09:00,jam
"""


@pytest.mark.parametrize("choice", ["replace", "keep", None])
def test_changed_columns_are_counted_with_an_example(
    choice: str | None, written: Written, load: Load
) -> None:
    load(written(CALLS, name="calls.csv"))
    outcome = load(written(LATER, name="later.csv"), on_overlap=choice)
    assert outcome.failed is (choice is None)
    (changes,) = outcome.changes
    assert (changes.table, changes.records, changes.choice) == ("andon_calls", 2, choice)
    told = {one.name: (one.records, one.line, one.before, one.after) for one in changes.columns}
    assert told["resolved_at"] == (2, 3, "2025-03-03 07:05:00", "2025-03-03 07:09:00")
    assert told["category"] == (1, 3, "jam", None)
    assert next(iter(told)) == "resolved_at"


def test_the_changes_stand_in_the_answer_and_in_words(written: Written, load: Load) -> None:
    load(written(CALLS, name="calls.csv"))
    told = load(written(LATER, name="later.csv"), on_overlap="replace").to_json()["changes"]
    lines = in_lines(told)
    assert lines[0] == "2 andon calls loaded before with other values, replaced by those of this file"
    assert (
        "resolved_at in 2 records, as in line 3: loaded 2025-03-03 07:05:00, in this file 2025-03-03 07:09:00"
        in lines
    )


def test_a_file_that_says_nothing_otherwise_changes_nothing(written: Written, load: Load) -> None:
    load(written(CALLS, name="calls.csv"))
    more = CALLS + "10,S2,2025-03-03 09:00:00,,\n"
    outcome = load(written(more, name="more.csv"), on_overlap="replace")
    assert (outcome.loaded, outcome.changes) == (1, ())
    assert "changes" not in outcome.to_json()


def test_who_worked_there_is_no_change_and_is_not_shown(written: Written, load: Load, rows: Rows) -> None:
    text = "station_id,started_at,ended_at,operator\nS1,2025-03-03 06:00:00,2025-03-03 06:01:00,A. Person\n"
    load(written(text, name="a.csv"), keep_operators=True)
    other = text.replace("A. Person", "B. Person").replace("06:01:00", "06:02:00")
    (changes,) = load(written(other, name="b.csv"), keep_operators=True, on_overlap="replace").changes
    assert [one.name for one in changes.columns] == ["ended_at"]


def test_batches_add_up_and_the_first_example_stands() -> None:
    def changed(name: str, records: int, line: int) -> ChangedColumn:
        return ChangedColumn(name=name, records=records, line=line, before="a", after="b")

    found = added_up([changed("shift", 2, 5), changed("serial", 3, 4), changed("shift", 4, 90)])
    assert [(one.name, one.records, one.line) for one in found] == [("shift", 6, 5), ("serial", 3, 4)]


def test_records_that_the_correction_no_longer_has_are_counted_and_stay(
    written: Written, load: Load, rows: Rows
) -> None:
    load(written(CYCLES + "S1,2025-03-03 09:00:00,2025-03-03 09:01:00,U8\nS2,2025-03-03 06:01:00,,U9\n"))
    head, one, two, three = CYCLES.splitlines()
    shorter = "\n".join([head, one, three.replace("06:03:00", "06:03:09")]) + "\n"
    (changes,) = load(written(shorter, name="shorter.csv"), on_overlap="replace").changes
    assert changes.records == 1
    assert changes.only_loaded == 1, "not what lies at another time or station"
    told = in_lines([changes.to_json()])
    assert told[-1] == "not in this file, of the same stations and time: 1 cycle; what is loaded stays"
    assert two.split(",")[3] in rows("cycles")["serial"].to_list()


def test_tables_that_are_no_events_have_no_time_to_compare(written: Written, load: Load) -> None:
    load(written("station_id,line_id,position\nS1,L1,1\nS2,L1,2\n", name="stations.csv"), table="stations")
    other = written("station_id,line_id,position\nS1,L1,3\n", name="other.csv")
    (changes,) = load(other, table="stations", on_overlap="replace").changes
    assert (changes.records, changes.only_loaded) == (1, 0)
