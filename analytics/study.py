"""The pipeline: a warehouse in, an immutable run out.

Read it downwards: load the period, prepare every cycle, fit every station, score, sum up, say it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import numpy as np
import polars as pl

from analytics.audits.book import EMPTY, Book, read_book
from analytics.audits.outcome import audit, retold, unwatched
from analytics.caveats import Context, caveats
from analytics.config import Workspace
from analytics.estimate.alarms import withheld
from analytics.estimate.change import CHANGE_STREAM, change
from analytics.estimate.detection_curve import curves_of_run
from analytics.estimate.fit import Fit, fit_stations
from analytics.estimate.intervals import estimate_errors
from analytics.estimate.mixture import FLOOR
from analytics.estimate.passes import Prepared, prepare
from analytics.estimate.plant import Bools, Floats, load_plant
from analytics.estimate.scoring import exceedance, score
from analytics.estimate.shifts import UNSPECIFIED, shift_days, wall_offset_us
from analytics.estimate.sources import seen_by_none
from analytics.estimate.strata import group
from analytics.estimate.summaries import (
    cell_table,
    common_floor,
    declared,
    fit_table,
    pair_table,
    station_table,
)
from analytics.estimate.tables import (
    break_table,
    call_table,
    cycle_table,
    detection_table,
    gap_table,
    match_detections,
)
from analytics.estimate.walk_away import WalkAway, walk_away
from analytics.findings import NO_CALLS, Facts, assemble, without_rates
from analytics.ingest import settled_warehouse
from analytics.journal import Journal
from analytics.period import FAR_AHEAD, LONG_AGO, nothing_in, stored, zone_of
from analytics.problems.chronic import chronic_gap
from analytics.problems.episodes import continuation
from analytics.problems.patterns import find_patterns
from analytics.problems.slowing import slowed_stations
from analytics.problems.targets import rank_targets, targets_frame
from analytics.report.contract import check_report
from analytics.runs import RunRef, publish
from analytics.spelling import calls_elsewhere
from analytics.warehouse import fetch

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A finished estimate: the report contract and the run's tables by name."""

    report: dict[str, Any]
    tables: dict[str, pl.DataFrame]


def analyze(
    workspace: Workspace,
    *,
    from_day: date | None = None,
    to_day: date | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> RunRef:
    """Estimate the workspace's undetected demand and publish a run.

    Args:
        workspace: where the exports were loaded.
        from_day: first wall-clock day, inclusive; default: the first loaded.
        to_day: last wall-clock day, exclusive; default: behind the last loaded.
        seed: of every random draw.
        progress: called with the step's name and the share done.

    Raises:
        NoDataError: there are no cycles in the period.
    """
    with (
        settled_warehouse(workspace, waiting=lambda who: _tell(progress, who, 0.0)) as con,
        Journal(workspace) as journal,
    ):
        findings = study_tables(
            con,
            # Without naive stamps no zone was ever asked for: each stamp carried its own; days are UTC days.
            timezone=journal.get("timezone") or "UTC",
            from_day=from_day,
            to_day=to_day,
            seed=seed,
            sources=[batch.outcome for batch in journal.batches()],
            book=read_book(journal),
            progress=progress,
        )
    _tell(progress, "publishing the run", 0.95)
    check_report(findings.report)
    run = publish(workspace, findings.report, findings.tables)
    _tell(progress, "done", 1.0)
    return run


def study_tables(
    con: duckdb.DuckDBPyConnection,
    *,
    timezone: str = UNSPECIFIED,
    from_day: date | None = None,
    to_day: date | None = None,
    seed: int = 0,
    sources: list[dict[str, Any]] | None = None,
    book: Book = EMPTY,
    progress: Progress | None = None,
) -> Findings:
    """Estimate from an open warehouse, in memory or on disk; nothing is written.

    Args:
        con: a warehouse connection.
        timezone: the plant's zone, or "unspecified".
        from_day: first wall-clock day, inclusive.
        to_day: last wall-clock day, exclusive.
        seed: of every random draw.
        sources: counts of the loads, for the report.
        book: what people looked at and saw.
        progress: called with the step's name and the share done.

    Raises:
        NoDataError: there are no cycles in the period.
    """
    rng = _rng(seed, 0)
    _tell(progress, "reading cycles", 0.02)
    extent = fetch(con, "estimate/extent").row(0, named=True)
    plant = load_plant(con, stored(from_day, timezone, LONG_AGO), stored(to_day, timezone, FAR_AHEAD))
    if plant.size == 0:
        raise nothing_in(extent, from_day, to_day)
    fingerprint = fetch(con, "estimate/fingerprint")["fingerprint"][0]

    _tell(progress, "net time, baseline, blocking, calls", 0.15)
    offset_us = wall_offset_us(plant.end_us, timezone)
    prepared = prepare(plant, rng, offset_us)
    shifts = shift_days(plant, prepared.own.begin_us, offset_us)

    _tell(progress, "noise and delays of every station", 0.40)
    prepared, fitted = fit_stations(prepared)
    errors = estimate_errors(fitted, _rng(seed, 1))

    _tell(progress, "every cycle's chance", 0.60)
    scores = score(prepared, fitted)
    standards = declared(prepared)
    common = common_floor(prepared, standards["takt_s"].fill_null(float("nan")).to_numpy())
    at_common = _at_common(prepared, fitted, common.seconds, common.takes_part)
    recorded = match_detections(prepared)
    cycles = unwatched(cycle_table(prepared, scores, at_common, shifts, recorded), book)
    stations = station_table(prepared, fitted, errors, common, standards)
    cells = cell_table(cycles, prepared, scores)
    refusal = withheld(prepared, fitted, errors)
    unseen = seen_by_none(
        prepared, fitted, scores, errors, recorded, shifts, withheld=refusal, rng=_rng(seed, 6)
    )

    _tell(progress, "patterns and chronic gaps", 0.75)
    dated = plant.standards.with_columns(valid_from=pl.col("valid_from_us").cast(pl.Datetime("us")))
    chronic = chronic_gap(cycles, dated, rng=_rng(seed, 2))
    slowed = slowed_stations(cycles, chronic.not_held, rng=_rng(seed, 5))
    patterns = find_patterns(cycles, rng=_rng(seed, 3), timezone=zone_of(timezone))
    targets = rank_targets(patterns, chronic)
    calls = call_table(prepared, scores, cycles)
    gaps = gap_table(prepared)

    _tell(progress, "summing up", 0.88)
    no_calls = calls_elsewhere(plant.calls) if plant.calls.height else NO_CALLS
    unanswerable = refusal or no_calls
    groups = {
        name: without_rates(
            group(
                cells,
                stations,
                keys,
                plant_error=errors.shared,
                withheld=refusal,
                no_calls=no_calls is not None,
            ),
            no_calls,
        )
        for name, keys in {
            "total": [],
            "station": ["line_id", "station_id"],
            "line": ["line_id"],
            "shift": ["shift"],
            "product": ["product_id"],
            "day": ["shift_day"],
        }.items()
    }
    audited = audit(cycles, stations, groups["total"][0], book, withheld=refusal)
    groups["total"] = [audited.total]
    helped = walk_away(
        prepared,
        scores,
        cycles["common_probability"].fill_null(float("nan")).to_numpy(),  # but those watched
        shifts,
        groups["total"][0].undetected_count,
        plant_error=errors.shared,
        withheld=refusal,
        rng=_rng(seed, 4),
    )
    walked = helped.caveats if isinstance(helped, WalkAway) else ()
    context = Context(
        prepared=prepared,
        errors=errors,
        shifts=shifts,
        gaps=gaps,
        timezone=timezone,
        sources=sources or [],
        withheld=refusal,
        cycles=cycles,
        calls=calls,
    )
    facts = Facts(
        run_id=_run_id(),
        created_at=datetime.now(tz=UTC),
        fingerprint=fingerprint,
        timezone=timezone,
        from_day=from_day,
        to_day=to_day,
        seed=seed,
        prepared=prepared,
        errors=errors,
        common=common,
        groups=groups,
        cycles=cycles,
        calls=calls,
        withheld=refusal,
        unseen=unseen,
        links=continuation(cycles),
        curves=unanswerable or curves_of_run(cycles, shared_error=errors.shared, rng=_rng(seed, 7)),
        change=unanswerable
        or change(
            cells,
            stations,
            None,
            common_floor_s=common.seconds,
            shared_error=errors.shared,
            rng=_rng(seed, CHANGE_STREAM),
        ),
        chronic=chronic,
        slowed=slowed,
        patterns=patterns,
        targets=targets,
        walk_away=helped,
        sources=sources or [],
        caveats=retold([*caveats(context), *chronic.caveats, *walked], audited, refusal),
        audit=audited.section,
    )
    return Findings(
        report=assemble(facts),
        tables={
            "cycles": cycles,
            "calls": calls,
            "detections": detection_table(prepared, recorded),
            "gaps": gaps,
            "breaks": break_table(prepared),
            "cells": cells,
            "stations": stations,
            "station_fit": fit_table(prepared, fitted),
            "pairs": pair_table(prepared),
            "patterns": targets_frame(targets),
        },
    )


def _rng(seed: int, step: int) -> np.random.Generator:
    """Return the random numbers of one step: what is drawn in one moves nothing in another."""
    return np.random.default_rng([seed, step])


def _at_common(prepared: Prepared, fitted: Fit, seconds: float | None, takes_part: Bools) -> Floats:
    """Chance of an own delay of at least the common floor; nan at stations that stand apart."""
    if seconds is None:
        return np.full(prepared.plant.size, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        threshold = np.nan_to_num(seconds / prepared.scale_s, nan=FLOOR, posinf=FLOOR)
    chance, _ = exceedance(prepared, fitted, np.maximum(threshold, FLOOR))
    return np.where(prepared.usable & takes_part[prepared.plant.station], chance, np.nan)


def _run_id() -> str:
    return f"{datetime.now(tz=UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _tell(progress: Progress | None, step: str, share: float) -> None:
    if progress is not None:
        progress(step, share)
