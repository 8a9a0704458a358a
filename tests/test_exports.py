"""Tables for other tools: no formula runs, no time loses its offset, no number changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from analytics import exports
from analytics.errors import UsageError, WalkawayError
from analytics.exports import TARGET_COLUMNS, flat_table, on_the_wall, target_table, write_table

RISKY = ["=1+1", "+cmd", "-2+3", "@sum(a1)", "\tx", "Station 1", "-1.5", "+4", None]
SAFE = ["'=1+1", "'+cmd", "'-2+3", "'@sum(a1)", "'\tx", "Station 1", "-1.5", "+4", None]
INSTANT = datetime(2026, 7, 1, 4, 0, 0, 250_000)  # noqa: DTZ001 (stored times are naive UTC)


def table() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "station_id": RISKY,
            "ended_at": [INSTANT] * len(RISKY),
            "cycle_s": [1.25] * len(RISKY),
            "called": [True] * len(RISKY),
        }
    )


def test_a_csv_runs_no_formula_and_keeps_numbers(tmp_path: Path) -> None:
    write_table(table(), tmp_path / "t.csv")

    read = pl.read_csv(tmp_path / "t.csv", infer_schema=False)

    assert read["station_id"].to_list() == SAFE
    assert set(read["cycle_s"]) == {"1.25"}
    assert set(read["ended_at"]) == {"2026-07-01T04:00:00.250"}


def test_a_workbook_runs_no_formula_and_keeps_types(tmp_path: Path) -> None:
    write_table(table(), tmp_path / "t.xlsx")

    read = fastexcel.read_excel(tmp_path / "t.xlsx").load_sheet(0).to_polars()

    assert read["station_id"].to_list() == SAFE
    assert read["cycle_s"].to_list() == [1.25] * len(RISKY)
    assert read["called"].to_list() == [True] * len(RISKY)
    assert abs(read["ended_at"][0] - INSTANT) < timedelta(milliseconds=2)


def test_parquet_keeps_everything_as_it_is(tmp_path: Path) -> None:
    write_table(table(), tmp_path / "t.parquet")

    assert pl.read_parquet(tmp_path / "t.parquet").equals(table())


def test_a_folder_that_does_not_exist_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        write_table(table(), tmp_path / "deep" / "t.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("timezone", "shown"),
    [
        ("Europe/Berlin", "2026-07-01T06:00:00.250+02:00"),
        ("UTC", "2026-07-01T04:00:00.250+00:00"),
        ("unspecified", "2026-07-01T04:00:00.250"),
    ],
)
def test_times_stand_on_the_plants_clock_with_their_offset(timezone: str, shown: str, tmp_path: Path) -> None:
    write_table(on_the_wall(table(), timezone), tmp_path / "t.csv")

    assert pl.read_csv(tmp_path / "t.csv", infer_schema=False)["ended_at"][0] == shown


def test_a_workbook_shows_wall_time(tmp_path: Path) -> None:
    write_table(on_the_wall(table(), "Europe/Berlin"), tmp_path / "t.xlsx")

    read = fastexcel.read_excel(tmp_path / "t.xlsx").load_sheet(0).to_polars()

    assert read["ended_at"][0].hour == 6


def test_the_same_instant_comes_back_from_the_offset(tmp_path: Path) -> None:
    write_table(on_the_wall(table(), "America/Chicago"), tmp_path / "t.csv")

    text = pl.read_csv(tmp_path / "t.csv", infer_schema=False)["ended_at"][0]

    assert datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) == INSTANT


def test_an_estimate_becomes_three_columns_and_a_refusal_none() -> None:
    estimate = {"value": 2.0, "lower": 1.0, "upper": 3.0, "level": 0.95, "unit": "min", "method": "m"}
    flat = flat_table(
        [
            {"rank": 1, "minutes": estimate, "evidence": {"every": 5, "nested": {}}},
            {"rank": 2, "minutes": {"unavailable": "too few", "needed": None}, "evidence": {"every": 7}},
        ]
    )

    assert flat["minutes"].to_list() == [2.0, None]
    assert flat["minutes_upper"].to_list() == [3.0, None]
    assert flat["evidence_every"].to_list() == [5, 7]


def test_a_run_without_targets_gives_a_table_with_a_head(tmp_path: Path) -> None:
    for ending in ("csv", "parquet", "xlsx"):
        write_table(target_table([]), tmp_path / f"targets.{ending}")

    sheet = fastexcel.read_excel(tmp_path / "targets.xlsx").load_sheet(0).to_polars()
    assert pl.read_csv(tmp_path / "targets.csv").columns == list(TARGET_COLUMNS)
    assert dict(pl.read_parquet(tmp_path / "targets.parquet").schema) == TARGET_COLUMNS
    assert sheet.columns == list(TARGET_COLUMNS)


def test_targets_have_the_same_columns_whatever_their_estimates() -> None:
    estimate = {"value": 2.0, "lower": 1.0, "upper": 3.0, "level": 0.95, "unit": "min", "method": "m"}
    given = {"rank": 1, "station_id": "S1", "minutes_per_week": estimate, "call_rate": {"unavailable": "no"}}

    assert dict(target_table([given]).schema) == TARGET_COLUMNS
    assert target_table([given])["minutes_per_week_upper"].to_list() == [3.0]


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_what_was_there_stays_until_all_of_the_new_file_is(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"table{ending}"
    path.write_bytes(b"the last export")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for writer in ("write_csv", "write_parquet"):
        monkeypatch.setattr(pl.DataFrame, writer, full)
    monkeypatch.setattr("xlsxwriter.Workbook", full)
    with pytest.raises(OSError, match="No space"):
        write_table(pl.DataFrame({"a": [1]}), path)
    assert path.read_bytes() == b"the last export"
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_an_unknown_ending_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'t\.txt' does not say which format"):
        write_table(table(), tmp_path / "t.txt")
    assert list(tmp_path.iterdir()) == []


def test_more_rows_than_a_workbook_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_WORKBOOK_ROWS", 3)

    with pytest.raises(WalkawayError, match="do not fit in a workbook") as caught:
        write_table(table(), tmp_path / "t.xlsx")
    assert ".parquet" in caught.value.hint
