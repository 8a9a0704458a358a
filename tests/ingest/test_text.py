"""CSV and its relatives: delimiter, encoding, decimal comma, lines around the table, broken records."""
# ruff: noqa: DTZ001 - the warehouse keeps times without a zone

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from analytics.ingest import read_quarantine
from tests.ingest.conftest import CYCLES, Load, Rows

Written = Callable[..., Path]

GERMAN = """Station;Beginn;Ende;Zykluszeit [s];Stückzahl
Maß 1;03.03.2025 06:00:00;03.03.2025 06:01:00;60,5;1
Maß 1;03.03.2025 06:01:00;03.03.2025 06:02:00;1.059,25;2
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings_are_found(encoding: str, written: Written, load: Load, rows: Rows) -> None:
    outcome = load(written(GERMAN, encoding=encoding))
    assert (outcome.table, outcome.loaded) == ("cycles", 2)
    cycles = rows("cycles")
    assert cycles["station_id"].to_list() == ["Maß 1", "Maß 1"]
    assert cycles["cycle_s"].to_list() == [60.5, 1059.25]
    assert cycles["quantity"].to_list() == [1.0, 2.0]
    assert cycles["started_at"][0] == datetime(2025, 3, 3, 6, 0)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(delimiter: str, written: Written, load: Load) -> None:
    outcome = load(written(CYCLES.replace(",", delimiter), name="export.txt"))
    assert (outcome.table, outcome.loaded) == ("cycles", 3)


def test_spanish_headers_and_utf16_with_tabs(written: Written, load: Load, rows: Rows) -> None:
    header = "Línea\tEstación\tInicio\tFin\tTiempo de ciclo (min)"
    text = f"{header}\nL1\tAño\t2025-03-03 06:00\t2025-03-03 06:01\t1,5\n"
    outcome = load(written(text, encoding="utf-16"))
    assert outcome.loaded == 1
    assert rows("cycles").row(0, named=True)["station_id"] == "Año"
    assert rows("cycles")["cycle_s"].to_list() == [90.0]


def test_lines_around_the_table_are_skipped_not_read(written: Written, load: Load) -> None:
    header, *records = CYCLES.splitlines()
    text = "\n".join(
        [
            "Production report",
            "",
            header,
            "----------,----------,--------,------",
            records[0],
            "",
            records[1],
            header,
            records[2],
            "(3 rows affected)",
            "",
        ]
    )
    outcome = load(written(text))
    assert (outcome.read, outcome.loaded, outcome.quarantined) == (3, 3, 0)
    assert outcome.skipped == 6


def test_records_with_too_many_or_too_few_fields_are_kept_with_their_line(
    written: Written, load: Load, workspace: object
) -> None:
    header, *records = CYCLES.splitlines()
    text = "\n".join(
        [header, records[0], "S1,2025-03-03 06:01:00", records[1], records[2] + ",9,9", records[2], ""]
    )
    outcome = load(written(text))
    assert (outcome.read, outcome.loaded, outcome.rules) == (5, 3, {"wrong_number_of_fields": 2})
    kept = read_quarantine(workspace)  # type: ignore[arg-type]
    assert kept["line"].to_list() == [3, 5]
    assert kept["raw"][0] == "S1,2025-03-03 06:01:00"


def test_lines_are_counted_through_quoted_line_ends(written: Written, load: Load, workspace: object) -> None:
    text = (
        "station_id,raised_at,category,note\n"
        'S1,2025-03-03 06:00:00,jam,"first\nsecond"\n'
        'S1,2025-03-03 06:05:00,jam,"a ""quoted"" word"\n'
        "S1,not a time,jam,\n"
    )
    outcome = load(written(text, name="andon.csv"))
    assert (outcome.table, outcome.loaded, outcome.rules) == ("andon_calls", 2, {"not_a_time_stamp": 1})
    kept = read_quarantine(workspace).row(0, named=True)  # type: ignore[arg-type]
    assert (kept["line"], kept["column"], kept["value"]) == (5, "raised_at", "not a time")


@pytest.mark.parametrize(
    "text",
    [
        "[Export MES 4.2]\nstation_id;ended_at;serial\nS1;2025-03-03 06:00:00;U1\n",
        "[station_id];[ended_at];[serial]\nS1;2025-03-03 06:00:00;U1\n",
        "{station_id},{ended_at},{serial}\nS1,2025-03-03 06:00:00,U1\n",
    ],
)
def test_brackets_in_a_title_or_header_make_no_json(text: str, written: Written, load: Load) -> None:
    assert load(written(text)).loaded == 1


def test_columns_named_alike_and_already_numbered_are_told_apart(written: Written, load: Load) -> None:
    assert load(written("station_id,ended_at,Note,Note (2),Note\nS1,2025-03-03 06:00,a,b,c\n")).loaded == 1


def test_compressed_text_is_read(tmp_path: Path, load: Load) -> None:
    path = tmp_path / "cycles.csv.gz"
    path.write_bytes(gzip.compress(CYCLES.encode()))
    assert load(path).loaded == 3


def test_a_header_with_a_name_too_few_is_refused(written: Written, load: Load) -> None:
    header, *records = CYCLES.splitlines()
    shifted = "\n".join([header.replace("station_id,started_at", "station_id"), *records, ""])
    outcome = load(written(shifted))
    assert outcome.error is not None
    assert "one name may be missing" in outcome.error


def test_a_file_without_header_is_refused(written: Written, load: Load) -> None:
    outcome = load(written("\n".join(CYCLES.splitlines()[1:]) + "\n"))
    assert outcome.error is not None
    assert "header" in outcome.error or "recognised" in outcome.error


def test_a_file_larger_than_a_block_keeps_its_lines(
    written: Written, load: Load, workspace: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analytics.ingest.text.BLOCK_BYTES", 2_000)
    body = [f"S1,2025-03-03 06:{i // 60 % 60:02d}:{i % 60:02d},2025-03-03 08:00:00,U{i}" for i in range(1000)]
    body[700] = "S1,broken"
    body[800] = "S1,nonsense,2025-03-03 08:00:00,U800"
    outcome = load(written("\n".join(["station_id,started_at,ended_at,serial", *body]) + "\n"))
    assert (outcome.read, outcome.loaded) == (1000, 998)
    assert sorted(read_quarantine(workspace)["line"].to_list()) == [702, 802]  # type: ignore[arg-type]


@pytest.mark.parametrize("inch", ["", ' 5" pipe'])
def test_a_quotation_mark_left_open_is_refused(inch: str, written: Written, load: Load) -> None:
    header, *records = CYCLES.splitlines()
    text = "\n".join([header, records[0] + inch, records[1].replace("U2", '"U2'), records[2]]) + "\n"
    outcome = load(written(text))
    assert outcome.error is not None
    assert "quotation mark" in outcome.error
    assert "line 3" in outcome.error


def test_a_last_note_of_several_lines_is_no_open_mark(written: Written, load: Load) -> None:
    text = (
        'call_id,station_id,raised_at,note\n1,S1,2025-03-03 06:00,5" pipe\n2,S1,2025-03-03 06:01,"a\nb, c"\n'
    )
    assert load(written(text)).loaded == 2


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (CYCLES + "S1,2025-03-03 06:03:00,2025-", True),
        (CYCLES + "S1,2025-03-03 06:03:00\nS1,2025-03-03 06:03:00,2025-03-03 06:04:00,U4\n", False),
        (CYCLES + "S1,2025-03-03 06:03:00,n/a,U4\n", False),
        (CYCLES, False),
    ],
)
def test_a_file_that_ends_within_a_record_seems_cut_off(
    text: str, written: Written, load: Load, *, cut: bool
) -> None:
    assert ("cut_off" in {one.code for one in load(written(text)).caveats}) == cut


def test_a_broken_rule_is_told_with_its_columns_and_first_line(written: Written, load: Load) -> None:
    more = "S1,soon,2025-03-03 06:04:00,U4\nS1,2025-03-03 06:04:00,later,U5\n"
    outcome = load(written(CYCLES + more))
    assert outcome.rules == {"not_a_time_stamp": 2}
    assert outcome.where == {"not_a_time_stamp": "started_at, ended_at; first in line 5"}
    assert outcome.to_json()["where"] == outcome.where
