"""What the journal keeps of loads and of audits: one dataclass a kind of entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Status = Literal["loading", "done", "undoing", "undone"]
AuditMode = Literal["records", "windows"]
ArrivalState = Literal["trying", "loaded", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One load of one file (or of one sheet of it).

    Attributes:
        batch_id: its id, in the warehouse's rows too.
        created_at: when it was loaded (UTC).
        file: the file as it was given.
        member: sheet or archive member, "" for the file itself.
        table: the canonical table.
        sha256: of the file's bytes.
        status: "loading" while it runs, "done", "undoing", "undone".
        outcome: the counts, as ``FileOutcome.to_json`` gives them; its "origin" says by which way it came,
            how large the file was and how it was read.
        undone_at: when somebody undid it (UTC), None where it stands.
        undone: what went with it and what came back.
    """

    batch_id: str
    created_at: datetime
    file: str
    member: str
    table: str
    sha256: str
    status: Status
    outcome: dict[str, Any]
    undone_at: datetime | None = None
    undone: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What was drawn for people to look at.

    Attributes:
        draw_id: its id, printed on the sheet.
        created_at: when it was drawn (UTC).
        mode: past cycles ("records") or stations to watch ("windows").
        run_id: the run it was drawn from.
        details: how it was drawn.
        items: the cycles or windows, numbered from 1 in this order.
    """

    draw_id: str
    created_at: datetime
    mode: AuditMode
    run_id: str
    details: dict[str, Any]
    items: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one observer saw of one item of a draw; the observer is a token, never a name."""

    draw_id: str
    item: int
    observer: str
    loaded_at: datetime
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A file in a watched folder, and what became of it.

    Attributes:
        path: where it was found.
        size_bytes: of the file.
        mtime_ns: when it was written, nanoseconds since 1970.
        sha256: of its bytes.
        state: "trying" while it is loaded, "loaded", or "refused".
        told: how it was read, as a digest of the options.
        attempts: how often it was begun; a file that ends the process again and again is set aside.
        reason: why it was refused, "" where it was not.
        seen_at: when (UTC).
    """

    path: str
    size_bytes: int
    mtime_ns: int
    sha256: str
    state: ArrivalState
    told: str
    attempts: int
    reason: str
    seen_at: datetime
