"""Exports as files: what a plant would hand over, and the truth apart from it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import polars as pl

from analytics.simulate import simulate, write_plant
from analytics.simulate.write import wall_time


def test_csv_exports_hold_every_cycle_and_call(tmp_path: Path) -> None:
    plant = simulate("default", seed=1, cycles=3_000)
    paths = write_plant(plant, tmp_path / "plant")
    assert [path.name for path in paths][:2] == ["cycles.csv", "andon_calls.csv"]
    read = pl.read_csv(paths[0], try_parse_dates=True)
    assert read.height == plant.truth.height
    assert read["ended_at"].dt.epoch("ms").equals(plant.tables["cycles"]["ended_at"].dt.epoch("ms"))
    assert not any("truth" in path.parts for path in paths)


def test_the_truth_lies_beside_the_exports(tmp_path: Path) -> None:
    plant = simulate("default", seed=1, cycles=3_000)
    write_plant(plant, tmp_path, "parquet")
    assert pl.read_parquet(tmp_path / "truth" / "cycles.parquet").equals(plant.truth)
    assert pl.read_parquet(tmp_path / "cycles.parquet").equals(plant.tables["cycles"])
    summary = json.loads((tmp_path / "truth" / "summary.json").read_text(encoding="utf-8"))
    assert summary["cycles"] == plant.truth.height
    assert summary["delayed_cycles"] == summary["called"] + summary["covered"] + summary["without_a_call"]


def test_a_plant_without_an_andon_hands_over_no_andon_file(tmp_path: Path) -> None:
    paths = write_plant(simulate("no_andon", seed=1, cycles=2_000), tmp_path)
    assert "andon_calls.csv" not in {path.name for path in paths}


def test_stamps_are_exported_as_wall_time() -> None:
    stored = pl.DataFrame({"at": [datetime(2025, 3, 29, 23, 0), datetime(2025, 3, 30, 1, 0)]})  # noqa: DTZ001
    shown = wall_time(stored, "Europe/Berlin")["at"].to_list()
    assert shown == [datetime(2025, 3, 30, 0, 0), datetime(2025, 3, 30, 3, 0)]  # noqa: DTZ001
    assert wall_time(stored, None).equals(stored)


def test_the_sample_is_the_small_plant_and_small() -> None:
    folder = Path(__file__).parents[2] / "data" / "sample"
    plant = simulate("small", seed=7)
    read = pl.read_csv(folder / "cycles.csv", try_parse_dates=True)
    assert read.columns == plant.tables["cycles"].columns
    assert read.height == plant.truth.height
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 300_000
