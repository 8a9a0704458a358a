"""Do a file's columns hold what their names say? A shifted header loads without a complaint, and lies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import polars as pl

from analytics.contracts import contract
from analytics.ingest.fields import Reading, clean
from analytics.ingest.numerals import parse_numbers
from analytics.ingest.tables import SourceTable

FACTOR = 3.0
FEWEST = 20
NEIGHBOURS = 2
AGREES = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why a file cannot be what it says, and what to do."""

    message: str
    hint: str


def check_plausible(table: SourceTable, reading: Reading, rows: pl.DataFrame) -> Doubt | None:
    """Return why the stated cycle times cannot be right, None where nothing speaks against them.

    Two tests, each with its evidence in the file itself:

    - the median cycle time is off by more than a factor of 3 from the steady gap between completions, and a
      neighbouring column agrees with that gap: the header is shifted;
    - the stated times are off from end less start by the same factor in every record, and that factor is one
      between units (60, 3600, 24 …): the unit is another one.

    Args:
        table: the source table.
        reading: how it was read.
        rows: its canonical records.
    """
    if reading.mapping.table != "cycles" or "cycle_s" not in rows.columns or rows.height < FEWEST:
        return None
    if "started_at" in rows.columns and rows["started_at"].null_count() < rows.height:
        return _unit_doubt(reading, rows)
    return _shift_doubt(table, reading, rows)


def _unit_doubt(reading: Reading, rows: pl.DataFrame) -> Doubt | None:
    if "ended_at" not in rows.columns:
        return None
    spans = rows.select(
        ((pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds() / 1e6).alias("span"), "cycle_s"
    ).filter((pl.col("span") > 0) & (pl.col("cycle_s") > 0))
    if spans.height < FEWEST:
        return None
    ratios = spans.select((pl.col("cycle_s") / pl.col("span")).alias("ratio"))["ratio"].sort()
    middle = _quantile(ratios, 0.5)
    steady = _quantile(ratios, 0.9) < 1.2 * middle and _quantile(ratios, 0.1) > 0.8 * middle
    for factor, words in ((60.0, "60"), (3600.0, "3600"), (24.0, "24"), (1000.0, "1000"), (86400.0, "86400")):
        for expected in (factor, 1 / factor):
            near = abs(middle / expected - 1) < 0.05
            if near and steady:
                source = reading.mapping.columns.get("cycle_s", "cycle_s")
                how = f"{words} times" if expected > 1 else f"1/{words} of"
                return Doubt(
                    message=f"the column {source!r} reads as {how} the time between start and end in nearly "
                    "every record, so its unit cannot be the one taken.",
                    hint='State the unit in a mapping: "units": {"cycle_s": "s"|"ms"|"min"|"h"|"d"}.',
                )
    return None


def _shift_doubt(table: SourceTable, reading: Reading, rows: pl.DataFrame) -> Doubt | None:
    stamp = "completed_at" if "completed_at" in rows.columns else "ended_at"
    if stamp not in rows.columns or "cycle_s" not in reading.mapping.columns:
        return None
    gaps = (
        rows.select("station_id", stamp).unique().sort("station_id", stamp)
        .select((pl.col(stamp).diff().over("station_id").dt.total_microseconds() / 1e6).alias("gap"))["gap"]
        .drop_nulls()
    )  # fmt: skip
    stated = rows["cycle_s"].drop_nulls()
    if gaps.len() < FEWEST or stated.len() < FEWEST:
        return None
    gap, cycle = _quantile(gaps, 0.5), _quantile(stated, 0.5)
    steady = _quantile(gaps, 0.75) - _quantile(gaps, 0.25) < 0.2 * gap
    if not steady or gap <= 0 or cycle <= 0 or 1 / FACTOR <= cycle / gap <= FACTOR:
        return None
    source = reading.mapping.columns["cycle_s"]
    place = table.columns.index(source)
    for other in range(max(0, place - NEIGHBOURS), min(len(table.columns), place + NEIGHBOURS + 1)):
        name = table.columns[other]
        middle = _middle_of(table, reading, name) if other != place else None
        if middle is not None and abs(middle / gap - 1) < AGREES:
            return Doubt(
                message=f"the column {source!r} holds {cycle:.1f} s (median), but the records are "
                f"{gap:.1f} s apart; the column {name!r} beside it holds {middle:.1f}. The header seems to "
                "be shifted: each later column carries its neighbour's name.",
                hint="Correct the header, or say which column is which with --mapping FILE.",
            )
    return None


def _middle_of(table: SourceTable, reading: Reading, name: str) -> float | None:
    """Return the median of a column's first records, None where it holds no numbers."""
    for batch in islice(table.read(), 1):
        values = clean(batch.frame.get_column(name), contract("cycles").missing_values)
        number = (
            parse_numbers(values, decimal=reading.decimal)
            if values.dtype == pl.String
            else values.cast(pl.Float64, strict=False)
        )
        if number.null_count() < 0.5 * max(1, number.len()):
            return _quantile(number, 0.5)
    return None


def _quantile(values: pl.Series, share: float) -> float:
    found = values.quantile(share, interpolation="linear")
    return float(found) if found is not None else float("nan")
