"""A run is stale once anything was loaded or undone after it was made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics.config import Workspace
from analytics.ingest import ingest_files
from analytics.ingest.undo import undo
from analytics.journal import Journal
from analytics.runs import RunRef
from analytics.staleness import is_stale, last_change

CYCLES = "station_id,started_at,ended_at,serial\nS1,2025-03-03 06:00:00,2025-03-03 06:01:00,U1\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "plant")


def a_run(made_at: datetime) -> RunRef:
    return RunRef(id="r", path=Path("r"), created_at=made_at, cycles=1, period=("", ""))


def loaded(workspace: Workspace, path: Path, text: str = CYCLES) -> str:
    path.write_text(text)
    batch_id = ingest_files(workspace, [path])[0].batch_id
    assert batch_id is not None
    return batch_id


def test_where_nothing_was_loaded_nothing_is_stale(workspace: Workspace) -> None:
    assert last_change(workspace) is None
    assert not is_stale(workspace, None)
    assert not workspace.root.exists()


def test_a_load_makes_older_runs_stale_and_newer_ones_not(workspace: Workspace, tmp_path: Path) -> None:
    loaded(workspace, tmp_path / "a.csv")
    changed = last_change(workspace)
    assert changed is not None
    assert is_stale(workspace, None), "there is something to analyze"
    assert is_stale(workspace, a_run(changed - timedelta(seconds=1)))
    assert not is_stale(workspace, a_run(changed + timedelta(seconds=1)))


def test_an_undone_load_makes_the_run_stale_in_which_it_is(workspace: Workspace, tmp_path: Path) -> None:
    batch_id = loaded(workspace, tmp_path / "a.csv")
    run = a_run(datetime.now(tz=UTC))
    assert not is_stale(workspace, run)
    undo(workspace, batch_id)
    assert is_stale(workspace, run)


def test_a_load_that_brought_nothing_new_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    loaded(workspace, tmp_path / "a.csv")
    run = a_run(datetime.now(tz=UTC))
    loaded(workspace, tmp_path / "same_records_other_bytes.csv", CYCLES + "\n")
    with Journal(workspace) as journal:
        assert [batch.outcome["loaded"] for batch in journal.batches()] == [1, 0]
    assert not is_stale(workspace, run)
