"""The only opener of DuckDB files: makes, checks, shuts in, waits its turn."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from analytics.config import RUN_SCHEMA_VERSION, WAREHOUSE_SCHEMA_VERSION, Workspace
from analytics.errors import SchemaVersionError, WorkspaceError
from analytics.warehouse import (
    CANONICAL_TABLES,
    create_run,
    execute,
    fetch,
    insert_frame,
    memory_warehouse,
    open_run,
    open_warehouse,
)

HOLD = """
import sys, duckdb
con = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.readline()
"""

CYCLES = pl.DataFrame(
    {
        "station_id": ["S1", "S2"],
        "ended_at": [datetime(2026, 1, 5, 6, 1), datetime(2026, 1, 5, 6, 2)],  # noqa: DTZ001 (stored naive)
    }
)


def test_a_new_warehouse_has_every_canonical_table_and_its_version(workspace: Workspace) -> None:
    with open_warehouse(workspace) as con:
        assert fetch(con, "meta/read_version")["schema_version"].to_list() == [WAREHOUSE_SCHEMA_VERSION]
        for table in CANONICAL_TABLES:
            assert fetch(con, "meta/column_names", table_name=table).height > 0


def test_what_one_opening_wrote_the_next_one_reads(workspace: Workspace) -> None:
    with open_warehouse(workspace) as con:
        insert_frame(con, "cycles", CYCLES)
    with open_warehouse(workspace, read_only=True) as con:
        sizes = dict(fetch(con, "meta/table_sizes").iter_rows())

    assert sizes["cycles"] == 2


def test_reading_where_nothing_was_loaded_says_what_to_do(workspace: Workspace) -> None:
    with (
        pytest.raises(WorkspaceError, match="No data in the workspace") as caught,
        open_warehouse(workspace, read_only=True),
    ):
        pass

    assert "walkaway ingest" in caught.value.hint


def test_columns_that_a_frame_lacks_are_null() -> None:
    with memory_warehouse({"cycles": CYCLES}) as con:
        row = con.execute("select station_id, product_id from cycles order by station_id").fetchone()

    assert row == ("S1", None)


def test_a_column_that_the_table_lacks_is_refused() -> None:
    frame = CYCLES.with_columns(colour=pl.lit("red"))

    with pytest.raises(ValueError, match=r"has no columns \['colour'\]"), memory_warehouse({"cycles": frame}):
        pass


def test_a_damaged_file_is_named_not_replaced(workspace: Workspace) -> None:
    workspace.warehouse.write_bytes(b"this is no database" * 1000)

    with pytest.raises(WorkspaceError, match=r"cannot be opened|damaged"), open_warehouse(workspace):
        pass
    assert workspace.warehouse.read_bytes().startswith(b"this is no database")


def test_a_file_of_a_newer_version_is_refused(workspace: Workspace) -> None:
    with open_warehouse(workspace) as con:
        con.execute("update schema_info set schema_version = $v", {"v": WAREHOUSE_SCHEMA_VERSION + 1})

    with pytest.raises(SchemaVersionError, match="newer Walkaway"), open_warehouse(workspace):
        pass


@pytest.mark.parametrize(
    ("layout", "error"),
    [
        ("create table schema_info as select 99 as schema_version", SchemaVersionError),
        ("create table recipes as select 'soup' as name", WorkspaceError),
    ],
)
def test_nothing_is_written_into_a_file_that_is_refused(
    workspace: Workspace, layout: str, error: type[WorkspaceError]
) -> None:
    with duckdb.connect(str(workspace.warehouse)) as con:
        con.execute(layout)

    with pytest.raises(error), open_warehouse(workspace):
        pass
    with duckdb.connect(str(workspace.warehouse), read_only=True) as con:
        assert len(con.execute("select * from duckdb_tables()").fetchall()) == 1


def test_another_databases_file_is_not_taken_for_a_run(tmp_path: Path) -> None:
    path = tmp_path / "other.duckdb"
    duckdb.connect(str(path)).close()

    with pytest.raises(WorkspaceError, match="not a Walkaway file"), open_run(path):
        pass


def test_a_file_in_use_elsewhere_is_waited_for_then_named(workspace: Workspace) -> None:
    with open_warehouse(workspace):
        pass
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(workspace.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(WorkspaceError, match=r"in use by .*process \d+; waited 0.3 s"),
            open_warehouse(workspace, wait_s=0.3),
        ):
            pass
    finally:
        holder.communicate(b"\n", timeout=20)
    with open_warehouse(workspace, wait_s=5.0) as con:
        assert fetch(con, "meta/read_version").height == 1


def test_statements_reach_no_file_outside_the_workspace(workspace: Workspace, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    inside = workspace.root / "inside.csv"
    inside.write_text("a\n1\n")

    with open_warehouse(workspace) as con:
        assert con.execute("select * from read_csv($f)", {"f": str(inside)}).fetchall() == [(1,)]
        with pytest.raises(duckdb.PermissionException):
            con.execute("select * from read_csv($f)", {"f": str(secret)})
        with pytest.raises(duckdb.Error):
            con.execute("set enable_external_access = true")


def test_a_statement_gets_the_parameters_it_declares_and_no_other() -> None:
    with memory_warehouse({}) as con:
        with pytest.raises(ValueError, match="declares parameters"):
            fetch(con, "meta/column_names")
        with pytest.raises(ValueError, match="was given"):
            execute(con, "meta/stamp_version", version=1, extra=2)


def test_a_run_is_written_once_and_then_only_read(tmp_path: Path) -> None:
    path = tmp_path / "run.duckdb"
    with create_run(path) as con:
        insert_frame(con, "report", pl.DataFrame({"run_id": ["r1"], "report": ["{}"]}))

    with open_run(path) as con:
        assert fetch(con, "meta/read_version")["schema_version"].to_list() == [RUN_SCHEMA_VERSION]
        with pytest.raises(duckdb.InvalidInputException):
            con.execute("delete from report")


def test_a_run_of_another_layout_is_said_kindly(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with create_run(path):
        pass
    with pytest.raises(WorkspaceError, match="another version"), open_run(path) as con:
        con.execute("select no_such_column from stations")


@pytest.mark.parametrize("error", [duckdb.IOException, duckdb.TransactionException, duckdb.FatalException])
def test_a_full_disk_is_said_kindly(tmp_path: Path, error: type[duckdb.Error]) -> None:
    with (
        pytest.raises(WorkspaceError, match="could not be written") as caught,
        create_run(tmp_path / "r.duckdb"),
    ):
        raise error("Failed to commit: No space left on device")
    assert "free space" in caught.value.hint


def test_two_visitors_read_one_run_at_once(tmp_path: Path) -> None:
    path = tmp_path / "r.duckdb"
    with create_run(path):
        pass
    with open_run(path) as one, open_run(path) as other:
        assert fetch(one, "meta/table_count").equals(fetch(other, "meta/table_count"))
        with pytest.raises(duckdb.Error):
            other.sql(f"select * from read_csv('{tmp_path.parent / 'x.csv'}')").fetchall()
