"""One plant in parts: stations, station × shift-day, rates, problems.

Question: does the estimate hold where it is cut into pieces, and where pieces are compared?
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from analytics.estimate.strata import group
from analytics.results import Unavailable
from analytics.simulate import SimulatedPlant
from analytics.study import Findings
from tests.accuracy.truth import Truth, truth_at

ENOUGH_AT_STATION = 30
"""True slow cycles from which a station's own interval is judged."""
STRATUM = ["line_id", "station_id", "shift", "shift_day"]


def against(said: dict[str, Any] | None, truth: float) -> dict[str, Any]:
    """Put an estimate of the report beside the truth."""
    if said is None or "value" not in said:
        return {"truth": truth, "withheld": True}
    return {
        "truth": truth,
        "value": said["value"],
        "lower": said["lower"],
        "upper": said["upper"],
        "ratio": said["value"] / truth if truth > 0.0 else None,
        "covers": bool(said["lower"] <= truth <= said["upper"]),
    }


def by_station(report: dict[str, Any], scored: pl.DataFrame, truth: Truth) -> dict[str, Any]:
    """Judge the intervals of stations with enough true slow cycles: how many hold, how wide they are."""
    true = _sums(scored, truth, ["line_id", "station_id"])
    found: dict[str, Any] = {}
    for what in ("count", "minutes"):
        rows = []
        for row in report["by"]["station"]:
            n, minutes = true.get((row["line_id"], row["station_id"]), (0.0, 0.0))
            said = row["undetected"][what]
            if n >= ENOUGH_AT_STATION and "value" in said:
                rows.append(against(said, n if what == "count" else minutes))
        widths = [(one["upper"] - one["lower"]) / 2.0 / max(one["value"], 1e-9) for one in rows]
        found[what] = {
            "n": len(rows),
            "covers": sum(one["covers"] for one in rows),
            "half_widths": [round(width, 3) for width in widths],
            "logs": [round(float(np.log(max(one["ratio"], 0.01))), 3) for one in rows],
        }
    return found


def by_stratum(findings: Findings, scored: pl.DataFrame, truth: Truth) -> dict[str, Any] | None:
    """Judge station × shift-day: the smallest pieces that a page shows."""
    report = findings.report
    if "value" not in report["demand"]["undetected"]["count"]:
        return None
    groups = group(
        findings.tables["cells"],
        findings.tables["stations"],
        STRATUM,
        plant_error=report["run"]["parameters"]["shared_error"],
    )
    true = _sums(scored, truth, STRATUM)
    n = covers = some = some_covers = 0
    squares = 0.0
    for one in groups:
        said = one.undetected_count
        if isinstance(said, Unavailable):
            continue
        count, _ = true.get(tuple(one.key[name] for name in STRATUM), (0.0, 0.0))
        held = bool(said.lower <= count <= said.upper)
        n, covers, squares = n + 1, covers + held, squares + float(said.value - count) ** 2
        if count > 0:
            some, some_covers = some + 1, some_covers + held
    return {"n": n, "covers": covers, "squares": squares, "some": some, "some_covers": some_covers}


def detection_rate(plant: SimulatedPlant, findings: Findings, scored: pl.DataFrame) -> dict[str, Any]:
    """Judge called ÷ slow at the common floor, of the stations that are compared there."""
    demand = findings.report["demand"]
    floor_s = demand.get("common_floor_s")
    compared = findings.tables["stations"].filter("common").select("line_id", "station_id")
    here = scored.select("line_id", "station_id").join(
        compared.with_columns(here=True), on=["line_id", "station_id"], how="left", maintain_order="left"
    )["here"]
    takes_part = here.fill_null(value=False).to_numpy() & scored["floor_s"].is_not_null().to_numpy()
    if not isinstance(floor_s, int | float):
        return {"truth": None, "withheld": True}
    truth = truth_at(plant, np.where(takes_part, float(floor_s), np.nan))
    slow = float(truth.slow.sum())
    if slow == 0.0:
        return {"truth": None, "withheld": True}
    return against(demand["detection_rate"], float((truth.slow & ~truth.uncalled).sum()) / slow)


def problems(plant: SimulatedPlant, report: dict[str, Any], truth: Truth) -> dict[str, Any]:
    """Judge problems (episodes): how many ran without a call, the call rate, how far cycles are merged."""
    ids = plant.truth["problem_id"]
    every = ids.filter(pl.Series(truth.slow)).n_unique()
    silent = ids.filter(pl.Series(truth.undetected & ~truth.called_problem)).n_unique()
    said = report["demand"]["undetected"].get("problems")
    count = report["demand"]["undetected"]["count"]
    all_said = report["types"]["type_1"].get("count", {})
    found: dict[str, Any] = {"problems": against(said, float(silent))}
    if said and "value" in said and all_said.get("value", 0.0) > 0.0 and every:
        # As a share of all: called = every problem less those without any call.
        rate = 1.0 - said["value"] / all_said["value"]
        found["problem_call_rate"] = {"truth": 1.0 - silent / every, "value": rate}
    if said and "value" in said and count["value"] > 0.0:
        found["merged"] = 1.0 - said["value"] / count["value"]
    return found


def _sums(scored: pl.DataFrame, truth: Truth, keys: list[str]) -> dict[tuple[Any, ...], tuple[float, float]]:
    """Return the true undetected count and minutes per group."""
    undetected = truth.undetected
    frame = scored.select(keys).with_columns(
        n=pl.Series(undetected).cast(pl.Float64), s=pl.Series(np.where(undetected, truth.own_delay_s, 0.0))
    )
    summed = frame.group_by(keys).agg(pl.col("n").sum(), pl.col("s").sum() / 60.0)
    return {row[:-2]: row[-2:] for row in summed.iter_rows()}
