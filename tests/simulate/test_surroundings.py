"""The downtime log: what it holds beside the calls, and how much it depends on them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.simulate import SimulatedPlant, simulate


def logged(plant: SimulatedPlant) -> pl.DataFrame:
    """Slow cycles with whether the downtime log holds them."""
    cycles = plant.tables["cycles"].with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    entries = plant.tables["detections"].filter(pl.col("source") == "downtime log")
    holding = entries.sort("detected_at").join_asof(
        cycles.sort("started_at"),
        left_on="detected_at",
        right_on="started_at",
        by=["line_id", "station_id"],
        check_sortedness=False,
    )
    slow = plant.truth.filter(pl.col("own_delay_s") > 0)
    return slow.with_columns(logged=pl.col("row").is_in(holding["row"].implode()))


@pytest.mark.parametrize(
    ("scenario", "low", "high"), [("independent_log", 0.8, 1.25), ("dependent_log", 1.5, 2.7)]
)
def test_called_stops_are_in_the_log_rather_than_others_only_where_it_depends(
    scenario: str, low: float, high: float
) -> None:
    slow = logged(simulate(scenario, seed=5, cycles=60_000)).filter(pl.col("own_delay_s") > 60.0)
    held = [slow.filter(pl.col("called") == called)["logged"].mean() for called in (True, False)]
    odds = [share / (1.0 - share) for share in np.array(held, dtype=float)]
    assert low < odds[0] / odds[1] < high


def test_a_sharp_log_holds_nothing_short_and_misses_some_of_the_longest() -> None:
    slow = logged(simulate("independent_log", seed=5, cycles=60_000))
    assert slow.filter(pl.col("own_delay_s") < 15.0)["logged"].mean() == pytest.approx(0.0, abs=0.01)
    assert slow.filter(pl.col("own_delay_s") > 90.0)["logged"].mean() == pytest.approx(0.6, abs=0.05)
