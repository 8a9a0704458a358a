"""A simulated plant: canonical tables, and the truth about every cycle.

Question: what would the plant's systems have exported, and what really happened? ``truth`` has one row per
row of ``tables["cycles"]``, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.simulate.calls import draw_calls
from analytics.simulate.draw import draw_units
from analytics.simulate.flow import run_flow
from analytics.simulate.flow_structure import draw_flow_lines
from analytics.simulate.happened import Happened
from analytics.simulate.hours import Schedule, schedule
from analytics.simulate.records import call_rows, cycle_rows, true_call_rows, truth_rows
from analytics.simulate.serial import Pace, run_line
from analytics.simulate.spec import PlantSpec
from analytics.simulate.structure import Andon, Layout, SerialLine, draw_lines
from analytics.simulate.surroundings import leave_out, surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPlant:
    """A plant with known truth.

    Attributes:
        scenario: its kind.
        seed: its seed.
        tables: canonical tables with naive time stamps (UTC where ``timezone`` is set, else wall time).
        truth: one row per cycle: row, own_delay_s, problem_id, kind, called, covered, walked_away (not
            called, but would have been with no other call to be seen), blocked_s, paused_s, in_control_s,
            expected_s (in control without chance), state; where somebody could call:
            open_calls (on the line, at other stations), call_chance and call_chance_alone (with none open).
        true_calls: call_id, problem_id, row (null: about no slow cycle), kind.
        timezone: the plant's zone, or None.
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
    cycles, truths, calls, about, layouts = [], [], [], [], []
    problems = rows = 0
    lines, hours = _lines(spec, rng)
    for layout, andon, ran in lines:
        happened = ran.until(float(hours.ends[-1]))
        log = draw_calls(spec.calls, andon, happened, hours, rng=rng)
        cycles.append(cycle_rows(layout, happened, hours, spec.sources.stamp_s))
        truths.append(truth_rows(happened, log, problems))
        calls.append(call_rows(spec, layout, andon, log, hours, rng=rng))
        about.append(true_call_rows(layout, happened, log, problems).with_columns(pl.col("cycle") + rows))
        layouts.append((layout, andon))
        problems += int(happened.problem.max(initial=-1)) + 1
        rows += happened.size
    table, truth = pl.concat(cycles), pl.concat(truths)
    order = table.with_row_index("drawn").sort("ended_at", "station_id", "drawn")["drawn"]
    table, truth = table[order], _with_row(truth[order])
    place = pl.DataFrame({"cycle": order.cast(pl.Int64)})
    tables = {"cycles": table, "andon_calls": pl.concat(calls).sort("raised_at", "call_id")}
    tables |= surroundings(spec, layouts, hours, table, truth, rng=rng)
    return SimulatedPlant(
        scenario=scenario,
        seed=seed,
        tables=leave_out(spec.sources, tables),
        truth=truth,
        true_calls=pl.concat(about)
        .join(_with_row(place), on="cycle", how="left", maintain_order="left")
        .select("call_id", "problem_id", "row", "kind"),
        timezone=spec.hours.timezone,
    )


def _lines(
    spec: PlantSpec, rng: np.random.Generator
) -> tuple[Iterator[tuple[Layout, Andon, Happened]], Schedule]:
    """Draw the structure, settle the number of days, and return the lines one by one."""
    if spec.coupling.flow == "units":
        flowing = draw_flow_lines(spec, rng)
        hours = schedule(spec.hours, spec.days or _days_for(spec, [line.layout for line in flowing]))
        return ((line.layout, line.andon, run_flow(spec, line, hours, rng)) for line in flowing), hours
    serial = draw_lines(spec, rng)
    hours = schedule(spec.hours, spec.days or _days_for(spec, [line.layout for line in serial]))
    return ((line.layout, line.andon, _run_serial(spec, line, hours, rng)) for line in serial), hours


def _run_serial(spec: PlantSpec, line: SerialLine, hours: Schedule, rng: np.random.Generator) -> Happened:
    stations = len(line.layout.station_ids)
    shift_day = hours.day * len(hours.names) + hours.shift
    effect = np.exp(rng.normal(0.0, spec.work.crew_effect, (int(shift_day.max()) + 1, stations)))
    pace = Pace(crew=effect[shift_day], patience_s=spec.hours.patience_s, quantum_s=spec.work.quantum_s)
    units = draw_units(spec, line, max(int(hours.working_s / line.layout.takt_s * 0.995), 1), rng)
    return run_line(line, units, hours, pace)


def _days_for(spec: PlantSpec, layouts: list[Layout]) -> int:
    """Return how many working days give about the asked number of cycles."""
    per_second = sum(len(layout.station_ids) / layout.takt_s for layout in layouts)
    return max(1, round(spec.cycles / (per_second * schedule(spec.hours, 1).working_s)))


def _with_row(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
