"""Which seconds of a cycle were planned for work: net time.

Net time is end less start less the breaks and planned stops *that the cycle outlives*. A cycle that ends
inside a break was worked on in it and keeps that part of its clock time. Cycles that touch such an interval,
or span a change of shift, are kept out of the fits and judged among their own kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints, Plant, line_calendar

UNPLANNED_KINDS = ("break", "planned_stop", "no_data")


@dataclass(frozen=True, slots=True)
class Intervals:
    """Disjoint intervals in order of time, microseconds, each shape (m,)."""

    start_us: Ints
    end_us: Ints

    def seconds_before(self, at_us: Ints) -> Floats:
        """Seconds of these intervals that lie before each time."""
        lengths = np.concatenate([[0], np.cumsum(self.end_us - self.start_us)])
        done = np.searchsorted(self.end_us, at_us, side="right")
        inside = np.zeros(at_us.shape, dtype=np.int64)
        open_ = done < self.start_us.size
        index = np.minimum(done, max(self.start_us.size - 1, 0))
        if self.start_us.size:
            inside = np.where(open_, np.maximum(at_us - self.start_us[index], 0), 0)
        return np.asarray((lengths[done] + inside) / SECOND_US, dtype=np.float64)

    def holding(self, at_us: Ints) -> tuple[Bools, Ints]:
        """Tell which times fall inside an interval, and where that interval starts."""
        if not self.start_us.size:
            return np.zeros(at_us.shape, dtype=bool), at_us
        index = np.searchsorted(self.start_us, at_us, side="left") - 1
        safe = np.maximum(index, 0)
        # What ends in the very moment in which the interval ends outlived it.
        inside = (index >= 0) & (at_us < self.end_us[safe])
        return inside, np.where(inside, self.start_us[safe], at_us)


@dataclass(frozen=True, slots=True)
class NetTime:
    """Planned seconds of each cycle, shape (n,) each.

    Attributes:
        net_s: clock time less what was outlived; nan where the start is unknown.
        clock_s: end less start.
        outlived: the cycle spans a break or planned stop as a whole.
        ended_inside: the cycle ended in one.
        spans_change: a shift began while the cycle ran.
    """

    net_s: Floats
    clock_s: Floats
    outlived: Bools
    ended_inside: Bools
    spans_change: Bools


def merge(start_us: Ints, end_us: Ints) -> Intervals:
    """Join overlapping intervals."""
    if not start_us.size:
        empty = np.empty(0, dtype=np.int64)
        return Intervals(empty, empty)
    order = np.argsort(start_us, kind="stable")
    start, end = start_us[order], np.maximum.accumulate(end_us[order])
    first = np.concatenate([[True], start[1:] > end[:-1]])
    last = np.concatenate([first[1:], [True]])
    return Intervals(start[first], end[last])


def unplanned_table(plant: Plant, found: pl.DataFrame | None = None) -> pl.DataFrame:
    """List every interval not planned for work: line code, station code (-1 = the whole line), kind, name.

    Shifts in the calendar make the time between them ``off_shift``. ``found`` holds intervals that were
    found in the data where no calendar tells them (:mod:`analytics.estimate.quiet`).
    """
    parts: list[pl.DataFrame] = [] if found is None else [found]
    for line in plant.lines():
        rows = line_calendar(plant, line)
        shifts = rows.filter((pl.col("kind") == "shift") & pl.col("station_id").is_null())
        if shifts.height:
            union = merge(shifts["start_us"].to_numpy(), shifts["end_us"].to_numpy())
            parts.append(_rows(line, union.end_us[:-1], union.start_us[1:], "off_shift", "between shifts"))
        stops = rows.filter(pl.col("kind").is_in(UNPLANNED_KINDS))
        of_line = plant.stations.filter(pl.col("line") == line).select(
            "station_id", pl.col("station").cast(pl.Int64)
        )
        parts.append(
            stops.join(of_line, on="station_id", how="left", maintain_order="left")
            .filter(pl.col("station_id").is_null() | pl.col("station").is_not_null())
            .select(
                line=pl.lit(line, dtype=pl.Int64),
                station=pl.col("station").fill_null(-1),
                start_us="start_us",
                end_us="end_us",
                kind="kind",
                name="name",
                found=pl.lit(value=False),
            )
        )
    planned = plant.detections.filter(
        pl.col("planned") & (pl.col("station") >= 0) & (pl.col("ended_us") > pl.col("detected_us"))
    )
    parts.append(
        planned.select(
            "line",
            "station",
            start_us="detected_us",
            end_us="ended_us",
            kind=pl.lit("planned_stop"),
            name=pl.coalesce("reason", pl.lit("planned")),
            found=pl.lit(value=False),
        )
    )
    return pl.concat(parts, how="vertical_relaxed").sort("line", "station", "start_us", "end_us")


def _rows(line: int, start: Ints, end: Ints, kind: str, name: str) -> pl.DataFrame:
    keep = end > start
    return pl.DataFrame(
        {
            "line": np.full(int(keep.sum()), line, dtype=np.int64),
            "station": np.full(int(keep.sum()), -1, dtype=np.int64),
            "start_us": start[keep].astype(np.int64),
            "end_us": end[keep].astype(np.int64),
        }
    ).with_columns(
        kind=pl.lit(kind, dtype=pl.String), name=pl.lit(name, dtype=pl.String), found=pl.lit(value=False)
    )


def station_intervals(table: pl.DataFrame, line: int, station: int) -> Intervals:
    """Join what stands in the table for one station and its line."""
    rows = table.filter((pl.col("line") == line) & pl.col("station").is_in([-1, station]))
    return merge(rows["start_us"].to_numpy().astype(np.int64), rows["end_us"].to_numpy().astype(np.int64))


def net_time(plant: Plant, begin_us: Ints, known: Bools, table: pl.DataFrame) -> NetTime:
    """Take from each cycle the unplanned time that it outlives.

    Args:
        plant: the plant.
        begin_us: own start of each cycle, shape (n,).
        known: whether that start is known, shape (n,).
        table: intervals not planned for work (:func:`unplanned_table`).
    """
    n = plant.size
    net, clock = np.full(n, np.nan), np.full(n, np.nan)
    outlived, ended_inside, spans = (np.zeros(n, dtype=bool) for _ in range(3))
    changes = _shift_changes(plant)
    for code, part in enumerate(plant.slices()):
        line = int(plant.line[part.start])
        intervals = station_intervals(table, line, code)
        begin, end = begin_us[part], plant.end_us[part]
        inside, counted_to = intervals.holding(end)
        # A start inside a break counts from the break's end only where the cycle outlives it.
        counted_to = np.maximum(counted_to, begin)
        taken = intervals.seconds_before(counted_to) - intervals.seconds_before(begin)
        clock[part] = (end - begin) / SECOND_US
        net[part] = clock[part] - taken
        outlived[part] = taken > 0
        ended_inside[part] = inside
        starts = changes.get(line)
        if starts is not None:
            spans[part] = np.searchsorted(starts, end, side="left") > np.searchsorted(
                starts, begin, side="right"
            )
    unknown = ~known
    net[unknown] = np.nan
    clock[unknown] = np.nan
    return NetTime(net, clock, outlived & known, ended_inside & known, spans & known & ~outlived)


def _shift_changes(plant: Plant) -> dict[int, Ints]:
    """Times at which a shift starts on each line, by the calendar."""
    changes: dict[int, Ints] = {}
    for line in plant.lines():
        rows = line_calendar(plant, line).filter((pl.col("kind") == "shift") & pl.col("station_id").is_null())
        if rows.height:
            changes[line] = np.unique(rows["start_us"].to_numpy().astype(np.int64))
    return changes
