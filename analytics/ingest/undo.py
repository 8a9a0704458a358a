"""Undo a load: its records go, what it had replaced comes back, its refused records leave the quarantine.

The warehouse's transaction decides, as it does for a load: the journal first says "undoing", and what a
killed process left in that state the next one finishes. Runs that were published before keep what they said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from analytics.config import Workspace, patience_s
from analytics.errors import UsageError, WorkspaceError
from analytics.faults import FREE_SPACE, in_words
from analytics.ingest.outcome import Progress, Way
from analytics.ingest.store import finish_undo, settle
from analytics.ingest.superseded import TakenOut, take_out
from analytics.journal import Batch, Journal
from analytics.warehouse import open_warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What undoing a load did, or would do.

    Attributes:
        batch: the load.
        removed: records that went.
        restored: records that it had replaced and that came back.
        refused: its records in the quarantine, which went too.
        sharing: files loaded after it in which records were already loaded, perhaps by it: what they share
            went with it.
    """

    batch: Batch
    removed: int
    restored: int
    refused: int
    sharing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as ``batches undo --json`` prints it."""
        return {
            "batch_id": self.batch.batch_id,
            "file": self.batch.file,
            "table": self.batch.table,
            "removed": self.removed,
            "restored": self.restored,
            "quarantine_removed": self.refused,
            "sharing": list(self.sharing),
        }


def find_batch(workspace: Workspace, given: str) -> Batch:
    """Return the load of that id, or whose id begins or ends so.

    Raises:
        UsageError: there is none, there are several, or it is undone already.
    """
    batches: list[Batch] = []
    if workspace.journal.exists():
        with Journal(workspace) as journal:
            batches = journal.batches(None)
    exact = [batch for batch in batches if batch.batch_id == given]
    fitting = exact or [
        batch
        for batch in batches
        if given and (batch.batch_id.startswith(given) or batch.batch_id.endswith(given))
    ]
    if not fitting:
        raise UsageError(
            f"There is no load {given!r} in {workspace.root}.", hint="List them with: walkaway batches"
        )
    if len(fitting) > 1:
        shown = ", ".join(batch.batch_id for batch in fitting[:5])
        raise UsageError(f"{len(fitting)} loads are named so: {shown} …", hint="Give the whole id.")
    if fitting[0].status == "undone":
        when = fitting[0].undone_at
        raise UsageError(
            f"{fitting[0].batch_id} ({fitting[0].file}) was undone {when:%Y-%m-%d %H:%M} (UTC).",
            hint="The file can be loaded again: walkaway ingest FILE.",
        )
    return fitting[0]


def undo(
    workspace: Workspace,
    batch_id: str,
    *,
    way: Way = "command line",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Undone:
    """Take a load out of the workspace.

    Args:
        workspace: where it was loaded.
        batch_id: which load.
        way: by which way this was asked for, for the journal.
        dry_run: find out what it would do and change nothing.
        progress: told whom it waits for, while another process has the warehouse.

    Raises:
        UsageError: there is no such load, or it is undone already.
        WorkspaceError: the workspace cannot be written.
    """

    def waiting(who: str) -> None:
        if progress is not None:
            progress(who, 0.0)

    try:
        with (
            Journal(workspace) as journal,
            open_warehouse(workspace, wait_s=patience_s(), waiting=waiting) as con,
        ):
            settle(workspace, con, journal)
            batch = find_batch(workspace, batch_id)
            con.begin()
            out = take_out(con, batch.batch_id)
            if dry_run:
                con.rollback()
            else:
                _commit(con, journal, batch, out, way)
                finish_undo(workspace, journal, batch.batch_id)
            return Undone(
                batch=batch,
                removed=out.removed,
                restored=out.restored,
                refused=int(batch.outcome.get("quarantined", 0)),
                sharing=_sharing(journal.batches(), batch),
            )
    except (duckdb.Error, OSError) as error:
        raise WorkspaceError(
            f"Undoing {batch_id} in {workspace.root} failed: {in_words(error)}.",
            hint=FREE_SPACE,
        ) from error


def _commit(con: duckdb.DuckDBPyConnection, journal: Journal, batch: Batch, out: TakenOut, way: Way) -> None:
    try:
        journal.begin_undo(batch.batch_id, way, out.to_json())
        con.commit()
    except BaseException:
        journal.drop_undo(batch.batch_id)
        raise


def _sharing(batches: list[Batch], undone: Batch) -> tuple[str, ...]:
    """Return the files loaded after a load that held records which were already loaded."""
    later = [
        batch
        for batch in batches
        if batch.created_at > undone.created_at
        and batch.table == undone.table
        and batch.outcome.get("duplicate", 0)
    ]
    return tuple(dict.fromkeys(batch.file for batch in later))
