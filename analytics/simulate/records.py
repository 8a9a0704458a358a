"""From what happened to what the systems export: frames with time stamps and texts, and the truth.

Question: what is in the MES table and the andon log? Stamps have the systems' resolution; the andon
system may have a clock of its own and log the wrong station.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from analytics.simulate.calls import CallLog
from analytics.simulate.happened import KINDS, Happened
from analytics.simulate.hours import Schedule
from analytics.simulate.spec import PlantSpec
from analytics.simulate.structure import Andon, Layout

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_REASONS = ("machine stopped", "part does not fit", "tool worn", "needs help")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (canonical stamps are naive)


def cycle_rows(layout: Layout, happened: Happened, hours: Schedule, stamp_s: float) -> pl.DataFrame:
    """Return the cycles as a plant's system has them, in the order of ``happened``."""
    return pl.DataFrame(
        {
            "line_id": pl.repeat(layout.line_id, happened.size, dtype=pl.String, eager=True),
            "station_id": _named(layout.station_ids, happened.station),
            "product_id": _named(layout.product_ids, happened.product),
            "order_id": _numbered(f"{layout.line_id[-1]}-O", happened.batch, digits=4),
            "serial": _numbered(f"{layout.line_id[-1]}-", happened.unit),
            "shift": _named(hours.names, hours.shift[happened.piece]),
            "started_at": stamps(happened.start, hours, stamp_s),
            "ended_at": stamps(happened.end, hours, stamp_s),
        }
    )


def truth_rows(happened: Happened, log: CallLog, first_problem: int) -> pl.DataFrame:
    """Return what is true of every cycle, in the order of ``happened``."""
    state = np.where(happened.paused_s > 0.0, "planned", "normal")
    state = np.where(happened.blocked_s > 0.0, "blocked", state)
    return pl.DataFrame(
        {
            "own_delay_s": happened.delay_s,
            "problem_id": _or_null(happened.problem + first_problem, happened.problem >= 0),
            "kind": _named((*KINDS, None), np.where(happened.kind < 0, len(KINDS), happened.kind)),
            "called": log.called,
            "covered": log.covered,
            "walked_away": log.walked_away,
            "blocked_s": happened.blocked_s,
            "paused_s": happened.paused_s,
            "in_control_s": happened.in_control_s,
            "expected_s": happened.expected_s,
            "open_calls": pl.Series(log.open_calls).fill_nan(None).cast(pl.Int32),
            "call_chance": pl.Series(log.chance).fill_nan(None),
            "call_chance_alone": pl.Series(log.chance_alone).fill_nan(None),
            "state": np.where(log.covered, "covered", state),
        }
    )


def call_rows(
    spec: PlantSpec, layout: Layout, andon: Andon, log: CallLog, hours: Schedule, *, rng: np.random.Generator
) -> pl.DataFrame:
    """Return the andon log as exported; the order is that of ``log.calls``."""
    count = len(log.calls)
    station = np.array([call.station for call in log.calls], dtype=np.int64)
    raised = np.array([call.raised for call in log.calls], dtype=np.float64)
    skew = andon.clock_offset_s[station] + andon.clock_drift_s * raised / 86_400.0
    skew += rng.normal(0.0, 1.0, count) * spec.calls.clock_scatter_s
    moved = rng.random(count) < spec.calls.misplaced
    station = np.where(moved, station + rng.choice((-1, 1), count), station)
    station = np.clip(station, 0, len(layout.station_ids) - 1)
    reason = rng.integers(0, len(_REASONS), count).tolist()
    category = [
        _REASONS[pick] if call.kind == "process" else call.kind
        for pick, call in zip(reason, log.calls, strict=True)
    ]

    def at(times: list[float]) -> pl.Series:
        return stamps(np.array(times, dtype=np.float64) + skew, hours, max(1.0, spec.sources.stamp_s))

    open_still = pl.Series(rng.spawn(1)[0].random(count) < spec.calls.left_open)

    return pl.DataFrame(
        {
            "call_id": _call_ids(layout, count),
            "line_id": pl.repeat(layout.line_id, count, dtype=pl.String, eager=True),
            "station_id": _named(layout.station_ids, station),
            "raised_at": at([call.raised for call in log.calls]),
            "acknowledged_at": at([call.acknowledged for call in log.calls]),
            "resolved_at": at([call.resolved for call in log.calls]).set(open_still, None),
            "category": pl.Series(category, dtype=pl.String),
            "kind": pl.Series([call.kind for call in log.calls], dtype=pl.String),
        }
    )


def true_call_rows(layout: Layout, happened: Happened, log: CallLog, first_problem: int) -> pl.DataFrame:
    """Return what each call was about: its problem and its cycle (numbered as in ``happened``)."""
    cycle = np.array([call.cycle for call in log.calls], dtype=np.int64)
    known = cycle >= 0
    problem = np.zeros(cycle.size, dtype=np.int64)
    problem[known] = happened.problem[cycle[known]] + first_problem
    return pl.DataFrame(
        {
            "call_id": _call_ids(layout, cycle.size),
            "problem_id": _or_null(problem, known),
            "cycle": _or_null(cycle, known),
            "kind": pl.Series([call.kind for call in log.calls], dtype=pl.String),
        }
    )


def stamps(seconds: Floats, hours: Schedule, resolution_s: float) -> pl.Series:
    """Turn seconds since the origin into time stamps of the given resolution."""
    epoch_us = round((hours.origin - _EPOCH).total_seconds()) * 1_000_000
    step_us = round(resolution_s * 1e6)
    ticks = np.round(seconds * 1e6 / step_us).astype(np.int64)
    return pl.Series(epoch_us + ticks * step_us, dtype=pl.Int64).cast(pl.Datetime("us"))


def _named(names: tuple[str | None, ...], index: Ints) -> pl.Series:
    return pl.Series(list(names), dtype=pl.String).gather(index)


def _numbered(prefix: str, number: Ints, *, digits: int = 6) -> pl.Series:
    """Return texts like ``A-000017``, each made once."""
    texts = [f"{prefix}{value:0{digits}d}" for value in range(int(number.max(initial=-1)) + 1)]
    return pl.Series(texts, dtype=pl.String).gather(number)


def _call_ids(layout: Layout, count: int) -> pl.Series:
    return pl.Series([f"{layout.line_id}-C{number:05d}" for number in range(1, count + 1)], dtype=pl.String)


def _or_null(values: Ints, known: npt.NDArray[np.bool_]) -> pl.Series:
    """Return integers, null where they are not known."""
    return pl.DataFrame({"value": values, "known": known}).select(
        pl.when("known").then(pl.col("value").cast(pl.Int64))
    )["value"]
