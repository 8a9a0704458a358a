"""Undoing a load: its records go, what it had replaced comes back, the file can be loaded again."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analytics.config import Workspace
from analytics.errors import UsageError
from analytics.ingest import FileOutcome, IngestOptions, ingest_files, read_quarantine
from analytics.ingest import undo as undo_module
from analytics.ingest.undo import find_batch, undo
from analytics.journal import Batch, Journal
from analytics.warehouse import open_warehouse
from tests.ingest.conftest import CYCLES, Load, Rows

Written = Callable[..., Path]

CORRECTED = CYCLES.replace("06:02:01,U2", "06:02:30,U2")
CORRECTED_AGAIN = CYCLES.replace("06:02:01,U2", "06:02:45,U2")
REJECTED = "S1,never,2025-03-03 06:04:00,U4\n"


def batch_of(outcome: FileOutcome) -> str:
    assert outcome.batch_id is not None
    return outcome.batch_id


def batches(workspace: Workspace) -> list[Batch]:
    with Journal(workspace) as journal:
        return journal.batches(None)


def held(workspace: Workspace) -> list[tuple[Any, ...]]:
    """Return every cycle and what is kept aside for it, without what numbers and names loads."""
    with open_warehouse(workspace, read_only=True) as con:
        return con.sql(
            "select station_id, started_at, ended_at, serial, content_hash::varchar, occurrence"
            " from cycles order by all"
        ).fetchall()


def test_its_records_go_and_the_file_can_be_loaded_again(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    path = written(CYCLES + REJECTED)
    before = load(path)
    done = undo(workspace, batch_of(before))
    assert (done.removed, done.restored, done.refused) == (3, 0, 1)
    assert rows("cycles").height == 0
    assert read_quarantine(workspace).height == 0
    assert [batch.status for batch in batches(workspace)] == ["undone"]
    again = load(path)
    assert (again.loaded, again.quarantined) == (3, 1)
    assert [batch.status for batch in batches(workspace)] == ["undone", "done"]
    assert read_quarantine(workspace).height == 1


def test_other_loads_stay(written: Written, load: Load, rows: Rows, workspace: Workspace) -> None:
    first = load(written(CYCLES + REJECTED))
    load(written(CYCLES.replace("S1", "S2") + REJECTED.replace("S1", "S2"), name="other.csv"))
    undo(workspace, batch_of(first))
    assert set(rows("cycles")["station_id"]) == {"S2"}
    assert read_quarantine(workspace).height == 1


def test_what_it_had_replaced_comes_back_to_the_last_bit(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    text = CYCLES.replace("serial", "serial,quantity").replace("U2", "U2,0.1").replace("U1", "U1,")
    load(written(text.replace("U3", "U3,3e-7")))
    before = rows("cycles")
    corrected = text.replace("06:02:01,U2", "06:02:30,U2").replace("U3", "U3,3e-7")
    second = load(written(corrected, name="corrected.csv"), on_overlap="replace")
    assert not rows("cycles").equals(before)
    done = undo(workspace, batch_of(second))
    assert (done.removed, done.restored) == (1, 1)
    assert rows("cycles").equals(before)


def test_a_load_that_was_replaced_in_part_goes_and_its_replacement_stays(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    first = load(written(CYCLES))
    second = load(written(CORRECTED, name="corrected.csv"), on_overlap="replace")
    assert undo(workspace, batch_of(first)).removed == 2
    assert rows("cycles")["ended_at"].dt.second().to_list() == [30]
    assert undo(workspace, batch_of(second)).restored == 0
    assert rows("cycles").height == 0


def test_the_middle_of_three_versions_goes_without_a_trace(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    load(written(CYCLES))
    before = rows("cycles")
    second = load(written(CORRECTED, name="b.csv"), on_overlap="replace")
    third = load(written(CORRECTED_AGAIN, name="c.csv"), on_overlap="replace")
    assert undo(workspace, batch_of(second)).restored == 0
    assert sorted(rows("cycles")["ended_at"].dt.second()) == [0, 0, 45]
    assert undo(workspace, batch_of(third)).restored == 1
    assert rows("cycles").equals(before)


@pytest.mark.parametrize("seed", range(6))
def test_in_any_order_what_is_left_is_what_would_be_there_without_them(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    header = CYCLES.splitlines()[0]
    files = []
    for version in range(4):
        units = sorted(dice.sample(range(12), 7))
        lines = [f"S1,2025-03-03 06:{u:02d}:00,2025-03-03 06:{u:02d}:{10 + version},U{u}" for u in units]
        path = tmp_path / f"v{version}.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        files.append(path)
    both, kept_only = Workspace(tmp_path / "both"), Workspace(tmp_path / "kept")
    options = IngestOptions(on_overlap="replace")
    loads = ingest_files(both, files, options)
    gone = dice.sample(range(4), 2)
    for version in gone:
        undo(both, batch_of(loads[version]))
    ingest_files(kept_only, [file for version, file in enumerate(files) if version not in gone], options)
    assert held(both) == held(kept_only)


def test_files_that_share_records_with_it_are_named(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    first = load(written(CYCLES))
    longer = written(CYCLES + "S1,2025-03-03 07:00:00,2025-03-03 07:01:00,U9\n", name="longer.csv")
    load(longer)
    done = undo(workspace, batch_of(first))
    assert [Path(file).name for file in done.sharing] == ["longer.csv"]
    assert rows("cycles").height == 1
    assert load(longer).loaded == 3


def test_a_zone_told_by_mistake_goes_with_the_only_load_that_told_it(
    written: Written, load: Load, workspace: Workspace
) -> None:
    path = written(CYCLES)
    first = load(path, timezone="Europe/Berlin")
    undo(workspace, batch_of(first))
    assert load(path, timezone="Europe/Madrid").loaded == 3
    with Journal(workspace) as journal:
        assert journal.get("timezone") == "Europe/Madrid"


def test_a_zone_that_another_load_told_too_stays(written: Written, load: Load, workspace: Workspace) -> None:
    first = load(written(CYCLES), timezone="Europe/Berlin")
    load(written(CYCLES.replace("S1", "S2"), name="other.csv"))
    undo(workspace, batch_of(first))
    with Journal(workspace) as journal:
        assert journal.get("timezone") == "Europe/Berlin"


def test_a_dry_run_counts_and_changes_nothing(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    load(written(CYCLES))
    second = load(written(CORRECTED, name="corrected.csv"), on_overlap="replace")
    before = rows("cycles")
    would = undo(workspace, batch_of(second), dry_run=True)
    assert (would.removed, would.restored) == (1, 1)
    assert rows("cycles").equals(before)
    assert [batch.status for batch in batches(workspace)] == ["done", "done"]


def test_a_load_is_found_by_the_end_of_its_id(written: Written, load: Load, workspace: Workspace) -> None:
    batch_id = batch_of(load(written(CYCLES)))
    assert find_batch(workspace, batch_id[-6:]).batch_id == batch_id
    assert find_batch(workspace, batch_id).batch_id == batch_id


def test_what_cannot_be_undone_is_refused_with_what_to_do(
    written: Written, load: Load, workspace: Workspace
) -> None:
    with pytest.raises(UsageError, match="There is no load 'x'"):
        undo(workspace, "x")
    batch_id = batch_of(load(written(CYCLES)))
    load(written(CYCLES.replace("S1", "S2"), name="other.csv"))
    with pytest.raises(UsageError, match="There is no load ''"):
        undo(workspace, "")
    with pytest.raises(UsageError, match="2 loads are named so"):
        find_batch(workspace, batch_id[:6])
    undo(workspace, batch_id)
    with pytest.raises(UsageError, match="was undone"):
        undo(workspace, batch_id)


@pytest.mark.parametrize("step", ["before the commit", "after the commit"])
def test_an_undo_that_was_killed_is_finished_by_the_next_load(
    step: str,
    written: Written,
    load: Load,
    rows: Rows,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    load(written(CYCLES + REJECTED))
    second = load(written(CORRECTED + REJECTED, name="corrected.csv"), on_overlap="replace")
    with monkeypatch.context() as patched:
        patched.setattr(undo_module, "finish_undo", killed)
        if step == "before the commit":
            patched.setattr(Journal, "drop_undo", lambda *_: None)  # a dead process drops nothing
            begin = Journal.begin_undo
            patched.setattr(Journal, "begin_undo", lambda *given: killed(begin(*given)))
        with pytest.raises(Killed):
            undo(workspace, batch_of(second))
    assert [batch.status for batch in batches(workspace)] == ["done", "undoing"]
    load(written(CYCLES.replace("S1", "S2"), name="other.csv"))
    assert [batch.status for batch in batches(workspace)] == ["done", "undone", "done"]
    cycles = rows("cycles").filter(station_id="S1").sort("started_at")
    assert cycles["ended_at"].dt.second().to_list() == [0, 1, 0]
    assert read_quarantine(workspace).height == 1


def test_an_undo_that_failed_is_forgotten(
    written: Written, load: Load, rows: Rows, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    batch_id = batch_of(load(written(CYCLES)))
    begin = Journal.begin_undo
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "begin_undo", lambda *given: interrupted(begin(*given)))
        with pytest.raises(KeyboardInterrupt):
            undo(workspace, batch_id)
    assert [batch.status for batch in batches(workspace)] == ["done"]
    assert rows("cycles").height == 3
