"""Many plants: one line per scenario, estimate and peers side by side.

Question: how large is the usual error, and does the 95 % interval keep its promise?
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from rich.console import Group
from rich.table import Table

Record = dict[str, Any]


def by_scenario(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Group records by scenario, in the order in which they came."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record["scenario"], []).append(record)
    return groups


def summarize(records: Iterable[Record]) -> dict[str, dict[str, Any]]:
    """Return per scenario bias, RMSE, coverage, half-width, precision, times, and the peers' figures."""
    return {name: _summary(group) for name, group in by_scenario(records).items()}


def tables(records: list[Record]) -> Group:
    """Show estimate ÷ truth per scenario, calibration, and the peers."""
    return Group(_accuracy(records), _calibration(records), _peers(records))


def errors(group: list[Record], what: str) -> list[float]:
    """Return ln(estimate ÷ truth) of the plants that have both."""
    ratios = [record[what].get("ratio") for record in group]
    return [float(np.log(max(ratio, 0.01))) for ratio in ratios if ratio is not None]


def _summary(group: list[Record]) -> dict[str, Any]:
    found: dict[str, Any] = {"plants": len(group)}
    for what in ("count", "minutes", "problems", "detected", "total"):
        logs = errors(group, what)
        stated = [record[what] for record in group if "covers" in record[what]]
        positive = [one for one in stated if one["value"] > 0.0 and one["truth"] > 0.0]
        found[what] = {
            "bias": float(np.exp(np.mean(logs)) - 1.0) if logs else None,
            "rmse": float(np.sqrt(np.mean(np.expm1(logs) ** 2))) if logs else None,
            "coverage": float(np.mean([one["covers"] for one in stated])) if stated else None,
            "half_width": float(
                np.median([(one["upper"] - one["lower"]) / 2.0 / one["value"] for one in positive])
            )
            if positive
            else None,
            "withheld": len(group) - len(stated),
            "largest": max((one["value"] for one in stated), default=None),
        }
    for key in ("precision", "precision_ceiling", "above_floor", "right_calls", "studied_in_s"):
        values = [record[key] for record in group if record.get(key) is not None]
        found[key] = float(np.mean(values)) if values else None
    found["peers"] = _peer_means(group)
    return found


def _peer_means(group: list[Record]) -> dict[str, dict[str, float | None]]:
    names = [name for record in group for name in record.get("peers", {})]
    means: dict[str, dict[str, float | None]] = {}
    for name in dict.fromkeys(names):
        rows = [record["peers"][name] for record in group if name in record.get("peers", {})]
        means[name] = {}
        for key in ("count_ratio", "minutes_ratio", "precision", "count"):
            values = [row[key] for row in rows if row[key] is not None]
            means[name][key] = float(np.mean(values)) if values else None
    return means


def _accuracy(records: list[Record]) -> Table:
    table = Table(
        title="Estimate ÷ truth at the reported floor (bias ± RMSE, coverage of the interval, half-width)"
    )
    for column in (
        "scenario",
        "plants",
        "count",
        "minutes",
        "problems",
        "total",
        "AP",
        "ceiling",
        "above floor",
        "s",
    ):
        table.add_column(column, justify="left" if column == "scenario" else "right")
    for name, found in summarize(records).items():
        table.add_row(
            name,
            str(found["plants"]),
            *(_cell(found[what]) for what in ("count", "minutes", "problems", "total")),
            _number(found["precision"], 3),
            _number(found["precision_ceiling"], 3),
            _number(found["above_floor"], 2),
            _number(found["studied_in_s"], 1),
        )
    return table


def _calibration(records: list[Record]) -> Table:
    table = Table(title="Stated / true share of undetected cycles, by stated probability (cycles)")
    table.add_column("scenario")
    lows: list[float] = sorted({one["low"] for record in records for one in record["calibration"]})
    for low in lows:
        table.add_column(f"from {low}", justify="right")
    for name, group in by_scenario(records).items():
        cells = []
        for low in lows:
            parts = [one for record in group for one in record["calibration"] if one["low"] == low]
            cycles = sum(one["cycles"] for one in parts)
            if not cycles:
                cells.append("–")
                continue
            stated = sum(one["stated"] * one["cycles"] for one in parts) / cycles
            true = sum(one["true"] * one["cycles"] for one in parts) / cycles
            cells.append(f"{stated:.3f} / {true:.3f} ({cycles})")
        table.add_row(name, *cells)
    return table


def _peers(records: list[Record]) -> Table:
    table = Table(
        title="What a user would do otherwise: count ÷ truth, minutes ÷ truth, AP (count where truth is 0)"
    )
    names = list(dict.fromkeys(name for record in records for name in record.get("peers", {})))
    table.add_column("scenario")
    for name in names:
        table.add_column(name, justify="right")
    for scenario, found in summarize(records).items():
        cells = []
        for name in names:
            peer = found["peers"].get(name, {})
            if peer.get("count_ratio") is None:
                cells.append(_number(peer.get("count"), 0))
            else:
                parts = (peer["count_ratio"], peer["minutes_ratio"], peer["precision"])
                cells.append(" ".join(_number(part, 2) for part in parts))
        table.add_row(scenario, *cells)
    return table


def _cell(found: dict[str, Any]) -> str:
    if found["bias"] is None:
        return "withheld" if found["largest"] is None else f"≤ {found['largest']:.1f}{_kept(found)}"
    text = f"{100 * found['bias']:+.1f} ± {100 * found['rmse']:.1f} %"
    return text + _kept(found) + (f" {found['withheld']} withheld" if found["withheld"] else "")


def _kept(found: dict[str, Any]) -> str:
    if found["coverage"] is None:
        return ""
    width = "" if found["half_width"] is None else f", {100 * found['half_width']:.0f} %"
    return f" ({100 * found['coverage']:.0f} %{width})"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
