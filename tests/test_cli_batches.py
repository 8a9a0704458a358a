"""``walkaway batches`` and ``walkaway batches undo``: what is listed, asked, done and said."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from analytics.cli import app
from analytics.cli_shell import Shell, run
from analytics.config import Workspace
from analytics.journal import Journal

CYCLES = """station_id,started_at,ended_at,serial
S1,2025-03-03 06:00:00,2025-03-03 06:01:00,U1
S1,2025-03-03 06:01:00,2025-03-03 06:02:01,U2
S1,never,2025-03-03 06:04:00,U3
"""


def walkaway(*arguments: object) -> int:
    return run(app, [str(argument) for argument in arguments])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Load a file, and its correction in its place."""
    (tmp_path / "a.csv").write_text(CYCLES)
    (tmp_path / "b.csv").write_text(CYCLES.replace("06:02:01", "06:02:30"))
    assert walkaway("ingest", tmp_path / "a.csv", "--workspace", tmp_path / "plant") == 0
    corrected = (tmp_path / "b.csv", "--on-overlap", "replace", "--workspace", tmp_path / "plant")
    assert walkaway("ingest", *corrected) == 0
    return tmp_path / "plant"


def listed(place: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert walkaway("batches", "--json", "--workspace", place) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["batches"]
    return found


def test_a_load_is_written_down_with_what_it_was_and_how_it_was_read(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = listed(place, capsys)
    data = (place.parent / "a.csv").read_bytes()
    assert (first["sha256"], first["size_bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (first["way"], first["command"], first["status"]) == ("command line", "ingest", "done")
    assert (first["read"], first["loaded"], first["duplicate"], first["quarantined"]) == (3, 2, 0, 1)
    assert first["mapping"]["table"] == "cycles"
    assert first["mapping"]["columns"]["ended_at"] == "ended_at"
    assert first["rules"] == {"not_a_time_stamp": 1}
    assert second["on_overlap"] == "replace"
    assert second["changes"][0]["columns"][0]["column"] == "ended_at"


def test_columns_that_name_people_are_not_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "station_id,ended_at,operator\nS1,2025-03-03 06:00:00,A. Person\n"
    (tmp_path / "a.csv").write_text(text)
    assert walkaway("ingest", tmp_path / "a.csv", "--workspace", tmp_path / "plant") == 0
    (load,) = listed(tmp_path / "plant", capsys)
    assert "operator" not in json.dumps(load)
    assert "Person" not in json.dumps(load)


def test_undoing_says_what_went_what_came_back_and_which_runs_are_stale(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch_id = listed(place, capsys)[1]["batch_id"]
    assert walkaway("batches", "undo", batch_id, "--yes", "--workspace", place) == 0
    said = capsys.readouterr().out
    assert "undone: out of cycles: 1 record; back in, since it had replaced them: 1" in said
    assert "can be loaded again" in said
    first, second = listed(place, capsys)
    assert (first["status"], second["status"]) == ("done", "undone")
    assert second["undone"] == {"removed": 1, "restored": 1}
    assert walkaway("batches", "--workspace", place) == 0
    assert "undone 20" in capsys.readouterr().out


def test_without_anybody_to_confirm_it_nothing_is_undone(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch_id = listed(place, capsys)[0]["batch_id"]
    assert walkaway("batches", "undo", batch_id, "--workspace", place, "--json") == 2
    assert "Give --yes." in json.loads(capsys.readouterr().out)["error"]["hint"]
    assert [load["status"] for load in listed(place, capsys)] == ["done", "done"]


@pytest.mark.parametrize(("typed", "status"), [("yes", "undone"), ("2", "done"), ("", "done")])
def test_at_a_terminal_it_is_asked(
    typed: str,
    status: str,
    place: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch_id = listed(place, capsys)[1]["batch_id"]
    monkeypatch.setattr(Shell, "interactive", True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{typed}\n"))
    assert walkaway("batches", "undo", batch_id, "--workspace", place) == (0 if typed == "yes" else 1)
    question = capsys.readouterr().err
    assert "out of cycles: 1 record; back in, since it had replaced them: 1" in question
    assert "out of the quarantine: 1 row" in question
    with Journal(Workspace(place)) as journal:
        assert journal.batches(None)[1].status == status


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("undo", "nonesuch", "--yes"), "There is no load 'nonesuch'"),
        (("undo",), "Missing argument"),
        (("--json", "list"), "stand after the command"),
    ],
)
def test_wrong_usage_exits_with_2(
    arguments: tuple[str, ...], said: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    after = ("--workspace", place) if arguments[0] == "undo" else ()
    assert walkaway("batches", *arguments, *after) == 2
    assert said in capsys.readouterr().err


def test_an_empty_workspace_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert walkaway("batches", "--workspace", tmp_path / "nowhere") == 0
    assert "Nothing was loaded yet" in capsys.readouterr().out
    assert not (tmp_path / "nowhere").exists()
