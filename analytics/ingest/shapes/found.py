"""What a recogniser finds, and what a shape comes to."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analytics.ingest.mapping import Mapping
from analytics.ingest.tables import SourceTable
from analytics.results import Caveat, Severity

PLACE = ("site_id", "area_id", "line_id", "station_id")
STATION = ("site_id", "line_id", "station_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A table whose rows are no canonical records, but can be turned into some.

    Attributes:
        shape: "part_counter", "part_counts", "run_intervals", "state_log", "downtime_matrix" or "event_log".
        table: the table to read, its columns as the shape's reading needs them.
        mapping: which column is which.
        evidence: why it was taken for this shape, each a sentence.
        cells: records read from each row of the source (a matrix gives one a cell).
    """

    shape: str
    table: SourceTable
    mapping: Mapping
    evidence: tuple[str, ...]
    cells: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """What the records of a shape came to.

    Attributes:
        rows: canonical table → records, with "line" of the source.
        caveats: what a reader of the numbers must know.
        repeated: source records that repeat another one.
    """

    rows: dict[str, pl.DataFrame]
    caveats: tuple[Caveat, ...] = ()
    repeated: int = 0


def present(rows: pl.DataFrame, names: tuple[str, ...]) -> list[str]:
    """Return those of the columns that a frame has."""
    return [name for name in names if name in rows.columns]


def without_repeats(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Drop records that repeat another one in everything but their line; return how many went."""
    kept = rows.unique([name for name in rows.columns if name != "line"], keep="first", maintain_order=True)
    return kept, rows.height - kept.height


def note(code: str, message: str, *, severity: Severity = "info", affects: str = "cycles") -> Caveat:
    """Return what a reader of the numbers must know of a file."""
    return Caveat(code=code, severity=severity, message=message, affects=affects)
