"""Downtime matrices become detections by reason; what tells how long, and not when, matches no cycle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from analytics.cli import app
from analytics.config import Workspace
from analytics.errors import NoDataError
from analytics.ingest import IngestOptions, ingest_files, preview, read_quarantine
from tests.ingest.conftest import Load, Rows
from tests.ingest.shapes.conftest import Report, Table, at

REASONS = ("Material (min)", "Jam (min)", "Tool change (min)", "Cleaning (min)")


def shifts(cells: str = "12.5,,3,") -> list[tuple[str, ...]]:
    return [
        (station, f"2025-03-{day:02d}", shift, *cells.split(","))
        for station in ("S1", "S2")
        for day in range(3, 8)
        for shift in ("Early", "Late")
    ]


def test_each_filled_cell_is_a_detection(table: Table, load: Load, rows: Rows) -> None:
    outcome = load(table("Station,Date,Shift," + ",".join(REASONS), shifts()))
    assert (outcome.shape, outcome.table) == ("downtime_matrix", "detections")
    assert (outcome.read, outcome.loaded, outcome.derived) == (20, 20, {"detections": 40})
    stops = rows("detections")
    assert stops["reason"].unique().sort().to_list() == ["Material", "Tool change"]
    assert stops["source"].unique().to_list() == ["downtime totals"]
    lengths = (stops["ended_at"] - stops["detected_at"]).dt.total_seconds()
    assert sorted(set(lengths)) == [180, 750]
    assert any(c.code == "downtime_totals" and "5.2 hours" in c.message for c in outcome.caveats)


def test_two_header_rows_are_one(written: object, load: Load, rows: Rows) -> None:
    text = "\n".join(
        [
            "Downtime March,,,,,,,",
            "Station,Date,Shift,Unplanned (min),,,Planned (min),",
            ",,,Material,Jam,Tool,Setup,Break",
            *(",".join([*line[:3], "4", "5.5", "", "10", ""]) for line in shifts()),
        ]
    )
    outcome = load(written(text, "march.csv"))  # type: ignore[operator]
    assert outcome.read == 20
    assert "two header rows were joined" in outcome.evidence
    stops = rows("detections")
    found = stops.select("reason", "planned").unique().sort("reason").rows()
    assert found == [("Planned / Setup", True), ("Unplanned / Jam", False), ("Unplanned / Material", False)]


def test_groups_may_stand_above_a_whole_header(written: object, load: Load, rows: Rows) -> None:
    lines = [",".join([*line[:3], "4", "5.5", "", "10", ""]) for line in shifts()]
    head = [",,,Unplanned (min),,,Planned (min),", "Station,Date,Shift,Material,Jam,Tool,Setup,Break"]
    outcome = load(written("\n".join([*head, *lines]), "march.csv"))  # type: ignore[operator]
    assert outcome.shape == "downtime_matrix"
    found = rows("detections").select("reason", "planned").unique().sort("reason").rows()
    assert found == [("Planned / Setup", True), ("Unplanned / Jam", False), ("Unplanned / Material", False)]


def test_a_title_tells_the_unit(written: object, load: Load, rows: Rows) -> None:
    lines = [",".join([*line[:3], "4", "5.5", "", "10"]) for line in shifts()]
    head = ["Downtime March (min),,,,,,", "Station,Date,Shift,Material,Jam,Tool,Setup"]
    load(written("\n".join([*head, *lines]), "march.csv"))  # type: ignore[operator]
    stops = rows("detections")
    assert sorted(set((stops["ended_at"] - stops["detected_at"]).dt.total_seconds())) == [240, 330, 600]
    assert stops["reason"].unique().sort().to_list() == ["Jam", "Material", "Setup"]


def test_a_total_is_left_out(table: Table, load: Load, rows: Rows) -> None:
    lines = [(*line, "15.5") for line in shifts()]
    load(table("Station,Date,Shift," + ",".join(REASONS) + ",Total (min)", lines))
    assert "Total" not in rows("detections")["reason"].to_list()


@pytest.mark.parametrize(
    ("unit", "cell", "seconds"),
    [("min", "6", 360), ("h", "0.1", 360), ("s", "360", 360), (None, "0:06:00", 360)],
)
def test_the_unit_is_that_of_the_columns(
    unit: str | None, cell: str, seconds: int, table: Table, load: Load, rows: Rows
) -> None:
    names = [f"{name.split(' (')[0]} ({unit})" if unit else name.split(" (")[0] for name in REASONS]
    load(table("Station,Date,Shift," + ",".join(names), shifts(f"{cell},,{cell},")))
    stops = rows("detections")
    assert set((stops["ended_at"] - stops["detected_at"]).dt.total_seconds()) == {seconds}


def test_a_matrix_without_a_unit_is_refused(table: Table, workspace: Workspace) -> None:
    names = [name.split(" (")[0] for name in REASONS]
    path = table("Station,Date,Shift," + ",".join(names), shifts("12,,3,"))
    (outcome,) = ingest_files(workspace, [path], IngestOptions())
    assert "minutes, hours, seconds or stops" in str(outcome.error)
    assert "Material (min)" in str(outcome.hint)


def test_a_wrong_cell_rejects_its_row_once(
    table: Table, load: Load, rows: Rows, workspace: Workspace
) -> None:
    lines = shifts()
    lines[3] = (*lines[3][:3], "a lot", "-5", "3", "")
    outcome = load(table("Station,Date,Shift," + ",".join(REASONS), lines), table="downtime_matrix")
    assert (outcome.read, outcome.loaded, outcome.quarantined) == (20, 19, 1)
    assert rows("detections").height == 38
    assert read_quarantine(workspace)["line"].to_list() == [5]


def test_rows_of_single_stops_are_a_downtime_log(table: Table, load: Load, rows: Rows) -> None:
    lines = [("S1", at(900 * i), *(["4" if i % 4 == k else "" for k in range(4)])) for i in range(20)]
    outcome = load(table("Station,Start," + ",".join(REASONS), lines))
    assert outcome.derived == {"detections": 20}
    assert rows("detections")["source"].unique().to_list() == ["downtime log"]


def test_totals_are_set_against_no_cycle(table: Table, load: Load, report: Report) -> None:
    rng = np.random.default_rng(1)
    ends = np.cumsum(rng.normal(60, 2, 900) + np.where(rng.random(900) < 0.03, 60, 0))
    starts = np.concatenate([[0.0], ends[:-1]])
    lines = [("S1", at(float(a)), at(float(b))) for a, b in zip(starts, ends, strict=True)]
    load(table("station,started_at,ended_at", lines))
    matrix = [("S1", "2025-03-03 06:00:00", "Early", "30", "20", "5", "")]
    load(table("Station,Date,Shift," + ",".join(REASONS), matrix, "stops.csv"), table="downtime_matrix")
    undetected = report()["demand"]["undetected"]
    assert undetected["count"]["value"] > 10
    assert undetected["recorded"]["count"]["value"] == 0


@pytest.mark.parametrize(
    "head", ["Station,Date,Shift,Good,Scrap,OEE", "Station,Date,Shift,Target,Actual,Diff"]
)
def test_other_wide_tables_are_no_matrices(head: str, table: Table, workspace: Workspace) -> None:
    path = table(head, [(*line[:3], "400", "3", "0.8") for line in shifts()])
    assert preview(path).shape is None


def test_only_stops_give_no_run_but_say_so(table: Table, workspace: Workspace, tmp_path: Path) -> None:
    path = table("Station,Date,Shift," + ",".join(REASONS), shifts())
    result = CliRunner().invoke(app, ["analyze", str(path), "--workspace", str(workspace.root)])
    assert isinstance(result.exception, NoDataError)
    assert "downtime matrix" in result.output


def test_a_table_of_times_that_are_no_stops_is_no_matrix(table: Table) -> None:
    head = "Station,Date,Shift,Planned time (min),Run time (min),Setup (min),Maintenance (min)"
    assert preview(table(head, [(*line[:3], "480", "401", "20", "9") for line in shifts()])).shape is None


def test_rows_of_more_than_a_day_are_no_matrix(table: Table) -> None:
    path = table("Station,Date,Shift," + ",".join(REASONS), shifts("900,700,3,"))
    assert preview(path).shape is None
