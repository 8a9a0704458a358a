"""Stations that have grown slower, in the words of the shop floor: one row each, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analytics.charts import words
from analytics.report import wording
from analytics.results import Estimate, Unavailable

YARDSTICK = "compared with the station's own usual time before, not with a standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slower:
    """One station that has grown slower.

    Attributes:
        since: the day on which it began.
        before, after: usual time of the same products, before and now.
        minutes: what it has cost since, with its interval.
        remark: whether these minutes are counted as a standard not held too.
    """

    line_id: str | None
    station_id: str
    since: str
    before: str
    after: str
    minutes: str
    remark: str


def grown_slower(report: dict[str, Any]) -> list[Slower]:
    """Return the stations that have grown slower for good, most minutes first; none where nobody asked."""
    drift = report["chronic"].get("drift") or {}
    return [
        Slower(
            line_id=one["line_id"],
            station_id=one["station_id"],
            since=("before " if one["since_start"] else "") + (one["onset_day"] or one["onset_at"][:10]),
            before=f"{one['level_before_s']:.1f}\N{NO-BREAK SPACE}s",
            after=f"{one['level_after_s']:.1f}\N{NO-BREAK SPACE}s "
            f"(+{100 * (one['level_after_s'] / one['level_before_s'] - 1):.0f}\N{NO-BREAK SPACE}%)",
            minutes=wording.with_bounds(wording.quantity(one, "minutes")),
            remark=_remark(one),
        )
        for one in drift.get("stations", [])
    ]


def in_words(report: dict[str, Any]) -> str:
    """Say what growing slower comes to, or that no station has; "" where it was not asked."""
    drift = report["chronic"].get("drift")
    if drift is None:
        return ""
    minutes = wording.quantity(drift, "minutes")
    if isinstance(minutes, Unavailable):
        return f"Whether a station has grown slower is not said: {minutes.reason}."
    count = len(drift["stations"])
    back = sorted({one["station_id"] for one in drift["came_back"]})
    told = (
        f"{words.counted(count, 'station')} {'has' if count == 1 else 'have'} grown slower for good, "
        f"{YARDSTICK}: {wording.with_bounds(minutes)} station-minutes that no standard counts already."
        if count
        else f"No station has grown slower for good ({words.counted(drift['judged'], 'station')} judged), "
        f"{YARDSTICK}."
    )
    if back:
        told += f" Grown slower and come back, as where a tool is changed: {', '.join(back)}."
    return told


def _remark(one: dict[str, Any]) -> str:
    shared = wording.quantity(one, "in_standard_not_held")
    if isinstance(shared, Estimate) and shared.value >= 0.5:
        return f"{wording.figure(shared)} of these minutes are counted as standard not held (Type 2)"
    return "reduced speed"
