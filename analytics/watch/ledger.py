"""What became of every file in a watched folder, kept in the journal: a restart goes on where it stopped.

A file is known by its place, size and time of writing; where one of these changed, by its bytes. A refused
one is tried again when it changes, or when it is to be read in another way (other options, another version).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from analytics.config import Workspace, version
from analytics.entries import Arrival, ArrivalState
from analytics.ingest import IngestOptions
from analytics.journal import Journal
from analytics.watch.arrivals import Seen

MOST_ATTEMPTS = 3
_BLOCK = 1 << 20


class Ledger:
    """The files that were dealt with.

    Args:
        workspace: whose journal it is.
        options: how files are read.
        keep: write it down; a dry run does not.
    """

    def __init__(self, workspace: Workspace, options: IngestOptions, *, keep: bool) -> None:
        self._workspace = workspace
        self._keep = keep
        self._told = _digest(options)
        self._known: dict[str, Arrival] = {}
        if workspace.journal.exists():
            with Journal(workspace) as journal:
                self._known = {one.path: one for one in journal.arrivals()}

    def watched_before(self, folder: Path) -> bool:
        """Tell whether a file of this folder was ever dealt with."""
        return any(folder in Path(path).parents for path in self._known)

    def dealt_with(self, path: Path, file: Seen) -> bool:
        """Tell whether a file, as it is now, needs nothing more."""
        known = self._known.get(str(path))
        if known is None or (known.size_bytes, known.mtime_ns) != (file.size_bytes, file.mtime_ns):
            return False
        return known.state == "loaded" or (known.state == "refused" and known.told == self._told)

    def loaded_before(self, sha256: str) -> bool:
        """Tell whether these very bytes are loaded, perhaps under another name; not where that was undone."""
        if not self._workspace.journal.exists():
            return False
        with Journal(self._workspace) as journal:
            return any(batch.sha256 == sha256 for batch in journal.batches())

    def attempts(self, path: Path, sha256: str) -> int:
        """Return how often these bytes were begun and neither loaded nor refused: the process ended."""
        known = self._known.get(str(path))
        return known.attempts if known and known.sha256 == sha256 and known.state == "trying" else 0

    def note(
        self, path: Path, file: Seen, sha256: str, state: ArrivalState, *, reason: str = "", attempts: int = 0
    ) -> None:
        """Keep what became of a file."""
        arrival = Arrival(
            path=str(path),
            size_bytes=file.size_bytes,
            mtime_ns=file.mtime_ns,
            sha256=sha256,
            state=state,
            told=self._told,
            attempts=attempts,
            reason=reason,
            seen_at=datetime.now(tz=UTC),
        )
        if self._keep:
            with Journal(self._workspace) as journal:
                journal.save_arrival(arrival)
        self._known[arrival.path] = arrival


def sha256_of(path: Path) -> str:
    """Return the digest of a file's bytes.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _digest(options: IngestOptions) -> str:
    told = asdict(options) | {"version": version()}
    if options.mapping is not None and Path(options.mapping).is_file():
        told["mapping"] = Path(options.mapping).read_text(encoding="utf-8", errors="replace")
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:16]
