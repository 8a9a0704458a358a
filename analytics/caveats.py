"""Assumptions that this plant's data strain or break, each with a code and how it affects the number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from analytics.estimate.intervals import DENSE_SHARE, Errors
from analytics.estimate.order import UNKNOWN
from analytics.estimate.own_time import COMPLETION, STATED
from analytics.estimate.passes import Prepared
from analytics.estimate.shifts import UNSPECIFIED, ShiftDays
from analytics.results import Caveat, Severity, Unavailable
from analytics.spelling import misspelled, shared_names

SHORT_DAYS, HIGH_MIX_CYCLES, TOO_FAST = 5, 200, -6.0
OF_LOADS = ("cut_off", "clocks_mixed", "hour_shown_twice", "sheet_passed_over", "runs_no_cycles",
            "states_unknown", "counter_jumped", "downtime_totals", "midnight_split")  # fmt: skip
"""Told at ingest too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What caveats are drawn from."""

    prepared: Prepared
    errors: Errors
    shifts: ShiftDays
    gaps: pl.DataFrame
    timezone: str
    sources: list[dict[str, Any]]
    withheld: Unavailable | None
    cycles: pl.DataFrame
    calls: pl.DataFrame


def caveats(context: Context) -> list[Caveat]:
    """List every caveat that applies, the serious first."""
    found = [
        *_withheld(context),
        *_sources(context),
        *_andon(context),
        *misspelled(context.prepared.plant),
        *shared_names(context.prepared.plant),
        *_time(context),
        *_stations(context),
        *_cycles(context),
    ]
    return sorted(found, key=lambda caveat: ("serious", "warning", "info").index(caveat.severity))


def _caveat(code: str, severity: Severity, message: str, affects: str) -> Caveat:
    return Caveat(code=code, severity=severity, message=message, affects=affects)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _listed(breaks: int, closed: int) -> str:
    parts = [(breaks, "break"), (closed, "closed time")]
    return " and ".join(_counted(number, what) for number, what in parts if number)


def _withheld(context: Context) -> Iterator[Caveat]:
    if context.withheld is not None:
        yield _caveat(
            "withheld", "serious", f"The estimate is withheld: {context.withheld.reason}.", "everything"
        )


def _sources(context: Context) -> Iterator[Caveat]:
    rejected = sum(int(source.get("quarantined") or 0) for source in context.sources)
    read = sum(int(source.get("read") or 0) for source in context.sources)
    if rejected:
        yield _caveat(
            "quarantine",
            "warning" if rejected > 0.01 * read else "info",
            f"{rejected:,} of {read:,} records were quarantined and are not in this report.",
            "exposure",
        )
    for source in context.sources:
        if source.get("read") == 0:
            message = f"{source.get('file')} held a header without rows."
            yield _caveat("empty_source", "warning", message, "exposure")
    yield from _of_loads(context.sources)


def _of_loads(sources: list[dict[str, Any]]) -> Iterator[Caveat]:
    """Repeat what was said when the files were loaded and bears on the numbers, each kind once."""
    said = [Caveat(**one) for source in sources for one in source.get("caveats") or ()]
    for code in OF_LOADS:
        told = [one for one in said if one.code == code]
        more = f" ({_counted(len(told) - 1, 'file')} more like this)" if len(told) > 1 else ""
        yield from (replace(one, message=one.message + more) for one in told[:1])


def _andon(context: Context) -> Iterator[Caveat]:
    prepared, calls = context.prepared, context.calls
    if not calls.height:
        counts = ": every slow cycle counts as one that ran without a call" if not context.withheld else ""
        yield _caveat(
            "no_andon",
            "warning",
            f"No andon calls were loaded{counts}.",
            "demand.undetected, demand.detection_rate",
        )
        return
    unmatched = float(np.mean(calls["cycle_id"].is_null().to_numpy()))
    if unmatched > 0.1:
        yield _caveat(
            "calls_unmatched",
            "serious" if unmatched > 0.5 else "warning",
            f"{unmatched:.0%} of the andon calls belong to no cycle (other stations, other times, or a "
            "wrong clock).",
            "demand.detected, demand.undetected",
        )
    ambiguous = float(np.mean(calls["ambiguous"].to_numpy()))
    if ambiguous > 0.1:
        yield _caveat(
            "calls_ambiguous",
            "warning",
            f"{ambiguous:.0%} of the andon calls fit two cycles nearly as well.",
            "demand.detected",
        )
    if prepared.matching.left_open:
        told = _counted(prepared.matching.left_open, "andon call")
        message = f"{told} stayed open long after the station ran again: no later cycle is covered by it."
        yield _caveat("calls_left_open", "info", message, "demand.detected")
    offset = prepared.matching.offset_s
    if np.any(np.abs(offset) >= 10):
        yield _caveat(
            "clock_offset",
            "info",
            f"The andon clock is off by {offset[np.argmax(np.abs(offset))]:+.0f} s at most; calls were "
            "moved by it.",
            "demand.detected",
        )


def _time(context: Context) -> Iterator[Caveat]:
    prepared = context.prepared
    if context.timezone == UNSPECIFIED:
        yield _caveat(
            "timezone_unspecified",
            "info",
            "The time zone is not known: stamps are taken as one clock without changes to summer time.",
            "period, by.day",
        )
    if context.timezone == "UTC":
        yield _caveat(
            "timezone_utc",
            "info",
            "Stamps carry UTC and the plant's zone was not told: days and shifts are those of UTC.",
            "period, by.day",
        )
    days = int(context.cycles["shift_day"].n_unique())
    if days < SHORT_DAYS:
        yield _caveat(
            "short_period",
            "warning",
            f"{_counted(days, 'day')} only; usual times and intervals rest on little.",
            "everything",
        )
    if context.shifts.source == "none":
        yield _caveat(
            "no_shifts", "info", "No shift in the data or calendar: each day counts as one shift.", "by.shift"
        )
    found = prepared.unplanned.filter(pl.col("found"))
    if found.height:
        breaks = found.filter(pl.col("kind") == "break").height
        closed = found.height - breaks
        yield _caveat(
            "breaks_found",
            "warning",
            f"The calendar does not tell {_listed(breaks, closed)}: found in the data (nobody finished a "
            "unit then) and taken out.",
            "demand.undetected.minutes",
        )
    elif not prepared.plant.calendar.height:
        yield _caveat(
            "no_calendar",
            "warning",
            "No calendar, and no regular breaks were found: a break inside a cycle counts as its delay.",
            "demand.undetected",
        )


def _stations(context: Context) -> Iterator[Caveat]:
    prepared = context.prepared
    masked, every = [reason for reason in prepared.masked_because if reason], len(prepared.masked_because)
    if masked:
        yield _caveat(
            "masked_stations",
            "warning",
            f"Not judged: {len(masked)} of {_counted(every, 'station')} ({masked[0]}).",
            "exposure",
        )
    lines = prepared.plant.lines()
    judged = {code for code, reason in enumerate(prepared.masked_because) if not reason}
    blind = [
        line
        for line, members in lines.items()
        if len(judged.intersection(members)) > 1 and prepared.order.source.get(line) == UNKNOWN
    ]
    if blind:
        yield _caveat(
            "order_unknown",
            "serious",
            f"The order of the stations is not known on {_counted(len(blind), 'line')}: waiting for the next "
            "station cannot be told from a station's own delay.",
            "demand.undetected",
        )
    completion = int((prepared.own.mode == COMPLETION).sum())
    if completion:
        yield _caveat(
            "completions_only",
            "serious",
            f"Completions without starts or units at {_counted(completion, 'station')}: a cycle there holds "
            "the wait for the next unit, so slow cycles may be waiting.",
            "demand.undetected.minutes",
        )
    if (prepared.own.mode == STATED).any() and context.gaps.height:
        idle = context.gaps.filter(pl.col("kind") == "idle")
        yield _caveat(
            "gaps",
            "info",
            f"Listed as gaps, not as slow cycles: {_counted(context.gaps.height, 'gap')} between cycles "
            f"({idle.height:,} outside breaks).",
            "exposure",
        )
    overlapping = int((prepared.own.overlap > 0.05).sum())
    if overlapping:
        yield _caveat(
            "overlapping_cycles",
            "warning",
            f"At {_counted(overlapping, 'station')} cycles overlap: records of parallel units under one "
            "name; give each unit its own station.",
            "demand.undetected",
        )
    stated = int((prepared.own.disagreement > 0.05).sum())
    if stated:
        yield _caveat(
            "stated_cycle_time",
            "warning",
            f"At {_counted(stated, 'station')} the stated cycle time and the stamps differ by over 5 %; "
            "the stated one is used.",
            "demand.undetected",
        )


def _cycles(context: Context) -> Iterator[Caveat]:
    prepared = context.prepared
    rare = float((prepared.own.known & ~prepared.baseline.enough).mean())
    if rare > 0.02:
        yield _caveat(
            "high_mix",
            "serious" if rare > 0.2 else "warning",
            f"{rare:.0%} of the cycles are of products with fewer than 30 cycles at their station; they "
            "are masked.",
            "exposure, demand.undetected",
        )
    judged = context.cycles.filter(pl.col("state") != "masked")
    pairs = judged.group_by("line_id", "station_id", "product_id").len()
    typical = float(pairs["len"].median() or 0.0)  # type: ignore[arg-type]
    if pairs.height and typical < HIGH_MIX_CYCLES and rare <= 0.02:
        yield _caveat(
            "few_per_product",
            "warning",
            f"A station makes {_counted(round(typical), 'cycle')} of a product (median): usual times rest on "
            "little.",
            "demand.undetected",
        )
    planned = int(prepared.planned.sum())
    if planned:
        yield _caveat(
            "planned_excluded",
            "info",
            f"Too few of their kind to judge: {_counted(planned, 'cycle')} around breaks or changeovers.",
            "exposure",
        )
    fast = int((prepared.usable & (prepared.deviation < TOO_FAST)).sum())
    if fast:
        yield _caveat(
            "too_fast",
            "warning" if fast > 0.001 * prepared.plant.size else "info",
            f"{_counted(fast, 'cycle')} ran far faster than usual: skipped steps or wrong stamps.",
            "exposure",
        )
    counted = prepared.usable.sum()
    slow = float(np.nansum(context.cycles["slow_probability"].fill_null(0.0).to_numpy()))
    if counted and slow > DENSE_SHARE * counted:
        yield _caveat(
            "dense",
            "warning",
            f"{slow / counted:.0%} of the cycles are slow: the usual time is then estimated with less "
            "contrast, and the count tends to be low.",
            "demand.undetected",
        )
    yield _caveat(
        "station_minutes",
        "info",
        "Minutes are station-minutes of delay, not lost output: on a flow line one lost minute shows "
        "at several stations.",
        "minutes",
    )
