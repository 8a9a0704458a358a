"""A simulated plant: canonical tables and the truth about every cycle.

Question: what would the plant's systems have exported, and what really happened? ``truth`` has one row per
row of ``tables["cycles"]``, in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from analytics.simulate.calls import CallLog, draw_calls
from analytics.simulate.draw import KINDS, Units, draw_units
from analytics.simulate.hours import Schedule, schedule
from analytics.simulate.serial import Times, run_line
from analytics.simulate.spec import PlantSpec
from analytics.simulate.structure import Line, draw_lines
from analytics.simulate.surroundings import calendar, detections, standards, stations, teams

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPlant:
    """A plant with known truth.

    Attributes:
        scenario: its kind.
        seed: its seed.
        tables: canonical tables, naive time stamps.
        truth: one row per cycle: row, own_delay_s, problem_id, kind, called, covered, blocked_s, paused_s,
            in_control_s, state.
        true_calls: call_id, problem_id, row (null: about no slow cycle), kind.
        timezone: zone of the wall clock where the tables are UTC, else None.
    """

    scenario: str
    seed: int
    tables: dict[str, pl.DataFrame]
    truth: pl.DataFrame
    true_calls: pl.DataFrame
    timezone: str | None = None


def draw_plant(scenario: str, spec: PlantSpec, seed: int) -> SimulatedPlant:
    """Draw a plant of the given kind; equal seeds give equal plants."""
    rng = np.random.default_rng([seed, 20_250_303])
    lines = draw_lines(spec, rng)
    days = spec.days or _days_for(spec, lines)
    hours = schedule(spec.hours, days)
    cycles, truths, calls, about = [], [], [], []
    first_problem = 0
    for line in lines:
        crew = _crew(spec, hours, len(line.station_ids), rng)
        units = draw_units(spec, line, max(int(hours.working_s / line.takt_s * 0.995), 1), rng)
        times = run_line(line, units, hours, crew, spec.hours.patience_s, spec.work.quantum_s)
        log = draw_calls(spec.calls, line, units, times, hours, rng)
        cycles.append(_cycle_rows(spec, line, units, times, hours))
        truths.append(_truth_rows(units, times, log, first_problem))
        call_rows, about_rows = _call_rows(spec, line, units, log, hours, first_problem, rng)
        calls.append(call_rows)
        about.append(about_rows)
        first_problem += int(units.problem.max(initial=-1)) + 1
    table = pl.concat(cycles).with_row_index("drawn")
    truth = pl.concat(truths)
    order = table.select("drawn", "ended_at", "station_id").sort("ended_at", "station_id")["drawn"]
    table = table[order].drop("drawn")
    truth = truth[order].with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    tables = {
        "cycles": table.drop("unit"),
        "andon_calls": pl.concat(calls).sort("raised_at", "call_id"),
        "detections": detections(spec, table, truth, rng),
        "stations": stations(lines),
        "standards": standards(spec, lines, rng),
        "calendar": calendar(lines, hours),
        "teams": teams(lines, hours),
    }
    where = (
        table.select("station_id", "unit").with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    )
    true_calls = pl.concat(about).join(where, on=["station_id", "unit"], how="left", maintain_order="left")
    return SimulatedPlant(
        scenario=scenario,
        seed=seed,
        tables=tables,
        truth=truth,
        true_calls=true_calls.select("call_id", "problem_id", "row", "kind"),
    )


def _days_for(spec: PlantSpec, lines: list[Line]) -> int:
    """Return how many working days give about the asked number of cycles."""
    per_second = sum(len(line.station_ids) / line.takt_s for line in lines)
    return max(1, round(spec.cycles / (per_second * schedule(spec.hours, 1).working_s)))


def _crew(spec: PlantSpec, hours: Schedule, stations: int, rng: np.random.Generator) -> Floats:
    """Draw the effect of who works at each station in each shift-day, shape (pieces, stations)."""
    shift_day = hours.day * len(hours.names) + hours.shift
    effect = np.exp(rng.normal(0.0, spec.work.crew_effect, (int(shift_day.max()) + 1, stations)))
    return np.asarray(effect[shift_day])


def stamps(seconds: Floats, hours: Schedule, resolution_s: float) -> pl.Series:
    """Turn seconds since the first midnight into time stamps of the given resolution."""
    origin = datetime(hours.first_day.year, hours.first_day.month, hours.first_day.day)  # noqa: DTZ001
    epoch_us = int((origin - datetime(1970, 1, 1)).total_seconds()) * 1_000_000  # noqa: DTZ001
    step_us = round(resolution_s * 1e6)
    ticks = np.round(seconds * 1e6 / step_us).astype(np.int64)
    return pl.Series(epoch_us + ticks * step_us).cast(pl.Datetime("us"))


def _cycle_rows(spec: PlantSpec, line: Line, units: Units, times: Times, hours: Schedule) -> pl.DataFrame:
    count, stations = times.start.shape
    unit = np.repeat(np.arange(count), stations)
    station = np.tile(np.arange(stations), count)
    names = np.array(hours.names)
    resolution = spec.sources.stamp_s
    return pl.DataFrame(
        {
            "line_id": pl.repeat(line.line_id, len(unit), eager=True),
            "station_id": pl.Series(line.station_ids).gather(station),
            "product_id": pl.Series(line.product_ids).gather(units.product[unit]),
            "order_id": _numbered(f"{line.line_id}-O", units.batch[unit]),
            "serial": _numbered(f"{line.line_id}-", unit),
            "shift": pl.Series(names).gather(hours.shift[times.piece.ravel()]),
            "started_at": stamps(times.start.ravel(), hours, resolution),
            "ended_at": stamps(times.leave.ravel(), hours, resolution),
            "unit": unit,
        }
    )


def _numbered(prefix: str, number: npt.NDArray[np.int64]) -> pl.Series:
    """Return texts like ``A-000017``, made once per number."""
    texts = [f"{prefix}{value:06d}" for value in range(int(number.max(initial=-1)) + 1)]
    return pl.Series(texts).gather(number)


def _truth_rows(units: Units, times: Times, log: CallLog, first_problem: int) -> pl.DataFrame:
    problem = units.problem.ravel()
    kinds = pl.Series([*KINDS, None], dtype=pl.String)
    blocked = times.blocked_s.ravel()
    covered = log.covered.ravel()
    state = np.where(times.paused_s.ravel() > 0.0, "planned", "normal")
    state = np.where(blocked > 0.0, "blocked", state)
    return pl.DataFrame(
        {
            "own_delay_s": units.delay_s.ravel(),
            "problem_id": pl.Series(problem + first_problem).set(pl.Series(problem < 0), None),
            "kind": kinds.gather(np.where(units.kind.ravel() < 0, len(KINDS), units.kind.ravel())),
            "called": log.called.ravel(),
            "covered": covered,
            "blocked_s": blocked,
            "paused_s": times.paused_s.ravel(),
            "in_control_s": times.in_control_s.ravel(),
            "state": np.where(covered, "covered", state),
        }
    )


def _call_rows(
    spec: PlantSpec,
    line: Line,
    units: Units,
    log: CallLog,
    hours: Schedule,
    first_problem: int,
    rng: np.random.Generator,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the andon log as exported, and what each call was about."""
    count = len(log.unit)
    shift = line.clock_offset_s + rng.normal(0.0, 1.0, count) * spec.calls.clock_scatter_s
    ids = [f"{line.line_id}-C{number:05d}" for number in range(1, count + 1)]
    reasons = np.array(["machine stopped", "part does not fit", "tool worn", "needs help"])
    category = np.where(np.array(log.kind, dtype=object) == "process", rng.choice(reasons, count), log.kind)
    exported = pl.DataFrame(
        {
            "call_id": pl.Series(ids, dtype=pl.String),
            "line_id": pl.repeat(line.line_id, count, dtype=pl.String, eager=True),
            "station_id": pl.Series(line.station_ids).gather(log.logged_station),
            "raised_at": stamps(log.raised + shift, hours, 1.0),
            "acknowledged_at": stamps(log.acknowledged + shift, hours, 1.0),
            "resolved_at": stamps(log.resolved + shift, hours, 1.0),
            "category": pl.Series([str(text) for text in category], dtype=pl.String),
            "kind": pl.Series(log.kind, dtype=pl.String),
        }
    )
    known = log.unit >= 0
    problem = units.problem[np.maximum(log.unit, 0), log.station]
    about = pl.DataFrame(
        {
            "call_id": pl.Series(ids, dtype=pl.String),
            "problem_id": pl.Series(problem + first_problem, dtype=pl.Int64).set(pl.Series(~known), None),
            "station_id": pl.Series(line.station_ids).gather(log.station),
            "unit": pl.Series(log.unit, dtype=pl.Int64).set(pl.Series(~known), None),
            "kind": pl.Series(log.kind, dtype=pl.String),
        }
    )
    return exported, about
