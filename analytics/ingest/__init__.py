"""Exports in, canonical records out: every record loaded, duplicate or quarantined with its reason.

- outcome: options, questions, outcomes, previews
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from analytics.config import Workspace
from analytics.ingest.outcome import (
    Ask,
    ColumnMatch,
    FileOutcome,
    IngestOptions,
    Preview,
    Progress,
    Question,
)

__all__ = [
    "ColumnMatch",
    "FileOutcome",
    "IngestOptions",
    "Preview",
    "Question",
    "ingest_files",
    "preview",
    "read_quarantine",
]


def ingest_files(
    workspace: Workspace,
    paths: Sequence[Path],
    options: IngestOptions | None = None,
    ask: Ask | None = None,
    progress: Progress | None = None,
) -> list[FileOutcome]:
    """Load files into the workspace's canonical tables."""
    raise NotImplementedError


def preview(path: Path, options: IngestOptions | None = None, workspace: Workspace | None = None) -> Preview:
    """Tell what a file would be loaded as."""
    raise NotImplementedError


def read_quarantine(workspace: Workspace) -> pl.DataFrame:
    """Return every rejected record of the workspace with its reason."""
    raise NotImplementedError
