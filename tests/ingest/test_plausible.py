"""Columns that do not hold what their names say are refused with the evidence; ordinary files are not."""
# ruff: noqa: DTZ001 - the warehouse keeps times without a zone

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tests.ingest.conftest import Load

START = datetime(2025, 3, 3, 6)


def shots(path: Path, *, shifted: bool, gap_s: float = 60.0) -> Path:
    """Write completions every minute; in the shifted file each column carries its neighbour's name."""
    noise = np.random.default_rng(7).normal(0, 0.2, 200)
    columns = {
        "plasticizing_time": np.full(200, 16.9),
        "cycle_time": 59.5 + noise,
        "clamp_close_time": np.full(200, 7.1),
    }
    names = ["cycle_time", "clamp_close_time", "cushion"] if shifted else list(columns)
    pl.DataFrame(
        {
            "timestamp": [START + timedelta(seconds=gap_s * i) for i in range(200)],
            "machine": ["S14"] * 200,
            **dict(zip(names, columns.values(), strict=True)),
        }
    ).write_parquet(path)
    return path


def test_a_shifted_header_is_refused(tmp_path: Path, load: Load) -> None:
    outcome = load(shots(tmp_path / "shots.parquet", shifted=True))
    assert outcome.error is not None
    assert "'cycle_time' holds 16.9 s" in outcome.error
    assert "'clamp_close_time' beside it holds 59.5" in outcome.error


def test_the_right_header_loads(tmp_path: Path, load: Load) -> None:
    assert load(shots(tmp_path / "shots.parquet", shifted=False)).loaded == 200


def test_a_station_that_waits_long_between_short_cycles_loads(tmp_path: Path, load: Load) -> None:
    assert load(shots(tmp_path / "shots.parquet", shifted=False, gap_s=600.0)).loaded == 200


def timed(path: Path, factor: float, name: str = "cycle_s") -> Path:
    spans = np.random.default_rng(3).lognormal(4, 0.3, 100)
    starts = [START + timedelta(minutes=10 * i) for i in range(100)]
    pl.DataFrame(
        {
            "station_id": ["S1"] * 100,
            "started_at": starts,
            "ended_at": [
                start + timedelta(seconds=float(span)) for start, span in zip(starts, spans, strict=True)
            ],
            name: spans * factor,
        }
    ).write_parquet(path)
    return path


def test_a_wrong_unit_is_refused(tmp_path: Path, load: Load) -> None:
    for factor in (1000.0, 1 / 60, 1 / 3600):
        outcome = load(timed(tmp_path / f"{factor}.parquet", factor))
        assert outcome.error is not None, factor
        assert "unit" in outcome.error


def test_hours_that_are_days_are_refused(tmp_path: Path, load: Load) -> None:
    assert "unit" in str(load(timed(tmp_path / "c.parquet", 1 / 86400, "cycle time (h)")).error)


def test_a_stated_time_that_is_part_of_the_span_loads(tmp_path: Path, load: Load) -> None:
    assert load(timed(tmp_path / "c.parquet", 0.3)).loaded == 100
