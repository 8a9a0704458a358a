"""Everything the pages keep between visits: bounded, keyed by the run's file, which never changes.

The only module that caches. What is read here is read from runs and the journal, never from the warehouse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import streamlit as st

from analytics import accuracy, runs
from analytics.config import Workspace
from analytics.estimate.strata import Group, group
from analytics.ingest import read_quarantine
from analytics.results import no_calls
from analytics.runs import Filters, RunRef
from dashboard import answers
from dashboard.state import UNKNOWN

_ENTRIES = 64
_MOST_CYCLES = 20_000
_CHANCES = ("slow_probability", "undetected_probability", "common_probability", "delay_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the filters of a run can be set to."""

    lines: tuple[str, ...]
    stations: tuple[tuple[str, str], ...]
    products: tuple[str, ...]
    shifts: tuple[str, ...]
    days: tuple[str, ...]


def list_runs(place: Workspace) -> list[RunRef]:
    """Return the workspace's runs, newest first; a run that was just published shows at once."""
    stamp = place.runs.stat().st_mtime_ns if place.runs.is_dir() else 0
    return _list_runs(place, stamp)


@st.cache_data(max_entries=4, show_spinner=False)
def _list_runs(place: Workspace, stamp: int) -> list[RunRef]:  # noqa: ARG001 (part of the key)
    return runs.list_runs(place)


@st.cache_data(max_entries=8, show_spinner=False)
def report(run: RunRef) -> dict[str, Any]:
    """Return the run's report, as the contract has it."""
    return runs.read_report(run)


@st.cache_data(max_entries=8, show_spinner=False)
def choices(run: RunRef) -> Choices:
    """Return the lines, stations, products, shifts and days of a run."""
    cells = runs.read_cells(run, Filters())
    stations = cells.select("line_id", "station_id").unique().sort("line_id", "station_id")

    def values(column: str) -> tuple[str, ...]:
        return tuple(str(value) for value in cells[column].cast(pl.String).fill_null(UNKNOWN).unique().sort())

    return Choices(
        lines=values("line_id"),
        stations=tuple(
            (row["line_id"] or UNKNOWN, row["station_id"]) for row in stations.iter_rows(named=True)
        ),
        products=values("product_id"),
        shifts=values("shift"),
        days=values("shift_day"),
    )


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def groups(run: RunRef, filters: Filters, keys: Sequence[str]) -> list[Group]:
    """Return the run's cells, filtered and added up by ``keys``, with intervals."""
    return _group(run, runs.read_cells(run, filters), keys)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def pools(run: RunRef, filters: Filters, keys: Sequence[str]) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return how many shift-days, and how many shifts or stations (the larger), each group pools."""
    cells = runs.read_cells(run, filters)
    shapes = [
        pl.struct("shift", "shift_day").n_unique().alias("shift_days"),
        pl.max_horizontal(pl.col("shift").n_unique(), pl.struct("line_id", "station_id").n_unique()).alias(
            "crews_or_stations"
        ),
    ]
    counted = cells.group_by(list(keys)).agg(shapes) if keys else cells.select(shapes)
    return {
        tuple(str(value) for value in row[:-2]): (int(row[-2]), int(row[-1])) for row in counted.iter_rows()
    }


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def trailing(run: RunRef, filters: Filters, shift_days: int) -> list[Group]:
    """Return one group for each day that pools the days up to it, as few as hold so many shift-days."""
    cells = runs.read_cells(run, filters)
    worked = cells.select("shift_day", "shift").unique().group_by("shift_day").len().sort("shift_day")
    windows = []
    for end, day in enumerate(worked["shift_day"]):
        start, held = end, int(worked["len"][end])
        while held < shift_days and start > 0:
            start -= 1
            held += int(worked["len"][start])
        if held >= shift_days:
            inside = cells.filter(pl.col("shift_day").is_between(worked["shift_day"][start], day))
            windows.append(inside.with_columns(pl.lit(day).alias("window_day")))
    return _group(run, pl.concat(windows), ("window_day",)) if windows else []


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def change(run: RunRef, filters: Filters, split: date | None) -> dict[str, Any]:
    """Return what became of calls between two periods, as the report contract writes it."""
    told = report(run).get("change")
    if split is None and filters == Filters() and told is not None:
        return dict(told)
    return runs.read_change(run, filters, split).to_json()


def _group(run: RunRef, cells: pl.DataFrame, keys: Sequence[str]) -> list[Group]:
    """Add cells up as the report does: with its shared error, keeping to what the run withholds."""
    whole = report(run)
    return group(
        cells,
        stations(run),
        keys,
        plant_error=whole["run"]["parameters"]["shared_error"],
        withheld=answers.withheld(whole),
        no_calls=no_calls(whole),
    )


@st.cache_data(max_entries=1, show_spinner=False)
def study() -> accuracy.Study | None:
    """Return the accuracy study that is shipped, if there is one."""
    return accuracy.load_study()


@st.cache_data(max_entries=8, show_spinner=False)
def stations(run: RunRef) -> pl.DataFrame:
    """Return what was found at each station."""
    return runs.read_stations(run)


@st.cache_data(max_entries=8, show_spinner=False)
def station_fit(run: RunRef) -> pl.DataFrame:
    """Return the fit at each station: observed, noise, fitted."""
    return runs.read_station_fit(run)


@st.cache_data(max_entries=8, show_spinner=False)
def pairs(run: RunRef) -> pl.DataFrame:
    """Return the blocking between neighbouring stations."""
    return runs.read_pairs(run)


@st.cache_data(max_entries=8, show_spinner=False)
def patterns(run: RunRef) -> pl.DataFrame:
    """Return recurring patterns and chronic gaps, by rank."""
    return runs.read_patterns(run)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def cycles(run: RunRef, filters: Filters) -> pl.DataFrame:
    """Return the cycles that the filters leave, at most 20,000, in wall time.

    Where the run withholds its estimate, its chances are withheld too.
    """
    found = _wall(runs.read_cycles(run, filters, _MOST_CYCLES), clock(run))
    if answers.withheld(report(run)) is None:
        return found
    nothing = pl.lit(None, dtype=pl.Float64)
    return found.with_columns(nothing.alias(name) for name in _CHANCES)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def calls(run: RunRef, filters: Filters) -> pl.DataFrame:
    """Return the andon calls that the filters leave, in wall time."""
    return _wall(runs.read_calls(run, filters), clock(run))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def breaks(run: RunRef, filters: Filters) -> pl.DataFrame:
    """Return what was taken as not planned for work on the filtered lines, in wall time."""
    return _wall(runs.read_breaks(run, filters), clock(run))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def gaps(run: RunRef, filters: Filters) -> pl.DataFrame:
    """Return the times between cycles of the filtered stations, in wall time."""
    return _wall(runs.read_gaps(run, filters), clock(run))


@st.cache_data(max_entries=2, show_spinner=False)
def _quarantine(place: Workspace, stamp: int) -> pl.DataFrame:  # noqa: ARG001 (part of the key)
    return read_quarantine(place)


def quarantine(place: Workspace) -> pl.DataFrame:
    """Return the rows that were rejected, with the reasons."""
    return _quarantine(place, place.quarantine.stat().st_mtime_ns if place.quarantine.is_dir() else 0)


def clock(run: RunRef) -> str | None:
    """Return the zone in which times are shown; None where they stand as exported."""
    zone = report(run)["period"].get("timezone") or "unspecified"
    return None if zone == "unspecified" else str(zone)


def _wall(frame: pl.DataFrame, zone: str | None) -> pl.DataFrame:
    """Turn UTC instants into wall time where the zone is known."""
    if zone is None:
        return frame
    stamps = [name for name, kind in frame.schema.items() if kind == pl.Datetime and name != "created_at"]
    return frame.with_columns(
        pl.col(stamps).dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
        if stamps
        else []
    )
