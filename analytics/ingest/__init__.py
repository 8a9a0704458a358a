"""Exports in, canonical records out: every record loaded, duplicate or quarantined with its reason.

- outcome: options, questions, outcomes, previews
- detect: what a file is, by its bytes
- tables: what every reader hands on
- text, workbook, columnar, mtconnect: the readers, one a family of formats
- names, mapping: which column is which
- questions: what has to be decided before the first record
- clock: one workspace, one clock; remembered: what it knows of earlier loads
- stamps, numerals, kinds: text to times, numbers, kinds of problem
- fields, convert: source values to canonical, typed records
- double_hour: which showing of the hour that the clock shows twice
- xes, ocel: event logs of process mining
- shapes: rows that are no canonical records: counters, counts, runs, states, matrices, events
- people: names of persons taken out of free text
- plausible: do the columns hold what their names say
- places: does a bare station id tell which is meant
- stage: converted records on their way, in memory or on disk
- relation: frames that statements read by a name
- fresh: new, duplicate or contradicting
- records, store: into the warehouse in one transaction, and what became of every record
- rules: what a record can break, in words
- quarantine: rejected records, kept with the reason
- refusal: a file that is refused for its records
- piece: one table's records, converted, judged, and turned into canonical ones
- pipeline: one file from bytes to outcome
- look: a file before it is loaded
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analytics.config import Workspace
from analytics.ingest.look import look
from analytics.ingest.outcome import (
    Ask,
    ColumnMatch,
    FileOutcome,
    IngestOptions,
    Preview,
    Progress,
    Question,
)
from analytics.ingest.pipeline import ingest_file
from analytics.ingest.quarantine import read_quarantine
from analytics.ingest.store import settled_warehouse

__all__ = [
    "ColumnMatch",
    "FileOutcome",
    "IngestOptions",
    "Preview",
    "Question",
    "ingest_files",
    "preview",
    "read_quarantine",
    "settled_warehouse",
]


def ingest_files(
    workspace: Workspace,
    paths: Sequence[Path],
    options: IngestOptions | None = None,
    ask: Ask | None = None,
    progress: Progress | None = None,
) -> list[FileOutcome]:
    """Load files into the workspace's canonical tables, each in its own transaction.

    A file that is refused does not stop the others; its outcome says why.

    Args:
        workspace: made where it is missing (not for a dry run).
        paths: the files.
        options: how to read them; None is found in the data or remembered.
        ask: answers a question about the data; None, or an answer of None, refuses the file.
        progress: told the stage and the share that is done, in [0, 1].

    Returns:
        One outcome per file, or per sheet of a workbook, in the order given.

    Raises:
        UsageError: an option does not exist (table, mapping, zone).
        WorkspaceError: the workspace cannot be used.
    """
    chosen = options or IngestOptions()
    answer: list[FileOutcome] = []
    for index, path in enumerate(paths):

        def step(stage: str, share: float, index: int = index) -> None:
            if progress is not None:
                progress(stage, (index + share) / len(paths))

        answer.extend(ingest_file(workspace, Path(path), chosen, ask, step))
    return answer


def preview(path: Path, options: IngestOptions | None = None, workspace: Workspace | None = None) -> Preview:
    """Tell what a file would be loaded as, without loading anything.

    Args:
        path: the file.
        options: what the user told so far.
        workspace: for the mappings saved in it.

    Returns:
        What was recognised; what stands in the way is in it too, nothing is raised for the file's sake.
    """
    return look(Path(path), options or IngestOptions(), workspace)
