"""The steps of an estimate: what each needs and what it hands on.

Read the period, prepare and fit it, score every cycle, find what recurs. ``study`` puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import polars as pl

from analytics.audits.book import Book
from analytics.audits.outcome import unwatched
from analytics.estimate.alarms import withheld
from analytics.estimate.fit import Fit, fit_stations
from analytics.estimate.intervals import Errors, estimate_errors
from analytics.estimate.mixture import FLOOR
from analytics.estimate.passes import Prepared, prepare
from analytics.estimate.plant import Bools, Floats, Plant, load_plant
from analytics.estimate.scoring import Scores, exceedance, score
from analytics.estimate.shifts import UNSPECIFIED, ShiftDays, shift_days, wall_offset_us
from analytics.estimate.summaries import (
    CommonFloor,
    cell_table,
    common_floor,
    declared,
    fit_table,
    pair_table,
    station_table,
)
from analytics.estimate.tables import (
    Recorded,
    break_table,
    call_table,
    cycle_table,
    detection_table,
    gap_table,
    match_detections,
    output_records,
)
from analytics.period import FAR_AHEAD, LONG_AGO, nothing_in, start_of, zone_of
from analytics.problems.chronic import ChronicGap, chronic_gap
from analytics.problems.output import Output, output
from analytics.problems.patterns import Patterns, find_patterns
from analytics.problems.slowing import SlowedStations, slowed_stations
from analytics.problems.targets import Target, rank_targets, targets_frame
from analytics.results import Unavailable
from analytics.warehouse import fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What was read from the warehouse: all that an estimate needs of it."""

    plant: Plant
    fingerprint: str
    timezone: str
    from_day: date | None
    to_day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Every cycle prepared, noise and delays of every station; why nothing may be told, if so."""

    prepared: Prepared
    shifts: ShiftDays
    fit: Fit
    errors: Errors
    refusal: Unavailable | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Every cycle's chance, and the tables that are made of it."""

    scores: Scores
    common: CommonFloor
    recorded: Recorded
    cycles: pl.DataFrame
    stations: pl.DataFrame
    cells: pl.DataFrame
    calls: pl.DataFrame
    gaps: pl.DataFrame
    made: Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """What recurs or lasts: standards not held, stations grown slower, patterns."""

    chronic: ChronicGap
    slowed: SlowedStations
    patterns: Patterns
    targets: tuple[Target, ...]


def read_period(
    con: duckdb.DuckDBPyConnection,
    *,
    timezone: str = UNSPECIFIED,
    from_day: date | None = None,
    to_day: date | None = None,
) -> Period:
    """Read all that an estimate needs from an open warehouse.

    Args:
        con: a warehouse connection.
        timezone: the plant's zone, or "unspecified".
        from_day: first wall-clock day, inclusive.
        to_day: last wall-clock day, exclusive.

    Raises:
        NoDataError: there are no cycles in the period.
    """
    extent = fetch(con, "estimate/extent").row(0, named=True)
    plant = load_plant(con, start_of(from_day, timezone, LONG_AGO), start_of(to_day, timezone, FAR_AHEAD))
    if plant.size == 0:
        raise nothing_in(extent, from_day, to_day)
    fingerprint = fetch(con, "estimate/fingerprint")["fingerprint"][0]
    return Period(plant=plant, fingerprint=fingerprint, timezone=timezone, from_day=from_day, to_day=to_day)


def prepare_period(period: Period, seed: int) -> tuple[Prepared, ShiftDays]:
    """Find every cycle's net time, usual time and call, and the shift-day on which it counts."""
    plant = period.plant
    offset_us = wall_offset_us(plant.end_us, period.timezone)
    prepared = prepare(plant, rng_of(seed, 0), offset_us)
    return prepared, shift_days(plant, prepared.own.begin_us, offset_us)


def fit_period(prepared: Prepared, shifts: ShiftDays, seed: int) -> Fitted:
    """Fit the noise and the delays of every station, and measure how wrong that may be."""
    prepared, fit = fit_stations(prepared)
    errors = estimate_errors(fit, rng_of(seed, 1))
    refusal = withheld(prepared, fit, errors)
    return Fitted(prepared=prepared, shifts=shifts, fit=fit, errors=errors, refusal=refusal)


def score_period(fitted: Fitted, book: Book) -> Scored:
    """Give every cycle its chance, and add up what people look at."""
    prepared = fitted.prepared
    scores = score(prepared, fitted.fit)
    standards = declared(prepared)
    common = common_floor(prepared, standards["takt_s"].fill_null(float("nan")).to_numpy())
    at_common = _at_common(prepared, fitted.fit, common.seconds, common.takes_part)
    recorded = match_detections(prepared)
    cycles = unwatched(cycle_table(prepared, scores, at_common, fitted.shifts, recorded), book)
    return Scored(
        scores=scores,
        common=common,
        recorded=recorded,
        cycles=cycles,
        stations=station_table(prepared, fitted.fit, fitted.errors, common, standards),
        cells=cell_table(cycles, prepared),
        calls=call_table(prepared, scores, cycles),
        gaps=gap_table(prepared),
        made=output(output_records(prepared, cycles), _dated(prepared.plant)),
    )


def find_recurring(period: Period, scored: Scored, seed: int) -> Recurring:
    """Find patterns, standards that are not held, and stations that have grown slower."""
    chronic = chronic_gap(scored.cycles, _dated(period.plant), rng=rng_of(seed, 2))
    slowed = slowed_stations(scored.cycles, chronic.not_held, rng=rng_of(seed, 5))
    patterns = find_patterns(scored.cycles, rng=rng_of(seed, 3), timezone=zone_of(period.timezone))
    targets = rank_targets(patterns, chronic)
    return Recurring(chronic=chronic, slowed=slowed, patterns=patterns, targets=targets)


def run_tables(fitted: Fitted, scored: Scored, recurring: Recurring) -> dict[str, pl.DataFrame]:
    """Return the run's tables by name.

    Pages know a station by line and name: two of one name, at two sites, are added up there: a caveat tells.
    """
    prepared = fitted.prepared
    return {
        "cycles": scored.cycles,
        "calls": scored.calls,
        "detections": detection_table(prepared, scored.recorded),
        "gaps": scored.gaps,
        "breaks": break_table(prepared),
        "cells": scored.cells.drop("site_id"),
        "stations": scored.stations.drop("site_id"),
        "station_fit": fit_table(prepared, fitted.fit),
        "pairs": pair_table(prepared),
        "patterns": targets_frame(recurring.targets),
    }


def rng_of(seed: int, step: int) -> np.random.Generator:
    """Return the random numbers of one step: what is drawn in one moves nothing in another."""
    return np.random.default_rng([seed, step])


def _dated(plant: Plant) -> pl.DataFrame:
    """Return the plant's standards with the day from which each is valid."""
    return plant.standards.with_columns(valid_from=pl.col("valid_from_us").cast(pl.Datetime("us")))


def _at_common(prepared: Prepared, fitted: Fit, seconds: float | None, takes_part: Bools) -> Floats:
    """Chance of an own delay of at least the common floor; nan at stations that stand apart."""
    if seconds is None:
        return np.full(prepared.plant.size, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        threshold = np.nan_to_num(seconds / prepared.scale_s, nan=FLOOR, posinf=FLOOR)
    chance, _ = exceedance(prepared, fitted, np.maximum(threshold, FLOOR))
    return np.where(prepared.usable & takes_part[prepared.plant.station], chance, np.nan)
