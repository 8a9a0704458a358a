"""Two header rows: groups above, names below. One name a column is made of both.

A group's name stands over its first column only, or over each; it holds until the next one. The second row is
taken for a header where it is text in columns whose other values are numbers, and holds nothing that a
record would (no time, no number).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import polars as pl

from analytics.ingest.stamps import parse_stamps
from analytics.ingest.tables import Batch, SourceTable, unique_names

SEPARATOR = " / "
FEWEST_GROUPED = 2
FEWEST_GROUPS = 2
"""So many cells above the header are names of groups; a single one is a title."""
_NAMELESS = "column "
_NUMBER = r"^[-+]?[\d.,:\s]+$"


def one_header(table: SourceTable) -> tuple[SourceTable, bool]:
    """Return a table whose two header rows are joined, and whether it had two."""
    if sum(bool(cell.strip()) for cell in table.above) >= FEWEST_GROUPS:
        return _under_groups(table), True
    head = next(islice(table.read(), 1), None)
    if head is None or head.frame.height < 2:
        return table, False
    first = [None if value is None else str(value).strip() for value in head.frame.row(0)]
    if not _is_header(table.columns, first, head.frame):
        return table, False
    names = _joined(table.columns, first)

    def read() -> Iterator[Batch]:
        skip = 1
        for batch in table.read():
            frame = batch.frame.slice(skip)
            frame.columns = list(names)
            yield replace(batch, frame=frame, line=batch.line.slice(skip))
            skip = 0

    return replace(table, columns=names, read=read, skipped=table.skipped + 1), True


def _under_groups(table: SourceTable) -> SourceTable:
    """Return a table whose columns carry the name of the group that stands above the header, too."""
    group, names = "", []
    for name, above in zip(table.columns, (*table.above, *[""] * len(table.columns)), strict=False):
        group = above.strip() or group
        names.append(SEPARATOR.join([group, name]) if group else name)
    columns = unique_names(names)

    def read() -> Iterator[Batch]:
        for batch in table.read():
            yield replace(batch, frame=batch.frame.rename(dict(zip(table.columns, columns, strict=True))))

    return replace(table, columns=columns, read=read)


def _is_header(columns: tuple[str, ...], first: list[str | None], frame: pl.DataFrame) -> bool:
    """Tell whether a first record names columns: text where the header is silent or numbers follow."""
    filled = [value for value in first if value]
    if any(pl.Series([value]).str.contains(_NUMBER)[0] for value in filled):
        return False
    if parse_stamps(pl.Series(filled, dtype=pl.String), dayfirst=None).value.count():
        return False
    grouped = sum(
        bool(value) and (name.startswith(_NAMELESS) or _numbers_below(frame.get_column(name)))
        for name, value in zip(columns, first, strict=True)
    )
    return grouped >= FEWEST_GROUPED


def _numbers_below(column: pl.Series) -> bool:
    below = column.slice(1).cast(pl.String).str.strip_chars()
    below = below.filter(below.str.len_chars() > 0)
    return bool(below.len()) and bool(below.str.contains(_NUMBER).all())


def _joined(columns: tuple[str, ...], first: list[str | None]) -> tuple[str, ...]:
    group, names = "", []
    for name, below in zip(columns, first, strict=True):
        nameless = name.startswith(_NAMELESS) and name.removeprefix(_NAMELESS).isdecimal()
        group = group if nameless else name
        bare = (
            group.split(" (")[0]
            if group.endswith(")") and group[:-1].rsplit("(", 1)[-1].isdecimal()
            else group
        )
        names.append(below if below and not bare else SEPARATOR.join([bare, below]) if below else name)
    return unique_names(names)
