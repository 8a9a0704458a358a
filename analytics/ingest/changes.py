"""What a corrected export changes: how many records, in which columns, and one example of each.

Compared are the records of a file with the loaded ones that have their key but other values; whether the new
ones take their place, or are left out, is the choice of ``--on-overlap``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import duckdb
import polars as pl

from analytics.ingest.stamps import MOMENT
from analytics.queries import query

Choice = Literal["replace", "keep"]

_EVENTS = {
    "cycles": ("ended_at", "completed_at", "started_at"),
    "andon_calls": ("raised_at",),
    "detections": ("detected_at",),
}
"""When each record happened, in tables of what happened."""

_SPANS = pl.Schema({"line_id": pl.String(), "station_id": pl.String(), "first_at": MOMENT, "last_at": MOMENT})

_DONE = {
    "replace": "{n} loaded before with other values, replaced by those of this file",
    "keep": "{n} loaded before with other values, left as they were",
    None: "{n} loaded before with other values",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedColumn:
    """A column in which records differ from the loaded ones.

    Attributes:
        name: the canonical column.
        records: records that differ in it.
        line: where the first of them stands in the file.
        before: what is loaded, None where nothing is.
        after: what the file says, None where it says nothing.
    """

    name: str
    records: int
    line: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Records of one table that are loaded with other values.

    Attributes:
        table: the canonical table.
        records: the file's records.
        choice: what became of them; None where the file was stopped for somebody to choose.
        columns: where they differ, the most frequent first.
        only_loaded: loaded records of the same stations and time that the file does not have; they stay.
    """

    table: str
    records: int
    choice: Choice | None
    columns: tuple[ChangedColumn, ...]
    only_loaded: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the changes as ``ingest --json`` prints them."""
        return {
            "table": self.table,
            "records": self.records,
            "choice": self.choice,
            "only_loaded": self.only_loaded,
            "columns": [
                {"column": one.name, "records": one.records, "line": one.line, "before": one.before,
                 "after": one.after}
                for one in self.columns
            ],
        }  # fmt: skip


def differences(con: duckdb.DuckDBPyConnection, table: str, lines: dict[int, int]) -> list[ChangedColumn]:
    """Compare a batch of new records with the loaded ones that have their key, column by column.

    Args:
        con: the warehouse; the relations "overlapping" (record_id, row) and "staged" (the batch) stand on it.
        table: the canonical table.
        lines: row → line in the file, for every record of the batch.
    """
    found = con.execute(query("ingest/changed_columns").text, {"table_name": table}).fetchall()
    return [
        ChangedColumn(name=name, records=count, line=lines[row], before=before, after=after)
        for name, count, row, before, after in found
    ]


def spans_of(table: str, batches: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return from when to when a file tells of each station: "line_id", "station_id", "first_at", "last_at".

    Args:
        table: the canonical table; for one that is not of events there are no rows.
        batches: the file's records.
    """
    at = pl.coalesce(_EVENTS.get(table, "station_id"))
    place = ["line_id", "station_id"]
    spans = [pl.DataFrame(schema=_SPANS)]
    if table in _EVENTS:
        spans += [
            rows.group_by(place).agg(at.min().alias("first_at"), at.max().alias("last_at"))
            for rows in batches
        ]
    both = pl.concat(spans).group_by(place)
    return both.agg(pl.col("first_at").min(), pl.col("last_at").max())


def only_loaded(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Count the loaded records of a file's stations and time that the file does not have.

    Args:
        con: the warehouse; the relations "spans" and "overlapping", and staged_hashes, stand on it.
        table: the canonical table.
    """
    if table not in _EVENTS:
        return 0
    return int(con.execute(query(f"ingest/only_loaded_{table}").text).fetchall()[0][0])


def added_up(found: Iterable[ChangedColumn]) -> tuple[ChangedColumn, ...]:
    """Add up what batches differ in, in their order; the first example of each column stands."""
    columns: dict[str, ChangedColumn] = {}
    for one in found:
        first = columns.get(one.name)
        columns[one.name] = one if first is None else replace(first, records=first.records + one.records)
    return tuple(sorted(columns.values(), key=lambda one: (-one.records, one.name)))


def in_lines(changes: Sequence[dict[str, Any]]) -> list[str]:
    """Say what changed, as ``Changes.to_json`` gives it: a line a table, then a line a column.

    Example:
        >>> column = {"column": "shift", "records": 2, "line": 7, "before": "B", "after": None}
        >>> in_lines([{"table": "cycles", "records": 2, "choice": "keep", "columns": [column]}])[1]
        'shift in 2 records, as in line 7: loaded B, in this file nothing'
    """
    lines: list[str] = []
    for one in changes:
        what = f"{_number_of(one['records'], str(one['table']).replace('_', ' '))}"
        lines.append(_DONE[one["choice"]].format(n=what))
        lines += [
            f"{column['column']} in {_number_of(column['records'], 'records')}, as in line "
            f"{column['line']:,}: loaded {_shown(column['before'])}, in this file {_shown(column['after'])}"
            for column in one["columns"]
        ]
        if left := one.get("only_loaded"):
            what = _number_of(left, str(one["table"]).replace("_", " "))
            lines.append(f"not in this file, of the same stations and time: {what}; what is loaded stays")
    return lines


def _number_of(count: int, what: str) -> str:
    return f"{count:,} {what.removesuffix('s') if count == 1 else what}"


def _shown(value: str | None) -> str:
    return "nothing" if value is None else value
