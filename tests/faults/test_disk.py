"""A full disk and a read-only folder: a clear message, nothing half loaded, and the next run works."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.config import Workspace
from analytics.errors import WorkspaceError
from analytics.ingest import IngestOptions, ingest_files
from analytics.ingest import store as store_module
from analytics.ingest.undo import undo
from analytics.journal import Journal
from tests.faults.conftest import Walkaway
from tests.faults.plant import Exports, difference, disagreements, held, load

ReadOnly = Callable[[Path], contextlib.AbstractContextManager[None]]

posix = pytest.mark.skipif(os.name == "nt", reason="limits and rights of POSIX systems")


@posix
@pytest.mark.parametrize("most_bytes", [1_000, 40_000, 150_000])
def test_where_no_file_can_grow_nothing_is_loaded_and_the_next_run_works(
    most_bytes: int, workspace: Workspace, exports: Exports, walkaway: Walkaway
) -> None:
    full = walkaway("ingest", exports.second, "--json", most_bytes=most_bytes)
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    (told,) = json.loads(full.stdout)["files"]
    assert told["loaded"] == 0
    assert "Check the free space on the disk" in told["error"]
    load(workspace, exports.second)
    assert held(workspace)["n"].sum() == 2_000
    assert disagreements(workspace) == []


@posix
def test_a_correction_that_does_not_fit_leaves_what_was_loaded(
    workspace: Workspace, exports: Exports, walkaway: Walkaway
) -> None:
    load(workspace, exports.first)
    before = held(workspace)
    full = walkaway("ingest", exports.corrected, "--on-overlap", "replace", most_bytes=20_000)
    assert full.returncode == 1
    assert "not loaded" in full.stdout
    assert difference(before, held(workspace)) == []
    load(workspace, exports.corrected)
    assert disagreements(workspace) == []


def test_a_disk_that_is_full_for_the_rejected_rows_stops_the_load(
    workspace: Workspace, exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(store_module.quarantine, "write_part", full)
        outcome = ingest_files(workspace, [exports.second])[0]
    assert "the disk is full" in str(outcome.error)
    assert outcome.later, "the file is not at fault"
    assert held(workspace)["n"].sum() == 0
    assert disagreements(workspace) == []
    load(workspace, exports.second)
    assert disagreements(workspace) == []


def test_a_disk_that_is_full_after_the_commit_loses_nothing(
    workspace: Workspace, exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(store_module.quarantine, "publish", full)
        assert ingest_files(workspace, [exports.second])[0].loaded == 2_000
    load(workspace, exports.first)
    assert held(workspace)["n"].sum() == 4_000
    assert disagreements(workspace) == []


@posix
def test_a_read_only_folder_is_named_and_the_next_run_works(
    workspace: Workspace, exports: Exports, read_only: ReadOnly
) -> None:
    load(workspace, exports.first)
    before = held(workspace)
    with Journal(workspace) as journal:
        batch_id = journal.batches()[0].batch_id
    with read_only(workspace.root):
        refused = ingest_files(workspace, [exports.second], IngestOptions())[0]
        with pytest.raises(WorkspaceError, match=r"read-only|may not be written"):
            undo(workspace, batch_id)
    assert str(workspace.root) in str(refused.error)
    assert any(word in str(refused) for word in ("read-only", "may not be written to"))
    assert difference(before, held(workspace)) == []
    load(workspace, exports.second)
    assert disagreements(workspace) == []


@posix
def test_a_workspace_that_cannot_be_made_is_named(
    open_folder: Path, exports: Exports, read_only: ReadOnly
) -> None:
    place = Workspace(open_folder / "closed" / "plant")
    place.root.parent.mkdir()
    with read_only(place.root.parent):
        outcome = ingest_files(place, [exports.first])[0]
    assert "plant" in str(outcome.error)
    assert outcome.hint
    load(place, exports.first)
    assert disagreements(place) == []
