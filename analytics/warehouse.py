"""The only opener of DuckDB files: the warehouse, the runs, and databases in memory.

A DuckDB file excludes every other process while one writes it. So the warehouse is opened by ``ingest`` and
``analyze`` only, each for as short as it can be, and pages read immutable run files.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from analytics.config import RUN_SCHEMA_VERSION, WAREHOUSE_SCHEMA_VERSION, Workspace
from analytics.errors import SchemaVersionError, WorkspaceError
from analytics.queries import names, query

CANONICAL_TABLES = (
    "cycles",
    "andon_calls",
    "detections",
    "stations",
    "standards",
    "calendar",
    "teams",
    "countermeasures",
    "reviews",
)

_HARDENING = threading.Lock()

_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "true",
}
ROWS_AT_ONCE = 1_000_000


@contextlib.contextmanager
def open_warehouse(
    workspace: Workspace,
    *,
    read_only: bool = False,
    allowed: tuple[Path, ...] = (),
    wait_s: float = 10.0,
    waiting: Callable[[str], None] | None = None,
    memory: str | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the workspace's canonical tables, making them where they are missing.

    Args:
        workspace: the workspace.
        read_only: open for reading; the file must exist.
        allowed: further folders that statements may read from or write to (uploads, quarantine).
        wait_s: how long to wait for another process to let go of the file.
        waiting: told whom it waits for.
        memory: what it may hold in memory ("512MB"), beyond which it writes beside the file; it then takes
            one processor. None is most of the computer's memory and all its processors.

    Raises:
        WorkspaceError: the file is missing, damaged, or busy in another process.
        SchemaVersionError: a newer version of Walkaway wrote it.
    """
    if read_only and not workspace.warehouse.exists():
        raise WorkspaceError(
            f"No data in the workspace {workspace.root}.", hint="Load exports first: walkaway ingest FILE…"
        )
    con = _connect(workspace.warehouse, read_only=read_only, wait_s=wait_s, waiting=waiting, memory=memory)
    try:
        # A file of a newer version, or of another program, is refused before anything is written into it.
        new = not read_only and not _holds_tables(con)
        if not new:
            _check_version(con, WAREHOUSE_SCHEMA_VERSION, workspace.warehouse)
        if not read_only:
            _make_tables(con, "warehouse", WAREHOUSE_SCHEMA_VERSION)
        _harden(con, (workspace.root, *allowed))
        yield con
    finally:
        con.close()


@contextlib.contextmanager
def memory_warehouse(tables: dict[str, pl.DataFrame]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a warehouse in memory that holds the given canonical tables (simulated plants, tests).

    Args:
        tables: canonical table name → frame; columns that a frame lacks are null.
    """
    con = duckdb.connect(":memory:", config=dict(_SETTINGS))
    try:
        _make_tables(con, "warehouse", WAREHOUSE_SCHEMA_VERSION)
        for table, frame in tables.items():
            insert_frame(con, table, frame)
        yield con
    finally:
        con.close()


@contextlib.contextmanager
def open_run(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published run for reading.

    Raises:
        WorkspaceError: the file is missing or damaged.
        SchemaVersionError: a newer version of Walkaway wrote it.
    """
    con = _connect(path, read_only=True, wait_s=2.0)
    try:
        _check_version(con, RUN_SCHEMA_VERSION, path)
        _harden(con, (path.parent,))
        yield con
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise WorkspaceError(
            f"{path} was written by another version of Walkaway: {str(error).splitlines()[0]}",
            hint="Analyze again: walkaway analyze.",
        ) from error
    finally:
        con.close()


@contextlib.contextmanager
def create_run(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Make a new run file with its empty tables; the caller renames it into place afterwards.

    Raises:
        WorkspaceError: the disk is full or fails.
    """
    con = _connect(path, read_only=False, wait_s=0.0)
    try:
        _make_tables(con, "run", RUN_SCHEMA_VERSION)
        yield con
        con.execute("checkpoint")
    except (duckdb.OperationalError, duckdb.FatalException) as error:
        raise WorkspaceError(
            f"{path} could not be written: {str(error).splitlines()[0]}",
            hint="Check the free space on the disk, then run the command again.",
        ) from error
    finally:
        con.close()


def fetch(con: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> pl.DataFrame:
    """Run the statement ``sql/<name>.sql`` with its parameters bound; return its rows as a frame."""
    statement = query(name)
    _check_parameters(name, statement.parameters, parameters)
    rows: pl.DataFrame = con.cursor().sql(statement.text, params=parameters or None).pl()
    return rows


def execute(con: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> None:
    """Run the statement ``sql/<name>.sql`` for its effect, on this connection (inside its transaction)."""
    statement = query(name)
    _check_parameters(name, statement.parameters, parameters)
    con.execute(statement.text, parameters or None)


def insert_frame(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Append a frame to a table by column name; columns that the frame lacks stay null.

    Raises:
        ValueError: the table has no such column.
    """
    known = fetch(con, "meta/column_names", table_name=table)["name"].to_list()
    unknown = [column for column in frame.columns if column not in known]
    if unknown:
        raise ValueError(f"table {table} has no columns {unknown}; it has {known}")
    # Column names come from the table's own catalogue (checked above), never from a source file.
    listed = ", ".join(f'"{column}"' for column in frame.columns)
    for part in frame.iter_slices(ROWS_AT_ONCE):  # what DuckDB reads is a copy: of a part it is a small one
        con.register("incoming", part.to_arrow())
        try:
            con.execute(f'insert into "{table}" ({listed}) select {listed} from incoming')  # noqa: S608
        finally:
            con.unregister("incoming")


def _holds_tables(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(fetch(con, "meta/table_count")["tables"][0])


def _make_tables(con: duckdb.DuckDBPyConnection, layout: str, version: int) -> None:
    for name in names(layout):
        con.execute(query(name).text)
    execute(con, "meta/stamp_version", version=version)


def _connect(
    path: Path,
    *,
    read_only: bool,
    wait_s: float,
    waiting: Callable[[str], None] | None = None,
    memory: str | None = None,
) -> duckdb.DuckDBPyConnection:
    """Connect, waiting where another process writes the file."""
    settings: dict[str, str | bool | int | float | list[str]] = {**_SETTINGS}
    if memory is not None:
        settings |= {"memory_limit": memory, "threads": 1}
    deadline = time.monotonic() + wait_s
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config=settings)
        except duckdb.IOException as error:
            busy = "lock" in str(error).lower() or "being used" in str(error).lower()
            holder = _holder(error) if busy else ""
            if busy and time.monotonic() < deadline:
                if waiting is not None:
                    waiting(f"waiting for {holder} to finish")
                time.sleep(0.2)
                continue
            if busy:
                raise WorkspaceError(
                    f"{path} is in use by {holder}; waited {wait_s:g} s for it.",
                    hint="Try again once it has finished. Nothing was changed.",
                ) from error
            raise WorkspaceError(
                f"{path} cannot be opened: {str(error).splitlines()[0]}",
                hint="Check that the folder exists and may be written to, and that the disk is not full.",
            ) from error
        except duckdb.Error as error:
            raise WorkspaceError(
                f"{path} is damaged or not a Walkaway file: {str(error).splitlines()[0]}",
                hint="Move it away and load the exports again.",
            ) from error


def _holder(error: duckdb.IOException) -> str:
    """Say which process has the file, as far as the system tells it."""
    told = re.search(r"\bPID (\d+)", str(error))
    return f"the ingest or analysis of process {told[1]}" if told else "another ingest or analysis"


def _check_version(con: duckdb.DuckDBPyConnection, supported: int, path: Path) -> None:
    try:
        row = con.execute(query("meta/read_version").text).fetchone()
    except duckdb.CatalogException as error:
        raise WorkspaceError(f"{path} is not a Walkaway file.", hint="Choose another workspace.") from error
    found = row[0] if row else None
    if found is not None and found > supported:
        raise SchemaVersionError(
            f"{path} was written by a newer Walkaway (schema {found}; this version reads up to {supported}).",
            hint="Update Walkaway.",
        )


def _harden(con: duckdb.DuckDBPyConnection, allowed: tuple[Path, ...]) -> None:
    """Shut the database in: no file outside these folders, no further change of settings.

    Connections of one process to one file share its settings: where another thread reads the same run, that
    is done already.
    """
    folders = [str(folder) for folder in allowed]
    with _HARDENING:
        if con.execute(query("meta/is_hardened").text).fetchall() == [(True,)]:
            return
        con.execute("set allowed_directories = $folders", {"folders": folders})
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")


def _check_parameters(name: str, declared: dict[str, str], given: dict[str, Any]) -> None:
    if declared.keys() != given.keys():
        raise ValueError(
            f"sql/{name}.sql declares parameters {sorted(declared)}, but was given {sorted(given)}"
        )
