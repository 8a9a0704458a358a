"""A file that is refused for its records: with the evidence, and the records kept to look at."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import polars as pl

from analytics.config import Workspace
from analytics.errors import OverlapError, WalkawayError
from analytics.ingest import quarantine
from analytics.ingest.outcome import FileOutcome
from analytics.ingest.rules import evidence


class RefusedError(WalkawayError):
    """A file was refused after its records were counted."""

    def __init__(self, outcome: FileOutcome, rejects: pl.DataFrame, *, in_order: int) -> None:
        """Carry the outcome with its counts, and the records that speak against it.

        Args:
            outcome: what was read.
            rejects: the records that cannot be right, see ``REJECTS_SCHEMA``.
            in_order: how many others there are; they stay out with the rest of the file.
        """
        self.outcome = _stopped(outcome, rejects, in_order)
        self.rejects = rejects
        super().__init__(self.outcome.error or "", hint=self.outcome.hint or "")

    def keep(self, workspace: Workspace, sha256: str) -> None:
        """Leave the rejected records to look at; without them the message alone has to do."""
        outcome = self.outcome
        with contextlib.suppress(OSError):
            quarantine.refuse(
                workspace,
                sha256,
                self.rejects,
                file=outcome.file,
                member=outcome.member,
                table=outcome.table or "",
            )


class OverlapRefusedError(OverlapError):
    """A file was stopped since it would change loaded records; carries what it would change."""

    def __init__(self, outcome: FileOutcome, message: str, *, hint: str) -> None:
        """Carry the outcome beside the message."""
        super().__init__(message, hint=hint)
        self.outcome = replace(outcome, error=message, hint=hint)


def _stopped(outcome: FileOutcome, rejects: pl.DataFrame, in_order: int) -> FileOutcome:
    counts = {str(rule): int(n) for rule, n in rejects.group_by("rule").agg(pl.len().alias("n")).rows()}
    share = f"{rejects.height:,} of {outcome.read:,} records" if in_order else "every record"
    if in_order:
        counts["file_stopped"] = in_order
    return replace(
        outcome,
        loaded=0,
        duplicate=0,
        quarantined=outcome.read,
        rules=counts,
        error=f"Nothing of {Path(outcome.file).name} was loaded, since {share} cannot be right: "
        f"{evidence(rejects)}.",
        hint="Mend the rows, or say what the column is with --mapping, --dayfirst or --as; "
        "walkaway export quarantine --out refused.csv lists them.",
    )
