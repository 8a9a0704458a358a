"""What came out, and the rate against the standard, in words: what records of several parts answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.charts import words

MOST_STATIONS = 6


def seen(report: Mapping[str, Any]) -> str:
    """Return what could have been seen: cycles, or records in which no single cycle can be seen."""
    cycles, several = report["exposure"]["cycles"], _several(report)
    if not several:
        return words.counted(cycles, "cycle")
    blind = f"{words.counted(several, 'record')} of several parts each"
    return blind if several >= cycles else f"{words.counted(cycles - several, 'cycle')}, {blind}"


def in_words(report: Mapping[str, Any]) -> list[str]:
    """Say what came out where single cycles cannot be seen; nothing where they all can."""
    if not _several(report):
        return []
    output = report["output"]
    hours = sum(one["hours"] for one in output["station"])
    amount = f"{words.number(output['parts'])} parts in {words.number(hours)} station-hours"
    told = [f"The records hold several parts each: nothing can be said of single cycles. Put out: {amount}."]
    known = [one for one in output["station"] if isinstance(one["effectiveness"], int | float)]
    rates = "; ".join(
        f"{one['station_id']} {words.number(one['parts_per_hour'])} parts an hour, {one['effectiveness']:.0%}"
        for one in known[:MOST_STATIONS]
    )
    if known:
        more = f"; and {len(known) - MOST_STATIONS} stations more" if len(known) > MOST_STATIONS else ""
        told.append(f"Rate against the standard (planned run time ÷ hours): {rates}{more}.")
    else:
        told.append("No rate against the standard: no standard for what was made is loaded.")
    return told


def _several(report: Mapping[str, Any]) -> int:
    return int((report.get("output") or {}).get("records_of_several_parts", 0))
