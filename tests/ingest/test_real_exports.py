"""Real exports, where they are at hand: four machine tools of NIST and an injection-moulding press."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.ingest.conftest import Load, Rows

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def real(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the real export {name} is not on this machine")
    return path


def test_the_press_loads_as_completions_with_stated_cycle_times(load: Load, rows: Rows) -> None:
    path = real("injection-moulding/shots.csv")
    outcome = load(path)
    assert (outcome.table, outcome.read, outcome.loaded) == ("cycles", 5232, 5232)
    cycles = rows("cycles")
    assert cycles["started_at"].null_count() == cycles["ended_at"].null_count() == cycles.height
    assert cycles["serial"].null_count() == cycles.height
    assert cycles["cycle_s"].median() == pytest.approx(59.5, abs=0.1)
    assert cycles["station_id"].value_counts().sort("count", descending=True).row(0) == ("S14", 5230)
    shared = cycles.group_by("station_id", "completed_at").agg(pl.len().alias("cavities"))
    assert shared["cavities"].max() == 2
    again = load(path, mapping="injection-moulding-shots")
    assert (again.loaded, again.duplicate) == (0, 5232)


def test_the_shifted_copy_is_refused_with_its_evidence(load: Load) -> None:
    outcome = load(real("injection-moulding/shots_shifted_header.parquet"))
    assert outcome.error is not None
    assert "'cycle_time'" in outcome.error
    assert "'clamp_close_time'" in outcome.error
    assert "shifted" in outcome.error


def test_a_machine_tool_gives_its_cycles_and_alarms(load: Load, rows: Rows) -> None:
    outcome = load(real("nist-mtconnect/Mazak01_events_only.psv.gz"))
    assert (outcome.read, outcome.duplicate, outcome.quarantined) == (342590, 9423, 0)
    assert outcome.derived["cycles"] >= 9500
    assert outcome.derived["detections"] > 1000
    cycles = rows("cycles")
    assert cycles["station_id"].unique().to_list() == ["Mazak01"]
    assert cycles["product_id"].null_count() < 50
    spans = (cycles["ended_at"] - cycles["started_at"]).dt.total_seconds()
    assert spans.min() >= 0  # type: ignore[operator]
    assert spans.max() < 86_400  # type: ignore[operator]


@pytest.mark.parametrize("name", ["Mazak03", "GFAgie01", "Hurco01"])
def test_the_other_machines_load(name: str, load: Load) -> None:
    outcome = load(real(f"nist-mtconnect/{name}_events_only.psv.gz"))
    assert outcome.error is None
    assert outcome.derived["cycles"] > 0


def test_a_raw_day_adds_nothing_to_the_log_that_holds_it(load: Load) -> None:
    load(real("nist-mtconnect/Mazak01_events_only.psv.gz"))
    outcome = load(real("nist-mtconnect/raw_days/Mazak01-20181105-20181106.txt.gz"))
    assert outcome.error is None
    assert outcome.derived["cycles"] == 0
