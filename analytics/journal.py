"""The only opener of ``journal.sqlite``: loads and their counts, and what people decide.

SQLite in WAL mode: many processes may read and write it at once. The warehouse is the judge of what was
loaded; a load that the journal calls "loading" is settled by looking for its batch in the warehouse.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import time
from dataclasses import asdict
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from analytics.config import JOURNAL_SCHEMA_VERSION, Workspace
from analytics.entries import Arrival, AuditMode, Batch, Draw, Observation, Status
from analytics.errors import SchemaVersionError, WorkspaceError
from analytics.faults import FREE_SPACE, in_words
from analytics.queries import names, query

__all__ = ["Arrival", "AuditMode", "Batch", "Draw", "Journal", "Observation", "Status"]

_WAIT_S = 30.0
"""How long to wait for another process to let go of the journal."""


class Journal:
    """The journal of a workspace; use it as a context manager.

    Args:
        workspace: the workspace; its folder is made where it is missing.

    Raises:
        WorkspaceError: the file is damaged or cannot be written.
        SchemaVersionError: a newer version of Walkaway wrote it.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Open the journal, making its tables where they are missing."""
        self._path = workspace.journal
        try:
            workspace.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                f"The folder {workspace.root} cannot be made: {in_words(error)}.",
                hint="Choose another one with --workspace, or allow writing there.",
            ) from error
        try:
            self._con = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
            self._con.row_factory = sqlite3.Row
            self._prepare()
        except sqlite3.Error as error:
            if "readonly" in str(error) or not os.access(workspace.root, os.W_OK):
                raise WorkspaceError(
                    f"The folder {workspace.root} is read-only: nothing can be kept in it.",
                    hint="Allow writing to it, or choose another one with --workspace.",
                ) from error
            damaged = "malformed" in str(error) or "not a database" in str(error)
            raise WorkspaceError(
                f"{self._path} cannot be used: {in_words(error)}.",
                hint="The file is damaged: move it away." if damaged else FREE_SPACE,
            ) from error

    def _prepare(self) -> None:
        self._use_wal()
        found = self._con.execute("pragma user_version").fetchone()[0]
        if found > JOURNAL_SCHEMA_VERSION:
            self._con.close()
            raise SchemaVersionError(
                f"{self._path} was written by a newer Walkaway (schema {found}; "
                f"this version reads up to {JOURNAL_SCHEMA_VERSION}).",
                hint="Update Walkaway.",
            )
        if found < JOURNAL_SCHEMA_VERSION:
            for name in names("journal/tables"):
                self._con.execute(query(name).text)
            self._con.execute(f"pragma user_version = {JOURNAL_SCHEMA_VERSION}")

    def _use_wal(self) -> None:
        """Let readers and writers go on beside each other.

        A new file is changed to this mode under a lock for which SQLite does not wait by itself where several
        processes open it at once; the change stays in the file, so this is soon over.
        """
        deadline = time.monotonic() + _WAIT_S
        while True:
            try:
                self._con.execute("pragma journal_mode = wal")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def __enter__(self) -> Self:
        """Return the journal itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._con.close()

    def _run(self, statement: str, /, **parameters: Any) -> list[sqlite3.Row]:
        try:
            return self._con.execute(query(f"journal/{statement}").text, parameters).fetchall()
        except sqlite3.OperationalError as error:  # full disk, read-only folder, network share that went away
            raise WorkspaceError(
                f"{self._path} could not be written or read: {in_words(error)}.", hint=FREE_SPACE
            ) from error

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return a setting ("timezone", "salt" …), or the default."""
        rows = self._run("get_setting", key=key)
        return str(rows[0]["value"]) if rows else default

    def set(self, key: str, value: str) -> None:
        """Keep a setting, in the place of an older value."""
        self._run("set_setting", key=key, value=value)

    def unset(self, key: str) -> None:
        """Forget a setting."""
        self._run("drop_setting", key=key)

    def get_or_set(self, key: str, value: str) -> str:
        """Return a setting; where there is none yet, keep this one (one winner among processes)."""
        self._run("add_setting", key=key, value=value)
        kept = self.get(key)
        return value if kept is None else kept

    def salt(self) -> str:
        """Return the workspace's salt for personal tokens, drawn once."""
        return self.get_or_set("salt", secrets.token_hex(16))

    def add_batch(self, batch: Batch) -> None:
        """Write down a load."""
        self._run(
            "add_batch",
            batch_id=batch.batch_id,
            created_at=batch.created_at.astimezone(UTC).isoformat(),
            file=batch.file,
            member=batch.member,
            table_name=batch.table,
            sha256=batch.sha256,
            status=batch.status,
            outcome=json.dumps(batch.outcome, ensure_ascii=False),
        )

    def finish_batch(self, batch_id: str) -> None:
        """Mark a load as done."""
        self._run("finish_batch", batch_id=batch_id)

    def drop_batch(self, batch_id: str) -> None:
        """Forget a load that never reached the warehouse."""
        self._run("drop_batch", batch_id=batch_id)

    def begin_undo(self, batch_id: str, way: str, counts: dict[str, int]) -> None:
        """Write down that a load is being undone, and what that does."""
        now = datetime.now(tz=UTC).isoformat()
        self._run("begin_undo", batch_id=batch_id, begun_at=now, way=way, counts=json.dumps(counts))

    def finish_undo(self, batch_id: str) -> None:
        """Write down that nothing of a load is left."""
        self._run("finish_undo", batch_id=batch_id, finished_at=datetime.now(tz=UTC).isoformat())

    def drop_undo(self, batch_id: str) -> None:
        """Forget an undo that did not happen."""
        self._run("drop_undo", batch_id=batch_id)

    def batches(self, status: Status | None = "done") -> list[Batch]:
        """Return the loads, oldest first.

        Args:
            status: only those in this state; None is all.
        """
        return [
            Batch(
                batch_id=row["batch_id"],
                created_at=datetime.fromisoformat(row["created_at"]),
                file=row["file"],
                member=row["member"],
                table=row["table_name"],
                sha256=row["sha256"],
                status=row["status"],
                outcome=json.loads(row["outcome"]),
                undone_at=None if row["undone_at"] is None else datetime.fromisoformat(row["undone_at"]),
                undone=json.loads(row["undone"] or "{}"),
            )
            for row in self._run("list_batches")
            if status is None or row["status"] == status
        ]

    def save_arrival(self, arrival: Arrival) -> None:
        """Keep what became of a file in a watched folder, in the place of what was known of it."""
        self._run(
            "save_arrival", **asdict(arrival) | {"seen_at": arrival.seen_at.astimezone(UTC).isoformat()}
        )

    def arrivals(self) -> list[Arrival]:
        """Return the files that were found in watched folders, the latest last."""
        return [
            Arrival(**dict(row) | {"seen_at": datetime.fromisoformat(row["seen_at"])})
            for row in self._run("list_arrivals")
        ]

    def add_draw(self, draw: Draw) -> None:
        """Keep what was drawn for an audit."""
        self._run(
            "add_draw",
            draw_id=draw.draw_id,
            created_at=draw.created_at.astimezone(UTC).isoformat(),
            mode=draw.mode,
            run_id=draw.run_id,
            details=json.dumps(draw.details, ensure_ascii=False),
            items=json.dumps(draw.items, ensure_ascii=False),
        )

    def draws(self) -> list[Draw]:
        """Return the audit draws, oldest first."""
        return [
            Draw(
                draw_id=row["draw_id"],
                created_at=datetime.fromisoformat(row["created_at"]),
                mode=row["mode"],
                run_id=row["run_id"],
                details=json.loads(row["details"]),
                items=json.loads(row["items"]),
            )
            for row in self._run("list_draws")
        ]

    def save_observations(self, observations: list[Observation]) -> None:
        """Keep what was seen, all or nothing; an older answer of the same observer gives way."""
        self._con.execute("begin immediate")
        try:
            for one in observations:
                self._run(
                    "save_observation",
                    draw_id=one.draw_id,
                    item=one.item,
                    observer=one.observer,
                    loaded_at=one.loaded_at.astimezone(UTC).isoformat(),
                    answer=json.dumps(one.answer, ensure_ascii=False),
                )
        except BaseException:
            self._con.execute("rollback")
            raise
        self._con.execute("commit")

    def observations(self) -> list[Observation]:
        """Return everything that was seen, by draw, item and observer."""
        return [
            Observation(
                draw_id=row["draw_id"],
                item=row["item"],
                observer=row["observer"],
                loaded_at=datetime.fromisoformat(row["loaded_at"]),
                answer=json.loads(row["answer"]),
            )
            for row in self._run("list_observations")
        ]

    def save_profile(self, name: str, profile: dict[str, Any]) -> None:
        """Keep a column mapping under a name, in the place of an older one."""
        self._run("save_profile", name=name, profile=json.dumps(profile, ensure_ascii=False))

    def profiles(self) -> dict[str, dict[str, Any]]:
        """Return the saved column mappings by name."""
        return {row["name"]: json.loads(row["profile"]) for row in self._run("list_profiles")}

    def find_profile(self, header: list[str]) -> str | None:
        """Return the name of the saved mapping whose columns all stand in this header, the largest first."""
        present = set(header)
        fitting = [
            (len(profile["columns"]), name)
            for name, profile in self.profiles().items()
            if profile.get("columns") and present >= set(profile["columns"])
        ]
        return max(fitting)[1] if fitting else None
