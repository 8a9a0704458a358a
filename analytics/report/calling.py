"""How people call, as the report's page shows it: shares by seconds, and calls of two periods."""

from __future__ import annotations

from typing import Any

from analytics.charts import calling, words
from analytics.report import wording
from analytics.report.view import Row, bar, pools
from analytics.report.wording import quantity
from analytics.results import Unavailable


def share_by_seconds(report: dict[str, Any]) -> list[Row]:
    """Return the share called by band of seconds, over all stations that are compared, of 100 %."""
    section = report.get("detection_curve") or {}
    points = section["overall"]["points"] if "overall" in section else []
    rows = []
    for point in points:
        called = quantity(point, "called")
        rows.append(
            Row(
                name=words.span(point["from_s"], point["to_s"]),
                bar=bar(called, 1.0),
                text=wording.with_bounds(called),
                remark=words.counted(round(point["slow_cycles"]), "slow cycle"),
                kind="called",
            )
        )
    return rows


def seconds_called(report: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return from how many seconds on people call: all, by line, by shift where enough is pooled."""
    section = report.get("detection_curve") or {}
    if "overall" not in section:
        return []
    rows = [("All", section["overall"])]
    for name, key in (("line", "line_id"), ("shift", "shift")):
        if len(section[f"by_{name}"]) > 1 and pools(report, name):
            rows += [(words.named(name, one[key]), one) for one in section[f"by_{name}"]]
    return [
        (
            name,
            words.number(one["slow_cycles"], 1.0),
            *(
                words.reason(given) if isinstance(given, Unavailable) else words.with_interval(given)
                for given in (
                    quantity(one, "called_50_s"),
                    quantity(one, "called_90_s"),
                    quantity(one, "ceiling"),
                )
            ),
        )
        for name, one in rows
    ]


def change(report: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return calls, slow cycles and call rate of the two periods, and the change of each."""
    section = report.get("change") or {}
    if "periods" not in section or not pools(report, "line"):
        return []
    earlier, later = section["periods"]
    rows = [
        (
            name,
            words.with_interval(quantity(earlier, level)),
            words.with_interval(quantity(later, level)),
            calling.percent(quantity(section, ratio)),
        )
        for level, name, ratio in calling.LEVELS
    ]
    moved = calling.percent(quantity(section, "mix"))
    return [*rows, ("Cycles moved between stations", "–", "–", moved)]


def change_in_words(report: dict[str, Any]) -> tuple[str, str]:
    """Say what a change in calls comes from, and between which periods at which floor."""
    section = report.get("change") or {}
    if "periods" not in section:
        return "", ""
    floor = wording.coarse(section["common_floor_s"])
    return (
        calling.verdict(section),
        f"{calling.periods(section)}; slow cycles delayed by over {floor}\N{NO-BREAK SPACE}s in both",
    )
