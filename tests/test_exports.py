"""Do tables leave in DESIGN's columns, with times on the plant's clock, and never as formulas?"""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import fastexcel
import numpy as np
import polars as pl
import pytest

from analytics.config import Workspace
from analytics.errors import UsageError, WalkawayError
from analytics.exports import flat_table, on_the_wall, read_table, write_table
from analytics.runs import publish
from tests.problems.plant import run_cycles
from tests.report.example import example

COLUMNS = [
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
]
RISKY = ["=1+1", "@sum(A1)", "-cmd|' /C calc'!A0", "+see note", "\t=1", "plain", "-12,5", None]


@pytest.fixture
def published(workspace: Workspace) -> Workspace:
    """A workspace with one run of one station."""
    rng = np.random.default_rng(0)
    cycles = run_cycles(rng, rng.random(400) < 0.1, days=4)
    publish(workspace, example(), {"cycles": cycles})
    return workspace


def test_cycles_have_one_row_each_in_the_promised_columns(published: Workspace) -> None:
    table = read_table(published, "cycles", None)
    assert table.columns == COLUMNS
    assert table.height == 400


def test_times_are_told_on_the_plants_clock(published: Workspace, tmp_path: Path) -> None:
    """The run's zone is Europe/Berlin, an hour ahead of UTC in early March."""
    write_table(read_table(published, "cycles", None), tmp_path / "cycles.csv")
    first = pl.read_csv(tmp_path / "cycles.csv", try_parse_dates=False).row(0, named=True)
    assert first["ended_at"] == "2026-03-02T07:01:00.000+01:00"


@pytest.mark.parametrize("zone", [None, "unspecified"])
def test_without_a_zone_times_stay_as_they_are(zone: str | None) -> None:
    table = pl.DataFrame({"ended_at": [datetime.fromisoformat("2026-03-29T02:30:00")]})
    assert on_the_wall(table, zone).equals(table)


@pytest.mark.parametrize("what", ["targets", "episodes"])
@pytest.mark.parametrize("ending", ["parquet", "csv", "xlsx"])
def test_other_tables_are_written_in_every_format(
    what: str, ending: str, published: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / f"table.{ending}"
    table = read_table(published, what, None)
    write_table(table, path)
    read = {"parquet": pl.read_parquet, "csv": pl.read_csv, "xlsx": pl.read_excel}[ending](path)
    assert read.columns == table.columns
    assert read.height == table.height > 0


def test_a_target_has_its_interval_in_columns() -> None:
    table = flat_table(example()["targets"])
    row = table.row(0, named=True)
    assert row["minutes_per_week_lower"] < row["minutes_per_week"] < row["minutes_per_week_upper"]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_text_is_never_a_formula(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"table.{ending}"
    write_table(pl.DataFrame({"serial": RISKY, "net_s": [-1.5] * len(RISKY)}), path)
    if ending == "csv":
        read = pl.read_csv(path)
    else:
        read = fastexcel.read_excel(path).load_sheet(0).to_polars()
        with zipfile.ZipFile(path) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert read["serial"].to_list() == ["'" + text for text in RISKY[:5]] + RISKY[5:]  # type: ignore[operator]
    assert read["net_s"].to_list() == [-1.5] * len(RISKY)


def test_parquet_keeps_text_as_it_is(tmp_path: Path) -> None:
    write_table(pl.DataFrame({"serial": RISKY}), tmp_path / "table.parquet")
    assert pl.read_parquet(tmp_path / "table.parquet")["serial"].to_list() == RISKY


def test_a_workbook_has_a_limit(tmp_path: Path) -> None:
    table = pl.DataFrame({"number": np.zeros(1_048_576)})
    with pytest.raises(WalkawayError, match=r"1,048,576 rows do not fit.*\.parquet"):
        write_table(table, tmp_path / "table.xlsx")
    assert not (tmp_path / "table.xlsx").exists()


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not say which format"):
        write_table(pl.DataFrame({"a": [1]}), tmp_path / "table.ods")
