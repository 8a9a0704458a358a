"""One file from bytes to outcome: detect, map, decide, convert, judge, store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from analytics.config import Workspace
from analytics.errors import (
    MappingError,
    OpenQuestionError,
    UsageError,
    WalkawayError,
    WorkspaceError,
)
from analytics.ingest import quarantine
from analytics.ingest.clock import Clock
from analytics.ingest.columnar import read_json_lines, read_parquet
from analytics.ingest.detect import Detected, detect
from analytics.ingest.mapping import Mapping, find_mapping
from analytics.ingest.mtconnect import read_mtconnect
from analytics.ingest.ocel import read_ocel
from analytics.ingest.outcome import Ask, FileOutcome, IngestOptions, Progress, Question
from analytics.ingest.piece import piece_of
from analytics.ingest.questions import checked_zone, decide
from analytics.ingest.records import Piece
from analytics.ingest.refusal import OverlapRefusedError, RefusedError
from analytics.ingest.remembered import Remembered, remember, zone_of
from analytics.ingest.shapes import Found, recognise
from analytics.ingest.stage import Staged, stages
from analytics.ingest.store import Origin, store
from analytics.ingest.tables import SourceTable
from analytics.ingest.text import read_text
from analytics.ingest.workbook import read_workbook
from analytics.ingest.xes import read_xes
from analytics.results import Caveat

_READING = 0.5
"""Share of the work that is done once a file is read."""


def ingest_file(
    workspace: Workspace, path: Path, options: IngestOptions, ask: Ask | None, progress: Progress
) -> list[FileOutcome]:
    """Load one file; never raises what the user can act on, but says it in the outcome.

    Raises:
        UsageError: options that do not exist.
        WorkspaceError: the workspace cannot be used at all.
    """
    with stages(workspace.root) as stage:
        return _ingest(workspace, path, options, ask, stage, progress)


def _ingest(
    workspace: Workspace,
    path: Path,
    options: IngestOptions,
    ask: Ask | None,
    stage: Callable[[], Staged],
    progress: Progress,
) -> list[FileOutcome]:
    try:
        found = detect(path)
        remembered = remember(workspace, create=not options.dry_run, salted=options.keep_operators)
        zone = zone_of(options, remembered)
        progress(f"reading {path.name}", 0.0)
        if found.format == "mtconnect":
            pieces = [read_mtconnect(path, found, zone=zone)]
            _require_table(options, pieces[0].outcome)
        else:
            pieces = _pieces(path, found, options, remembered, zone, ask, stage, progress)
        clock = Clock(
            file=path.name,
            told=options.timezone or next((piece.zone for piece in pieces if piece.zone), None),
            stamped=[stamped for piece in pieces for stamped in piece.stamped],
        )
        stored = store(
            workspace,
            pieces,
            clock,
            origin=Origin(
                sha256=found.sha256, size_bytes=found.size, way=options.way, command=options.command
            ),
            on_overlap=options.on_overlap,
            dry_run=options.dry_run,
            waiting=lambda who: progress(who, 0.8),
            progress=lambda share: progress(f"loading {path.name}", _READING + (1 - _READING) * share),
        )
    except RefusedError as refused:
        if not options.dry_run:
            refused.keep(workspace, found.sha256)
        return [refused.outcome]
    except OpenQuestionError as error:
        question = Question(code="day_order", text=error.message, options=("dayfirst", "monthfirst"),
                            flags=("--dayfirst", "--monthfirst"))  # fmt: skip
        return [FileOutcome(file=str(path), question=question)]
    except (UsageError, KeyboardInterrupt):
        raise
    except OverlapRefusedError as refused:
        return [refused.outcome]
    except WorkspaceError as error:
        return [FileOutcome(file=str(path), error=error.message, hint=error.hint, later=True)]
    except WalkawayError as error:
        return [FileOutcome(file=str(path), error=error.message, hint=error.hint)]
    if not options.dry_run:
        quarantine.forget_refused(workspace, found.sha256)
    progress(f"loaded {path.name}", 1.0)
    return stored


def source_tables(path: Path, found: Detected) -> list[SourceTable]:
    """Return the tables in a file."""
    if found.format == "parquet":
        return [read_parquet(path)]
    if found.format == "xlsx":
        return read_workbook(path)
    if found.format == "jsonl":
        return [read_json_lines(path, found)]
    if found.format == "xes":
        return [read_xes(path, found)]
    if found.format == "ocel":
        return [read_ocel(path, found)]
    return [read_text(path, found)]


def _pieces(
    path: Path,
    found: Detected,
    options: IngestOptions,
    remembered: Remembered,
    zone: str | None,
    ask: Ask | None,
    stage: Callable[[], Staged],
    progress: Progress,
) -> list[Piece]:
    """Return what the file's tables come to; a sheet that is no table is passed over if another one is."""
    tables = source_tables(path, found)
    mapped: list[tuple[SourceTable, Mapping, Found | None]] = []
    failures: list[MappingError] = []
    passed_over: list[Caveat] = []
    for table in tables:
        name = path.name if table.member is None else f"{path.name} {table.member}"
        try:
            shape = recognise(table, name, options, remembered.profiles)
            if shape is not None:
                mapped.append((shape.table, shape.mapping, shape))
            else:
                mapped.append((table, find_mapping(table.columns, name, options, remembered.profiles), None))
        except MappingError as error:
            failures.append(error)
            passed_over.append(
                Caveat(code="sheet_passed_over", severity="warning", affects="exposure",
                       message=f"Sheet {table.member!r} of {path.name} was passed over: {error.message}")
            )  # fmt: skip
    if not mapped:
        raise failures[0]
    pieces = []
    for number, (table, mapping, shape) in enumerate(mapped):
        reading = decide(
            table,
            mapping,
            options,
            zone=zone if options.timezone else checked_zone(mapping.timezone) or zone,
            salt=remembered.salt, ask=ask,
        )  # fmt: skip

        def step(share: float, number: int = number) -> None:
            progress(f"reading {path.name}", _READING * (number + share) / len(mapped))

        pieces.append(piece_of(path, table, reading, stage(), step, shape))
    first = pieces[0].outcome
    told = replace(first, caveats=(*first.caveats, *passed_over))
    return [replace(pieces[0], outcome=told), *pieces[1:]]


def _require_table(options: IngestOptions, outcome: FileOutcome) -> None:
    if options.table not in {None, "cycles", "detections"}:
        raise MappingError(
            f"{outcome.file} is an MTConnect log: it holds cycles and detections, not {options.table}.",
            hint="Leave --as out.",
        )
