"""The truth at the floor that the estimate reports, cycle by cycle.

Question: which cycles should have been counted? Those whose own delay is at least their own reported floor,
that no call belongs to and whose station's call was not open.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from analytics.simulate import SimulatedPlant

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The truth at the reported floor, one entry per cycle.

    Attributes:
        own_delay_s: the true delay by the station itself.
        slow: judged, and delayed by at least the floor.
        uncalled: neither called nor covered.
        judged: the estimate gave it a floor.
        called_problem: a call belongs to its problem, maybe in another cycle of it.
    """

    own_delay_s: Floats
    slow: Bools
    uncalled: Bools
    judged: Bools
    called_problem: Bools

    @property
    def undetected(self) -> Bools:
        """Slow, not called, not covered."""
        return self.slow & self.uncalled


def in_order_of_truth(plant: SimulatedPlant, scored: pl.DataFrame) -> pl.DataFrame:
    """Bring the scored cycles into the order of the plant's truth, one row for each."""
    cycles = plant.tables["cycles"]
    ended = "ended_at" if "ended_at" in cycles.columns else "completed_at"
    keys = ["station_id", "ended_at"] + (["serial"] if "serial" in cycles.columns else [])
    known = cycles.rename({ended: "ended_at"}).select(keys)
    nth = pl.int_range(pl.len()).over(keys).alias("nth")
    joined = known.with_columns(nth).join(
        scored.with_columns(nth), on=[*keys, "nth"], how="left", maintain_order="left", nulls_equal=True
    )
    if joined.height != cycles.height or scored.height != cycles.height:
        raise ValueError(f"{cycles.height} cycles were given, {scored.height} came back")
    return joined.with_columns(
        pl.col("floor_s", "undetected_probability", "delay_s", "deviation").cast(pl.Float64)
    )


def truth_at(plant: SimulatedPlant, floor_s: Floats) -> Truth:
    """Return the truth at a floor per cycle (nan: not judged)."""
    frame = plant.truth
    own = frame["own_delay_s"].to_numpy()
    judged = np.isfinite(floor_s)
    slow = judged & (own > 0.0) & (own >= np.where(judged, floor_s, np.inf))
    uncalled = ~(frame["called"].to_numpy() | frame["covered"].to_numpy())
    called = frame.filter("called")["problem_id"].unique()
    return Truth(
        own_delay_s=own,
        slow=slow,
        uncalled=uncalled,
        judged=judged,
        called_problem=frame["problem_id"].is_in(called.implode()).fill_null(value=False).to_numpy(),
    )


def true_scatter_s(plant: SimulatedPlant) -> Floats:
    """Return per cycle its station's true scatter: the standard deviation of chance, seconds."""
    chance = plant.truth.select(
        plant.tables["cycles"]["station_id"], chance=pl.col("in_control_s") - pl.col("expected_s")
    )
    return chance.select(pl.col("chance").std().over("station_id"))["chance"].to_numpy()
