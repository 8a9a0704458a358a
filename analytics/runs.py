"""The catalogue of runs: publish one, list them, read their tables.

A run is one immutable DuckDB file, written under another name and renamed into place, so that a page sees
all of it or nothing, and never waits for an ingest.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics.config import Workspace
from analytics.errors import NoRunError, UsageError, WalkawayError, WorkspaceError
from analytics.estimate.change import CHANGE_STREAM, Change, change
from analytics.results import Unavailable, model_count, no_calls
from analytics.warehouse import create_run, fetch, insert_frame, open_run

SUFFIX = ".duckdb"
PARTIAL = ".partial"
STALE_S = 86_400.0
_WINDOWS = os.name == "nt"
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRef:
    """A published run."""

    id: str
    path: Path
    created_at: datetime
    cycles: int
    period: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What part of a run a page looks at; empty means all.

    Lines, products and shifts that are unknown (null) are named by the empty string.
    """

    line_ids: tuple[str, ...] = ()
    station_ids: tuple[str, ...] = ()
    product_ids: tuple[str, ...] = ()
    shifts: tuple[str, ...] = ()
    from_day: date | None = None
    to_day: date | None = None

    def parameters(self, *wanted: str) -> dict[str, Any]:
        """Return the values to bind; the last day is inclusive."""
        every: dict[str, Any] = {
            "line_ids": list(self.line_ids),
            "station_ids": list(self.station_ids),
            "product_ids": list(self.product_ids),
            "shifts": list(self.shifts),
            "from_day": self.from_day or _FIRST_DAY,
            "to_day": self.to_day or _LAST_DAY,
        }
        return {name: every[name] for name in wanted} if wanted else every


def publish(workspace: Workspace, report: dict[str, Any], tables: dict[str, pl.DataFrame]) -> RunRef:
    """Write a run and rename it into place.

    Args:
        workspace: where its ``runs/`` are.
        report: the report contract.
        tables: the run's tables by name.

    Raises:
        WorkspaceError: the folder cannot be written to.
    """
    workspace.create()
    run_id = report["run"]["id"]
    path = workspace.runs / f"{run_id}{SUFFIX}"
    partial = workspace.runs / f"{run_id}{PARTIAL}"
    created_at = datetime.fromisoformat(report["run"]["created_at"])
    try:
        with create_run(partial) as con:
            for name, frame in tables.items():
                if frame.height:
                    insert_frame(con, name, frame)
            row = {
                "run_id": [run_id],
                "created_at": [created_at.astimezone(UTC).replace(tzinfo=None)],
                "report": [json.dumps(report, ensure_ascii=False, allow_nan=False)],
            }
            insert_frame(con, "report", pl.DataFrame(row, schema_overrides={"created_at": pl.Datetime("us")}))
        partial.replace(path)
    except OSError as error:
        raise WorkspaceError(
            f"The run could not be written to {workspace.runs}: {error}.",
            hint="Check that the folder may be written to and that the disk is not full.",
        ) from error
    finally:
        _sweep(workspace, run_id)
    return _reference(path, report)


def _sweep(workspace: Workspace, run_id: str) -> None:
    """Remove this run's unfinished file, and those that a killed process left a day ago or earlier."""
    for left in workspace.runs.glob(f"*{PARTIAL}*"):
        with contextlib.suppress(OSError):
            stale = time.time() - left.stat().st_mtime > STALE_S
            if stale or left.name.startswith(run_id):
                left.unlink()


def list_runs(workspace: Workspace) -> list[RunRef]:
    """List the published runs, newest first; a damaged file is left out."""
    runs = []
    for path in sorted(workspace.runs.glob(f"*{SUFFIX}")) if workspace.runs.is_dir() else []:
        with contextlib.suppress(WalkawayError, ValueError, KeyError):
            runs.append(_reference(path, _report(path)))
    return sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True)


def find_run(workspace: Workspace, run_id: str | None = None) -> RunRef:
    """Return the run of that id, or the newest.

    Raises:
        NoRunError: there is none.
    """
    if run_id is None:
        runs = list_runs(workspace)
        if runs:
            return runs[0]
        raise NoRunError(
            f"There is no run in the workspace {workspace.root}.",
            hint="Make one: walkaway analyze FILE…, or walkaway demo.",
        )
    path = workspace.runs / f"{run_id}{SUFFIX}"
    if Path(run_id).name != run_id or not path.is_file():
        known = ", ".join(run.id for run in list_runs(workspace)) or "none"
        raise NoRunError(f"There is no run {run_id!r} in {workspace.root}.", hint=f"Published runs: {known}.")
    return _reference(path, _report(path))


def prune(workspace: Workspace, keep: int) -> list[str]:
    """Remove all but the newest runs; return the ids removed.

    A run that a page is reading stays where the system keeps open files (Windows); the next time takes it.

    Raises:
        ValueError: ``keep`` is below 1.
    """
    if keep < 1:
        raise ValueError(f"at least one run is kept, got {keep}")
    removed = []
    for run in list_runs(workspace)[keep:]:
        try:
            run.path.unlink(missing_ok=True)
        except PermissionError:
            if not _WINDOWS:
                raise
        else:
            removed.append(run.id)
    return removed


def read_report(run: RunRef) -> dict[str, Any]:
    """Return the report contract of a run."""
    return _report(run.path)


def read_report_split_at(run: RunRef, split: date | None) -> dict[str, Any]:
    """Return the report contract of a run, its two periods split at another day than in the middle.

    Raises:
        UsageError: no shift-day lies on either side of that day.
    """
    report = read_report(run)
    if split is None:
        return report
    first, last = (date.fromisoformat(end) for end in run.period)
    if not first < split <= last:
        raise UsageError(
            f"--split {split} leaves one of the two periods empty.",
            hint=f"Choose a day after {first} and no later than {last}: the first of the later period.",
        )
    return report | {"change": read_change(run, Filters(), split).to_json()}


def read_cells(run: RunRef, filters: Filters) -> pl.DataFrame:
    """Return the smallest groups within the filter."""
    return _read(run, "marts/cells", filters.parameters())


def read_cycles(run: RunRef, filters: Filters, limit: int) -> pl.DataFrame:
    """Return the likeliest slow cycles within the filter, at most ``limit``."""
    return _read(run, "marts/cycles", {**filters.parameters(), "most": limit})


def read_all_cycles(run: RunRef) -> pl.DataFrame:
    """Return every cycle of the run."""
    return _read(run, "marts/all_cycles", {})


def read_calls(run: RunRef, filters: Filters) -> pl.DataFrame:
    """Return the andon calls within the filter."""
    wanted = ("line_ids", "station_ids", "shifts", "from_day", "to_day")
    return _read(run, "marts/calls", filters.parameters(*wanted))


def read_table(run: RunRef, name: str) -> pl.DataFrame:
    """Return one of the run's small tables whole: stations, station_fit, pairs, patterns, breaks, gaps."""
    return _read(run, f"marts/{name}", {})


def read_stations(run: RunRef) -> pl.DataFrame:
    """Return what was found at each station."""
    return read_table(run, "stations")


def read_station_fit(run: RunRef) -> pl.DataFrame:
    """Return the fit of each station, bin by bin."""
    return read_table(run, "station_fit")


def read_pairs(run: RunRef) -> pl.DataFrame:
    """Return blocking between neighbours."""
    return read_table(run, "pairs")


def read_patterns(run: RunRef) -> pl.DataFrame:
    """Return recurring patterns and chronic gaps, ranked."""
    return read_table(run, "patterns")


def read_breaks(run: RunRef, filters: Filters | None = None) -> pl.DataFrame:
    """Return the times not planned for work, of the filter's lines."""
    return _of_lines(read_table(run, "breaks"), filters.line_ids if filters else ())


def read_gaps(run: RunRef, filters: Filters | None = None) -> pl.DataFrame:
    """Return the gaps between cycles, of the filter's lines and stations."""
    gaps = _of_lines(read_table(run, "gaps"), filters.line_ids if filters else ())
    if filters and filters.station_ids:
        gaps = gaps.filter(pl.col("station_id").is_in(list(filters.station_ids)))
    return gaps


def read_change(run: RunRef, filters: Filters, split: date | None = None) -> Change | Unavailable:
    """Tell calls, problems and call rate of two periods apart, within the filter.

    Args:
        run: the run.
        filters: what part of it.
        split: first day of the later period; None halves the shift-days.
    """
    report = read_report(run)
    withheld = model_count(report)
    if isinstance(withheld, Unavailable):
        return withheld
    if (refusal := no_calls(report)) is not None:
        return refusal
    parameters = report["run"]["parameters"]
    return change(
        read_cells(run, filters),
        read_stations(run),
        split,
        common_floor_s=report["demand"]["common_floor_s"],
        shared_error=parameters["shared_error"],
        rng=np.random.default_rng([parameters["seed"], CHANGE_STREAM]),
    )


def _of_lines(frame: pl.DataFrame, line_ids: Sequence[str]) -> pl.DataFrame:
    if not line_ids:
        return frame
    return frame.filter(pl.col("line_id").fill_null("").is_in(list(line_ids)))


def _read(run: RunRef, name: str, parameters: dict[str, Any]) -> pl.DataFrame:
    with open_run(run.path) as con:
        return fetch(con, name, **parameters)


def _report(path: Path) -> dict[str, Any]:
    with open_run(path) as con:
        rows = fetch(con, "marts/report")
    if not rows.height:
        raise WorkspaceError(f"{path} holds no report.", hint="Remove it and analyze again.")
    loaded: dict[str, Any] = json.loads(rows["report"][0])
    return loaded


def _reference(path: Path, report: dict[str, Any]) -> RunRef:
    return RunRef(
        id=report["run"]["id"],
        path=path,
        created_at=datetime.fromisoformat(report["run"]["created_at"]),
        cycles=int(report["exposure"]["cycles"]),
        period=(str(report["period"]["from"]), str(report["period"]["to"])),
    )
