"""A sheet comes back as people fill it in: every row is used, not reviewed, spare or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.audits.filled import Sheet, read_sheet
from analytics.audits.rows import UNNAMED
from analytics.audits.sheets import LINES_A_WINDOW, to_fill_in
from analytics.errors import SourceError
from analytics.exports import write_table
from analytics.journal import Draw
from tests.audits.plant import NOW

CYCLE = {
    "line_id": "L1",
    "station_id": "=S1",
    "product_id": "A",
    "serial": "0007",
    "started_at": "2026-03-02T08:00:00",
    "ended_at": "2026-03-02T08:01:30",
    "net_s": 90.0,
    "expected_s": 60.0,
    "floor_s": 12.04,
    "stratum": 5,
    "weight": 3.0,
}
WINDOW = {
    "line_id": "L1",
    "station_id": "S1",
    "floor_s": 12.0,
    "from": "2026-03-02T09:00:00",
    "to": "2026-03-02T10:00:00",
    "starts_at": "2026-03-02T08:00:00",
    "ends_at": "2026-03-02T09:00:00",
}
RECORDS = Draw(
    draw_id="A-rec",
    created_at=NOW,
    mode="records",
    run_id="r",
    details={},
    items=[dict(CYCLE) for _ in range(6)],
)
WINDOWS = Draw(
    draw_id="A-win",
    created_at=NOW,
    mode="windows",
    run_id="r",
    details={},
    items=[dict(WINDOW) for _ in range(3)],
)


def back(
    folder: Path, draw: Draw, fill: dict[int, dict[str, str]], *, ending: str = ".csv", more: Any = None
) -> Sheet:
    """Write the sheet, fill in some of its rows (numbered from 0), and read it."""
    sheet = to_fill_in(draw, "Europe/Berlin")
    rows = [{**row, **fill.get(number, {})} for number, row in enumerate(sheet.iter_rows(named=True))]
    table = pl.DataFrame([*rows, *(more or [])], infer_schema_length=None, schema=sheet.schema)
    path = folder / f"sheet{ending}"
    write_table(table, path)
    return read_sheet(path, [RECORDS, WINDOWS], timezone="Europe/Berlin", salt="s", now=NOW)


def counts(sheet: Sheet) -> tuple[int, int, int, int]:
    assert sheet.read == sheet.used + sheet.not_reviewed + sheet.spare + len(sheet.refused)
    return sheet.used, sheet.not_reviewed, sheet.spare, len(sheet.refused)


def test_a_sheet_tells_where_to_look_and_nothing_of_the_model() -> None:
    sheet = to_fill_in(RECORDS, "Europe/Berlin")
    assert sheet["started"][0] == "2026-03-02 09:00:00"  # wall clock
    assert sheet["slow_from_s"][0] == 12.0
    told = " ".join(sheet.columns)
    assert [word for word in ("prob", "chance", "stratum", "weight", "deviation") if word in told] == []
    assert to_fill_in(WINDOWS, "Europe/Berlin").height == 3 * LINES_A_WINDOW


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_answers_come_back_in_every_spelling(tmp_path: Path, ending: str) -> None:
    sheet = back(
        tmp_path,
        RECORDS,
        {
            0: {"own_delay": "ja", "observer": "Anna"},
            1: {"own_delay": "x", "delay_s": "45,5", "observer": "anna "},
            2: {"delay_s": "1:10", "called": "yes", "why_no_call": "fixed alone"},
            3: {"own_delay": "0"},
            4: {"note": "camera was off"},
        },
        ending=ending,
    )
    assert counts(sheet) == (4, 2, 0, 0)
    first, second, third, fourth = (one.answer for one in sheet.observations)
    assert first == {"slow": True, "seconds": None, "called": False, "why": None}
    assert second["seconds"] == 45.5
    assert third == {"slow": True, "seconds": 70.0, "called": True, "why": "fixed_alone"}
    assert fourth["slow"] is False
    tokens = [one.observer for one in sheet.observations]
    assert tokens[0] == tokens[1] != tokens[2] == tokens[3] == UNNAMED
    assert (sheet.marks, sheet.unnamed) == (1, 2)
    assert "anna" not in " ".join(tokens).casefold()


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"own_delay": "maybe"}, "write yes or no"),
        ({"own_delay": "yes", "delay_s": "5"}, "5 s is below the 12 s"),
        ({"own_delay": "no", "delay_s": "50"}, "50 s is not below the 12 s"),
        ({"delay_s": "long"}, "write seconds as a number"),
        ({"draw": "A-other", "own_delay": "yes"}, "there is no draw 'A-other' here"),
        ({"row": "99", "own_delay": "yes"}, "row '99' is none of 1 to 6"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, cells: dict[str, str], why: str
) -> None:
    text = to_fill_in(RECORDS, "UTC").cast(pl.String)
    rows = [
        {**row, **(cells if number == 1 else {})} for number, row in enumerate(text.iter_rows(named=True))
    ]
    path = tmp_path / "sheet.csv"
    pl.DataFrame(rows, schema=text.schema).write_csv(path, separator=";")
    sheet = read_sheet(path, [RECORDS], timezone="UTC", salt="s", now=NOW)
    assert counts(sheet) == (0, 5, 0, 1)
    assert sheet.refused[0].line == 3
    assert why in sheet.refused[0].reason


def test_one_observer_cannot_say_two_things_of_one_cycle(tmp_path: Path) -> None:
    row = to_fill_in(RECORDS, "UTC").row(0, named=True)
    more = [{**row, "own_delay": "no", "observer": "Anna"}, {**row, "own_delay": "no", "observer": "Ben"}]
    sheet = back(tmp_path, RECORDS, {0: {"own_delay": "yes", "observer": "Anna"}}, more=more)
    assert counts(sheet) == (2, 5, 0, 1)
    assert "line 2 answers row 1 otherwise" in sheet.refused[0].reason
    blank = [{**row, "own_delay": "no"}]
    unsigned = back(tmp_path, RECORDS, {0: {"own_delay": "yes"}}, more=blank)
    assert "write both names" in unsigned.refused[0].reason
    assert len({one.observer for one in sheet.observations}) == 2


def test_a_window_holds_its_interruptions_and_the_observers_name_stands_once(tmp_path: Path) -> None:
    sheet = back(
        tmp_path,
        WINDOWS,
        {
            0: {"watched": "ja", "observer": "Ben", "started": "9:10", "seconds": "40", "called": "nein"},
            1: {"started": "09:30:15", "seconds": "1:35", "called": "ja", "why_no_call": ""},
            4: {"watched": "yes", "observer": "Ben"},
            8: {"watched": "no"},
        },
    )
    assert counts(sheet) == (4, 0, 8, 0)
    busy, quiet, away = sheet.observations
    assert [one["seconds"] for one in busy.answer["interruptions"]] == [40.0, 95.0]
    assert busy.answer["interruptions"][0]["at"] == "2026-03-02T08:10:00"  # the stored clock
    assert quiet.answer == {"watched": True, "interruptions": []}
    assert away.answer["watched"] is False


@pytest.mark.parametrize(
    ("typo", "column"),
    [
        ({"started": "9:20", "seconds": "4O"}, "seconds"),
        ({"started": "9:20", "seconds": "40", "called": "perhaps"}, "called"),
        ({"started": "9:20", "seconds": "40", "watched": "yess"}, "watched"),
        ({"started": "9:20"}, "seconds"),
    ],
)
def test_a_typo_costs_its_own_row_alone_where_its_time_is_known(
    tmp_path: Path, typo: dict[str, str], column: str
) -> None:
    first = {"watched": "yes", "started": "9:10", "seconds": "40", "observer": "Ben"}
    sheet = back(tmp_path, WINDOWS, {0: first, 1: typo, 4: {"watched": "yes", "observer": "Ben"}})
    assert counts(sheet) == (2, 4, 5, 1)
    assert (sheet.refused[0].line, sheet.refused[0].column) == (3, column)
    busy, quiet = sheet.observations
    assert [one["seconds"] for one in busy.answer["interruptions"]] == [40.0]
    assert busy.answer["unread"] == ["2026-03-02T08:20:00"]
    assert "unread" not in quiet.answer


def test_a_window_with_a_row_whose_time_is_not_understood_is_left_out(tmp_path: Path) -> None:
    sheet = back(
        tmp_path,
        WINDOWS,
        {
            0: {"watched": "yes", "started": "9:10", "seconds": "40"},
            1: {"started": "ten past", "seconds": "40"},
            4: {"watched": "yes", "started": "11:10", "seconds": "40"},
            8: {"watched": "no", "started": "9:10", "seconds": "40"},
        },
    )
    assert sheet.observations == ()
    reasons = " ".join(one.reason for one in sheet.refused)
    assert "another row of this window was refused" in reasons
    assert "not between 09:00 and 10:00" in reasons
    assert "was not watched, but" in reasons
    counts(sheet)


@pytest.mark.parametrize("number", ["01", "1.0", "1"])
def test_a_window_is_left_out_however_its_spoilt_row_writes_the_number(tmp_path: Path, number: str) -> None:
    text = to_fill_in(WINDOWS, "UTC").cast(pl.String)
    first = {"watched": "yes", "started": "9:10", "seconds": "40"}
    fill = {0: first, 1: {"row": number, "started": "ten past", "seconds": "40"}, 4: {"watched": "yes"}}
    rows = [{**row, **fill.get(at, {})} for at, row in enumerate(text.iter_rows(named=True))]
    path = tmp_path / "sheet.csv"
    pl.DataFrame(rows, schema=text.schema).write_csv(path)
    sheet = read_sheet(path, [WINDOWS], timezone="UTC", salt="s", now=NOW)
    assert [one.item for one in sheet.observations] == [2]
    assert len(sheet.refused) == 2
    counts(sheet)


def test_the_observers_name_is_known_however_a_row_writes_its_number(tmp_path: Path) -> None:
    text = to_fill_in(WINDOWS, "UTC").cast(pl.String)
    first = {"watched": "yes", "started": "9:10", "seconds": "40", "observer": "Ben"}
    fill = {0: first, 1: {"row": "01", "started": "9:20", "seconds": "50"}}
    rows = [{**row, **fill.get(at, {})} for at, row in enumerate(text.iter_rows(named=True))]
    path = tmp_path / "sheet.csv"
    pl.DataFrame(rows, schema=text.schema).write_csv(path)
    (one,) = read_sheet(path, [WINDOWS], timezone="UTC", salt="s", now=NOW).observations
    assert [noted["seconds"] for noted in one.answer["interruptions"]] == [40.0, 50.0]


def test_another_file_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "cycles.csv"
    path.write_text("station_id,ended_at\nS1,2026-03-02 08:00:00\n")
    with pytest.raises(SourceError, match="no columns draw and row"):
        read_sheet(path, [RECORDS], timezone="UTC", salt="s", now=NOW)


def test_a_workbooks_blank_rows_and_moved_columns_do_no_harm(tmp_path: Path) -> None:
    text = to_fill_in(RECORDS, "UTC").cast(pl.String).with_columns(own_delay=pl.lit("yes"))
    moved = text.select(sorted(text.columns)).rename({"draw": "Draw", "row": " Row"})
    path = tmp_path / "sheet.csv"
    path.write_text("Audit, second shift\n\n" + moved.write_csv() + "\n\n")
    sheet = read_sheet(path, [RECORDS], timezone="UTC", salt="s", now=NOW)
    assert counts(sheet) == (6, 0, 0, 0)


def test_a_row_whose_station_is_not_the_drawn_one_is_refused(tmp_path: Path) -> None:
    sheet = back(
        tmp_path,
        RECORDS,
        {0: {"own_delay": "yes", "station": "S2"}, 1: {"own_delay": "yes"}},
        ending=".xlsx",
    )
    assert [refusal.column for refusal in sheet.refused] == ["station"]
    assert "sorted" in sheet.refused[0].reason
    assert sheet.used == 1
