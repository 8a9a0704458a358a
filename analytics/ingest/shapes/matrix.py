"""Downtime matrices: one column per reason, one row per shift, day or station, minutes in the cells.

Each filled cell becomes one detection: the row's station, the column's reason, the cell's length. A row of a
shift or day tells how long the station stood, not when: such entries carry the source "downtime totals", and
no slow cycle is set against them. Where each row is one stop with its own time, they are a downtime log.

The unit has to stand somewhere: in the column's name, in the line above the header, or in clock notation
(0:23:00). A bare 23 may be minutes, seconds or stops, and is not guessed at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from analytics.contracts import TABLES
from analytics.errors import MappingError
from analytics.estimate.tables import TOTALS
from analytics.ingest.kinds import kind_of
from analytics.ingest.mapping import find_mapping
from analytics.ingest.names import (
    SECONDS,
    is_personal,
    matches,
    normalise,
    shape_words,
    source_named,
    split_unit,
)
from analytics.ingest.outcome import IngestOptions
from analytics.ingest.shapes.found import Found, Turned, note
from analytics.ingest.shapes.headers import SEPARATOR, one_header
from analytics.ingest.shapes.sample import Sample, said, share
from analytics.ingest.tables import Batch, SourceTable

SHAPE = "downtime_matrix"
FEWEST_REASONS = 3
NUMERIC = 0.9
LOG = "downtime log"
REASON, LENGTH, PLANNED, SOURCE = "reason", "length", "planned", "source"
_PLACES = ("site_id", "line_id", "station_id", "shift")
_REASONS = ("reason", "category", "kind", "name", "duration_s")
_OTHER_LENGTHS = {"cycle_s", "standard_cycle_s", "target_cycle_s", "takt_s"}
_MINUTES_A_DAY, _DAY_S = 1440.0, 86_400.0
_UNIT = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "ms": "milliseconds"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Which columns of a matrix are what."""

    station: str
    at: str
    kept: dict[str, str]  # canonical → source
    cells: list[str]
    total: str | None
    unit: str | None


def recognise(sample: Sample, options: IngestOptions) -> Found | None:
    """Return how a table is read as a downtime matrix, unpivoted; None where it is none.

    Raises:
        MappingError: it is one, but nothing says in which unit.
    """
    table, merged = one_header(sample.table)
    if merged:
        sample = Sample(table, sample.file_name)
    asked = options.table == SHAPE
    layout = _layout(sample, asked=asked)
    if layout is None or not (asked or _about_stops(layout, sample.file_name)):
        return None
    if not _within_a_day(sample, layout):
        return None
    if layout.unit is None:
        raise MappingError(
            f"{sample.file_name} is a downtime matrix ({len(layout.cells)} reasons), but nothing says "
            f"whether its cells ({_first_cell(sample, layout)!r}) are minutes, hours, seconds or stops.",
            hint=f"Write the unit into a column's name, such as '{reason_of(layout.cells[0])} (min)', and "
            "load it again.",
        )
    timed = _timed(sample, layout)
    source = (source_named(sample.file_name) or LOG) if timed else TOTALS
    long = _unpivoted(table, layout, source)
    columns = {name: known for known, name in layout.kept.items() if known != "shift"}
    columns |= {layout.at: "detected_at", REASON: "reason", LENGTH: "duration_s", PLANNED: "planned"}
    columns |= {SOURCE: "source"}
    mapping = find_mapping(
        long.columns, sample.file_name, replace(options, table="detections", columns=columns, mapping=None)
    )
    unit = layout.unit
    shown = ", ".join(repr(reason_of(name)) for name in layout.cells[:3])
    row = "stop" if timed else "shift" if "shift" in layout.kept else "day"
    evidence = [
        f"{len(layout.cells)} columns hold lengths of time under the names of reasons ({shown} …)",
        f"one row a {row}: a downtime matrix",
        "cells are lengths in clock notation" if unit == "clock" else f"cells are {_UNIT[unit]}",
    ]
    evidence += ["two header rows were joined"] if merged else []
    evidence += [f"column {layout.total!r} is their sum and left out"] if layout.total else []
    evidence += [] if timed else ["a row tells how long, not when: no slow cycle is set against it"]
    return Found(
        shape=SHAPE,
        table=long,
        mapping=replace(
            mapping, profile=None, scale={"duration_s": 1.0 if unit == "clock" else SECONDS[unit]},
            personal=tuple(name for name in table.columns if is_personal(name)),
        ),
        evidence=tuple(evidence),
        cells=len(layout.cells),
    )  # fmt: skip


def reason_of(column: str) -> str:
    """Return the reason that a column's name tells, without its unit; of two header rows both.

    Example:
        >>> reason_of("Tool change (min)"), reason_of("Unplanned [h] / Jam")
        ('Tool change', 'Unplanned / Jam')
    """
    return SEPARATOR.join(split_unit(part)[0].strip() for part in column.split(SEPARATOR))


def _layout(sample: Sample, *, asked: bool) -> _Layout | None:
    words = shape_words()[SHAPE]
    kept: dict[str, str] = {}
    for canonical in _PLACES:
        for name in sample.table.columns:
            match = matches("cycles", name)
            if match is not None and match.canonical == canonical:
                kept.setdefault(canonical, name)
    at = next(
        (name for word in words["detected_at"] for name in sample.table.columns if said(name, [word])), None
    )
    if at is None or "station_id" not in kept or share(sample.stamps(at).is_not_null()) < NUMERIC:
        return None
    taken = {*kept.values(), at}
    cells, total = [], None
    for name in sample.table.columns:
        if name in taken or is_personal(name):
            continue
        last = name.rsplit(SEPARATOR, 1)[-1]
        if said(last, words["total"]):
            total = name
        elif said(last, words["no_reason"]):
            continue
        elif _holds_lengths(sample, name) and (asked or not _means_something(sample, name)):
            cells.append(name)
    if total is None and (summed := _sum_of_others(sample, cells)) is not None:
        cells.remove(summed)
        total = summed
    if len(cells) < FEWEST_REASONS:
        return None
    return _Layout(
        station=kept["station_id"], at=at, kept=kept, cells=cells, total=total,
        unit=_unit(sample, [*cells, *([total] if total else [])]),
    )  # fmt: skip


def _means_something(sample: Sample, name: str) -> bool:
    """Tell whether a column is known as something else: an end, a quantity, an order, a product number.

    "Material" is a product number or a reason: a reason where the name states a unit of time, or the values
    are minutes of a day at most.
    """
    found = {match.canonical for table in TABLES if (match := matches(table, name)) is not None}
    if split_unit(name)[1] is not None:
        return bool(found & _OTHER_LENGTHS)
    if found <= {*_REASONS, "product_id"}:
        return "product_id" in found and float(sample.lengths(name).max() or 0.0) > _MINUTES_A_DAY  # type: ignore[arg-type]
    return True


def _sum_of_others(sample: Sample, cells: list[str]) -> str | None:
    """Return the one column that is the sum of all the others in nearly every row, None where none is."""
    if len(cells) <= FEWEST_REASONS:
        return None
    held = pl.DataFrame({name: sample.lengths(name).fill_null(0.0) for name in cells})
    whole = held.sum_horizontal()
    filled = whole > 0
    sums = [
        name
        for name in cells
        if share(((2.0 * held[name] - whole).abs() <= 0.01 * whole + 0.1).filter(filled)) >= NUMERIC
    ]
    return sums[0] if len(sums) == 1 else None


def _holds_lengths(sample: Sample, name: str) -> bool:
    filled = sample.frame.get_column(name).dtype.is_numeric() or bool(sample.text(name).count())
    if not filled:
        return True
    text = sample.text(name)
    return share(sample.lengths(name).filter(text.is_not_null()).is_not_null()) >= NUMERIC


def _unit(sample: Sample, columns: list[str]) -> str | None:
    """Return the unit of the cells: named by columns or by the file, or "clock"; None where nothing tells."""
    named = {unit for name in columns for part in name.split(SEPARATOR) if (unit := split_unit(part)[1])}
    if len(named) == 1:
        return named.pop()
    if named:
        return None
    text = [sample.text(name).drop_nulls() for name in columns]
    if any(share(column.str.contains(r"^\d+:\d\d:\d\d$")) >= NUMERIC for column in text if column.len()):
        return "clock"
    titles = (*sample.table.above, sample.file_name.rsplit(".", 1)[0])
    return next((unit for title in titles if (unit := split_unit(title)[1])), None)


def _within_a_day(sample: Sample, layout: _Layout) -> bool:
    """Tell whether a row's cells come to a day at most, as the time of one station on one day must."""
    seconds = 1.0 if layout.unit in {None, "clock"} else SECONDS[layout.unit]
    whole = pl.DataFrame(
        {name: sample.lengths(name).fill_null(0.0) for name in layout.cells}
    ).sum_horizontal()
    return share(whole * seconds <= _DAY_S) >= NUMERIC


def _about_stops(layout: _Layout, file_name: str) -> bool:
    """Tell whether the columns (or the file) speak of why a machine stands."""
    if source_named(file_name) is not None:
        return True
    spoken = [kind_of("andon_calls.kind", reason_of(name)) for name in layout.cells]
    known = sum(kind not in {None, "process", "other"} for kind in spoken)
    return known >= max(2, len(layout.cells) // 3)


def _timed(sample: Sample, layout: _Layout) -> bool:
    """Tell whether each row is one stop with its own time of day."""
    at = sample.stamps(layout.at).drop_nulls()
    filled = pl.DataFrame(
        {name: (sample.lengths(name).fill_null(0.0) > 0).cast(pl.Int64) for name in layout.cells}
    ).sum_horizontal()
    return bool(at.len()) and share(at.dt.truncate("1d") != at) > 0.5 and share(filled <= 1) >= 0.95


def _first_cell(sample: Sample, layout: _Layout) -> str:
    return next((value for name in layout.cells for value in sample.text(name).drop_nulls().head(1)), "")


def _unpivoted(table: SourceTable, layout: _Layout, source: str) -> SourceTable:
    """Return the table with one row a cell; each keeps the line of its row."""
    kept = [*dict.fromkeys([*layout.kept.values(), layout.at])]
    people = [name for name in table.columns if is_personal(name)]
    columns = (*kept, *people, REASON, LENGTH, PLANNED, SOURCE)

    def read() -> Iterator[Batch]:
        for batch in table.read():
            frame = batch.frame.with_columns(batch.line.alias("__line"))
            parts = [
                frame.select(
                    *kept, *people, pl.lit(reason_of(name)).alias(REASON),
                    pl.col(name).cast(pl.String).alias(LENGTH), pl.lit(_planned(name)).alias(PLANNED),
                    pl.lit(source).alias(SOURCE), "__line",
                )
                for name in layout.cells
            ]  # fmt: skip
            long = pl.concat(parts)
            yield replace(batch, frame=long.drop("__line"), line=long["__line"].alias("line"))

    return replace(table, columns=columns, read=read, records=None)


def _planned(name: str) -> str:
    parts = [kind_of("andon_calls.kind", part) for part in reason_of(name).split(SEPARATOR)]
    unplanned = normalise(name).startswith(("unplan", "ungeplant", "noplan"))
    return "yes" if "planned" in parts and not unplanned else "no"


def turn(rows: pl.DataFrame, file: str) -> Turned:
    """Keep the cells in which something stands.

    Args:
        rows: detections, one a cell, with "duration_s" where the cell is filled.
        file: its name, for the caveats.
    """
    filled = rows.filter(pl.col("duration_s") > 0)
    caveats = []
    if filled.height and filled["source"][0] == TOTALS:
        hours = float(filled["duration_s"].sum()) / 3600.0
        caveats.append(
            note(
                "downtime_totals",
                f"{file} tells how long stations stood for each reason ({hours:,.1f} hours in all), not "
                "when: no slow cycle is set against it.",
                severity="warning",
                affects="demand.undetected.recorded",
            )
        )
    return Turned(rows={"detections": filled}, caveats=tuple(caveats))
