"""What cannot be loaded: one message with what, where and what to do, and the warehouse as it was."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from analytics.config import Workspace
from analytics.errors import UsageError
from analytics.ingest import IngestOptions, ingest_files, read_quarantine
from tests.ingest.conftest import CYCLES, Load, Rows

Written = Callable[..., Path]


def parquet_bytes() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"station_id": ["S1"] * 5000, "serial": [str(i) for i in range(5000)]}).write_parquet(buffer)
    return buffer.getvalue()


def workbook_bytes() -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"station_id": ["S1"] * 500}).write_excel(buffer)
    return buffer.getvalue()


REFUSED = {
    "empty.csv": (b"", "0 bytes"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n" + bytes(200), "PNG image"),
    "cut.csv.gz": (gzip.compress(CYCLES.encode() * 500)[:-200], "cut off"),
    "cut.parquet": (parquet_bytes()[:-100], "cut off"),
    "cut.xlsx": (workbook_bytes()[:-2000], "cut off"),
    "prose.csv": (b"Dear all,\nplease find the export attached.\nRegards\n", "recognised"),
    "one_word.csv": (b"hello\n", "no table"),
    "noise.csv": (bytes(range(256)) * 40, "not text"),
    "colours.csv": (b"colour,weight\nred,3\nblue,4\n", "recognised"),
    "list.json": (b'[{"station_id": "S1"', "does not end properly"),
    "archive.zip": (b"PK\x03\x04" + bytes(100), "zip archive"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_table_is_refused_and_nothing_changes(
    name: str, tmp_path: Path, load: Load, rows: Rows, written: Written
) -> None:
    load(written(CYCLES))
    before = rows("cycles")
    content, expected = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(content)
    outcome = load(path)
    assert outcome.error is not None
    assert expected in outcome.error
    assert name in outcome.error
    assert outcome.hint
    assert outcome.loaded == 0
    assert rows("cycles").equals(before)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, load: Load) -> None:
    assert "cannot be read" in str(load(tmp_path / "nowhere.csv").error)
    assert "is a folder" in str(load(tmp_path).error)


def test_a_file_whose_every_record_is_rejected_is_refused(
    written: Written, load: Load, workspace: Workspace
) -> None:
    outcome = load(written("Station;Ende\nS1;never\nS2;soon\n"))
    assert outcome.error is not None
    assert "every record" in outcome.error
    assert "column Ende: 'never' is not a time (2 rows, the first in line 2)" in outcome.error
    assert "export quarantine" in str(outcome.hint)
    assert (outcome.read, outcome.rules) == (2, {"not_a_time_stamp": 2})
    assert not workspace.warehouse.exists()


def test_what_a_refused_file_leaves_stands_in_the_quarantine_once_until_it_is_loaded(
    written: Written, load: Load, workspace: Workspace
) -> None:
    path = written("Station;Ende\nS1;03/04/2025 06:00\nS2;03/25/2025 06:00\nS3;03/26/2025 06:00\n")
    for _ in range(2):
        assert load(path, dayfirst=True).failed
    kept = read_quarantine(workspace)
    assert kept.select("line", "column", "value", "rule", "table").rows() == [
        (3, "Ende", "03/25/2025 06:00", "not_a_time_stamp", "cycles"),
        (4, "Ende", "03/26/2025 06:00", "not_a_time_stamp", "cycles"),
    ]
    assert load(path, dayfirst=False).loaded == 3
    assert read_quarantine(workspace).height == 0


def test_a_dry_run_of_a_refused_file_leaves_nothing(
    written: Written, load: Load, workspace: Workspace
) -> None:
    assert load(written("Station;Ende\nS1;never\n"), dry_run=True).failed
    assert not workspace.root.exists()


def test_half_bad_loads_the_good_half_and_keeps_the_rest(
    written: Written, load: Load, workspace: Workspace
) -> None:
    lines = [f"S1,2025-03-03 06:{i:02d}:00" if i % 2 else f"S1,at {i}" for i in range(40)]
    outcome = load(written("\n".join(["station_id,ended_at", *lines]) + "\n"))
    assert outcome.error is None
    assert (outcome.read, outcome.loaded, outcome.quarantined) == (40, 20, 20)
    kept = read_quarantine(workspace)
    assert kept.height == 20
    first = kept.row(0, named=True)
    assert (first["line"], first["column"], first["value"]) == (2, "ended_at", "at 0")
    assert json.loads(first["raw"]) == {"station_id": "S1", "ended_at": "at 0"}
    assert (first["table"], Path(first["file"]).name) == ("cycles", "cycles.csv")


def test_mostly_impossible_is_stopped_with_the_evidence(
    written: Written, load: Load, workspace: Workspace
) -> None:
    lines = [f"S1,2025-03-03 06:{i:02d}:00" if i % 3 == 0 else "S1,12/31/1899" for i in range(30)]
    outcome = load(written("\n".join(["station_id,ended_at", *lines]) + "\n"), dayfirst=False)
    assert outcome.error is not None
    assert "20 of 30 records" in outcome.error
    assert outcome.rules == {"impossible_time_stamp": 20, "file_stopped": 10}
    assert not workspace.warehouse.exists()


@pytest.mark.parametrize("table", ["cycles", "andon_calls"])
def test_a_header_without_records_is_valid(
    table: str, written: Written, load: Load, workspace: Workspace
) -> None:
    header = {
        "cycles": "station_id,started_at,ended_at,serial\n",
        "andon_calls": "call_id,station_id,raised_at",
    }[table]
    outcome = load(written(header))
    assert (outcome.error, outcome.table, outcome.read) == (None, table, 0)
    assert [caveat.code for caveat in outcome.caveats] == ["empty_source"]


def test_a_mapping_that_names_a_missing_column_lists_what_there_is(
    written: Written, load: Load, tmp_path: Path
) -> None:
    mapping = tmp_path / "mine.json"
    mapping.write_text(
        json.dumps({"table": "cycles", "columns": {"Maschine": "station_id", "Fin": "ended_at"}})
    )
    outcome = load(written(CYCLES), mapping=str(mapping))
    assert outcome.error is not None
    assert "'Maschine', 'Fin'" in outcome.error
    assert "'started_at', 'ended_at', 'serial'" in str(outcome.hint)


def test_a_mapping_written_the_wrong_way_round_is_told_the_direction(
    written: Written, load: Load, tmp_path: Path
) -> None:
    mapping = tmp_path / "mine.json"
    mapping.write_text(json.dumps({"columns": {"station_id": "Platz", "ended_at": "Fertig"}}))
    outcome = load(written("Platz,Fertig\nS1,2025-03-03 06:00\n"), mapping=str(mapping))
    assert outcome.failed
    assert "file column, then field" in str(outcome.hint)
    assert '"columns": {"Platz": "station_id"}' in str(outcome.hint)


def test_one_refused_file_does_not_stop_the_others(written: Written, workspace: Workspace) -> None:
    bad = written("", name="bad.csv")
    good = written(CYCLES, name="good.csv")
    outcomes = ingest_files(workspace, [bad, good])
    assert [outcome.failed for outcome in outcomes] == [True, False]
    assert outcomes[1].loaded == 3


@pytest.mark.parametrize(
    "options",
    [IngestOptions(table="orders"), IngestOptions(mapping="nowhere"), IngestOptions(timezone="Mars/Olympus")],
)
def test_options_that_do_not_exist_are_wrong_usage(
    options: IngestOptions, written: Written, workspace: Workspace
) -> None:
    with pytest.raises(UsageError):
        ingest_files(workspace, [written(CYCLES)], options)


def test_equally_good_tables_are_not_guessed(written: Written, load: Load) -> None:
    path = written("station,start,end\nS1,2025-03-03 06:00,2025-03-03 06:05\n", name="export.csv")
    outcome = load(path)
    assert outcome.error is not None
    assert "--as" in str(outcome.hint)
    assert load(path, table="cycles").loaded == 1
