"""Canonical records into the warehouse: all of a file or none of it.

The warehouse's own transaction decides whether a load happened. The journal first calls it "loading"; what a
killed process left in that state is settled by looking for the batch in the warehouse. An undo that was
killed is done again: that changes nothing where it was through.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb

from analytics.config import Workspace, patience_s
from analytics.errors import WorkspaceError
from analytics.faults import FREE_SPACE, in_words
from analytics.ingest import quarantine
from analytics.ingest.changes import Choice
from analytics.ingest.clock import Clock, check, fixed_by, release, remember
from analytics.ingest.fresh import look_up
from analytics.ingest.outcome import FileOutcome, Way
from analytics.ingest.records import Piece, Stored, outcome_of, rejects_of, store_piece
from analytics.ingest.refusal import RefusedError
from analytics.ingest.superseded import take_out
from analytics.journal import Batch, Journal
from analytics.warehouse import memory_warehouse, open_warehouse

_MEMORY = "512MB"
"""What the database may hold in memory while it loads; beyond it, it writes beside the warehouse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a load comes from.

    Attributes:
        sha256: of the file's bytes.
        size_bytes: of the file.
        way: command line, page or watch.
        command: the command that loads it.
    """

    sha256: str
    size_bytes: int
    way: Way
    command: str


def store(
    workspace: Workspace,
    pieces: Sequence[Piece],
    clock: Clock,
    *,
    origin: Origin,
    on_overlap: Choice | None,
    dry_run: bool,
    progress: Callable[[float], None] = lambda _: None,
    waiting: Callable[[str], None] | None = None,
) -> list[FileOutcome]:
    """Load the pieces of one file in one transaction.

    Args:
        workspace: where to.
        pieces: what the file's members came to.
        clock: in which clock their times are.
        origin: where the file comes from.
        on_overlap: "replace", "keep", or None to refuse.
        dry_run: find out everything and write nothing.
        progress: told the share that is done, in [0, 1].
        waiting: told whom it waits for, while another process has the warehouse.

    Returns:
        The outcome of every piece.

    Raises:
        SourceError: the times are not in the workspace's clock.
        RefusedError: every record is rejected.
        OverlapError: keys are loaded with other values, and ``on_overlap`` is None.
        WorkspaceError: the workspace cannot be written.
    """
    try:
        if dry_run:
            if workspace.journal.exists():
                with Journal(workspace) as journal:
                    check(journal, clock)
            with _looking_only(workspace, waiting) as con:
                con.begin()
                stored = [
                    store_piece(
                        con, piece, on_overlap, batch_id=None, progress=_part(progress, number, pieces)
                    )
                    for number, piece in enumerate(pieces)
                ]
                con.rollback()
            return [_outcome(piece, parts) for piece, parts in zip(pieces, stored, strict=True)]
        workspace.create()
        with (
            Journal(workspace) as journal,
            open_warehouse(workspace, memory=_MEMORY, wait_s=patience_s(), waiting=waiting) as con,
        ):
            settle(workspace, con, journal)
            _sweep(workspace)
            check(journal, clock)
            return _load(workspace, con, journal, pieces, clock, origin, on_overlap, progress)
    except (duckdb.Error, OSError) as error:
        raise WorkspaceError(
            f"Loading into {workspace.root} failed, and nothing of the file was loaded: {in_words(error)}.",
            hint=FREE_SPACE,
        ) from error


def settle(workspace: Workspace, con: duckdb.DuckDBPyConnection, journal: Journal) -> None:
    """Finish or forget what a killed process left: the warehouse knows which loads happened."""
    for batch in journal.batches("undoing"):
        con.begin()
        take_out(con, batch.batch_id)
        con.commit()
        finish_undo(workspace, journal, batch.batch_id)
    for batch in journal.batches("loading"):
        derived: dict[str, int] = batch.outcome.get("derived", {})
        expected = sum(derived.values()) if derived else int(batch.outcome["loaded"])
        found = sum(_count(con, table, batch.batch_id) for table in ({batch.table} | set(derived)))
        if found or not expected:
            _finish(workspace, journal, batch.batch_id, batch.outcome.get("clock", {}))
        else:
            quarantine.discard(workspace, batch.batch_id)
            journal.drop_batch(batch.batch_id)


def _sweep(workspace: Workspace) -> None:
    """Remove what the database of a killed process wrote beside the warehouse for want of memory.

    Whoever has opened the warehouse for writing is alone with it.
    """
    shutil.rmtree(workspace.warehouse.with_name(f"{workspace.warehouse.name}.tmp"), ignore_errors=True)


@contextlib.contextmanager
def settled_warehouse(
    workspace: Workspace, *, waiting: Callable[[str], None] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for reading, once what a killed process left is finished or forgotten.

    Args:
        workspace: the workspace.
        waiting: told whom it waits for, while another process has the warehouse.

    Raises:
        WorkspaceError: there is no warehouse, it is damaged, or it stays busy.
    """
    if workspace.warehouse.exists() and workspace.journal.exists():
        with Journal(workspace) as journal:
            if journal.batches("loading") or journal.batches("undoing"):
                with open_warehouse(workspace, wait_s=patience_s(), waiting=waiting) as con:
                    settle(workspace, con, journal)
    with open_warehouse(workspace, read_only=True, wait_s=patience_s(), waiting=waiting) as con:
        yield con


def _load(
    workspace: Workspace,
    con: duckdb.DuckDBPyConnection,
    journal: Journal,
    pieces: Sequence[Piece],
    clock: Clock,
    origin: Origin,
    on_overlap: Choice | None,
    progress: Callable[[float], None],
) -> list[FileOutcome]:
    outcomes: list[FileOutcome] = []
    seen = {(batch.sha256, batch.member, batch.table) for batch in journal.batches()}
    con.begin()
    try:
        for number, piece in enumerate(pieces):
            batch_id = f"{datetime.now(tz=UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
            parts = store_piece(
                con, piece, on_overlap, batch_id=batch_id, progress=_part(progress, number, pieces)
            )
            outcome = replace(_outcome(piece, parts), batch_id=batch_id)
            known = (origin.sha256, outcome.member or "", outcome.table or "") in seen
            if known and outcome.loaded == 0:
                outcomes.append(replace(outcome, batch_id=None))
                continue
            # First the journal: what a killed process left is found by its batch.
            outcomes.append(outcome)
            journal.add_batch(_batch(outcome, clock, origin, piece, on_overlap))
            if not known:
                quarantine.write_part(
                    workspace,
                    batch_id,
                    rejects_of(piece, parts),
                    file=outcome.file,
                    member=outcome.member,
                    table=outcome.table or "",
                )
        con.commit()
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            con.rollback()
        # On a full disk even this may fail: then the next load does it.
        with contextlib.suppress(WorkspaceError, OSError):
            for outcome in outcomes:
                if outcome.batch_id is not None:
                    quarantine.discard(workspace, outcome.batch_id)
                    journal.drop_batch(outcome.batch_id)
        raise
    # The load stands: what a full disk does not let be finished now, the next one finishes.
    with contextlib.suppress(WorkspaceError, OSError):
        for outcome in outcomes:
            if outcome.batch_id is not None:
                _finish(workspace, journal, outcome.batch_id, fixed_by(clock))
    return outcomes


def _part(progress: Callable[[float], None], number: int, pieces: Sequence[Piece]) -> Callable[[float], None]:
    """Return what the work on one of several pieces tells its share to."""
    return lambda share: progress((number + share) / len(pieces))


def _outcome(piece: Piece, parts: Sequence[Stored]) -> FileOutcome:
    """Count what became of a member's records; one whose every record is rejected is refused."""
    outcome = outcome_of(piece, parts)
    if outcome.quarantined == outcome.read > 0:
        raise RefusedError(piece.outcome, rejects_of(piece, parts), in_order=0)
    return outcome


def _finish(workspace: Workspace, journal: Journal, batch_id: str, fixed: Mapping[str, str]) -> None:
    """Do what follows a commit; a killed process's next one does it in its place."""
    remember(journal, fixed)
    quarantine.publish(workspace, batch_id)
    journal.finish_batch(batch_id)


def finish_undo(workspace: Workspace, journal: Journal, batch_id: str) -> None:
    """Do what follows the commit of an undo; a killed process's next one does it in its place."""
    # Windows keeps a file that a page is reading, a full disk lets nothing be written: the next load goes on.
    with contextlib.suppress(WorkspaceError, OSError):
        quarantine.remove(workspace, batch_id)
        release(journal)
        journal.finish_undo(batch_id)


def _batch(
    outcome: FileOutcome, clock: Clock, origin: Origin, piece: Piece, on_overlap: Choice | None
) -> Batch:
    came: dict[str, object] = {
        "size_bytes": origin.size_bytes,
        "way": origin.way,
        "command": origin.command,
        "on_overlap": on_overlap,
        "reading": piece.reading,
    }
    return Batch(
        batch_id=outcome.batch_id or "",
        created_at=datetime.now(tz=UTC),
        file=outcome.file,
        member=outcome.member or "",
        table=outcome.table or "",
        sha256=origin.sha256,
        status="loading",
        outcome=outcome.to_json() | {"clock": fixed_by(clock), "origin": came},
    )


@contextlib.contextmanager
def _looking_only(
    workspace: Workspace, waiting: Callable[[str], None] | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for reading, or an empty one in memory where there is none."""
    if workspace.warehouse.exists():
        with open_warehouse(
            workspace, read_only=True, memory=_MEMORY, wait_s=patience_s(), waiting=waiting
        ) as con:
            yield con
    else:
        with memory_warehouse({}) as con:
            yield con


def _count(con: duckdb.DuckDBPyConnection, table: str, batch_id: str) -> int:
    if not table:
        return 0
    return int(look_up(con, "batch_rows", table_name=table, batch_id=batch_id)["records"][0])
