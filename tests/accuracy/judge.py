"""One plant: estimate against truth, and the peers on the same plant.

Question: how far is the estimate from the truth at the floor it reports, in whole and in parts?
"""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import average_precision_score

from analytics.simulate import SimulatedPlant, simulate
from analytics.study import Findings, study_tables
from analytics.warehouse import memory_warehouse
from tests.accuracy import parts
from tests.accuracy.peers import run_peers
from tests.accuracy.queue_share import queue_share
from tests.accuracy.truth import Bools, Floats, Truth, in_order_of_truth, true_scatter_s, truth_at

BINS = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0001)
TWIN = "/nothing_wrong"
"""Behind a scenario's name: its twin on which no cycle is abnormal."""


def judge(scenario: str, seed: int, cycles: int | None = None, *, with_peers: bool = True) -> dict[str, Any]:
    """Draw a plant, study it, compare: a flat record that JSON can hold."""
    began = time.perf_counter()
    name = scenario.removesuffix(TWIN)
    plant = simulate(name, seed, cycles, nothing_wrong=name != scenario)
    drawn, cpu = time.perf_counter(), time.process_time()
    with memory_warehouse(plant.tables) as con:
        findings = study_tables(con, timezone=plant.timezone or "unspecified", seed=seed)
    cpu_s, studied = time.process_time() - cpu, time.perf_counter()
    scored = in_order_of_truth(plant, findings.tables["cycles"])
    truth = truth_at(plant, scored["floor_s"].to_numpy())
    record: dict[str, Any] = {
        "scenario": scenario,
        "seed": seed,
        "cycles": plant.truth.height,
        "stations": plant.tables["cycles"]["station_id"].n_unique(),
        "drawn_in_s": round(drawn - began, 2),
        "studied_in_s": round(studied - drawn, 2),
        "cpu_s": round(cpu_s, 2),
        "caveats": sorted({caveat["code"] for caveat in findings.report.get("caveats", [])}),
    }
    record |= compare(plant, findings, scored, truth)
    if with_peers:
        record["peers"] = compare_peers(plant, scored, truth)
    return record


def compare(plant: SimulatedPlant, findings: Findings, scored: pl.DataFrame, truth: Truth) -> dict[str, Any]:
    """Compare count, minutes, parts, ranking and probabilities with the truth."""
    report, undetected = findings.report, truth.undetected
    every = (truth.own_delay_s > 0.0) & truth.uncalled
    demand, said = report["demand"], report["demand"]["undetected"]
    probability = scored["undetected_probability"].fill_null(0.0).fill_nan(0.0).to_numpy()
    best = _best_score(plant, scored, truth)
    hidden = undetected & (plant.truth["blocked_s"].to_numpy() > 0.0)
    return {
        "count": parts.against(said["count"], float(undetected.sum())),
        "minutes": parts.against(said["minutes"], float(truth.own_delay_s[undetected].sum() / 60.0)),
        "detected": parts.against(
            demand["detected"].get("count"), float((truth.slow & ~truth.uncalled).sum())
        ),
        "total": parts.against(demand["total"].get("count"), float(truth.slow.sum())),
        **parts.problems(plant, report, truth),
        "detection_rate": parts.detection_rate(plant, findings, scored),
        "queue_share": queue_share(plant, undetected, report),
        "by_station": parts.by_station(report, scored, truth),
        "by_stratum": parts.by_stratum(findings, scored, truth),
        **_floors(plant, scored, truth),
        "above_floor": _ratio(float(undetected.sum()), float(every.sum())),
        "not_judged": float((every & ~truth.judged).sum()),
        "precision": _precision(undetected, probability, truth),
        "precision_ceiling": _precision(undetected, best, truth),
        "hidden_in_waits": _ratio(float(hidden.sum()), float(undetected.sum())),
        "precision_seen": _precision(undetected, probability, truth, without=hidden),
        "precision_seen_ceiling": _precision(undetected, best, truth, without=hidden),
        "calibration": _calibration(undetected, probability, truth.judged),
        "right_calls": _right_calls(plant, scored),
    }


def compare_peers(plant: SimulatedPlant, scored: pl.DataFrame, truth: Truth) -> dict[str, Any]:
    """Compare every peer with the truth at the same floor."""
    undetected = truth.undetected
    count = float(undetected.sum())
    minutes = float(truth.own_delay_s[undetected].sum() / 60.0)
    found = {}
    blocked = plant.truth["blocked_s"].to_numpy() > 0.0
    for name, flags in run_peers(plant.tables, blocked, scored).items():
        mine = flags.flagged & truth.uncalled & truth.judged
        found[name] = {
            "count": float(mine.sum()),
            "count_ratio": _ratio(float(mine.sum()), count),
            "minutes_ratio": _ratio(float(flags.excess_s[mine].sum() / 60.0), minutes),
            "precision": _precision(undetected, flags.score, truth),
        }
    return found


def _ratio(value: float, truth: float) -> float | None:
    return value / truth if truth > 0.0 else None


def _floors(plant: SimulatedPlant, scored: pl.DataFrame, truth: Truth) -> dict[str, Any]:
    """Return lowest, median and highest floor, and its median in true sigmas of the station's own chance."""
    floor_s = scored["floor_s"].to_numpy()[truth.judged]
    if not floor_s.size:
        return {"floor_s": None, "floor_sigma": None}
    sigmas = floor_s / np.maximum(true_scatter_s(plant)[truth.judged], 1e-6)
    return {
        "floor_s": [round(float(q), 1) for q in np.quantile(floor_s, [0, 0.5, 1])],
        "floor_sigma": round(float(np.median(sigmas)), 2),
    }


def _best_score(plant: SimulatedPlant, scored: pl.DataFrame, truth: Truth) -> Floats:
    """Return the ranking that the true usual time, scatter and calls would allow."""
    frame = plant.truth
    z = (frame["in_control_s"] + frame["own_delay_s"] - frame["expected_s"]).to_numpy()
    floor_s = scored["floor_s"].fill_null(float("nan")).to_numpy()
    return np.where(truth.judged, z / floor_s, 0.0)


def _precision(undetected: Bools, score: Floats, truth: Truth, without: Bools | None = None) -> float | None:
    """Return the average precision of a ranking of the truly uncalled cycles.

    Left out may be what no record shows: delays hidden in a wait for room, which the ceiling knows of.
    """
    rows = truth.judged & truth.uncalled
    if without is not None:
        rows &= ~without
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
