"""Parquet, JSON lines and workbooks: typed values and text come to the same records."""
# ruff: noqa: DTZ001 - the warehouse keeps times without a zone

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import xlsxwriter

from analytics.config import Workspace
from analytics.ingest import IngestOptions, ingest_files, read_quarantine
from analytics.ingest.columnar import PARQUET_ROWS
from tests.ingest.conftest import Load, Rows


def test_typed_columns_of_parquet(tmp_path: Path, load: Load, rows: Rows) -> None:
    path = tmp_path / "cycles.parquet"
    pl.DataFrame(
        {
            "station_id": pl.Series(["S1", "S2"], dtype=pl.Categorical),
            "serial": [1001, 1002],
            "started_at": pl.Series(
                [datetime(2025, 3, 3, 6), datetime(2025, 3, 3, 7)], dtype=pl.Datetime("ns")
            ),
            "ended_at": pl.Series(
                [datetime(2025, 3, 3, 6, 1, tzinfo=UTC), None], dtype=pl.Datetime("ms", time_zone="UTC")
            ),
            "cycle_s": [timedelta(seconds=60), timedelta(seconds=61.5)],
            "quantity": [1, 2],
        }
    ).write_parquet(path)
    assert load(path).loaded == 2
    cycles = rows("cycles")
    assert cycles["serial"].to_list() == ["1001", "1002"]
    assert cycles["cycle_s"].to_list() == [60.0, 61.5]
    assert cycles["ended_at"].to_list() == [datetime(2025, 3, 3, 6, 1), datetime(2025, 3, 3, 7, 1, 1, 500000)]


def test_whole_numbers_read_as_floats_are_ids_without_a_point(tmp_path: Path, load: Load, rows: Rows) -> None:
    path = tmp_path / "cycles.parquet"
    pl.DataFrame(
        {"station_id": [101.0, 102.0, float("nan")], "ended_at": [date(2025, 3, 3)] * 3}
    ).write_parquet(path)
    outcome = load(path)
    assert outcome.rules == {"missing_value": 1}
    assert rows("cycles")["station_id"].to_list() == ["101", "102"]


def test_an_id_reads_the_same_whatever_stands_around_it(tmp_path: Path, load: Load, rows: Rows) -> None:
    """Files come in batches: a fraction further down must not change what an id before it reads as."""
    ids = [1.0] * PARQUET_ROWS + [1.0, 2.5]
    stamps = pl.datetime_range(
        datetime(2025, 3, 3), datetime(2025, 3, 3) + timedelta(seconds=len(ids) - 1), "1s", eager=True
    )
    pl.DataFrame({"station_id": ids, "ended_at": stamps}).write_parquet(tmp_path / "cycles.parquet")
    load(tmp_path / "cycles.parquet")
    assert set(rows("cycles")["station_id"]) == {"1", "2.5"}


def test_a_field_that_comes_late_in_json_lines_is_read(tmp_path: Path, load: Load, rows: Rows) -> None:
    record = '{"station_id": "S1", "raised_at": "2025-03-03T06:%02d:%02d"%s}\n'
    lines = [record % (n // 60, n % 60, "") for n in range(1500)]
    lines.append(record % (59, 0, ', "resolved_at": "2025-03-03T07:00:00"'))
    (tmp_path / "andon.jsonl").write_text("".join(lines))
    load(tmp_path / "andon.jsonl")
    assert rows("andon_calls")["resolved_at"].drop_nulls().to_list() == [datetime(2025, 3, 3, 7)]


def test_a_sheet_that_is_passed_over_is_said_and_lines_are_the_sheets(
    tmp_path: Path, load: Load, workspace: Workspace
) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "plant.xlsx")) as book:
        good, odd = book.add_worksheet("Line 1"), book.add_worksheet("Line 2")
        for row, cells in enumerate(
            (("station_id", "ended_at"), ("S1", "2025-03-03 06:00"), ("S1", "never"))
        ):
            good.write_row(row + 3, 1, cells)
        odd.write_row(0, 0, ("Platz", "Fertigg"))
        odd.write_row(1, 0, ("S2", "2025-03-03 06:00"))
    outcome = load(tmp_path / "plant.xlsx")
    assert (outcome.loaded, outcome.quarantined) == (1, 1)
    assert read_quarantine(workspace)["line"].to_list() == [6]
    (told,) = [caveat for caveat in outcome.caveats if caveat.code == "sheet_passed_over"]
    assert "'Line 2' of plant.xlsx was passed over" in told.message


def test_nested_values_do_not_stop_a_parquet_file(tmp_path: Path, load: Load) -> None:
    path = tmp_path / "cycles.parquet"
    frame = pl.DataFrame(
        {"station_id": ["S1", "S1"], "ended_at": ["2025-03-03 06:00", "x"], "tags": [["a"], ["b", "c"]]}
    )
    frame.write_parquet(path)
    outcome = load(path)
    assert (outcome.loaded, outcome.quarantined) == (1, 1)


def test_a_parquet_file_without_rows_is_valid(tmp_path: Path, load: Load) -> None:
    path = tmp_path / "cycles.parquet"
    pl.DataFrame(schema={"station_id": pl.String, "ended_at": pl.Datetime("us")}).write_parquet(path)
    outcome = load(path)
    assert (outcome.error, outcome.read) == (None, 0)
    assert outcome.caveats[0].code == "empty_source"


def test_json_lines_and_lists(tmp_path: Path, load: Load, rows: Rows, workspace: Workspace) -> None:
    records = [
        {"station_id": "S1", "ended_at": "2025-03-03T06:00:00Z", "cycle_s": 59.5, "extra": {"a": 1}},
        {"station_id": "S1", "ended_at": "2025-03-03T06:01:00Z", "cycle_s": None},
    ]
    lines = tmp_path / "cycles.jsonl"
    lines.write_text("\n".join([json.dumps(records[0]), "{broken", "", json.dumps(records[1]), "7"]) + "\n")
    outcome = load(lines)
    assert (outcome.read, outcome.loaded, outcome.rules) == (4, 2, {"not_a_json_object": 2})
    assert sorted(read_quarantine(workspace)["line"].to_list()) == [2, 5]
    assert rows("cycles")["cycle_s"].to_list() == [59.5, None]
    listed = tmp_path / "cycles.json"
    listed.write_text(json.dumps(records))
    assert load(listed).duplicate == 2


def test_a_workbook_with_a_title_mixed_cells_and_several_sheets(
    tmp_path: Path, workspace: Workspace, rows: Rows
) -> None:
    path = tmp_path / "export.xlsx"
    with xlsxwriter.Workbook(path) as book:
        stamp = book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"})
        sheet = book.add_worksheet("Zyklen")
        sheet.write(0, 0, "Bericht März")
        sheet.write_row(2, 0, ["Station", "Beginn", "Ende", "Zykluszeit (s)", "Menge"])
        for row in range(3):
            sheet.write(3 + row, 0, 101)
            sheet.write_datetime(3 + row, 1, datetime(2025, 3, 3, 6, row), stamp)
            sheet.write_datetime(3 + row, 2, datetime(2025, 3, 3, 6, row, 59), stamp)
            sheet.write(3 + row, 3, 59.25)
            sheet.write(3 + row, 4, 1 if row else "n/a")
        sheet.write_row(6, 0, [101, "gestern", "heute", 1, 1])
        calls = book.add_worksheet("Andon")
        calls.write_row(0, 0, ["Ruf-ID", "Station", "ausgelöst um"])
        calls.write_row(1, 0, ["A1", 101, "03.03.2025 06:00:30"])
        book.add_worksheet("Notizen").write(0, 0, "nur Text")
        book.add_worksheet("leer")
    outcomes = ingest_files(workspace, [path], IngestOptions())
    assert [(outcome.member, outcome.table, outcome.loaded) for outcome in outcomes] == [
        ("Zyklen", "cycles", 3),
        ("Andon", "andon_calls", 1),
    ]
    assert outcomes[0].rules == {"not_a_time_stamp": 1}
    assert read_quarantine(workspace).select("member", "line").rows() == [("Zyklen", 7)]
    cycles = rows("cycles")
    assert cycles["station_id"].unique().to_list() == ["101"]
    assert cycles["started_at"].to_list() == [datetime(2025, 3, 3, 6, minute) for minute in range(3)]
    assert cycles["quantity"].to_list() == [None, 1.0, 1.0]
    again = ingest_files(workspace, [path], IngestOptions())
    assert all(outcome.already_loaded for outcome in again)
