"""From a report to what pages say: the headline, the rungs of the ladder, the takt of problems and calls.

Pure functions of the report contract; no page does arithmetic of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from analytics.charts import palette, words
from analytics.charts.bars import Bar
from analytics.charts.strata import Stratum
from analytics.report import wording
from analytics.results import Estimate, Quantity, Unavailable, model_count, quantity_from_json

Report = Mapping[str, Any]

NOT_LOST_OUTPUT = (
    "Station-minutes are time beyond the station's usual time, not lost output: on a flow line "
    "several stations wait for one."
)


def quantity(report: Report, *path: str) -> Quantity:
    """Return the estimate at this place of the report; a section that was not computed is a refusal.

    Example:
        >>> quantity({"chronic": {"unavailable": "no standards", "needed": None}}, "chronic", "minutes")
        Unavailable(reason='no standards', needed=None)
    """
    at: Any = report
    for name in path:
        if not isinstance(at, Mapping) or name not in at:
            if isinstance(at, Mapping) and "unavailable" in at:
                return quantity_from_json(dict(at))
            return Unavailable(reason="This run does not hold it.")
        at = at[name]
    return quantity_from_json(dict(at))


def withheld(report: Report) -> Unavailable | None:
    """Return why the model's estimate may not be shown, or None where it may.

    An audited number of the whole plant says nothing of its groups and single cycles.
    """
    count = model_count(dict(report))
    return count if isinstance(count, Unavailable) else None


def headline(count: Quantity, minutes: Quantity, floor: str) -> str:
    """Return the sentence that answers the question; its figures are between ``**``."""
    if isinstance(count, Unavailable):
        return "How much ran without a call cannot be told from these data."
    if count.value == 0 or count.lower == 0:
        return (
            f"No more than **{words.number(count.upper)}** slow cycles delayed by over {floor} ran without a "
            f"call, possibly none."
        )
    time = ""
    if isinstance(minutes, Estimate):
        between = f"{words.number(minutes.lower)}–{words.number(minutes.upper)}"
        time = f": **{words.number(minutes.value)} station-minutes** ({between})"
    return (
        f"At least **{words.number(count.value)}** slow cycles delayed by over {floor} "
        f"ran without a call{time}."
    )


def floors_in_words(floor_s: Mapping[str, float | None]) -> str:
    """Return the floors of the stations in words: "4–15 s"."""
    low, high = floor_s.get("min"), floor_s.get("max")
    return words.span(low, high) if low is not None and high is not None else "their station's floor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a page says first, of the whole run or of what the filters leave.

    Attributes:
        cycles: how many cycles it pools.
        count: slow cycles that ran without a call.
        minutes: station-minutes in them.
        called: slow cycles that were called or covered.
        rate: the call rate at the common floor.
        floor: the floors of the stations, in words.
        ladder: the rungs, from the most to the least visible.
    """

    cycles: int
    count: Quantity
    minutes: Quantity
    called: Quantity
    rate: Quantity
    floor: str
    ladder: list[Bar]


def summary(report: Report) -> Summary:
    """Return what the report says first."""
    called = report["demand"]["calls"]
    silent = sum(called["without_time_trace"].values())
    calls = (
        f"{words.number(called['count'])} andon calls, {words.number(silent)} of them without a time trace"
    )
    return Summary(
        cycles=report["exposure"]["cycles"],
        count=quantity(report, "demand", "undetected", "count"),
        minutes=quantity(report, "demand", "undetected", "minutes"),
        called=quantity(report, "demand", "detected", "count"),
        rate=quantity(report, "demand", "detection_rate"),
        floor=floors_in_words(report["demand"]["undetected"].get("floor_s") or {}),
        ladder=rungs(
            quantity(report, "demand", "detected", "count"),
            quantity(report, "demand", "undetected", "recorded", "count"),
            quantity(report, "demand", "undetected", "visible_only", "count"),
            calls,
        ),
    )


def rungs(called: Quantity, recorded: Quantity | None, visible_only: Quantity, calls: str = "") -> list[Bar]:
    """Return the rungs that are counted in slow cycles, from the most to the least visible.

    What ran without a call is split where another source recorded some of it: the last two are its parts.
    """
    split = isinstance(recorded, Estimate)
    told = [
        Bar(
            label=words.CALLED,
            quantity=called,
            colour=palette.CALLED,
            detail=f"a call belongs to it, or one was open at the station<br>{calls}",
        )
    ]
    if split:
        told.append(
            Bar(
                label=words.RECORDED,
                quantity=recorded,
                colour=palette.RECORDED,
                detail="no call, but another source saw it (downtime log, rejects, alarms)",
            )
        )
    told.append(
        Bar(
            label=words.VISIBLE_ONLY if split else words.MISSED,
            quantity=visible_only,
            colour=palette.MISSED,
            detail="no call and no other record: seen in the cycle time only",
        )
    )
    return told


def adds_up(given: Summary) -> str:
    """Say how the last two rungs add up to what ran without a call."""
    if len(given.ladder) < 3 or isinstance(given.count, Unavailable):
        return ""
    recorded, only = given.ladder[1:]
    return (
        f"{recorded.label} ({words.value(recorded.quantity)}) + {only.label} ({words.value(only.quantity)}) "
        f"= **{words.MISSED} {words.with_interval(given.count)}**"
    )


def takt(report: Report) -> list[tuple[str, str, str]]:
    """Return "one every …" and how it is reckoned: all problems, those without a call, and calls."""
    hours = report["exposure"].get("planned_hours")
    if not hours:
        return []
    planned_min = 60 * float(hours)
    told: list[tuple[str, str, str]] = []
    for name, problems in (
        ("Demand takt: one problem, called or not", quantity(report, "types", "type_1", "count")),
        ("Without a call: one problem", quantity(report, "demand", "undetected", "problems")),
    ):
        if isinstance(problems, Estimate) and problems.lower > 0:
            low, high = planned_min / problems.upper, planned_min / problems.lower
            between = _between(low, high, planned_min / problems.value)
            told.append(
                (
                    name,
                    f"every {words.every(planned_min / problems.value)}",
                    f"of planned line time; 95\u00a0% interval {between}",
                )
            )
    if calls := report["demand"]["calls"]["count"]:
        told.append(
            (
                "Call takt: one andon call",
                f"every {words.every(planned_min / calls)}",
                f"of planned line time; {words.number(calls)} calls in {words.number(hours)} line-hours",
            )
        )
    return told


def _between(low: float, high: float, scale: float) -> str:
    """Write an interval of minutes with its unit once."""
    first = words.every(low, scale).split("\u00a0", maxsplit=1)[0]
    return f"{first} to {words.every(high, scale)}"


def beyond(report: Report, silent: Mapping[str, int] | None = None) -> list[str]:
    """Return the rungs that no bar can show: seen by no source, and what leaves no trace in time.

    Args:
        report: the report.
        silent: calls without a time trace by kind; None takes the whole run's.
    """
    text, rests = wording.seen_by_none(report)
    silent = report["demand"]["calls"]["without_time_trace"] if silent is None else silent
    kinds = ", ".join(f"{words.number(count)} {kind}" for kind, count in sorted(silent.items()) if count)
    return [
        *(f"**Audited:** {number}. {rest}." for number, rest in wording.audited(dict(report))),
        f"**Seen by no source:** {text}; {rests}.",
        "**Leaves no trace in time** (safety, many quality problems): named, not estimated."
        + (f" Calls of this kind: {kinds}." if kinds else ""),
    ]


def against_standard(report: Report) -> str:
    """Say what "slow" is measured against."""
    chronic = quantity(report, "chronic", "standard_not_held", "minutes")
    if isinstance(chronic, Unavailable):
        return "Slow means: compared with the station's own usual time, not with a standard."
    return "Slow means: compared with the station's own usual time; the gap to the standard stands apart."


def response(report: Report) -> str:
    """Return after how long calls were answered, as a median."""
    given = _response_times(report)
    return words.seconds(given["median"]) if given else "Not in these data"


def response_note(report: Report) -> str:
    """Return how long nine in ten calls waited, or why that is not known."""
    if given := _response_times(report):
        return f"median; nine in ten within {words.seconds(given['p90'])}"
    section = report.get("response") or {}
    return str(section.get("unavailable") or section.get("acknowledged_s", {}).get("unavailable") or "")


def _response_times(report: Report) -> Mapping[str, float]:
    given = (report.get("response") or {}).get("acknowledged_s") or {}
    return given if given.get("median") is not None else {}


def counted_at(report: Report, measure: str) -> str:
    """Say at which floor groups are counted beside each other."""
    common = report["demand"].get("common_floor_s")
    if measure == "minutes" or common is None:
        return "at each station's own floor"
    return f"delays of at least {words.seconds(common)}, the common floor"


def no_rate(rows: Sequence[Stratum]) -> str:
    """Say why no group shows a call rate: the reason that most groups give."""
    reasons = [row.rate.reason for row in rows if isinstance(row.rate, Unavailable)]
    if not reasons:
        return "The filters leave no cycles."
    return f"No call rate: {max(set(reasons), key=reasons.count)}"


def sources(report: Report) -> pl.DataFrame:
    """Return the files that the run rests on, by their names without folders."""
    rows = [{**source, "file": wording.file_name(source["file"])} for source in report["sources"]]
    return pl.DataFrame(rows, infer_schema_length=None)
