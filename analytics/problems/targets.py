"""What to work on: recurring patterns and chronic gaps, ranked by station-minutes a week.

Ranked by station-minutes, not by lost output: on flow lines they are two to four times the line-minutes lost.
Two targets whose intervals overlap share a range of ranks, because the data do not tell which one is larger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from scipy.stats import beta

from analytics.problems.chronic import ChronicGap, SteadyGap
from analytics.problems.patterns import Pattern, Patterns
from analytics.results import Estimate, Quantity, Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing to work on.

    Attributes:
        rank: 1 is most minutes a week.
        rank_from: best rank that the intervals allow.
        rank_to: worst rank that they allow.
        target_id: stays the same from run to run as long as station, product and pattern do.
        type: type_2 or type_3.
        minutes: station-minutes in the period.
        minutes_per_week: the same a week.
        call_rate: share of its slow cycles that were called.
    """

    rank: int
    rank_from: int
    rank_to: int
    target_id: str
    type: str
    line_id: str | None
    station_id: str
    product_id: str | None
    pattern: str
    evidence: str
    p_value: float | None
    slow_cycles: float | None
    minutes: Estimate
    minutes_per_week: Estimate
    calls: int | None
    call_rate: Quantity

    def to_json(self) -> dict[str, Any]:
        """Return the target as the report contract writes it."""
        return {
            "rank": self.rank,
            "id": self.target_id,
            "type": self.type,
            "line_id": self.line_id,
            "station_id": self.station_id,
            "product_id": self.product_id,
            "pattern": self.pattern,
            "evidence": self.evidence,
            "minutes_per_week": self.minutes_per_week.to_json(),
            "call_rate": self.call_rate.to_json(),
        }


def rank_targets(patterns: Patterns, chronic: ChronicGap) -> tuple[Target, ...]:
    """Rank all recurring patterns and chronic gaps of a run by station-minutes a week."""
    drafts = [*map(_of_pattern, patterns.found), *map(_of_gap, chronic.gaps)]
    for draft in drafts:
        draft["minutes_per_week"] = _per_week(draft["minutes"], patterns.weeks)
    drafts.sort(key=lambda draft: (-draft["minutes_per_week"].value, draft["target_id"]))
    ranges = rank_ranges([draft["minutes_per_week"] for draft in drafts])
    targets = []
    for rank, (draft, (first, last)) in enumerate(zip(drafts, ranges, strict=True), start=1):
        shared = f" Rank {first} to {last} of {len(drafts)}: intervals overlap." if first != last else ""
        draft["evidence"] += shared
        targets.append(Target(rank=rank, rank_from=first, rank_to=last, **draft))
    return tuple(targets)


def rank_ranges(sizes: Sequence[Estimate]) -> list[tuple[int, int]]:
    """Return, for each estimate, the best and worst rank (1 is largest) that the intervals allow.

    Example:
        >>> def minutes(lower, value, upper):
        ...     return Estimate(value=value, lower=lower, upper=upper, unit="station-minutes", method="")
        >>> rank_ranges([minutes(8, 9, 10), minutes(3, 5, 7), minutes(2, 4, 6)])
        [(1, 1), (2, 3), (2, 3)]
    """
    return [
        (
            1 + sum(other.lower > mine.upper for other in sizes),
            len(sizes) - sum(other.upper < mine.lower for other in sizes),
        )
        for mine in sizes
    ]


def targets_frame(targets: Sequence[Target]) -> pl.DataFrame:
    """Return the targets as rows of the run's table ``patterns`` (``sql/run/patterns.sql``)."""
    return pl.DataFrame(
        [
            {
                "rank": one.rank,
                "pattern_id": one.target_id,
                "type": one.type,
                "line_id": one.line_id,
                "station_id": one.station_id,
                "product_id": one.product_id,
                "pattern": one.pattern,
                "evidence": one.evidence,
                "p_value": one.p_value,
                "slow_cycles": one.slow_cycles,
                "minutes": one.minutes.value,
                "minutes_lower": one.minutes.lower,
                "minutes_upper": one.minutes.upper,
                "minutes_per_week": one.minutes_per_week.value,
                "calls": one.calls,
            }
            for one in targets
        ],
        schema={
            "rank": pl.Int32,
            "pattern_id": pl.String,
            "type": pl.String,
            "line_id": pl.String,
            "station_id": pl.String,
            "product_id": pl.String,
            "pattern": pl.String,
            "evidence": pl.String,
            "p_value": pl.Float64,
            "slow_cycles": pl.Float64,
            "minutes": pl.Float64,
            "minutes_lower": pl.Float64,
            "minutes_upper": pl.Float64,
            "minutes_per_week": pl.Float64,
            "calls": pl.Int64,
        },
    )


def _of_pattern(one: Pattern) -> dict[str, Any]:
    return {
        "target_id": _identity(
            one.site_id, one.line_id, one.station_id, one.product_id, one.pattern, one.detail
        ),
        "type": "type_2",
        "line_id": one.line_id,
        "station_id": one.station_id,
        "product_id": one.product_id,
        "pattern": one.pattern,
        "evidence": one.evidence,
        "p_value": one.p_value,
        "slow_cycles": one.slow_cycles,
        "minutes": one.minutes,
        "calls": one.calls,
        "call_rate": _call_rate(one.calls, one.group_slow_cycles),
    }


def _of_gap(gap: SteadyGap) -> dict[str, Any]:
    return {
        "target_id": _identity(gap.site_id, gap.line_id, gap.station_id, gap.product_id, gap.kind, ""),
        "type": "type_2" if gap.kind == "standard_not_held" else "type_3",
        "line_id": gap.line_id,
        "station_id": gap.station_id,
        "product_id": gap.product_id,
        "pattern": gap.kind,
        "evidence": gap.words(),
        "p_value": None,
        "slow_cycles": None,
        "minutes": gap.minutes,
        "calls": None,
        "call_rate": Unavailable(reason="a slower pace is not something that is called"),
    }


def _identity(site_id: str | None, *parts: str | None) -> str:
    parts = parts if site_id is None else (*parts, site_id)
    text = "\x1f".join("" if part is None else part for part in parts)
    return f"t-{hashlib.blake2b(text.encode(), digest_size=5).hexdigest()}"


def _per_week(minutes: Estimate, weeks: float) -> Estimate:
    return Estimate(
        value=minutes.value / weeks,
        lower=minutes.lower / weeks,
        upper=minutes.upper / weeks,
        level=minutes.level,
        unit="station-minutes a week",
        method=f"{minutes.method}; period of {weeks:.1f} weeks",
    )


def _call_rate(calls: int, slow_cycles: float) -> Quantity:
    """Return the share called with its Jeffreys interval."""
    whole = max(slow_cycles, float(calls))
    if whole < 1:
        return Unavailable(reason="too few slow cycles", needed="at least one slow cycle")
    value = calls / whole
    lower, upper = beta.ppf([0.025, 0.975], calls + 0.5, whole - calls + 0.5)
    return Estimate(
        value=value,
        lower=min(float(lower), value),
        upper=max(float(upper), value),
        unit="share",
        method="called ÷ slow cycles of the pattern; Jeffreys interval",
    )
