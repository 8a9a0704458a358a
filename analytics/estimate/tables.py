"""What the estimate says, as the tables of a run: cycles, calls, detections, gaps, breaks.

Nothing is estimated here: arrays become columns, codes become names, and every cycle gets its one state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.estimate.mixture import FLOOR
from analytics.estimate.passes import Prepared
from analytics.estimate.planned_time import station_intervals
from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints
from analytics.estimate.scoring import Scores
from analytics.estimate.several_parts import several_parts
from analytics.estimate.shifts import ShiftDays

TOTALS = "downtime totals"
RECORDED_LATE_S = 60
RECORDED_BACK, RECORDED_AHEAD = 2, 4
RECORDED_MOST, RECORDED_OTHER = 6.0, 0.5
"""Slower than so many sigmas is slow enough; then the cycle in which it began comes first."""
GAP_SHARE = 0.5
LIKELY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Detections by other sources and the cycles they fall in."""

    cycle_of_detection: Ints
    source_of_cycle: pl.Series


def match_detections(prepared: Prepared) -> Recorded:
    """Find the cycle each unplanned detection speaks of: the one it began in, or a slower one it touches."""
    plant = prepared.plant
    seen = plant.detections
    station = seen["station"].to_numpy()
    at = seen["detected_us"].to_numpy().astype(np.int64)
    until = seen["ended_us"].fill_null(pl.Series(at)).to_numpy().astype(np.int64)
    # A total of a shift tells how long, not when: it speaks of no cycle.
    apart = (seen["planned"] | (seen["source"] == TOTALS)).to_numpy()
    found = np.full(seen.height, -1, dtype=np.int64)
    sources = np.full(plant.size, -1, dtype=np.int64)
    names = seen["source"].unique().sort().to_list()
    codes = np.array([names.index(name) for name in seen["source"].to_list()], dtype=np.int64)
    t = np.minimum(np.nan_to_num(prepared.deviation, nan=-9.0), RECORDED_MOST)
    for code, part in enumerate(plant.slices()):
        rows = np.flatnonzero((station == code) & ~apart)
        if not rows.size:
            continue
        end, begin = plant.end_us[part], prepared.own.begin_us[part]
        holding = np.searchsorted(end, at[rows], side="left")
        last = np.searchsorted(begin, until[rows], side="right") - 1
        best = np.full(rows.size, -1, dtype=np.int64)
        best_t = np.full(rows.size, -np.inf)
        for step in range(-RECORDED_BACK, RECORDED_AHEAD + 1):
            index = np.clip(holding + step, 0, end.size - 1)
            row = part.start + index
            late = end[index] < at[rows]
            too_late = (at[rows] - end[index]) > RECORDED_LATE_S * SECOND_US
            valid = (holding + step == index) & (index <= last) & ~too_late
            handicap = np.where(late, 1.5, RECORDED_OTHER * (step > 0))
            value = np.where(valid, t[row] - handicap, -np.inf)
            better = value > best_t
            best, best_t = np.where(better, row, best), np.maximum(value, best_t)
        found[rows] = best
        hit = best >= 0
        sources[best[hit]] = codes[rows[hit]]
    labels = pl.Series([None, *names], dtype=pl.String).gather(sources + 1)
    return Recorded(cycle_of_detection=found, source_of_cycle=labels)


def states(prepared: Prepared, scores: Scores) -> pl.Series:
    """Give every cycle its one state."""
    matching = prepared.matching
    slow = np.nan_to_num(scores.slow, nan=0.0)
    state = np.full(prepared.plant.size, 0, dtype=np.int64)
    state[prepared.own.starved] = 2
    state[matching.covered & (slow >= LIKELY)] = 4
    state[prepared.blocking.weight >= LIKELY] = 1
    state[~prepared.usable] = 5
    state[prepared.planned & np.isfinite(prepared.scale_s)] = 3
    names = pl.Series(["normal", "blocked", "starved", "planned", "covered", "masked"])
    return names.gather(state)


def cycle_table(
    prepared: Prepared, scores: Scores, common: Floats, shifts: ShiftDays, recorded: Recorded
) -> pl.DataFrame:
    """Return the run's table ``cycles``.

    Args:
        prepared: the prepared plant.
        scores: chances and delays per cycle.
        common: chance of an own delay of at least the common floor, shape (n,).
        shifts: shift and shift-day.
        recorded: what other sources saw.
    """
    plant = prepared.plant
    state = states(prepared, scores)
    masked = (state == "masked").to_numpy()
    call_ids = pl.Series([None, *plant.calls["call_id"].to_list()], dtype=pl.String)
    net, clock = prepared.net.net_s, prepared.net.clock_s

    def number(values: Floats, hidden: Bools | None = None) -> pl.Series:
        shown = values if hidden is None else np.where(hidden, np.nan, values)
        return pl.Series(shown).fill_nan(None)

    expected = prepared.expected_s
    floor = np.where(np.isfinite(scores.floor_s), scores.floor_s, FLOOR * prepared.scale_s)
    return pl.DataFrame(
        {
            "cycle_id": np.arange(plant.size),
            "site_id": plant.cycles["site_id"],
            "line_id": plant.cycles["line_id"],
            "station_id": plant.cycles["station_id"],
            "product_id": plant.cycles["product_id"],
            "shift": shifts.shift,
            "shift_day": pl.Series(shifts.day).cast(pl.Int32).cast(pl.Date),
            "serial": plant.cycles["serial"],
            "started_at": pl.Series(np.where(prepared.own.known, prepared.own.begin_us, 0)).cast(
                pl.Datetime("us")
            ),
            "ended_at": pl.Series(plant.end_us).cast(pl.Datetime("us")),
            "cycle_s": number(clock),
            "net_s": number(net),
            "expected_s": number(expected),
            "scale_s": number(prepared.scale_s),
            "excess_s": number(net - expected),
            "deviation": number(prepared.deviation, masked),
            "floor_s": number(floor, masked),
            "slow_probability": number(scores.slow, masked),
            "undetected_probability": number(scores.undetected, masked),
            "delay_s": number(scores.delay_s, masked),
            "common_probability": number(common, masked),
            "called": prepared.matching.called,
            "call_id": call_ids.gather(prepared.matching.call_of_cycle + 1),
            "recorded_by": recorded.source_of_cycle,
            "state": state,
        }
    ).with_columns(started_at=pl.when(pl.Series(prepared.own.known)).then(pl.col("started_at")))


def output_records(prepared: Prepared, cycles: pl.DataFrame) -> pl.DataFrame:
    """Return what each record put out: its parts and the seconds it covers, breaks taken out.

    Args:
        prepared: the prepared plant.
        cycles: the run's table.
    """
    several = several_parts(prepared.plant)
    seconds = np.where(prepared.own.known & (prepared.net.net_s > 0), prepared.net.net_s, np.nan)
    return cycles.select(
        "site_id", "line_id", "station_id", "product_id", "shift", "shift_day", "started_at", "ended_at",
        parts=prepared.plant.cycles["quantity"],
        seconds=pl.Series(seconds).fill_nan(None),
        several=pl.Series(several.blind[prepared.plant.station] | several.apart),
    )  # fmt: skip


def call_table(prepared: Prepared, scores: Scores, cycles: pl.DataFrame) -> pl.DataFrame:
    """Return the run's table ``calls``."""
    calls, row = prepared.plant.calls, prepared.matching.cycle_of_call
    slow = np.where(row >= 0, np.nan_to_num(scores.slow, nan=0.0)[np.maximum(row, 0)], 0.0)
    judged = (row >= 0) & prepared.usable[np.maximum(row, 0)]
    where = _row_or_null(row)
    stamp = pl.Datetime("us")
    return calls.select(
        "call_id",
        "line_id",
        "station_id",
        raised_at=pl.col("raised_us").cast(stamp),
        acknowledged_at=pl.col("acknowledged_us").cast(stamp),
        resolved_at=pl.col("resolved_us").cast(stamp),
        kind="kind",
        category="category",
    ).with_columns(
        cycle_id=where,
        # Unknown where the call belongs to no cycle, or to one that cannot be judged.
        time_trace=pl.Series(slow >= LIKELY).set(pl.Series(~judged), None),
        ambiguous=pl.Series(prepared.matching.ambiguous),
        shift=cycles["shift"].gather(where),
        shift_day=cycles["shift_day"].gather(where),
    )


def detection_table(prepared: Prepared, recorded: Recorded) -> pl.DataFrame:
    """Return the run's table ``detections``."""
    stamp = pl.Datetime("us")
    row = recorded.cycle_of_detection
    return prepared.plant.detections.select(
        "source",
        "line_id",
        "station_id",
        detected_at=pl.col("detected_us").cast(stamp),
        ended_at=pl.col("ended_us").cast(stamp),
        reason="reason",
        planned="planned",
    ).with_columns(cycle_id=_row_or_null(row))


def gap_table(prepared: Prepared) -> pl.DataFrame:
    """Return the run's table ``gaps``: time between two cycles beyond half an expected cycle.

    ``kind`` is "break" where breaks and closed hours explain it, else "idle"; ``gap_s`` is what they leave.
    """
    plant = prepared.plant
    parts: list[pl.DataFrame] = []
    for code, part in enumerate(plant.slices()):
        end, begin = plant.end_us[part], prepared.own.begin_us[part]
        if end.size < 2:
            continue
        intervals = station_intervals(prepared.unplanned, int(plant.line[part.start]), code)
        left, right = end[:-1], begin[1:]
        length = (right - left) / SECOND_US
        planned = length - (intervals.seconds_before(right) - intervals.seconds_before(left))
        usual = (
            np.nanmedian(prepared.expected_s[part]) if np.isfinite(prepared.expected_s[part]).any() else 60.0
        )
        keep = (length > GAP_SHARE * usual) & prepared.own.known[part][1:]
        names = plant.stations.row(code, named=True)
        parts.append(
            pl.DataFrame(
                {
                    "started_at": pl.Series(left[keep]).cast(pl.Datetime("us")),
                    "ended_at": pl.Series(right[keep]).cast(pl.Datetime("us")),
                    "gap_s": planned[keep],
                    "kind": pl.Series(np.where(planned <= GAP_SHARE * usual, "break", "idle")[keep]).cast(
                        pl.String
                    ),
                }
            ).with_columns(
                line_id=pl.lit(names["line_id"], dtype=pl.String),
                station_id=pl.lit(names["station_id"], dtype=pl.String),
            )
        )
    return pl.concat(parts) if parts else pl.DataFrame(schema={"line_id": pl.String, "station_id": pl.String})


def break_table(prepared: Prepared) -> pl.DataFrame:
    """Return the run's table ``breaks``."""
    lines = prepared.plant.stations.select("line", "line_id").unique().sort("line")
    stamp = pl.Datetime("us")
    return prepared.unplanned.join(
        lines.with_columns(pl.col("line").cast(pl.Int64)), on="line", how="left", maintain_order="left"
    ).select(
        "line_id",
        starts_at=pl.col("start_us").cast(stamp),
        ends_at=pl.col("end_us").cast(stamp),
        kind="kind",
        name="name",
        found="found",
    )


def _row_or_null(row: Ints) -> pl.Series:
    found = pl.Series(row, dtype=pl.Int64)
    return found.set(found < 0, None)
