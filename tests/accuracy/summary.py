"""Many plants: the figures of each kind.

Question: how large is the usual error, and does the 95 % interval keep its promise? Errors are estimate ÷
truth − 1; their mean is taken on the logarithm: half and double weigh alike. Withheld plants give none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

Record = dict[str, Any]
Figures = dict[str, Any]

FEWEST_IN_BIN = 200
"""Cycles from which a bin of stated probabilities is judged: below, chance alone moves it by some points."""
MEANS = (
    "precision",
    "precision_ceiling",
    "hidden_in_waits",
    "above_floor",
    "floor_sigma",
    "right_calls",
)
"""Figures of which the plants' mean is told."""
PER = 200_000
"""Cycles that an excess over a truth of nothing is told for; of fewer in all it is not told."""


def by_scenario(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Group records by scenario, in the order in which they came."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record["scenario"], []).append(record)
    return groups


def figures(group: list[Record]) -> Figures:
    """Return the figures of one kind of plant; None where there is nothing to judge."""
    told = [record for record in group if "value" in record["count"]]
    found: Figures = {"plants": len(group), "told": len(told), "withheld": 1.0 - len(told) / len(group)}
    for what in ("count", "minutes", "problems", "detected", "total"):
        found |= {f"{what}_{name}": value for name, value in _errors([one[what] for one in told]).items()}
    found |= _excess(told)
    found |= _rates(told)
    found |= _stations(told) | _strata(told)
    found["calibration"] = calibration(told)
    found["calibration_worst"] = _worst(found["calibration"])
    found["calibration_surely"] = _surely(found["calibration"])
    for key in MEANS:
        found[key] = _mean(record.get(key) for record in told)
    floors = [record["floor_s"] for record in told if record["floor_s"]]
    found["floor_s"] = [_mean(floor[place] for floor in floors) for place in range(3)] if floors else None
    found["precision_share"] = _ratio(found["precision"], found["precision_ceiling"])
    seen = (_mean(record.get(f"precision_seen{of}") for record in told) for of in ("", "_ceiling"))
    found["precision_seen_share"] = _ratio(*seen)
    cycles = sum(record["cycles"] for record in group)
    found["cycles"] = cycles // len(group)
    found["cpu_s_per_million"] = 1e6 * sum(record.get("cpu_s", 0.0) for record in group) / cycles
    found["peers"] = _peer_means(told)
    found["peer_margin"] = _peer_margin(told)
    return found


def calibration(group: list[Record]) -> list[dict[str, float]]:
    """Return per bin of the stated probability the cycles, what was stated and what was true."""
    bins = []
    for low in sorted({one["low"] for record in group for one in record["calibration"]}):
        parts = [one for record in group for one in record["calibration"] if one["low"] == low]
        cycles = sum(one["cycles"] for one in parts)
        bins.append(
            {
                "low": low,
                "cycles": cycles,
                "stated": sum(one["stated"] * one["cycles"] for one in parts) / cycles,
                "true": sum(one["true"] * one["cycles"] for one in parts) / cycles,
            }
        )
    return bins


def _errors(stated: list[dict[str, Any]]) -> Figures:
    """Return bias, RMSE, largest error, coverage and half-width of one quantity."""
    stated = [one for one in stated if "covers" in one]
    ratios = [one["ratio"] for one in stated if one["ratio"] is not None]
    logs = np.log(np.maximum(ratios, 0.01))
    away = np.expm1(logs)
    wide = [(one["upper"] - one["lower"]) / 2.0 / one["value"] for one in stated if one["value"] > 0.0]
    return {
        "n": len(stated),
        "bias": float(np.expm1(logs.mean())) if ratios else None,
        "rmse": float(np.sqrt(np.mean(away**2))) if ratios else None,
        "worst": float(away[np.argmax(np.abs(away))]) if ratios else None,
        "coverage": _mean(one["covers"] for one in stated),
        "half_width": float(np.median(wide)) if wide and ratios else None,
    }


def _excess(told: list[Record]) -> Figures:
    """Return what is reported above the truth per 200,000 cycles of all plants, and if the lower bound holds.

    One plant says little, so plants are added up. The sampling error (two standard errors) is that of a ratio
    over plants (Cochran, 1977, *Sampling Techniques*, chapter 6).
    """
    over = np.array([record["count"]["value"] - record["count"]["truth"] for record in told])
    cycles = np.array([float(record["cycles"]) for record in told])
    held = _mean(record["count"]["lower"] <= record["count"]["truth"] for record in told)
    found: Figures = {"lower_holds": held, "excess": None}
    if cycles.sum() < PER:
        return found
    each, n = over.sum() / cycles.sum(), len(told)
    found |= {"excess": float(PER * each), "excess_worst": float(PER * (over / cycles).max())}
    if n > 1:
        squares = float(np.square(over - each * cycles).sum()) * n / (n - 1)
        found["excess_error"] = float(2.0 * PER * np.sqrt(squares) / cycles.sum())
    return found


def _rates(told: list[Record]) -> Figures:
    """Return errors of rates, in shares: 0.02 is two points."""
    found: Figures = {}
    for name in ("detection_rate", "problem_call_rate", "queue_share"):
        stated = [record[name] for record in told if "value" in record.get(name, {})]
        away = np.array([one["value"] - one["truth"] for one in stated])
        found[f"{name}_n"] = sum("covers" in one for one in stated)
        found[f"{name}_bias"] = float(away.mean()) if stated else None
        found[f"{name}_rmse"] = float(np.sqrt(np.mean(away**2))) if stated else None
        found[f"{name}_coverage"] = _mean(one["covers"] for one in stated if "covers" in one)
    found["merged"] = _mean(record.get("merged") for record in told)
    return found


def _stations(told: list[Record]) -> Figures:
    """Return coverage and half-width of stations with enough true slow cycles, over all plants."""
    found: Figures = {}
    for what in ("count", "minutes"):
        parts = [record["by_station"][what] for record in told]
        n = sum(part["n"] for part in parts)
        widths = [width for part in parts for width in part["half_widths"]]
        logs = [log for part in parts for log in part["logs"]]
        found |= {
            f"station_{what}_n": n,
            f"station_{what}_coverage": sum(part["covers"] for part in parts) / n if n else None,
            f"station_{what}_half_width": float(np.median(widths)) if widths else None,
            f"station_{what}_bias": float(np.expm1(np.mean(logs))) if logs else None,
        }
    return found


def _strata(told: list[Record]) -> Figures:
    """Return coverage and RMSE (slow cycles) of station × shift-day, and coverage where something is true."""
    parts = [record["by_stratum"] for record in told if record.get("by_stratum")]
    n, some = (sum(part[key] for part in parts) for key in ("n", "some"))
    return {
        "stratum_n": n,
        "stratum_coverage": sum(part["covers"] for part in parts) / n if n else None,
        "stratum_rmse": float(np.sqrt(sum(part["squares"] for part in parts) / n)) if n else None,
        "stratum_some_coverage": sum(part["some_covers"] for part in parts) / some if some else None,
    }


def _worst(bins: list[dict[str, float]]) -> float | None:
    """Return how far the worst bin with enough cycles states too much (+) or too little (−)."""
    away = [one["stated"] - one["true"] for one in bins if one["cycles"] >= FEWEST_IN_BIN]
    return max(away, key=abs, default=None)


def _surely(bins: list[dict[str, float]]) -> float | None:
    """Return how far the worst bin is off beyond what chance explains: the near end of its 95 % interval."""
    sure = []
    for one in (one for one in bins if one["cycles"] >= FEWEST_IN_BIN):
        away = one["stated"] - one["true"]
        # Half a cycle on either side keeps a bin in which all or none are true from being certain.
        true = (one["true"] * one["cycles"] + 0.5) / (one["cycles"] + 1.0)
        chance = 1.96 * np.sqrt(true * (1.0 - true) / one["cycles"])
        sure.append(float(np.sign(away) * max(abs(away) - chance, 0.0)))
    return max(sure, key=abs, default=None)


def _peer_means(told: list[Record]) -> dict[str, dict[str, float | None]]:
    names = dict.fromkeys(name for record in told for name in record.get("peers", {}))
    keys = ("count_ratio", "minutes_ratio", "precision", "count")
    return {
        name: {key: _mean(record["peers"][name][key] for record in told if "peers" in record) for key in keys}
        for name in names
    }


def _peer_margin(told: list[Record]) -> float | None:
    """Return by how much the ranking is better than the best peer's, on the same plants; negative: worse."""
    margins = [
        record["precision"] - max(peer["precision"] for peer in record["peers"].values())
        for record in told
        if record.get("peers") and record["precision"] is not None
    ]
    return min(margins, default=None)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _ratio(value: float | None, of: float | None) -> float | None:
    return value / of if value is not None and of else None
