"""An audit from the command line: drawn, filled in as people do, loaded, and in the next report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.cli import app
from analytics.cli_shell import run
from analytics.config import Workspace
from analytics.simulate import simulate, write_plant

FLOORS_ROUND = 0.06


def walkaway(*arguments: object) -> int:
    return run(app, [str(argument) for argument in arguments])


def answer(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    capsys.readouterr()
    assert walkaway(*arguments, "--json") == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small plant's exports, their truth, and a workspace with its run."""
    folder = tmp_path_factory.mktemp("published")
    files = write_plant(simulate("small", 3, 3_000), folder / "plant")
    assert walkaway("analyze", *files, "--workspace", folder / "workspace") == 0
    return folder


@pytest.fixture
def analyzed(published: Path, tmp_path: Path) -> tuple[Workspace, Path]:
    """A workspace of its own with that run, and the folder of the exports and truth."""
    shutil.copytree(published / "workspace", tmp_path / "workspace")
    return Workspace(root=tmp_path / "workspace"), published / "plant"


def fill_in(sheet: Path, plant: Path, observer: str) -> Path:
    """Fill a sheet in with the truth as a German spreadsheet saves it."""
    truth = pl.read_parquet(plant / "truth" / "cycles.parquet")
    ended = pl.col("ended_at").str.slice(0, 19)
    known = pl.read_csv(plant / "cycles.csv", infer_schema=False).select(
        station="station_id", serial="serial", ended=ended, own=truth["own_delay_s"]
    )
    blank = pl.read_csv(sheet, infer_schema=False)
    joined = blank.join(known, on=["station", "serial", "ended"], how="left", maintain_order="left")
    slow = joined["own"] >= joined["slow_from_s"].cast(pl.Float64) - FLOORS_ROUND
    long_enough = pl.max_horizontal("own", pl.col("slow_from_s").cast(pl.Float64)).round(1)
    length = joined.select(long_enough.cast(pl.String).str.replace(".", ",", literal=True)).to_series()
    filled = blank.with_columns(
        own_delay=pl.Series(["ja" if yes else "nein" for yes in slow]),
        delay_s=pl.Series([text if yes else None for text, yes in zip(length, slow, strict=True)]),
        observer=pl.lit(observer),
    )
    path = sheet.with_name(f"filled_by_{observer}.csv")
    path.write_text(filled.write_csv(separator=";"), encoding="cp1252")
    return path


def test_a_review_goes_out_comes_back_and_stands_in_the_next_report(
    analyzed: tuple[Workspace, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, plant = analyzed
    here = ("--workspace", workspace.root)
    sheet = tmp_path / "audit.csv"
    drawn = answer(capsys, "audit", "draw", "--size", "100", "--out", sheet, *here)
    assert drawn["drawn"] == 100
    assert 0 < drawn["expected_half_width"] < 1
    before = answer(capsys, "report", *here)
    assert "nothing was" not in json.dumps(before["audit"])

    loaded = answer(capsys, "audit", "load", fill_in(sheet, plant, "Jörg"), *here)
    assert (loaded["read"], loaded["used"], loaded["not_reviewed"], loaded["refused"]) == (100, 100, 0, [])
    assert loaded["model"] == before["demand"]["undetected"]["count"]
    assert answer(capsys, "report", *here) == before  # runs are immutable

    after = answer(capsys, "analyze", *here)
    assert after["audit"]["reviewed"] == 100
    assert after["demand"]["undetected"]["count"] == after["audit"]["count"] == loaded["audit"]["count"]
    assert "audited" in after["demand"]["undetected"]["minutes"]["method"]
    model, audited = before["demand"]["undetected"]["count"], after["audit"]["count"]
    assert audited["lower"] <= model["value"] * 1.25
    assert audited["upper"] >= model["value"] * 0.8

    capsys.readouterr()
    assert walkaway("report", *here) == 0
    said = capsys.readouterr().out
    assert "1 person looked at 100 cycles" in " ".join(said.split())
    assert walkaway("audit", "load", fill_in(sheet, plant, "Ben"), *here) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "100 cycles were looked at twice" in told
    assert (
        "two people looked at the same cycles and gave the same answer to 100 of 100 (100 %); kappa" in told
    )
    assert "To publish it: walkaway analyze" in told


def test_observers_names_are_not_kept(
    analyzed: tuple[Workspace, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, plant = analyzed
    sheet = tmp_path / "audit.csv"
    assert walkaway("audit", "draw", "--size", "40", "--out", sheet, "--workspace", workspace.root) == 0
    filled = fill_in(sheet, plant, "Rumpelstiltskin")
    assert walkaway("audit", "load", filled, "--workspace", workspace.root) == 0
    kept = b"".join(path.read_bytes() for path in workspace.root.glob("journal.sqlite*"))
    assert b"A-" in kept
    assert b"umpelstiltskin" not in kept


def test_watching_is_planned_in_hours_and_told_beforehand(
    analyzed: tuple[Workspace, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, _ = analyzed
    here = ("--workspace", workspace.root)
    sheet = tmp_path / "watch.xlsx"
    asked = ("audit", "draw", "--mode", "windows", "--start", "2025-03-17", "--out", sheet, *here)
    drawn = answer(capsys, *asked, "--half-width", "0.4", "--observers", "2")
    assert drawn["observer_hours"] == drawn["drawn"] > 1
    assert drawn["expected_half_width"] <= 0.45
    capsys.readouterr()
    assert walkaway(*asked, "--hours", "8") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "8 observer-hours" in said
    assert "2025-03-17" in said
    empty = answer(capsys, "audit", "load", sheet, *here)
    assert empty["used"] == 0
    assert empty["not_reviewed"] == empty["read"] == 32


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--out", "a.pdf"), "no sheet that people can fill in"),
        (("--out", "no_such/a.csv"), "There is no folder"),
        (("--out", "a.csv", "--hours", "3"), "--hours goes with --mode windows"),
        (("--out", "a.csv", "--mode", "windows", "--size", "90"), "--size goes with --mode records"),
        (("--out", "a.csv", "--half-width", "15"), "cannot be promised"),
        (("--out", "a.csv", "--size", "3"), "says nothing"),
        (("--out", "a.csv", "--mode", "video"), "records, windows"),
        (("--out", "a.csv", "--mode", "windows", "--minutes", "50", "--hours", "2"), "50 minutes"),
        (("--out", "a.csv", "--mode", "windows", "--start", "soon"), "is not a day"),
    ],
)
def test_a_draw_that_cannot_be_is_wrong_usage(
    analyzed: tuple[Workspace, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    said: str,
) -> None:
    workspace, _ = analyzed
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert walkaway("audit", "draw", *options, "--workspace", workspace.root) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
    assert not list(tmp_path.glob("a.*"))


def test_a_sheet_of_refused_rows_is_told_row_by_row(
    analyzed: tuple[Workspace, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, _ = analyzed
    path = tmp_path / "old.csv"
    path.write_text("draw,row,own_delay\nA-none,1,yes\nA-none,2,no\n")
    assert walkaway("audit", "load", path, "--workspace", workspace.root) == 1
    said = capsys.readouterr().out
    assert "2 rows: 0 used, 0 not reviewed, 2 refused" in said
    assert "line 2: there is no draw 'A-none' here (there is none)" in said


def test_how_often_observers_are_right_can_be_told(
    analyzed: tuple[Workspace, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, plant = analyzed
    here = ("--workspace", workspace.root)
    sheet = tmp_path / "audit.csv"
    assert walkaway("audit", "draw", "--size", "60", "--out", sheet, *here) == 0
    filled = fill_in(sheet, plant, "Ann")
    capsys.readouterr()
    assert walkaway("audit", "load", filled, "--sensitivity", "0.4", *here) == 2
    assert "sensitivity must be above 0.5" in capsys.readouterr().err
    told = answer(capsys, "audit", "load", filled, "--sensitivity", "0.9", "--specificity", "0.98", *here)
    assert told["audit"]["sensitivity"]["value"] == pytest.approx(0.9)
    assert "observers' errors were told" in told["audit"]["rests_on"]


def test_without_a_run_there_is_nothing_to_draw_from(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "a.csv"
    assert walkaway("audit", "draw", "--out", target, "--workspace", workspace.root) == 1
    assert "There is no run" in capsys.readouterr().err
