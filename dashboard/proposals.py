"""What the Types page proposes: the four types, and the targets with the ranks that their intervals allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analytics.charts import palette, words
from analytics.charts.bars import Bar
from analytics.report import proposed, wording
from analytics.results import Estimate, Quantity, Unavailable
from dashboard import state
from dashboard.answers import Report, quantity

TYPES = {"type_2": "Type 2", "type_3": "Type 3"}
"""The types that targets can be of."""

_COUNTED = {
    "type_1": "problems, called or not",
    "type_2": "patterns and standards not held",
    "type_3": "stations or products",
    "type_4": "",
}


def type_figure(report: Report, name: str) -> tuple[Quantity, str]:
    """Return the figure of one of the four types, and its minutes as a note."""
    count = quantity(report, "types", name, "count")
    minutes = quantity(report, "types", name, "minutes")
    if isinstance(count, Unavailable):
        return count, ""
    time = f"; {words.with_interval(minutes)} of station time" if isinstance(minutes, Estimate) else ""
    return count, f"{_COUNTED[name]}{time}"


def of_type(targets: Sequence[Report], chosen: str) -> list[Report]:
    """Return the targets of a type ("type_2"), or all of them where it names none."""
    return [target for target in targets if chosen not in TYPES or target["type"] == chosen]


def place(target: Report) -> dict[str, str]:
    """Return what the URL of Detection gaps says to show a target's station."""
    line = target.get("line_id")
    at_line = {state.VIEW_LINE: str(line)} if line is not None else {}
    return {**at_line, state.VIEW_STATION: str(target["station_id"])}


def target_bars(targets: Sequence[Report], everyone: Sequence[Report] | None = None) -> list[Bar]:
    """Return proposed targets as bars, in their rank (neither called nor missed: a colour of their own)."""
    everyone = targets if everyone is None else everyone
    return [
        Bar(
            label=f"{target['rank']}  {_station(target, everyone)}",
            below=proposed.name(target),
            quantity=quantity(target, "minutes_per_week"),
            colour=palette.NEUTRAL,
            detail=words.wrapped(words.literal(str(target.get("evidence") or ""))),
            key={"target": str(target["id"])},
        )
        for target in targets
    ]


def target_rows(targets: Sequence[Report], everyone: Sequence[Report] | None = None) -> list[dict[str, Any]]:
    """Return proposed targets as rows of a table, with the ranks that their intervals allow.

    All are in minutes, so that one column has one unit; a call rate that there is not is empty.
    """
    everyone = targets if everyone is None else everyone
    weekly = [quantity(target, "minutes_per_week") for target in targets]
    return [
        {
            "rank": target["rank"],
            "type": TYPES.get(str(target["type"]), str(target["type"])),
            "could_be": _ranks(own, _others(target, everyone)),
            "station": _station(target, everyone),
            "pattern": proposed.name(target)
            + (f", {target['product_id']}" if target.get("product_id") is not None else ""),
            "evidence": target.get("evidence") or "",
            "minutes": wording.with_bounds(own),
            "call_rate": words.with_interval(rate) if isinstance(rate, Estimate) else None,
            "first_step": proposed.first_step(target),
        }
        for target, own in zip(targets, weekly, strict=True)
        for rate in [quantity(target, "call_rate")]
    ]


def _station(target: Report, targets: Sequence[Report]) -> str:
    """Name a target's station, and the line where two lines share that name."""
    name, line = str(target["station_id"]), target.get("line_id")
    lines = {other.get("line_id") for other in targets if other["station_id"] == name}
    return f"{name} ({line})" if line is not None and len(lines) > 1 else name


def _others(target: Report, everyone: Sequence[Report]) -> list[Quantity]:
    return [quantity(other, "minutes_per_week") for other in everyone if other["id"] != target["id"]]


def _ranks(own: Quantity, others: Sequence[Quantity]) -> str:
    """Return the ranks that a target could have, given everybody's interval."""
    if isinstance(own, Unavailable):
        return "–"
    known = [other for other in others if isinstance(other, Estimate)]
    best = 1 + sum(other.lower > own.upper for other in known)
    worst = 1 + sum(other.upper >= own.lower for other in known)
    return f"{best}" if best == worst else f"{best}–{worst}"
