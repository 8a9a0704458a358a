"""One plant: estimate against truth, and the peers on the same plant.

Question: how far is the estimate from the truth at the floor it reports? Truth: cycles whose own delay is at
least their own reported floor, that no call belongs to and whose station's call was not open.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.metrics import average_precision_score

from analytics.simulate import SimulatedPlant, simulate
from analytics.study import study_tables
from analytics.warehouse import memory_warehouse
from tests.accuracy.peers import run_peers

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BINS = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0001)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The truth at the reported floor, one entry per judged cycle (those with a floor)."""

    own_delay_s: Floats
    slow: Bools
    uncalled: Bools
    judged: Bools

    @property
    def undetected(self) -> Bools:
        """Slow, not called, not covered."""
        return self.slow & self.uncalled


def judge(scenario: str, seed: int, cycles: int | None = None, *, with_peers: bool = True) -> dict[str, Any]:
    """Draw a plant, study it, compare: a flat record that JSON can hold."""
    began = time.perf_counter()
    plant = simulate(scenario, seed, cycles)
    drawn = time.perf_counter()
    with memory_warehouse(plant.tables) as con:
        findings = study_tables(con, timezone=plant.timezone or "unspecified", seed=seed)
    studied = time.perf_counter()
    scored = in_order_of_truth(plant, findings.tables["cycles"])
    truth = truth_at(plant, scored["floor_s"].to_numpy())
    record: dict[str, Any] = {
        "scenario": scenario,
        "seed": seed,
        "cycles": plant.truth.height,
        "stations": plant.tables["cycles"]["station_id"].n_unique(),
        "drawn_in_s": round(drawn - began, 2),
        "studied_in_s": round(studied - drawn, 2),
        "caveats": sorted({caveat["code"] for caveat in findings.report.get("caveats", [])}),
    }
    record |= compare(plant, scored, truth, findings.report)
    if with_peers:
        record["peers"] = compare_peers(plant, truth)
    return record


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
    return joined.with_columns(pl.col("floor_s", "undetected_probability", "delay_s").cast(pl.Float64))


def truth_at(plant: SimulatedPlant, floor_s: Floats) -> Truth:
    """Return the truth at a floor per cycle (nan: not judged)."""
    frame = plant.truth
    own = frame["own_delay_s"].to_numpy()
    judged = np.isfinite(floor_s)
    slow = judged & (own > 0.0) & (own >= np.where(judged, floor_s, np.inf))
    uncalled = ~(frame["called"].to_numpy() | frame["covered"].to_numpy())
    return Truth(own_delay_s=own, slow=slow, uncalled=uncalled, judged=judged)


def compare(
    plant: SimulatedPlant, scored: pl.DataFrame, truth: Truth, report: dict[str, Any]
) -> dict[str, Any]:
    """Compare count, minutes, ranking and probabilities with the truth."""
    undetected = truth.undetected
    every = (truth.own_delay_s > 0.0) & truth.uncalled
    said = report["demand"]["undetected"]
    probability = scored["undetected_probability"].fill_null(0.0).fill_nan(0.0).to_numpy()
    mixed = plant.truth
    z = mixed["in_control_s"] + mixed["own_delay_s"] - mixed["expected_s"]
    floor_s = scored["floor_s"].fill_null(float("nan")).to_numpy()
    best = np.where(truth.judged, z.to_numpy() / floor_s, 0.0)
    floors = floor_s[truth.judged]
    called = mixed.filter(pl.col("called"))["problem_id"].unique()
    problems = mixed.filter(pl.Series(undetected))["problem_id"].unique()
    return {
        "floor_s": [round(float(q), 1) for q in np.quantile(floors, [0, 0.5, 1])] if floors.size else None,
        "count": _against(said["count"], float(undetected.sum())),
        "minutes": _against(said["minutes"], float(truth.own_delay_s[undetected].sum() / 60.0)),
        "problems": _against(said.get("problems"), float((~problems.is_in(called.implode())).sum())),
        "detected": _against(
            report["demand"]["detected"].get("count"), float((truth.slow & ~truth.uncalled).sum())
        ),
        "total": _against(report["demand"]["total"].get("count"), float(truth.slow.sum())),
        "above_floor": _ratio(float(undetected.sum()), float(every.sum())),
        "not_judged": float((every & ~truth.judged).sum()),
        "precision": _precision(undetected, probability, truth),
        "precision_ceiling": _precision(undetected, best, truth),
        "calibration": _calibration(undetected, probability, truth.judged),
        "right_calls": _right_calls(plant, scored),
    }


def compare_peers(plant: SimulatedPlant, truth: Truth) -> dict[str, Any]:
    """Compare every peer with the truth at the same floor."""
    undetected = truth.undetected
    count = float(undetected.sum())
    minutes = float(truth.own_delay_s[undetected].sum() / 60.0)
    found = {}
    blocked = plant.truth["blocked_s"].to_numpy() > 0.0
    for name, flags in run_peers(plant.tables, blocked).items():
        mine = flags.flagged & truth.uncalled & truth.judged
        found[name] = {
            "count": float(mine.sum()),
            "count_ratio": _ratio(float(mine.sum()), count),
            "minutes_ratio": _ratio(float(flags.excess_s[mine].sum() / 60.0), minutes),
            "precision": _precision(undetected, flags.score, truth),
        }
    return found


def _against(said: dict[str, Any] | None, truth: float) -> dict[str, Any]:
    """Put an estimate of the report beside the truth."""
    if said is None or "value" not in said:
        return {"truth": truth, "withheld": True}
    return {
        "truth": truth,
        "value": said["value"],
        "lower": said["lower"],
        "upper": said["upper"],
        "ratio": _ratio(said["value"], truth),
        "covers": bool(said["lower"] <= truth <= said["upper"]),
    }


def _ratio(value: float, truth: float) -> float | None:
    return value / truth if truth > 0.0 else None


def _precision(undetected: Bools, score: Floats, truth: Truth) -> float | None:
    """Return the average precision of a ranking of the truly uncalled cycles."""
    rows = truth.judged & truth.uncalled
    if undetected[rows].sum() < 5:
        return None
    return float(average_precision_score(undetected[rows], score[rows]))


def _calibration(undetected: Bools, probability: Floats, judged: Bools) -> list[dict[str, float]]:
    """Return per bin of the stated probability how many cycles, what was stated, what was true."""
    bins = []
    for low, high in itertools.pairwise(BINS):
        rows = judged & (probability >= low) & (probability < high)
        cycles = int(rows.sum())
        if cycles:
            bins.append(
                {
                    "low": low,
                    "high": min(high, 1.0),
                    "cycles": cycles,
                    "stated": float(probability[rows].mean()),
                    "true": float(undetected[rows].mean()),
                }
            )
    return bins


def _right_calls(plant: SimulatedPlant, scored: pl.DataFrame) -> float | None:
    """Return the share of calls about a slow cycle that were given to that cycle."""
    calls = plant.true_calls.drop_nulls("row")
    if calls.is_empty() or "call_id" not in scored.columns:
        return None
    given = scored["call_id"].gather(calls["row"])
    return float((given == calls["call_id"]).fill_null(value=False).sum() / calls.height)
