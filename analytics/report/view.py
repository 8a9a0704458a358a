"""The report as its page shows it: rows with bars in per cent of the longest, and what may be shown at all.

A rate shows only where it pools at least five shift-days and two crews or stations; shifts keep their order
and are never ranked. Counts and minutes always show.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from analytics.charts import words
from analytics.report import proposed, put_out, wording
from analytics.report.wording import quantity
from analytics.results import Estimate, Quantity, Unavailable

LEAST_DAYS = 5
LEAST_OTHERS = 2
WORST = 10
MOST_TARGETS = 12
TOO_SMALL = "rates show from five days and two crews or stations on"

RUNGS = (
    ("1 · Called", "slow cycles that a call belongs to, or under an open call"),
    ("2 · Recorded, not called", "another source saw it (downtime log, alarm, reject); nobody called"),
    ("3 · In cycle time only", "ran without a call and without a record"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar with its interval, in per cent of the chart's width; None where there is no number."""

    length: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a chart: name, bar, what is written at its end, and a remark."""

    name: str
    bar: Bar | None
    text: str
    remark: str = ""
    kind: str = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A line of a table by station, line, product, shift or day."""

    names: tuple[str, ...]
    cycles: str
    called: str
    silent: str
    minutes: str
    rate: str
    floor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayColumn:
    """One day of the chart by day: heights in per cent of the scale; a day without work has none."""

    day: str
    called: float
    silent: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The chart by day: every day from first to last, and how many slow cycles full height is."""

    columns: tuple[DayColumn, ...]
    top: str
    half: str


def ladder(report: dict[str, Any]) -> list[Row]:
    """Return the rungs, those that hold slow cycles on one scale."""
    demand = report["demand"]
    parts = [
        quantity(demand, "detected", "count"),
        quantity(demand, "undetected", "recorded", "count"),
        quantity(demand, "undetected", "visible_only", "count"),
    ]
    kinds = ("called", "recorded", "missed")
    rows = bars([name for name, _ in RUNGS], parts, kinds)
    rows = [with_remark(row, remark) for row, (_, remark) in zip(rows, RUNGS, strict=True)]
    return [
        _words("0 · Could have been seen", put_out.seen(report), _left_out(report)),
        *rows,
        *(_words("3b · 2 and 3, audited", *said) for said in wording.audited(report)),
        _words("4 · Seen by no source", *wording.seen_by_none(report)),
        _words("5 · Leaves no trace in time", "not estimated", wording.TRACELESS),
    ]


def worst_stations(report: dict[str, Any]) -> list[Row]:
    """Return the stations with the most station-minutes without a call."""
    found = [
        (one, minutes)
        for one in report["by"]["station"]
        if isinstance(minutes := quantity(one, "undetected", "minutes"), Estimate) and minutes.value > 0
    ]
    found.sort(key=lambda pair: -pair[1].value)
    worst = found[:WORST]
    rows = bars(
        [_place(one) for one, _ in worst], [minutes for _, minutes in worst], ("missed",) * len(worst)
    )
    remarks = [f"{wording.figure(quantity(one, 'undetected', 'count'))} slow cycles" for one, _ in worst]
    return [with_remark(row, remark) for row, remark in zip(rows, remarks, strict=True)]


def days(report: dict[str, Any]) -> Days | None:
    """Return slow cycles by day, called below, without a call on top; None with fewer than two days known."""
    pairs = [
        (one["day"], quantity(one, "detected"), quantity(one, "undetected", "count"))
        for one in report["by"]["day"]
        if one["day"]
    ]
    known = {
        day: (a.value, b.value) for day, a, b in pairs if isinstance(a, Estimate) and isinstance(b, Estimate)
    }
    most = max((sum(both) for both in known.values()), default=0.0)
    if most <= 0 or len(known) < 2:
        return None
    top = _round_above(most)
    first, last = date.fromisoformat(min(known)), date.fromisoformat(max(known))
    every = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    return Days(
        columns=tuple(_day(day, known.get(day), top) for day in every),
        top=words.number(top),
        half=words.number(top / 2),
    )


def _day(day: str, both: tuple[float, float] | None, top: float) -> DayColumn:
    called, silent = both or (0.0, 0.0)
    told = f"{words.number(silent, 1)} ran without a call, {words.number(called, 1)} called"
    return DayColumn(
        day=day,
        called=100 * called / top,
        silent=100 * silent / top,
        words=f"{day}: {told if both else 'no cycles, or not said'}",
    )


def _round_above(value: float) -> float:
    """Return the next round number that is not smaller and has a round half.

    Example:
        >>> _round_above(137.0), _round_above(20.0), _round_above(260.0)
        (200.0, 20.0, 300.0)
    """
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 3, 4, 6, 8, 10) if step * power >= value)


def groups(report: dict[str, Any], name: str) -> tuple[list[Group], list[str]]:
    """Return the table by station, line, product, shift or day, in the report's order, and its footnotes.

    Where there is no number, the cell points to the footnote that says why.
    """
    may_show = pools(report, name)
    reasons: dict[str, int] = {}

    def cell(given: Quantity) -> str:
        if isinstance(given, Unavailable):
            return f"— ({reasons.setdefault(given.reason, len(reasons) + 1)})"
        return wording.with_bounds(given)

    rows = [
        Group(
            names=_names(one, name),
            cycles=f"{one['cycles']:,}",
            called=cell(quantity(one, "detected")).split(" (")[0],
            silent=cell(quantity(one, "undetected", "count")),
            minutes=cell(quantity(one, "undetected", "minutes")),
            rate=cell(quantity(one, "detection_rate") if may_show else Unavailable(reason=TOO_SMALL)),
            floor=wording.floor(one["floor_s"]),
        )
        for one in report["by"][name]
    ]
    return rows, [f"({number}) {reason}" for reason, number in reasons.items()]


def pools(report: dict[str, Any], name: str) -> bool:
    """Tell whether a row of this table pools enough to show a rate."""
    by = report["by"]
    enough_days = name != "day" and len(by["day"]) >= LEAST_DAYS
    others = {
        "station": len(by["shift"]),
        "shift": len(by["station"]),
    }.get(name, max(len(by["shift"]), len(by["station"])))
    return enough_days and others >= LEAST_OTHERS


def bars(names: Sequence[str], parts: Sequence[Quantity], kinds: Sequence[str]) -> list[Row]:
    """Put estimates on one scale that holds all their intervals."""
    top = max((one.upper for one in parts if isinstance(one, Estimate)), default=0.0)
    return [
        Row(
            name=name,
            bar=bar(one, top),
            text="not said" if isinstance(one, Unavailable) else wording.with_bounds(one),
            remark=one.reason if isinstance(one, Unavailable) else "",
            kind=kind,
        )
        for name, one, kind in zip(names, parts, kinds, strict=True)
    ]


def targets(report: dict[str, Any]) -> list[Row]:
    """Return the targets with their minutes a week on one scale."""
    shown = report["targets"][:MOST_TARGETS]
    parts = [quantity(one, "minutes_per_week") for one in shown]
    names = [
        " · ".join(filter(None, [str(one["rank"]), one.get("line_id"), one["station_id"], one["product_id"]]))
        for one in shown
    ]
    rows = bars(names, parts, ("plain",) * len(parts))
    remarks = [
        f"{one['type'].replace('type_', 'Type ')}, {proposed.name(one)}. {one['evidence']}" for one in shown
    ]
    return [with_remark(row, remark) for row, remark in zip(rows, remarks, strict=True)]


def refused(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """List what the report does not say: name, reason, what it would take."""
    demand, types = report["demand"], report["types"]
    asked = (
        ("Seen by no source", demand, ("seen_by_no_source", "count")),
        ("Standard not held", report["chronic"], ("standard_not_held", "minutes")),
        ("Target condition", report["chronic"], ("target_condition", "minutes")),
        ("Detection rate", demand, ("detection_rate",)),
        ("Type 4", types, ("type_4",)),
        ("Busy help", report["walk_away"], ("attributable", "count")),
        ("Detection curve", report.get("detection_curve", {}), ()),
        ("Change in calls", report.get("change", {}), ()),
        ("Capacity", report["capacity"], ()),
        ("Audit", report["audit"], ("count",) if "count" in report["audit"] else ()),
    )
    rows = []
    for name, part, keys in asked:
        if not keys and "unavailable" not in part:
            continue
        given = quantity(part, *keys)
        if isinstance(given, Unavailable):
            rows.append((name, wording.why(given), given.needed or ""))
    return rows


def bar(given: Quantity, top: float) -> Bar | None:
    """Return an estimate's bar, as shares of the longest; None where there is none."""
    if isinstance(given, Unavailable) or top <= 0:
        return None
    return Bar(
        length=round(100 * max(given.value, 0.0) / top, 2),
        low=round(100 * max(given.lower, 0.0) / top, 2),
        high=round(100 * max(given.upper, 0.0) / top, 2),
    )


def _words(name: str, text: str, remark: str) -> Row:
    return Row(name=name, bar=None, text=text, remark=remark)


def _left_out(report: dict[str, Any]) -> str:
    """Say which cycles could not be judged."""
    parts = [f"{count:,} {reason}" for reason, count in report["exposure"]["excluded"].items() if count]
    return f"of these left out or judged in part: {', '.join(parts)}" if parts else "none left out"


def with_remark(row: Row, remark: str) -> Row:
    """Put a remark before what a row already says below its bar."""
    both = f"{remark}: {row.remark}" if row.remark else remark
    return Row(name=row.name, bar=row.bar, text=row.text, remark=both, kind=row.kind)


def _names(one: dict[str, Any], name: str) -> tuple[str, ...]:
    if name == "station":
        return (line_name(one) or "—", one["station_id"])
    if name == "line":
        return (line_name(one) or "unknown",)
    return (one["product_id" if name == "product" else name] or "unknown",)


def line_name(one: dict[str, Any]) -> str | None:
    """Return a group's line, with its site where the plant has several; None where neither is known."""
    return " · ".join(filter(None, [one.get("site_id"), one["line_id"]])) or None


def _place(one: dict[str, Any]) -> str:
    return " · ".join(filter(None, [line_name(one), one["station_id"]]))
