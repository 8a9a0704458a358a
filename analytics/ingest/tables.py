"""What every reader hands on: a table of source values in batches, with the line of each record.

A reader knows one family of formats and nothing of canonical columns; what comes after it knows nothing of
formats. A table can be read more than once (a question about dates needs every value before the first
record is converted), so it holds a function that starts reading, not the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRecord:
    """A record that could not be split into the table's columns."""

    line: int
    text: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some consecutive records.

    Attributes:
        frame: one column per source column, in order; text as it stands, or typed by the format.
        line: shape (frame.height,), the line (or row) of each record in the file, counted from 1.
        broken: records that are not in the frame.
        skipped: blank lines, repeated headers and footers; not records.
        share: how much of the file is read up to here, in [0, 1], where the reader knows; for progress only.
    """

    frame: pl.DataFrame
    line: pl.Series
    broken: tuple[BrokenRecord, ...] = ()
    skipped: int = 0
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """One table found in a file.

    Attributes:
        format: "csv", "xlsx", "parquet" or "jsonl".
        detail: what was found out about it: encoding, delimiter, sheet.
        member: the sheet or archive member, None for the file itself.
        columns: the source's column names, each once.
        read: starts reading from the first record.
        skipped: title lines and the like before the first record.
        delimiter: of a text table, else None.
        records: how many records there are, where the format says so; for progress only.
    """

    format: str
    detail: str
    member: str | None
    columns: tuple[str, ...]
    read: Callable[[], Iterator[Batch]]
    skipped: int = 0
    delimiter: str | None = None
    records: int | None = field(default=None)


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Return the names, nameless columns called by position and repeated names numbered.

    Example:
        >>> unique_names(["Start", "", "Start", "Start (2)"])
        ('Start', 'column 2', 'Start (3)', 'Start (2)')
    """
    given = [name.strip() or f"column {position}" for position, name in enumerate(names, start=1)]
    taken, answer = set(given), dict[str, None]()
    for name in given:
        free, number = name, 1
        while free in answer or (number > 1 and free in taken):
            number += 1
            free = f"{name} ({number})"
        answer[free] = None
    return tuple(answer)


def without_blank_and_header_rows(
    frame: pl.DataFrame, line: pl.Series
) -> tuple[pl.DataFrame, pl.Series, int]:
    """Drop rows of text that hold nothing, and rows that repeat the header.

    Args:
        frame: text columns named as the source names them.
        line: shape (frame.height,).

    Returns:
        The frame and lines that stay, and how many went.
    """
    if frame.width == 0 or frame.height == 0:
        return frame, line, 0
    # Nearly all records are neither, and most of them show it in their first column.
    start = frame.to_series(0).str.strip_chars()
    if not (start.is_null() | (start == "") | (start == frame.columns[0])).any():
        return frame, line, 0
    empty = pl.all_horizontal(
        pl.col(name).is_null() | (pl.col(name).str.strip_chars() == "") for name in frame.columns
    )
    first, last = frame.columns[0], frame.columns[-1]
    header = (
        pl.all_horizontal(pl.col(name).str.strip_chars() == name for name in frame.columns)
        if frame.get_column(first).first() is not None or frame.get_column(last).first() is not None
        else pl.lit(value=False)
    )
    keep = frame.select((~(empty | header.fill_null(value=False))).alias("keep"))["keep"]
    gone = frame.height - int(keep.sum())
    if gone == 0:
        return frame, line, 0
    return frame.filter(keep), line.filter(keep), gone
