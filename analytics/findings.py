"""The report, put together as ``data/contracts/report.schema.json`` promises it to everyone who reads a run.

Nothing is estimated here. Every number is an estimate with its interval, or says why there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl

from analytics.config import REPORT_SCHEMA_VERSION, version
from analytics.estimate.change import Change
from analytics.estimate.detection_curve import DetectionCurves
from analytics.estimate.intervals import Errors
from analytics.estimate.mixture import FLOOR
from analytics.estimate.passes import Prepared
from analytics.estimate.planned_time import merge
from analytics.estimate.plant import SECOND_US
from analytics.estimate.sources import SeenByNone
from analytics.estimate.strata import Group
from analytics.estimate.summaries import CommonFloor
from analytics.estimate.walk_away import WalkAway
from analytics.problems.chronic import ChronicGap
from analytics.problems.episodes import Continuations, problem_count
from analytics.problems.links import Continuation
from analytics.problems.output import Output
from analytics.problems.patterns import Patterns
from analytics.problems.slowing import SlowedStations
from analytics.problems.targets import Target
from analytics.problems.types import add, types_section
from analytics.results import Caveat, Estimate, Quantity, Unavailable

NOT_YET = "not estimated by this version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a report is made of."""

    run_id: str
    created_at: datetime
    fingerprint: str
    timezone: str
    from_day: date | None
    to_day: date | None
    seed: int
    prepared: Prepared
    errors: Errors
    common: CommonFloor
    groups: dict[str, list[Group]]
    cycles: pl.DataFrame
    calls: pl.DataFrame
    withheld: Unavailable | None
    unseen: SeenByNone
    links: Continuations
    curves: DetectionCurves | Unavailable
    change: Change | Unavailable
    chronic: ChronicGap
    made: Output
    slowed: SlowedStations
    patterns: Patterns
    targets: tuple[Target, ...]
    walk_away: WalkAway | Unavailable
    sources: list[dict[str, Any]]
    caveats: list[Caveat]
    audit: dict[str, Any]


def assemble(facts: Facts) -> dict[str, Any]:
    """Return the report contract of a finished estimate."""
    total = facts.groups["total"][0]
    problems = facts.withheld or _problems(total.undetected_count, facts.links.undetected)
    return {
        "schema_version": REPORT_SCHEMA_VERSION,
        "run": _run(facts),
        "period": _period(facts),
        "exposure": _exposure(facts),
        "demand": _demand(facts, total, problems),
        "chronic": facts.chronic.to_json() | {"drift": facts.slowed.to_json()},
        "output": facts.made.to_json(),
        "by": {name: _by(facts.groups[name]) for name in ("station", "line", "shift", "product", "day")},
        "walk_away": facts.walk_away.to_json(),
        "detection_curve": facts.curves.to_json(),
        "change": facts.change.to_json(),
        "response": _response(facts),
        "types": _types(facts, total),
        "targets": [] if facts.withheld else [target.to_json() for target in facts.targets],
        "capacity": _refused(NOT_YET),
        "audit": facts.audit,
        "sources": [_source(outcome) for outcome in facts.sources],
        "caveats": [caveat.to_json() for caveat in facts.caveats],
    }


def _refused(reason: str, needed: str | None = None) -> dict[str, Any]:
    return Unavailable(reason=reason, needed=needed).to_json()


def _run(facts: Facts) -> dict[str, Any]:
    return {
        "id": facts.run_id,
        "created_at": facts.created_at.isoformat(),
        "data_fingerprint": facts.fingerprint,
        "parameters": {
            "version": version(),
            "seed": facts.seed,
            "floor_sigmas": FLOOR,
            "level": 0.95,
            "shared_error": facts.errors.shared,
            "from": None if facts.from_day is None else facts.from_day.isoformat(),
            "to": None if facts.to_day is None else facts.to_day.isoformat(),
        },
    }


def _period(facts: Facts) -> dict[str, Any]:
    days = facts.cycles["shift_day"]
    return {"from": str(days.min()), "to": str(days.max()), "timezone": facts.timezone}


def _exposure(facts: Facts) -> dict[str, Any]:
    state = facts.cycles["state"]
    plant = facts.prepared.plant
    excluded = {
        name: int((state == name).sum()) for name in ("masked", "planned", "blocked") if (state == name).any()
    }
    return {
        "cycles": plant.size,
        "stations": plant.stations.height,
        "lines": len(plant.lines()),
        "planned_hours": _planned_hours(facts.prepared),
        "excluded": excluded,
    }


def _planned_hours(prepared: Prepared) -> float:
    """Line-hours planned for work: from each line's first start to its last end, less what was unplanned."""
    plant = prepared.plant
    total = 0.0
    for line in plant.lines():
        rows = plant.line == line
        first, last = prepared.own.begin_us[rows].min(), plant.end_us[rows].max()
        off = prepared.unplanned.filter((pl.col("line") == line) & (pl.col("station") == -1))
        closed = merge(off["start_us"].to_numpy().astype(np.int64), off["end_us"].to_numpy().astype(np.int64))
        ends = np.array([first, last])
        idle = np.diff(closed.seconds_before(ends))[0]
        total += ((last - first) / SECOND_US - idle) / 3600.0
    return round(total, 3)


def _problems(slow: Quantity, continues: Continuation) -> Quantity:
    return slow if isinstance(slow, Unavailable) else problem_count(slow, continues)


def _demand(facts: Facts, total: Group, problems: Quantity) -> dict[str, Any]:
    recorded_n, recorded_m = total.recorded_count, total.recorded_minutes
    return {
        "calls": {
            "count": facts.calls.height,
            "without_time_trace": _without_trace(facts.calls),
        },
        "detected": {"count": total.detected.to_json(), "minutes": total.detected_minutes.to_json()},
        "undetected": {
            "count": total.undetected_count.to_json(),
            "minutes": total.undetected_minutes.to_json(),
            "problems": problems.to_json(),
            "floor_s": total.floor_s,
            "recorded": {"count": recorded_n.to_json(), "minutes": recorded_m.to_json()},
            "visible_only": {
                "count": _rest(total.undetected_count, recorded_n).to_json(),
                "minutes": _rest(total.undetected_minutes, recorded_m).to_json(),
            },
        },
        "total": {"count": add(total.detected, total.undetected_count).to_json()},
        "detection_rate": total.detection_rate.to_json(),
        "common_floor_s": facts.common.seconds,
        "seen_by_no_source": facts.unseen.to_json(),
    }


def _rest(whole: Quantity, part: Quantity) -> Quantity:
    """What is left of an estimate when a part of it is taken: its share of the interval."""
    if isinstance(whole, Unavailable):
        return whole
    if isinstance(part, Unavailable):
        return part
    share = 1.0 - part.value / whole.value if whole.value > 0 else 1.0
    return Estimate(
        value=whole.value * share,
        lower=whole.lower * share,
        upper=whole.upper * share,
        level=whole.level,
        unit=whole.unit,
        method=whole.method,
    )


def _without_trace(calls: pl.DataFrame) -> dict[str, int]:
    silent = calls.filter(~pl.col("time_trace"))
    counted = silent.group_by("kind").len().sort("kind")
    return {str(kind): int(count) for kind, count in counted.rows()}


def _by(groups: list[Group]) -> list[dict[str, Any]]:
    rows = []
    for one in groups:
        key = {"day" if name == "shift_day" else name: _plain(value) for name, value in one.key.items()}
        rows.append(
            {
                **key,
                "cycles": one.cycles,
                "detected": one.detected.to_json(),
                "undetected": {
                    "count": one.undetected_count.to_json(),
                    "minutes": one.undetected_minutes.to_json(),
                },
                "detection_rate": one.detection_rate.to_json(),
                "floor_s": one.floor_s,
            }
        )
    return rows


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _response(facts: Facts) -> dict[str, Any]:
    calls = facts.prepared.plant.calls
    raised = calls["raised_us"]
    answered = _seconds(calls["acknowledged_us"], raised)
    return {
        "acknowledged_s": _median_p90(answered.drop_nulls(), "acknowledgement"),
        "resolved_s": _median_p90(_seconds(calls["resolved_us"], raised).drop_nulls(), "resolution"),
        "within_cycle_rate": _within_cycle(facts, answered),
    }


def _seconds(until: pl.Series, since: pl.Series) -> pl.Series:
    taken = (until - since) / SECOND_US
    return taken.set(taken < 0, None)


def _median_p90(seconds: pl.Series, what: str) -> dict[str, Any]:
    if not seconds.len():
        return _refused(f"no call with a time of {what}", "the andon export's column for it")
    return {"median": float(seconds.quantile(0.5) or 0.0), "p90": float(seconds.quantile(0.9) or 0.0)}


def _within_cycle(facts: Facts, answered: pl.Series) -> Any:
    """Share of the calls answered within the usual cycle of their station."""
    station = facts.prepared.plant.calls["station"].to_numpy()
    usual = np.full(facts.prepared.plant.stations.height, np.nan)
    for code, part in enumerate(facts.prepared.plant.slices()):
        known = facts.prepared.expected_s[part]
        if np.isfinite(known).any():
            usual[code] = np.nanmedian(known)
    taken = answered.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    limit = np.where(station >= 0, usual[np.maximum(station, 0)], np.nan)
    known = np.isfinite(taken) & np.isfinite(limit)
    if not known.any():
        return _refused("no call with a time of acknowledgement at a known station")
    return float(np.mean(taken[known] <= limit[known]))


def _types(facts: Facts, total: Group) -> dict[str, Any]:
    return types_section(
        problems=_problems(add(total.detected, total.undetected_count), facts.links.slow),
        detected_minutes=total.detected_minutes,
        undetected_minutes=total.undetected_minutes,
        patterns=facts.withheld or facts.patterns,
        chronic=facts.chronic,
    )


def _source(outcome: dict[str, Any]) -> dict[str, Any]:
    names = ("file", "table", "read", "loaded", "duplicate", "quarantined")
    return {name: outcome.get(name) for name in names}
