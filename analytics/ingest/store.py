"""Canonical records into the warehouse: each once, all of a file or none of it.

A record's hash goes over all its mapped values. A record with the hash of a loaded one is a duplicate; equal
records within one file are kept apart by their occurrence, unless the source has ids. A new record with the
key of a loaded one but other values is a correction that somebody has to allow.

The warehouse's own transaction decides whether a load happened. The journal first calls it "loading"; what a
killed process left in that state is settled by looking for the batch in the warehouse.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl

from analytics.config import Workspace
from analytics.contracts import contract
from analytics.errors import OverlapError, WorkspaceError
from analytics.ingest import quarantine
from analytics.ingest.convert import REJECTS_SCHEMA, TYPES
from analytics.ingest.outcome import FileOutcome
from analytics.journal import Batch, Journal
from analytics.queries import query
from analytics.results import Caveat
from analytics.warehouse import execute, memory_warehouse, open_warehouse

HASH_ROWS = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one member of a file came to, ready to be stored.

    Attributes:
        outcome: file, member, table, read, skipped and caveats; the counts follow.
        rows: canonical table → records with "line" and the table's columns (some may be absent).
        rejects: rejected records, see ``REJECTS_SCHEMA``.
        repeated: source records that repeat another one, where the reader removes them.
        derives: rows change shape: the counts are of source records, ``derived`` of canonical ones.
    """

    outcome: FileOutcome
    rows: dict[str, pl.DataFrame]
    rejects: pl.DataFrame
    repeated: int = 0
    derives: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """What became of the records of one canonical table."""

    table: str
    loaded: int = 0
    duplicate: int = 0
    kept: int = 0
    replaced: int = 0
    ambiguous: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTS_SCHEMA))


def store(
    workspace: Workspace, pieces: Sequence[Piece], *, sha256: str, on_overlap: str | None, dry_run: bool
) -> list[FileOutcome]:
    """Load the pieces of one file in one transaction.

    Args:
        workspace: where to.
        pieces: what the file's members came to.
        sha256: of the file.
        on_overlap: "replace", "keep", or None to refuse.
        dry_run: find out everything and write nothing.

    Returns:
        The outcome of every piece.

    Raises:
        OverlapError: keys are loaded with other values, and ``on_overlap`` is None.
        WorkspaceError: the workspace cannot be written.
    """
    try:
        if dry_run:
            with _looking_only(workspace) as con:
                con.begin()
                stored = [_store_piece(con, piece, on_overlap, batch_id=None) for piece in pieces]
                con.rollback()
            return [_outcome(piece, parts) for piece, parts in zip(pieces, stored, strict=True)]
        workspace.create()
        with Journal(workspace) as journal, open_warehouse(workspace) as con:
            settle(workspace, con, journal)
            return _load(workspace, con, journal, pieces, sha256, on_overlap)
    except duckdb.Error as error:
        raise WorkspaceError(
            f"Loading into {workspace.warehouse} failed: {str(error).splitlines()[0]}",
            hint="Nothing was loaded. Check the free space on the disk and try again.",
        ) from error


def settle(workspace: Workspace, con: duckdb.DuckDBPyConnection, journal: Journal) -> None:
    """Finish or forget the loads that a killed process left: the warehouse knows which happened."""
    for batch in journal.batches("loading"):
        derived: dict[str, int] = batch.outcome.get("derived", {})
        expected = sum(derived.values()) if derived else int(batch.outcome["loaded"])
        found = sum(_count(con, table, batch.batch_id) for table in ({batch.table} | set(derived)))
        if found or not expected:
            quarantine.publish(workspace, batch.batch_id)
            journal.finish_batch(batch.batch_id)
        else:
            quarantine.discard(workspace, batch.batch_id)
            journal.drop_batch(batch.batch_id)


def _load(
    workspace: Workspace,
    con: duckdb.DuckDBPyConnection,
    journal: Journal,
    pieces: Sequence[Piece],
    sha256: str,
    on_overlap: str | None,
) -> list[FileOutcome]:
    outcomes: list[FileOutcome] = []
    seen = {(batch.sha256, batch.member, batch.table) for batch in journal.batches()}
    con.begin()
    try:
        for piece in pieces:
            batch_id = f"{datetime.now(tz=UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
            parts = _store_piece(con, piece, on_overlap, batch_id=batch_id)
            outcome = replace(_outcome(piece, parts), batch_id=batch_id)
            known = (sha256, outcome.member or "", outcome.table or "") in seen
            if known and outcome.loaded == 0:
                outcomes.append(replace(outcome, batch_id=None))
                continue
            rejects = pl.concat([piece.rejects, *(part.ambiguous for part in parts)])
            if not known:
                quarantine.write_part(
                    workspace,
                    batch_id,
                    rejects,
                    file=outcome.file,
                    member=outcome.member,
                    table=outcome.table or "",
                )
            journal.add_batch(_batch(outcome, sha256))
            outcomes.append(outcome)
        con.commit()
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            con.rollback()
        for outcome in outcomes:
            if outcome.batch_id is not None:
                journal.drop_batch(outcome.batch_id)
                quarantine.discard(workspace, outcome.batch_id)
        raise
    for outcome in outcomes:
        if outcome.batch_id is not None:
            quarantine.publish(workspace, outcome.batch_id)
            journal.finish_batch(outcome.batch_id)
    return outcomes


def _batch(outcome: FileOutcome, sha256: str) -> Batch:
    return Batch(
        batch_id=outcome.batch_id or "",
        created_at=datetime.now(tz=UTC),
        file=outcome.file,
        member=outcome.member or "",
        table=outcome.table or "",
        sha256=sha256,
        status="loading",
        outcome=outcome.to_json(),
    )


@contextlib.contextmanager
def _looking_only(workspace: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for reading, or an empty one in memory where there is none."""
    if workspace.warehouse.exists():
        with open_warehouse(workspace, read_only=True) as con:
            yield con
    else:
        with memory_warehouse({}) as con:
            yield con


def _store_piece(
    con: duckdb.DuckDBPyConnection, piece: Piece, on_overlap: str | None, *, batch_id: str | None
) -> list[_Stored]:
    return [
        _store_table(con, table, rows, piece, on_overlap, batch_id=batch_id)
        for table, rows in piece.rows.items()
    ]


def _store_table(
    con: duckdb.DuckDBPyConnection,
    table: str,
    rows: pl.DataFrame,
    piece: Piece,
    on_overlap: str | None,
    *,
    batch_id: str | None,
) -> _Stored:
    """Find out which records are new, which are loaded, which contradict loaded ones; load the new ones.

    Without a batch nothing is loaded: it is a dry run.
    """
    if rows.height == 0:
        return _Stored(table=table)
    rules = contract(table)
    rows, ambiguous = _without_ambiguous(con, rows)
    rows = rows.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    execute(con, "ingest/make_hashes")
    for start in range(0, rows.height, HASH_ROWS):
        piece_of = rows.slice(start, HASH_ROWS)
        con.register(
            "slice", pl.DataFrame({"row": piece_of["row"], "content": _content(piece_of)}).to_arrow()
        )
        execute(con, "ingest/hash_rows")
        con.unregister("slice")
    numbered = _look(con, "number_rows", table_name=table)
    known = numbered["known"]
    ids = [name for name in rules.ids if name in rows.columns]
    if ids:
        has_id = rows.select(pl.any_horizontal(pl.col(name).is_not_null() for name in ids)).to_series()
        known = known | (has_id & (numbered["occurrence"] > 1))
    stored = [f for f in rules.fields if f.stored]
    rows = rows.select(
        "row",
        "line",
        *(
            pl.col(f.name) if f.name in rows.columns else pl.lit(None, dtype=TYPES[f.type]).alias(f.name)
            for f in stored
        ),
    ).with_columns(numbered["occurrence"], (~known).alias("fresh"))
    overlaps = _overlaps(con, table, rows)
    kept = replaced = 0
    if on_overlap is None and piece.derives:
        on_overlap = "keep"  # logs overlap and are cut anywhere: an alarm without its end is no correction
    if overlaps.height and on_overlap is None:
        raise _overlap_error(rows, overlaps, piece, table)
    if overlaps.height and on_overlap == "keep":
        kept = overlaps["row"].n_unique()
        rows = rows.with_columns(pl.col("fresh") & ~pl.col("row").is_in(overlaps["row"].unique().to_list()))
    if overlaps.height and on_overlap == "replace":
        replaced = overlaps["record_id"].n_unique()
    if batch_id is not None:
        if replaced:
            execute(con, f"ingest/remove_{table}", record_ids=overlaps["record_id"].unique().sort().to_list())
        _insert(con, table, rows, batch_id)
    return _Stored(
        table=table,
        loaded=int(rows["fresh"].sum()),
        duplicate=int(known.sum()) + kept,
        kept=kept,
        replaced=replaced,
        ambiguous=ambiguous,
    )


def _overlaps(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> pl.DataFrame:
    if not rows["fresh"].any():
        return pl.DataFrame(schema={"record_id": pl.Int64, "row": pl.Int64})
    con.register("staged", rows.to_arrow())
    try:
        return _look(con, f"overlap_{table}")
    finally:
        con.unregister("staged")


def _content(rows: pl.DataFrame) -> pl.Series:
    """Return all mapped values of each record as one text; an absent value is absent from it."""
    parts = []
    for name, kind in sorted(rows.schema.items()):
        if name in {"row", "line"}:
            continue
        value = pl.col(name).cast(pl.Int64) if isinstance(kind, pl.Datetime) else pl.col(name)
        parts.append(pl.concat_str(pl.lit(f"{name}="), value.cast(pl.String)))
    return rows.select(pl.concat_str(parts, separator="\x1f", ignore_nulls=True).alias("content"))["content"]


def _without_ambiguous(
    con: duckdb.DuckDBPyConnection, rows: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Set aside records whose bare station id stands in two lines."""
    nothing = pl.DataFrame(schema=REJECTS_SCHEMA)
    if "station_id" not in rows.columns:
        return rows, nothing
    bare = pl.col("station_id").is_not_null()
    if "line_id" in rows.columns:
        bare = bare & pl.col("line_id").is_null()
    if not rows.select(bare.any()).item():
        return rows, nothing
    loaded = _look(con, "ambiguous_stations")["station_id"]
    within = pl.Series("station_id", [], dtype=pl.String)
    if "line_id" in rows.columns:
        lines = (
            rows.filter(pl.col("line_id").is_not_null())
            .group_by("station_id")
            .agg(pl.col("line_id").n_unique())
        )
        within = lines.filter(pl.col("line_id") > 1)["station_id"]
    both = pl.concat([loaded, within]).unique().to_list()
    wrong = rows.select((bare & pl.col("station_id").is_in(both)).fill_null(value=False)).to_series()
    if not wrong.any():
        return rows, nothing
    named = rows.filter(wrong)
    rejects = pl.DataFrame(
        {
            "line": named["line"],
            "column": ["station_id"] * named.height,
            "value": named["station_id"],
            "rule": ["ambiguous_station"] * named.height,
            "raw": named.drop("line")
            .select(pl.struct(pl.all().cast(pl.String)).struct.json_encode())
            .to_series(),
        },
        schema=REJECTS_SCHEMA,
    )
    return rows.filter(~wrong), rejects


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame, batch_id: str) -> None:
    if not rows["fresh"].any():
        return
    last = int(_look(con, "last_record", table_name=table)["record_id"][0])
    numbers = pl.col("fresh").cast(pl.Int64).cum_sum() + last
    con.register("staged", rows.with_columns(numbers.alias("record_id")).to_arrow())
    try:
        execute(con, f"ingest/load_{table}", batch_id=batch_id)
    finally:
        con.unregister("staged")


def _look(con: duckdb.DuckDBPyConnection, statement: str, **parameters: str) -> pl.DataFrame:
    """Read on this very connection, which sees its own transaction and the frames registered on it."""
    found: pl.DataFrame = con.sql(query(f"ingest/{statement}").text, params=parameters or None).pl()
    return found


def _count(con: duckdb.DuckDBPyConnection, table: str, batch_id: str) -> int:
    if not table:
        return 0
    return int(_look(con, "batch_rows", table_name=table, batch_id=batch_id)["records"][0])


def _outcome(piece: Piece, parts: Sequence[_Stored]) -> FileOutcome:
    """Count: every source record is loaded, duplicate or quarantined."""
    given = piece.outcome
    rejects = pl.concat([piece.rejects, *(part.ambiguous for part in parts)])
    rules = dict(given.rules)
    for rule, count in rejects.group_by("rule").agg(pl.len().alias("n")).rows():
        rules[str(rule)] = rules.get(str(rule), 0) + int(count)
    quarantined = piece.rejects.height if piece.derives else rejects.height
    loaded = sum(part.loaded for part in parts)
    duplicate = sum(part.duplicate for part in parts)
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
    what = f"{replaced} loaded records were replaced by" if replaced else f"{kept} records were left out of"
    return Caveat(
        code="overlap",
        severity="info",
        message=f"{what} {name}, which holds other values for the same events.",
        affects="the records concerned",
    )


def _overlap_error(rows: pl.DataFrame, overlaps: pl.DataFrame, piece: Piece, table: str) -> OverlapError:
    first = rows.row(int(overlaps["row"][0]), named=True)
    shown = {
        name: str(value) for name, value in first.items() if name in contract(table).key and value is not None
    }
    return OverlapError(
        f"{Path(piece.outcome.file).name} holds {overlaps['row'].n_unique()} {table} that are loaded "
        f"already with other values; the first is in line {first['line']}: {', '.join(f'{k} {v}' for k, v in shown.items())}.",
        hint="If it is a corrected export: --on-overlap replace. To keep what is loaded: --on-overlap keep.",
    )
