"""Which records are new, which are loaded already, which contradict loaded ones; the new ones are loaded.

A record's hash goes over all its mapped values, an absent value being absent from it. A record with the hash
of a loaded one is a duplicate; equal records within one file are kept apart by their occurrence, unless the
source has ids. A new record with the key of a loaded one but other values is a correction that somebody has
to allow.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from analytics.contracts import Contract, contract
from analytics.errors import OverlapError
from analytics.ingest import changes as corrections
from analytics.ingest.changes import Changes, Choice
from analytics.ingest.clock import Stamped
from analytics.ingest.fields import REJECTS_SCHEMA, TYPES
from analytics.ingest.outcome import FileOutcome
from analytics.ingest.places import has_bare, without_ambiguous
from analytics.ingest.refusal import OverlapRefusedError
from analytics.ingest.rules import where
from analytics.ingest.superseded import supersede
from analytics.queries import query
from analytics.results import Caveat
from analytics.warehouse import execute

SLICE_ROWS = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one member of a file came to, ready to be stored.

    Attributes:
        outcome: file, member, table, read, skipped and caveats; the counts follow.
        rows: canonical table → records with "line" and the table's columns (some may be absent).
        rejects: rejected records, see ``REJECTS_SCHEMA``.
        repeated: source records that repeat another one, where the reader removes them.
        derives: rows change shape: the counts are of source records, ``derived`` of canonical ones.
        stamped: in which clock its times are kept.
        zone: the zone in which its wall-clock times were read, None where none was told.
        reading: how the columns were read, for the journal.
    """

    outcome: FileOutcome
    rows: dict[str, pl.DataFrame]
    rejects: pl.DataFrame
    repeated: int = 0
    derives: bool = False
    stamped: tuple[Stamped, ...] = ()
    zone: str | None = None
    reading: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of the records of one canonical table."""

    table: str
    loaded: int = 0
    duplicate: int = 0
    kept: int = 0
    replaced: int = 0
    changes: Changes | None = None
    ambiguous: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTS_SCHEMA))


def store_piece(
    con: duckdb.DuckDBPyConnection, piece: Piece, on_overlap: Choice | None, *, batch_id: str | None
) -> list[Stored]:
    """Load one member of a file, table by table; without a batch only look what would be loaded."""
    return [
        _store_table(con, table, rows, piece, on_overlap, batch_id=batch_id)
        for table, rows in piece.rows.items()
    ]


def _store_table(
    con: duckdb.DuckDBPyConnection,
    table: str,
    rows: pl.DataFrame,
    piece: Piece,
    on_overlap: Choice | None,
    *,
    batch_id: str | None,
) -> Stored:
    """Find out which records are new, which are loaded, which contradict loaded ones; load the new ones.

    Without a batch nothing is loaded: it is a dry run.
    """
    if rows.height == 0:
        return Stored(table=table)
    ambiguous = pl.DataFrame(schema=REJECTS_SCHEMA)
    if has_bare(rows):
        rows, ambiguous = without_ambiguous(rows, look_up(con, "placed_stations"))
    rows = _numbered(con, table, rows)
    duplicate = rows.height - int(rows["fresh"].sum())
    overlaps = _overlaps(con, table, rows)
    told = on_overlap
    if on_overlap is None and piece.derives:
        on_overlap = "keep"  # logs overlap and are cut anywhere: an alarm without its end is no correction
    changes = _changes(con, table, rows, overlaps, told) if told == on_overlap else None
    if overlaps.height and on_overlap is None:
        raise _overlap_error(rows, overlaps, piece, table, changes)
    kept = replaced = 0
    if overlaps.height and on_overlap == "keep":
        kept = overlaps["row"].n_unique()
        rows = rows.with_columns(pl.col("fresh") & ~pl.col("row").is_in(overlaps["row"].unique().to_list()))
    if overlaps.height and on_overlap == "replace":
        replaced = overlaps["record_id"].n_unique()
    if batch_id is not None:
        if replaced:
            with _registered(con, "overlapping", overlaps):
                supersede(con, table, overlaps["record_id"].unique().sort().to_list(), batch_id)
        _insert(con, table, rows, batch_id)
    return Stored(
        table=table,
        loaded=int(rows["fresh"].sum()),
        duplicate=duplicate + kept,
        kept=kept,
        replaced=replaced,
        changes=changes,
        ambiguous=ambiguous,
    )


def _numbered(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the records with all stored columns, "row", "line", "occurrence" and "fresh" (not loaded yet).

    Their hashes stay in the database, in the temporary table staged_hashes.
    """
    rules = contract(table)
    rows = rows.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    execute(con, "ingest/make_hashes")
    for part in rows.iter_slices(SLICE_ROWS):
        with _registered(con, "slice", pl.DataFrame({"row": part["row"], "content": _content(rules, part)})):
            execute(con, "ingest/hash_rows")
    numbered = look_up(con, "number_rows", table_name=table)
    known = numbered["known"]
    ids = [name for name in rules.ids if name in rows.columns]
    if ids:
        has_id = rows.select(pl.any_horizontal(pl.col(name).is_not_null() for name in ids)).to_series()
        known = known | (has_id & (numbered["occurrence"] > 1))
    stored = [
        pl.col(known_as.name)
        if known_as.name in rows.columns
        else pl.lit(None, dtype=TYPES[known_as.type]).alias(known_as.name)
        for known_as in rules.fields
        if known_as.stored
    ]
    return rows.select("row", "line", *stored).with_columns(numbered["occurrence"], (~known).alias("fresh"))


def _overlaps(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return which new records share a key with loaded ones that hold other values."""
    fresh = rows.filter("fresh")
    if fresh.height == 0 or _last_record(con, table) == 0:
        return pl.DataFrame(schema={"record_id": pl.Int64, "row": pl.Int64})
    with _registered(con, "staged", fresh):
        return look_up(con, f"overlap_{table}")


def _changes(
    con: duckdb.DuckDBPyConnection,
    table: str,
    rows: pl.DataFrame,
    overlaps: pl.DataFrame,
    choice: Choice | None,
) -> Changes | None:
    """Return what the file says otherwise than what is loaded, None where it says nothing otherwise."""
    if overlaps.height == 0:
        return None
    new = rows.filter(pl.col("row").is_in(overlaps["row"].unique().to_list()))
    found: list[corrections.ChangedColumn] = []
    with _registered(con, "overlapping", overlaps):
        for part in new.iter_slices(SLICE_ROWS):
            with _registered(con, "staged", part):
                found += corrections.differences(con, table, dict(part.select("row", "line").iter_rows()))
        with _registered(con, "spans", corrections.spans_of(table, [rows])):
            left = corrections.only_loaded(con, table)
    columns = corrections.added_up(found)
    return Changes(table=table, records=new.height, choice=choice, columns=columns, only_loaded=left)


def _content(rules: Contract, rows: pl.DataFrame) -> pl.Series:
    """Return all mapped values of each record as one text; an absent value is absent from it.

    Left out is what only stands for another value: a duration that gave an end, a kind that gave way to its
    category, and who worked there, which is kept or not by choice.
    """
    parts = []
    for known in sorted(rules.fields, key=lambda one: one.name):
        stands_in = known.personal or (known.duration and not known.stored)
        if known.name not in rows.columns or stands_in or (known.mapped and "category" in rows.columns):
            continue
        value = pl.col(known.name)
        text = value.cast(pl.Int64).cast(pl.String) if known.type == "datetime" else value.cast(pl.String)
        parts.append(pl.concat_str(pl.lit(f"{known.name}="), text))
    return rows.select(pl.concat_str(parts, separator="\x1f", ignore_nulls=True).alias("content"))["content"]


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame, batch_id: str) -> None:
    """Load the new records, in slices: a wide table as a whole would stand in memory twice."""
    numbers = pl.col("fresh").cast(pl.Int64).cum_sum() + _last_record(con, table)
    for part in rows.with_columns(numbers.alias("record_id")).iter_slices(SLICE_ROWS):
        if part["fresh"].any():
            with _registered(con, "staged", part):
                execute(con, f"ingest/load_{table}", batch_id=batch_id)


def _last_record(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(look_up(con, "last_record", table_name=table)["record_id"][0])


@contextlib.contextmanager
def _registered(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> Iterator[None]:
    """Let statements on this connection read a frame by a name."""
    con.register(name, frame.to_arrow())
    try:
        yield
    finally:
        con.unregister(name)


def look_up(con: duckdb.DuckDBPyConnection, statement: str, **parameters: str) -> pl.DataFrame:
    """Read on this very connection, which sees its own transaction and the frames registered on it."""
    found: pl.DataFrame = con.sql(query(f"ingest/{statement}").text, params=parameters or None).pl()
    return found


def rejects_of(piece: Piece, parts: Sequence[Stored]) -> pl.DataFrame:
    """Return a member's rejected records: those of the reading, and those against what is loaded."""
    return pl.concat([piece.rejects, *(part.ambiguous for part in parts)])


def outcome_of(piece: Piece, parts: Sequence[Stored]) -> FileOutcome:
    """Count: every source record is loaded, duplicate or quarantined."""
    given = piece.outcome
    rejects = rejects_of(piece, parts)
    rules = dict(given.rules)
    for rule, count in rejects.group_by("rule").agg(pl.len().alias("n")).rows():
        rules[str(rule)] = rules.get(str(rule), 0) + int(count)
    quarantined = piece.rejects.height if piece.derives else rejects.height
    loaded = sum(part.loaded for part in parts)
    duplicate = sum(part.duplicate for part in parts)
    changes = tuple(part.changes for part in parts if part.changes is not None)
    given = replace(given, where=where(rejects), changes=changes)
    caveats = list(given.caveats)
    kept = sum(part.kept for part in parts)
    replaced = sum(part.replaced for part in parts)
    if kept or replaced:
        caveats.append(_overlap_caveat(given.file, kept, replaced))
    if not piece.derives:
        return replace(
            given,
            loaded=loaded,
            duplicate=duplicate,
            quarantined=quarantined,
            rules=rules,
            caveats=tuple(caveats),
        )
    usable = given.read - quarantined - piece.repeated
    again = loaded == 0 and duplicate > 0
    return replace(
        given,
        loaded=0 if again else usable,
        duplicate=piece.repeated + (usable if again else 0),
        quarantined=quarantined,
        rules=rules,
        derived={part.table: part.loaded for part in parts},
        caveats=tuple(caveats),
    )


def _overlap_caveat(file: str, kept: int, replaced: int) -> Caveat:
    name = Path(file).name
    number = replaced or kept
    records = "1 record that was" if number == 1 else f"{number:,} records that were"
    done = "replaced, since" if replaced else "kept, though"
    return Caveat(
        code="overlap",
        severity="info",
        message=f"{records} loaded before: {done} {name} holds other values for the same events.",
        affects="the records concerned",
    )


def _overlap_error(
    rows: pl.DataFrame, overlaps: pl.DataFrame, piece: Piece, table: str, changes: Changes | None
) -> OverlapError:
    first = rows.row(int(overlaps["row"][0]), named=True)
    key = [name for name in contract(table).key if first.get(name) is not None]
    shown = ", ".join(f"{name} {first[name]}" for name in key)
    return OverlapRefusedError(
        replace(piece.outcome, read=0, skipped=0, changes=() if changes is None else (changes,)),
        f"{Path(piece.outcome.file).name} holds {overlaps['row'].n_unique()} {table} that are loaded "
        f"already with other values; the first is in line {first['line']}: {shown}.",
        hint="If it is a corrected export: --on-overlap replace. To keep what is loaded: --on-overlap keep.",
    )
