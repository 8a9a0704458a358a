"""What a file's records come to: the new ones are loaded, the others counted for what they are.

A record with the hash of a loaded one is a duplicate; equal records within one file are kept apart by their
occurrence, unless the source has ids. A new record with the key of a loaded one but other values is a
correction that somebody has to allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from analytics.contracts import contract
from analytics.errors import OverlapError
from analytics.ingest import changes as corrections
from analytics.ingest.changes import Changes, Choice
from analytics.ingest.clock import Stamped
from analytics.ingest.fields import REJECTS_SCHEMA
from analytics.ingest.fresh import FileRecords, last_record
from analytics.ingest.outcome import FileOutcome
from analytics.ingest.refusal import OverlapRefusedError
from analytics.ingest.relation import relation
from analytics.ingest.rules import where
from analytics.ingest.stage import Staged
from analytics.ingest.superseded import supersede
from analytics.results import Caveat
from analytics.warehouse import execute

_HASHING = 0.4
"""Share of the loading that is done once it is known which records are new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one member of a file came to, ready to be stored.

    Attributes:
        outcome: file, member, table, read, skipped and caveats; the counts follow.
        rows: canonical table → records with "line" and the table's columns (some may be absent), and
            "records" where one stands for several of the source.
        rejects: rejected records, see ``REJECTS_SCHEMA``.
        repeated: source records that repeat another one, where the reader removes them.
        derives: rows change shape: the counts are of source records, ``derived`` of canonical ones.
        stamped: in which clock its times are kept.
        zone: the zone in which its wall-clock times were read, None where none was told.
        reading: how the columns were read, for the journal.
    """

    outcome: FileOutcome
    rows: Mapping[str, Staged | pl.DataFrame]
    rejects: pl.DataFrame
    repeated: int = 0
    derives: bool = False
    stamped: tuple[Stamped, ...] = ()
    zone: str | None = None
    reading: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of one canonical table's records: counted in the source, and (``made``) in the table."""

    table: str
    loaded: int = 0
    made: int = 0
    duplicate: int = 0
    kept: int = 0
    replaced: int = 0
    changes: Changes | None = None
    ambiguous: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTS_SCHEMA))


def store_piece(
    con: duckdb.DuckDBPyConnection,
    piece: Piece,
    on_overlap: Choice | None,
    *,
    batch_id: str | None,
    progress: Callable[[float], None] = lambda _: None,
) -> list[Stored]:
    """Load one member of a file, table by table; without a batch only look what would be loaded.

    Args:
        con: the warehouse, within a transaction.
        piece: the member.
        on_overlap: "replace", "keep", or None to refuse.
        batch_id: the load.
        progress: told the share that is done, in [0, 1].

    Raises:
        OverlapError: keys are loaded with other values, and ``on_overlap`` is None.
    """
    answer = []
    for number, (table, rows) in enumerate(piece.rows.items()):

        def step(share: float, number: int = number) -> None:
            progress((number + share) / len(piece.rows))

        staged = rows if isinstance(rows, Staged) else Staged.of(rows)
        answer.append(_store_table(con, table, staged, piece, on_overlap, batch_id=batch_id, progress=step))
    return answer


def _store_table(
    con: duckdb.DuckDBPyConnection,
    table: str,
    staged: Staged,
    piece: Piece,
    on_overlap: Choice | None,
    *,
    batch_id: str | None,
    progress: Callable[[float], None],
) -> Stored:
    """Find out which records are new, which are loaded, which contradict loaded ones; load the new ones.

    Without a batch nothing is loaded: it is a dry run.
    """
    if staged.height == 0:
        return Stored(table=table)
    records = FileRecords(con=con, table=table, staged=staged)
    records.hash(lambda share: progress(_HASHING * share))
    overlaps = records.overlaps()
    told = on_overlap
    if on_overlap is None and piece.derives:
        on_overlap = "keep"  # logs overlap and are cut anywhere: an alarm without its end is no correction
    changes = _changes(records, overlaps, told) if told == on_overlap else None
    if overlaps.height and on_overlap is None:
        raise _overlap_error(records, overlaps, piece, changes)
    kept = overlaps["row"].unique() if on_overlap == "keep" else overlaps["row"].clear()
    replaced = overlaps["record_id"].unique().sort() if on_overlap == "replace" else overlaps["row"].clear()
    if batch_id is not None and replaced.len():
        with relation(con, "overlapping") as pairs:
            pairs.show(overlaps)
            supersede(con, table, replaced.to_list(), batch_id)
    last, made, loaded, duplicate = last_record(con, table), 0, 0, 0
    new = pl.col("fresh") & ~pl.col("row").is_in(kept.to_list()) if kept.len() else pl.col("fresh")
    with relation(con, "staged") as shown:
        for numbered in records.numbered():
            rows = numbered.with_columns(new)
            fresh = int(rows["fresh"].sum())
            if batch_id is not None and fresh:
                numbers = pl.col("fresh").cast(pl.Int64).cum_sum() + (last + made)
                shown.show(rows.with_columns(numbers.alias("record_id")))
                execute(con, f"ingest/load_{table}", batch_id=batch_id)
            made += fresh
            loaded += int(rows.filter("fresh")["records"].sum())
            duplicate += int(rows.filter(~pl.col("fresh"))["records"].sum())
            progress(_HASHING + (1 - _HASHING) * int(rows["row"][-1]) / staged.height)
    return Stored(
        table=table,
        loaded=loaded,
        made=made,
        duplicate=duplicate,
        kept=kept.len(),
        replaced=replaced.len(),
        changes=changes,
        ambiguous=records.ambiguous,
    )


def _changes(records: FileRecords, overlaps: pl.DataFrame, choice: Choice | None) -> Changes | None:
    """Return what the file says otherwise than what is loaded, None where it says nothing otherwise."""
    if overlaps.height == 0:
        return None
    places = overlaps["row"].unique().to_list()
    found: list[corrections.ChangedColumn] = []
    con, table = records.con, records.table
    with (
        relation(con, "overlapping") as pairs,
        relation(con, "staged") as shown,
        relation(con, "spans") as spans,
    ):
        pairs.show(overlaps)
        for numbered in records.numbered():
            new = numbered.filter(pl.col("row").is_in(places))
            if new.height:
                shown.show(new)
                found += corrections.differences(con, table, dict(new.select("row", "line").iter_rows()))
        spans.show(corrections.spans_of(table, records.numbered()))
        left = corrections.only_loaded(con, table)
    columns = corrections.added_up(found)
    return Changes(table=table, records=len(places), choice=choice, columns=columns, only_loaded=left)


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
    made = {part.table: part.made for part in parts}
    if not piece.derives:
        return replace(
            given,
            derived=made if any(part.made != part.loaded for part in parts) else {},
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
        derived=made,
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
    records: FileRecords, overlaps: pl.DataFrame, piece: Piece, changes: Changes | None
) -> OverlapError:
    place, table = overlaps["row"].min(), records.table
    found = (rows.filter(pl.col("row") == place) for rows in records.numbered())
    first = next(rows for rows in found if rows.height).row(0, named=True)
    key = [name for name in contract(table).key if first.get(name) is not None]
    shown = ", ".join(f"{name} {first[name]}" for name in key)
    return OverlapRefusedError(
        replace(piece.outcome, read=0, skipped=0, changes=() if changes is None else (changes,)),
        f"{Path(piece.outcome.file).name} holds {overlaps['row'].n_unique()} {table} that are loaded "
        f"already with other values; the first is in line {first['line']}: {shown}.",
        hint="If it is a corrected export: --on-overlap replace. To keep what is loaded: --on-overlap keep.",
    )
