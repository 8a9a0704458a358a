"""Loading twice, reordered, in another format, corrected, interrupted: each record once, or not at all."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from analytics.config import Workspace
from analytics.ingest import IngestOptions, ingest_files, read_quarantine
from analytics.ingest import store as store_module
from analytics.journal import Journal
from analytics.warehouse import open_warehouse
from tests.ingest.conftest import CYCLES, Load, Rows

Written = Callable[..., Path]


def test_a_file_loaded_again_loads_nothing(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    path = written(CYCLES + "S1,never,2025-03-03 06:04:00,U4\n")
    first = load(path)
    again = load(path)
    assert (first.loaded, first.quarantined) == (3, 1)
    assert (again.loaded, again.duplicate, again.quarantined) == (0, 3, 1)
    assert again.already_loaded
    assert rows("cycles").height == 3
    assert read_quarantine(workspace).height == 1
    with Journal(workspace) as journal:
        assert len(journal.batches()) == 1


def test_the_same_records_in_another_format_are_duplicates(
    written: Written, load: Load, tmp_path: Path, rows: Rows
) -> None:
    load(written(CYCLES))
    frame = pl.read_csv(tmp_path / "cycles.csv", try_parse_dates=True)
    frame.write_parquet(tmp_path / "same.parquet")
    frame.write_excel(tmp_path / "same.xlsx")
    frame.write_ndjson(tmp_path / "same.jsonl")
    for name in ("same.parquet", "same.xlsx", "same.jsonl"):
        outcome = load(tmp_path / name)
        assert (outcome.loaded, outcome.duplicate) == (0, 3), name
    assert rows("cycles").height == 3


def test_equal_records_without_an_id_keep_their_number(written: Written, load: Load, rows: Rows) -> None:
    text = "station_id,completed_at\n" + "S1,2025-03-03 06:00:00\n" * 3
    path = written(text)
    assert load(path).loaded == 3
    assert rows("cycles")["occurrence"].to_list() == [1, 2, 3]
    assert load(path).duplicate == 3


def test_equal_records_with_an_id_are_one(written: Written, load: Load) -> None:
    text = "station_id,ended_at,serial\n" + "S1,2025-03-03 06:00:00,U1\n" * 3
    outcome = load(written(text))
    assert (outcome.loaded, outcome.duplicate) == (1, 2)


def test_a_source_row_id_tells_records_apart_and_is_not_kept(
    written: Written, load: Load, rows: Rows
) -> None:
    text = "record id,station_id,completed_at\na,S1,2025-03-03 06:00:00\nb,S1,2025-03-03 06:00:00\n"
    outcome = load(written(text), table="cycles")
    assert outcome.loaded == 2
    assert rows("cycles")["occurrence"].to_list() == [1, 1]


def test_order_of_rows_and_files_does_not_matter(tmp_path: Path) -> None:
    header, *records = CYCLES.splitlines()
    records += [f"S2,2025-03-03 07:{i:02d}:00,2025-03-03 07:{i:02d}:50,V{i}" for i in range(20)]
    found = []
    for seed in (1, 2):
        mixed = random.Random(seed).sample(records, len(records))
        files = []
        for part in range(2):
            path = tmp_path / f"{seed}{part}.csv"
            path.write_text("\n".join([header, *mixed[part::2]]) + "\n")
            files.append(path)
        workspace = Workspace(tmp_path / f"plant{seed}")
        ingest_files(workspace, files if seed == 1 else files[::-1])
        with open_warehouse(workspace, read_only=True) as con:
            found.append(
                con.sql(
                    "select station_id, started_at, ended_at, serial, content_hash::varchar, occurrence"
                    " from cycles order by all"
                ).fetchall()
            )
    assert found[0] == found[1]


CORRECTED = CYCLES.replace("06:02:01,U2", "06:02:30,U2")


def test_a_corrected_export_is_stopped_and_names_the_choice(written: Written, load: Load, rows: Rows) -> None:
    load(written(CYCLES))
    outcome = load(written(CORRECTED, name="corrected.csv"))
    assert outcome.error is not None
    assert "loaded already with other values" in outcome.error
    assert "line 3" in outcome.error
    assert "--on-overlap replace" in str(outcome.hint)
    assert "--on-overlap keep" in str(outcome.hint)
    assert rows("cycles").height == 3


@pytest.mark.parametrize(("choice", "second"), [("replace", 30), ("keep", 1)])
def test_a_corrected_export_replaces_or_is_left_out(
    choice: str, second: int, written: Written, load: Load, rows: Rows
) -> None:
    load(written(CYCLES))
    outcome = load(written(CORRECTED, name="corrected.csv"), on_overlap=choice)
    assert outcome.error is None
    assert (outcome.loaded, outcome.duplicate) == ((1, 2) if choice == "replace" else (0, 3))
    assert [caveat.code for caveat in outcome.caveats if caveat.code == "overlap"] == ["overlap"]
    cycles = rows("cycles").sort("serial")
    assert cycles.height == 3
    assert cycles["ended_at"].dt.second().to_list() == [0, second, 0]


def test_a_call_that_was_open_and_is_closed_now_is_a_correction(
    written: Written, load: Load, rows: Rows
) -> None:
    load(written("call_id,station_id,raised_at,resolved_at\n7,S1,2025-03-03 06:00:00,\n", name="a.csv"))
    later = written(
        "call_id,station_id,raised_at,resolved_at\n7,S1,2025-03-03 06:00:00,2025-03-03 06:09:00\n",
        name="b.csv",
    )
    assert load(later).failed
    assert load(later, on_overlap="replace").loaded == 1
    assert rows("andon_calls").height == 1


def test_a_dry_run_writes_nothing(written: Written, load: Load, workspace: Workspace, rows: Rows) -> None:
    path = written(CYCLES)
    dry = load(path, dry_run=True)
    assert (dry.loaded, dry.batch_id) == (3, None)
    assert not workspace.root.exists()
    load(path)
    again = load(
        written(CYCLES + "S1,2025-03-03 07:00:00,2025-03-03 07:01:00,U9\n", name="more.csv"), dry_run=True
    )
    assert (again.loaded, again.duplicate) == (1, 3)
    assert rows("cycles").height == 3


def test_an_interrupted_load_leaves_nothing(
    written: Written, load: Load, workspace: Workspace, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(written(CYCLES))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    more = written(CYCLES.replace("S1", "S2") + "S2,never,2025-03-03 06:04:00,U4\n", name="more.csv")
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "add_batch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ingest_files(workspace, [more])
    assert rows("cycles").height == 3
    with Journal(workspace) as journal:
        assert len(journal.batches(None)) == 1
    assert load(more).loaded == 3
    assert read_quarantine(workspace).height == 1


def test_a_load_that_was_killed_after_its_commit_is_finished_at_the_next(
    written: Written, load: Load, workspace: Workspace, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    path = written(CYCLES + "S1,never,2025-03-03 06:04:00,U4\n")
    with monkeypatch.context() as patched:
        patched.setattr(store_module.quarantine, "publish", killed)
        with pytest.raises(Killed):
            ingest_files(workspace, [path])
    with Journal(workspace) as journal:
        assert [batch.status for batch in journal.batches(None)] == ["loading"]
    assert rows("cycles").height == 3
    again = load(path)
    assert again.already_loaded
    with Journal(workspace) as journal:
        assert [batch.status for batch in journal.batches(None)] == ["done"]
    assert read_quarantine(workspace).height == 1


DIES = """
import os, sys
from pathlib import Path
from analytics.config import Workspace
from analytics.ingest import ingest_files, store

def dies(*_, **__):
    os._exit(9)

owner, name, late = sys.argv[3:]
place = {"store": store, "quarantine": store.quarantine, "journal": store.Journal}[owner]
done = getattr(place, name)
setattr(place, name, (lambda *a, **k: dies(done(*a, **k))) if late == "after" else dies)
ingest_files(Workspace(Path(sys.argv[1])), [Path(sys.argv[2])])
"""


@pytest.mark.parametrize("late", ["before", "after"])
@pytest.mark.parametrize(
    ("step", "commits"),
    [
        (("store", "settle"), False),
        (("store", "store_piece"), False),
        (("journal", "add_batch"), False),
        (("quarantine", "write_part"), False),
        (("quarantine", "publish"), True),
        (("journal", "finish_batch"), True),
        (("store", "remember"), True),
    ],
)
def test_killed_at_any_step_it_leaves_all_or_nothing(
    step: tuple[str, str], commits: bool, late: str, workspace: Workspace, written: Written
) -> None:
    path = written(CYCLES + "S1,never,2025-03-03 06:04:00,U4\n")
    killed = subprocess.run(
        [sys.executable, "-c", DIES, str(workspace.root), str(path), *step, late], check=False
    )
    assert killed.returncode == 9
    with open_warehouse(workspace) as con:
        assert con.sql("select count(*) from cycles").fetchall() == [(3 if commits else 0,)]

    outcome = ingest_files(workspace, [path], IngestOptions())[0]
    assert (outcome.loaded, outcome.duplicate) == ((0, 3) if commits else (3, 0))
    assert read_quarantine(workspace).height == 1
    assert not list(workspace.quarantine.glob("*.part"))
    with Journal(workspace) as journal:
        assert [batch.status for batch in journal.batches(None)] == ["done"]
        assert journal.get("timezone") == "unspecified"


def test_a_bare_station_that_stands_in_two_lines_is_set_aside(
    written: Written, load: Load, workspace: Workspace
) -> None:
    load(written("station_id,line_id,position\nS1,L1,1\nS1,L2,1\nS2,L1,2\n", name="stations.csv"))
    outcome = load(written(CYCLES + "S2,2025-03-03 06:00:00,2025-03-03 06:01:00,V1\n" * 1, name="c.csv"))
    assert outcome.rules == {"ambiguous_station": 3}
    assert outcome.loaded == 1
    assert read_quarantine(workspace)["value"].to_list() == ["S1", "S1", "S1"]


def test_a_file_whose_every_station_is_ambiguous_is_refused(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    load(written("station_id,line_id,position\nS1,L1,1\nS1,L2,1\n", name="stations.csv"))
    for dry_run in (True, False):
        outcome = load(written(CYCLES), dry_run=dry_run)
        assert "stands in more than one line" in str(outcome.error)
        assert outcome.rules == {"ambiguous_station": 3}
    assert rows("cycles").height == 0
    assert read_quarantine(workspace).height == 3


STATIONS = "site_id,station_id,line_id\nA,S1,L1\nB,S1,L1\nA,S2,L1\nB,S2,L2\nA,S3,L1\nA,S3,L2\nB,S3,L1\n"


@pytest.mark.parametrize(
    ("site", "station", "told"),
    [
        ("", "S1", False),  # line L1, but of which site?
        ("A", "S1", True),
        ("A", "S2", True),
        ("A", "S3", False),  # two lines of this very site
        ("B", "S3", True),
    ],
)
def test_a_station_is_known_by_its_site_too(
    site: str, station: str, told: bool, written: Written, load: Load
) -> None:
    load(written(STATIONS, name="stations.csv"), table="stations")
    record = f"{site},{station},2025-03-03 06:00:00,2025-03-03 06:01:00\n"
    assert load(written("site_id,station_id,started_at,ended_at\n" + record)).failed is not told


def test_a_line_that_is_named_with_and_without_its_site_is_one(written: Written, load: Load) -> None:
    load(written("station_id,line_id\nS1,L1\n", name="stations.csv"), table="stations")
    load(written("site_id,line_id,station_id,ended_at\nA,L1,S1,2025-03-03 05:00:00\n", name="a.csv"))
    assert load(written(CYCLES)).loaded == 3
