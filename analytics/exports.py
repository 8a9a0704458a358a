"""Tables for other tools: a run's cycles, targets and episodes, and the rejected rows, as files.

Text that a spreadsheet would take for a formula is escaped in CSV and workbooks, never in Parquet.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from analytics.config import Workspace
from analytics.errors import UsageError, WalkawayError, WorkspaceError
from analytics.ingest import read_quarantine
from analytics.problems.episodes import episode_table
from analytics.runs import find_run, read_all_cycles, read_report
from analytics.whole_file import check_folder, whole_file

FORMATS = (".parquet", ".csv", ".xlsx")
CYCLE_COLUMNS = (
    "line_id",
    "station_id",
    "product_id",
    "shift",
    "serial",
    "started_at",
    "ended_at",
    "cycle_s",
    "net_s",
    "expected_s",
    "excess_s",
    "floor_s",
    "undetected_probability",
    "called",
    "call_id",
    "state",
)
TARGET_COLUMNS = {
    "rank": pl.Int64,
    "id": pl.String,
    "type": pl.String,
    "line_id": pl.String,
    "station_id": pl.String,
    "product_id": pl.String,
    "pattern": pl.String,
    "evidence": pl.String,
    "minutes_per_week": pl.Float64,
    "minutes_per_week_lower": pl.Float64,
    "minutes_per_week_upper": pl.Float64,
    "call_rate": pl.Float64,
    "call_rate_lower": pl.Float64,
    "call_rate_upper": pl.Float64,
}

_WORKBOOK_ROWS = 1_048_575
_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?\d+([.,]\d+)?$"


def check_target(path: Path) -> None:
    """Refuse a file name whose ending says no format, and a folder that does not exist.

    Raises:
        UsageError: another ending than .parquet, .csv or .xlsx, or no such folder.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"{path.name!r} does not say which format is wanted.", hint=f"End it in {', '.join(FORMATS)}."
        )
    check_folder(path)


def read_table(workspace: Workspace, what: str, run_id: str | None) -> pl.DataFrame:
    """Return a table of a run, or of a workspace, as it is exported.

    Args:
        workspace: the workspace.
        what: "cycles", "episodes", "targets" (of a run) or "quarantine" (of the workspace, no run needed).
        run_id: the run; None is the newest.

    Raises:
        WorkspaceError: rejected rows are asked of a workspace that does not exist.
        NoRunError: there is no such run.
    """
    if what == "quarantine":
        if not (workspace.exists() or workspace.quarantine.is_dir()):
            raise WorkspaceError(
                f"There is no workspace {workspace.root}.",
                hint="Load an export first (walkaway ingest FILE…), or name another folder with --workspace.",
            )
        return read_quarantine(workspace)
    run = find_run(workspace, run_id)
    report = read_report(run)
    if what == "targets":
        return target_table(report["targets"])
    cycles = read_all_cycles(run)
    table = cycles.select(CYCLE_COLUMNS) if what == "cycles" else episode_table(cycles)
    return on_the_wall(table, report["period"]["timezone"])


def on_the_wall(table: pl.DataFrame, timezone: str | None) -> pl.DataFrame:
    """Return a table with its times on the plant's clock.

    Args:
        table: times are UTC instants where the zone is known.
        timezone: IANA name, or "unspecified": then times stay the wall clock they are, without an offset.
    """
    if timezone in {None, "unspecified"}:
        return table
    instants = pl.selectors.datetime(time_zone=None)
    return table.with_columns(instants.dt.replace_time_zone("UTC").dt.convert_time_zone(str(timezone)))


def target_table(targets: list[dict[str, Any]]) -> pl.DataFrame:
    """Return the report's targets as a flat table, with all its columns even where there is no target."""
    empty = pl.DataFrame(schema=TARGET_COLUMNS)
    return pl.concat([empty, flat_table(targets)], how="diagonal_relaxed")


def flat_table(records: list[dict[str, Any]]) -> pl.DataFrame:
    """Return nested records of the report (targets) as a flat table: an estimate becomes three columns."""
    flat = []
    for record in records:
        row: dict[str, Any] = {}
        for key, value in record.items():
            if not isinstance(value, dict):
                row[key] = value if not isinstance(value, list) else ", ".join(map(str, value))
            elif "unavailable" in value:
                row[key] = None
            elif "value" in value:
                row |= {key: value["value"], f"{key}_lower": value["lower"], f"{key}_upper": value["upper"]}
            else:
                row |= {f"{key}_{inner}": part for inner, part in value.items() if not isinstance(part, dict)}
        flat.append(row)
    return pl.DataFrame(flat, infer_schema_length=None)


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a table in the format that the file's ending names.

    Raises:
        UsageError: the ending names no format.
        WalkawayError: more rows than a workbook holds.
    """
    check_target(path)
    with whole_file(path) as partial:
        match path.suffix.lower():
            case ".parquet":
                table.write_parquet(partial)
            case ".csv":
                _without_formulas(_with_offsets(table)).write_csv(partial)
            case _:
                _write_workbook(table, partial)


def _without_formulas(table: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run; numbers with a sign stay as they are."""
    text = pl.selectors.string()
    risky = text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)
    return table.with_columns(pl.when(risky).then("'" + text).otherwise(text).name.keep())


def _with_offsets(table: pl.DataFrame) -> pl.DataFrame:
    """Write times as ISO 8601, with their offset where they have one."""
    times = [(name, kind) for name, kind in table.schema.items() if isinstance(kind, pl.Datetime)]
    return table.with_columns(
        pl.col(name).dt.to_string("%Y-%m-%dT%H:%M:%S%.3f" + ("%:z" if kind.time_zone else ""))
        for name, kind in times
    )


def _write_workbook(table: pl.DataFrame, path: Path) -> None:
    if table.height > _WORKBOOK_ROWS:
        raise WalkawayError(
            f"{table.height:,} rows do not fit in a workbook (at most {_WORKBOOK_ROWS:,}).",
            hint="Export to .parquet or .csv instead.",
        )
    import xlsxwriter

    naive = _without_formulas(
        table.with_columns(pl.selectors.datetime(time_zone="*").dt.replace_time_zone(None))
    )
    # Strings are written as strings: neither formulas nor links, whatever they begin with.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("table")
        stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        sheet.write_row(0, 0, table.columns, book.add_format({"bold": True}))
        sheet.freeze_panes(1, 0)
        writers = [_writer(sheet, kind, stamp) for kind in naive.dtypes]
        for number, row in enumerate(naive.iter_rows(), start=1):
            for column, (write, value) in enumerate(zip(writers, row, strict=True)):
                if value is not None:
                    write(number, column, value)


def _writer(sheet: Any, kind: pl.DataType, stamp: Any) -> Callable[[int, int, Any], Any]:
    """Return what writes a column's values into a sheet."""
    if kind.is_numeric():
        return sheet.write_number  # type: ignore[no-any-return]
    if kind == pl.Boolean:
        return sheet.write_boolean  # type: ignore[no-any-return]
    if isinstance(kind, pl.Datetime):
        return lambda row, column, value: sheet.write_datetime(row, column, value, stamp)
    return lambda row, column, value: sheet.write_string(row, column, str(value))
