"""The catalogue of runs: published whole, listed newest first, read within a filter."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from analytics.config import RUN_SCHEMA_VERSION, Workspace
from analytics.errors import NoRunError, SchemaVersionError, WorkspaceError
from analytics.estimate.strata import group
from analytics.results import Estimate, Unavailable
from analytics.runs import (
    PARTIAL,
    SUFFIX,
    Filters,
    RunRef,
    find_run,
    list_runs,
    prune,
    publish,
    read_all_cycles,
    read_breaks,
    read_calls,
    read_cells,
    read_change,
    read_cycles,
    read_gaps,
    read_pairs,
    read_patterns,
    read_report,
    read_station_fit,
    read_stations,
)
from analytics.simulate import simulate
from analytics.study import Findings, study_tables
from analytics.warehouse import memory_warehouse

STAMP = datetime(2026, 3, 2, 8, tzinfo=UTC)


@cache
def findings() -> Findings:
    with memory_warehouse(simulate("small", 5, 2_000).tables) as con:
        return study_tables(con, seed=5)


@pytest.fixture
def run(workspace: Workspace) -> RunRef:
    return publish(workspace, findings().report, findings().tables)


def bare(run_id: str, *, hours: float = 0) -> dict[str, Any]:
    """As much of a report as a catalogue needs."""
    created = (STAMP + timedelta(hours=hours)).isoformat()
    return {
        "run": {"id": run_id, "created_at": created},
        "exposure": {"cycles": 7},
        "period": {"from": "2026-03-01", "to": "2026-03-02"},
    }


# --- publishing and finding ---------------------------------------------------------------------------------


def test_what_was_published_is_read_back(run: RunRef, workspace: Workspace) -> None:
    assert read_report(run) == findings().report
    assert run == find_run(workspace) == find_run(workspace, run.id)
    assert run.cycles == findings().report["exposure"]["cycles"]
    assert run.created_at.tzinfo is not None
    assert run.period == (findings().report["period"]["from"], findings().report["period"]["to"])
    assert [path.name for path in workspace.runs.iterdir()] == [f"{run.id}{SUFFIX}"]


def test_every_cycle_comes_back_as_it_was(run: RunRef) -> None:
    kept, made = read_all_cycles(run), findings().tables["cycles"]
    assert kept.height == made.height
    kept = kept.sort("cycle_id").select(made.columns)
    for name in made.columns:
        assert kept[name].cast(made[name].dtype).equals(made[name], null_equal=True), name


def test_runs_are_listed_newest_first(workspace: Workspace) -> None:
    for run_id, hours in (("b", 1), ("c", 3), ("a", 2)):
        publish(workspace, bare(run_id, hours=hours), {})
    assert [one.id for one in list_runs(workspace)] == ["c", "a", "b"]
    assert find_run(workspace).id == "c"


def test_no_run_is_said_with_what_to_do(workspace: Workspace) -> None:
    assert list_runs(workspace) == []
    with pytest.raises(NoRunError, match="walkaway analyze"):
        find_run(workspace)
    publish(workspace, bare("one"), {})
    with pytest.raises(NoRunError, match="Published runs: one"):
        find_run(workspace, "two")


def test_a_workspace_that_does_not_exist_has_no_runs(tmp_path) -> None:
    assert list_runs(Workspace(root=tmp_path / "nowhere")) == []


@pytest.mark.parametrize("run_id", ["../outside", "a/b", "..", ""])
def test_an_id_is_no_path(workspace: Workspace, run_id: str) -> None:
    publish(workspace, bare("one"), {})
    outside = workspace.root / f"outside{SUFFIX}"
    outside.write_bytes((workspace.runs / f"one{SUFFIX}").read_bytes())
    with pytest.raises(NoRunError):
        find_run(workspace, run_id)


def test_pruning_keeps_the_newest(workspace: Workspace) -> None:
    for number in range(4):
        publish(workspace, bare(f"run{number}", hours=number), {})
    assert prune(workspace, 2) == ["run1", "run0"]
    assert [one.id for one in list_runs(workspace)] == ["run3", "run2"]
    assert prune(workspace, 10) == []
    with pytest.raises(ValueError, match="at least one run is kept, got 0"):
        prune(workspace, 0)


def test_a_run_that_windows_holds_open_stays_and_stops_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        publish(workspace, bare(f"run{number}", hours=number), {})
    unlink = Path.unlink

    def held(path: Path, **given: bool) -> None:
        if path.stem == "run1":
            raise PermissionError(13, "The process cannot access the file", str(path))
        unlink(path, **given)

    monkeypatch.setattr(Path, "unlink", held)
    monkeypatch.setattr("analytics.runs._WINDOWS", False)
    with pytest.raises(PermissionError):
        prune(workspace, 1)
    monkeypatch.setattr("analytics.runs._WINDOWS", True)
    assert prune(workspace, 1) == ["run0"]
    assert [one.id for one in list_runs(workspace)] == ["run2", "run1"]


# --- what is not a run --------------------------------------------------------------------------------------


def test_a_run_that_is_being_written_is_not_listed(workspace: Workspace, run: RunRef) -> None:
    half = run.path.read_bytes()
    (workspace.runs / f"half{PARTIAL}").write_bytes(half[: len(half) // 2])
    (workspace.runs / f"whole{PARTIAL}").write_bytes(half)
    assert [one.id for one in list_runs(workspace)] == [run.id]


def test_a_run_that_could_not_be_written_leaves_nothing(workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="has no columns"):
        publish(workspace, bare("broken"), {"cycles": pl.DataFrame({"nonsense": [1]})})
    with pytest.raises(ValueError, match="JSON"):
        publish(workspace, bare("nan") | {"number": float("nan")}, {})
    assert list(workspace.runs.iterdir()) == []


def test_a_damaged_file_is_left_out_and_said_when_asked_for(workspace: Workspace, run: RunRef) -> None:
    (workspace.runs / f"damaged{SUFFIX}").write_bytes(b"not a database" * 1000)
    (workspace.runs / f"cut{SUFFIX}").write_bytes(run.path.read_bytes()[:3000])
    (workspace.runs / f"empty{SUFFIX}").write_bytes(b"")
    assert [one.id for one in list_runs(workspace)] == [run.id]
    assert find_run(workspace).id == run.id
    for name in ("damaged", "cut"):
        with pytest.raises(WorkspaceError):
            find_run(workspace, name)


def test_a_run_without_a_report_is_left_out(workspace: Workspace, run: RunRef) -> None:
    publish(workspace, bare("hollow", hours=99), {})
    with duckdb.connect(str(workspace.runs / f"hollow{SUFFIX}")) as con:
        con.execute("delete from report")
    assert [one.id for one in list_runs(workspace)] == [run.id]
    with pytest.raises(WorkspaceError, match="holds no report"):
        find_run(workspace, "hollow")


def test_a_run_of_a_newer_version_is_refused(workspace: Workspace, run: RunRef) -> None:
    publish(workspace, bare("newer", hours=99), {})
    with duckdb.connect(str(workspace.runs / f"newer{SUFFIX}")) as con:
        con.execute("update schema_info set schema_version = $v", {"v": RUN_SCHEMA_VERSION + 1})
    assert [one.id for one in list_runs(workspace)] == [run.id]
    with pytest.raises(SchemaVersionError, match="newer Walkaway"):
        find_run(workspace, "newer")


# --- reading within a filter --------------------------------------------------------------------------------


def test_without_a_filter_everything_is_read(run: RunRef) -> None:
    tables = findings().tables
    assert read_cells(run, Filters()).height == tables["cells"].height
    assert read_calls(run, Filters()).height == tables["calls"].height
    assert read_gaps(run).height == tables["gaps"].height
    assert read_breaks(run).height == tables["breaks"].height
    assert read_stations(run).height == tables["stations"].height
    assert read_station_fit(run).height == tables["station_fit"].height
    assert read_pairs(run).height == tables["pairs"].height
    assert read_patterns(run).height == tables["patterns"].height


@pytest.mark.parametrize("name", ["line_id", "station_id", "product_id", "shift"])
def test_a_filter_keeps_exactly_its_rows(run: RunRef, name: str) -> None:
    whole = read_cells(run, Filters())
    chosen = whole[name].drop_nulls()[0]
    part = read_cells(run, Filters(**{f"{name}s" if name != "shift" else "shifts": (chosen,)}))
    assert part.height == whole.filter(pl.col(name) == chosen).height > 0
    assert set(part[name]) == {chosen}


def test_days_are_inclusive_on_both_ends(run: RunRef) -> None:
    whole = read_cells(run, Filters())
    days = whole["shift_day"].unique().sort().to_list()
    part = read_cells(run, Filters(from_day=days[1], to_day=days[2]))
    assert part["shift_day"].unique().sort().to_list() == days[1:3]
    assert read_cells(run, Filters(from_day=date(2199, 1, 1))).height == 0


def test_what_has_no_name_is_named_by_the_empty_string(workspace: Workspace) -> None:
    nameless = pl.concat([frame_of(None), frame_of("L1")])
    run = publish(workspace, bare("nameless"), {"cells": nameless})
    assert read_cells(run, Filters(line_ids=("",)))["line_id"].to_list() == [None]
    assert read_cells(run, Filters(line_ids=("", "L1"))).height == 2
    assert read_cells(run, Filters(shifts=("",))).height == 2


def frame_of(line: str | None) -> pl.DataFrame:
    one = findings().tables["cells"].head(1)
    return one.with_columns(line_id=pl.lit(line, dtype=pl.String), shift=pl.lit(None, dtype=pl.String))


def test_filtered_cells_give_the_estimate_of_their_part(run: RunRef) -> None:
    """A page that filters by a station and groups gets what the report says of that station."""
    row = findings().report["by"]["station"][0]
    cells = read_cells(run, Filters(station_ids=(row["station_id"],)))
    shared = findings().report["run"]["parameters"]["shared_error"]
    found = group(cells, read_stations(run), [], plant_error=shared)[0].undetected_count
    assert isinstance(found, Estimate)
    assert found.to_json() == pytest.approx(row["undetected"]["count"])


def test_the_likeliest_cycles_come_first(run: RunRef) -> None:
    found = read_cycles(run, Filters(), 25)
    assert found.height == 25
    chances = found["slow_probability"].to_list()
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == findings().tables["cycles"]["slow_probability"].max()


def test_calls_are_filtered_too(run: RunRef) -> None:
    whole = read_calls(run, Filters())
    station = whole["station_id"][0]
    part = read_calls(run, Filters(station_ids=(station,)))
    assert part.height == whole.filter(pl.col("station_id") == station).height > 0
    # Products are no property of a call: that filter leaves calls alone.
    assert read_calls(run, Filters(product_ids=("none",))).height == whole.height


def test_gaps_and_breaks_of_a_line(run: RunRef) -> None:
    line = findings().tables["stations"]["line_id"][0]
    assert read_gaps(run, Filters(line_ids=(line,))).height == findings().tables["gaps"].height
    assert read_breaks(run, Filters(line_ids=("elsewhere",))).height == 0


def test_gaps_of_a_station(run: RunRef) -> None:
    whole = findings().tables["gaps"]
    station = whole["station_id"][0]
    mine = read_gaps(run, Filters(station_ids=(station,)))
    assert mine["station_id"].unique().to_list() == [station]
    assert 0 < mine.height == whole.filter(pl.col("station_id") == station).height < whole.height


def test_the_change_of_the_whole_run_is_the_reports(run: RunRef) -> None:
    assert read_change(run, Filters()).to_json() == read_report(run)["change"]


def test_an_audited_number_frees_no_change_that_the_model_withholds(workspace: Workspace) -> None:
    report = copy.deepcopy(findings().report)
    refused = {"unavailable": "two ways of working", "needed": "an audit"}
    report["audit"] = {"model": {"count": refused, "minutes": refused}}
    told = read_change(publish(workspace, report, findings().tables), Filters())
    assert isinstance(told, Unavailable)
    assert told.reason == "two ways of working"
