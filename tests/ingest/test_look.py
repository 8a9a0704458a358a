"""A file is looked at before it is loaded: table, columns, questions, first rows, and no names of persons."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.config import Workspace
from analytics.ingest import IngestOptions, preview
from analytics.ingest.detect import Detected, detect
from analytics.ingest.look import look
from analytics.journal import Journal
from tests.ingest.conftest import CYCLES

Written = Callable[..., Path]


def test_a_recognised_file(written: Written) -> None:
    header = "Station;Beginn;Ende;Dauer [min];Bediener;Farbe"
    seen = preview(written(f"{header}\nS1;03.03.2025 06:00;03.03.2025 06:01;1,0;Maier;rot\n"))
    assert (seen.table, seen.error, seen.missing, seen.questions) == ("cycles", None, (), ())
    assert seen.format == "csv (utf-8, semicolon)"
    taken = [column.canonical for column in seen.columns]
    assert taken == ["station_id", "started_at", "ended_at", "cycle_s", "operator_id", None]
    assert "60" in next(column.note for column in seen.columns if column.source == "Dauer [min]")
    assert seen.columns[0].sample == ("S1",)
    assert "Maier" not in str(seen)
    assert seen.rows.height == 1


def test_a_file_with_a_question(written: Written) -> None:
    path = written("station,ended_at,serial\nS1,03/04/2025 06:00,U1\n")
    seen = preview(path)
    assert [question.code for question in seen.questions] == ["day_order"]
    assert preview(path, IngestOptions(dayfirst=True)).questions == ()


def test_a_file_that_lacks_a_column_says_which(written: Written) -> None:
    seen = preview(written("station,colour\nS1,red\n"))
    assert seen.table is None
    assert seen.error is not None
    assert any("ended_at" in lacking for lacking in seen.missing)
    chosen = preview(
        written("station,when it was\nS1,2025-03-03 06:00\n"),
        IngestOptions(columns={"station": "station_id", "when it was": "completed_at"}, table="cycles"),
    )
    assert (chosen.table, chosen.error) == ("cycles", None)


def test_a_file_that_is_no_table(written: Written) -> None:
    seen = preview(written(""))
    assert "0 bytes" in str(seen.error)
    assert seen.rows.height == 0


def test_a_mapping_saved_in_the_workspace_is_found(written: Written, workspace: Workspace) -> None:
    path = written("M,T\nS1,2025-03-03 06:00\n")
    with Journal(workspace) as journal:
        profile = {"name": "ours", "table": "cycles", "columns": {"M": "station_id", "T": "completed_at"}}
        journal.save_profile("ours", profile)
    seen = preview(path, workspace=workspace)
    assert (seen.table, seen.profile) == ("cycles", "ours")


def test_looking_writes_nothing(written: Written, workspace: Workspace) -> None:
    preview(written(CYCLES), workspace=workspace)
    assert not workspace.root.exists()


def test_a_file_that_is_looked_at_again_is_not_read_to_its_end_again(
    written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def counted(path: Path) -> Detected:
        read.append(path)
        return detect(path)

    monkeypatch.setattr(sys.modules[look.__module__], "detect", counted)
    path = written(CYCLES)
    assert preview(path).table == preview(path).table == "cycles"
    assert len(read) == 1
    written(CYCLES + "S1,2025-03-03 06:03:00,2025-03-03 06:04:00,U4\n")
    preview(path)
    assert len(read) == 2
