"""One file from bytes to outcome: detect, map, decide, convert, judge, store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from analytics.config import Workspace
from analytics.contracts import contract
from analytics.errors import (
    MappingError,
    OpenQuestionError,
    SourceError,
    UsageError,
    WalkawayError,
    WorkspaceError,
)
from analytics.ingest import quarantine
from analytics.ingest.clock import Clock, Stamped
from analytics.ingest.columnar import read_json_lines, read_parquet
from analytics.ingest.convert import Converted, convert
from analytics.ingest.detect import Detected, detect
from analytics.ingest.double_hour import tell_showings_of
from analytics.ingest.fields import REJECTS_SCHEMA, Reading
from analytics.ingest.mapping import Mapping, find_mapping
from analytics.ingest.mtconnect import read_mtconnect
from analytics.ingest.outcome import Ask, FileOutcome, IngestOptions, Progress, Question
from analytics.ingest.plausible import check_plausible
from analytics.ingest.questions import checked_zone, decide
from analytics.ingest.records import Piece
from analytics.ingest.refusal import OverlapRefusedError, RefusedError
from analytics.ingest.remembered import Remembered, remember, zone_of
from analytics.ingest.stage import Staged, stages
from analytics.ingest.store import Origin, store
from analytics.ingest.tables import SourceTable
from analytics.ingest.text import read_text
from analytics.ingest.workbook import read_workbook
from analytics.results import Caveat

JUDGED_ROWS = 1 << 20
"""A file of more records is judged by those of some of its stations."""

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
    mapped: list[tuple[SourceTable, Mapping]] = []
    failures: list[MappingError] = []
    passed_over: list[Caveat] = []
    for table in tables:
        name = path.name if table.member is None else f"{path.name} {table.member}"
        try:
            mapped.append((table, find_mapping(table.columns, name, options, remembered.profiles)))
        except MappingError as error:
            failures.append(error)
            passed_over.append(
                Caveat(code="sheet_passed_over", severity="warning", affects="exposure",
                       message=f"Sheet {table.member!r} of {path.name} was passed over: {error.message}")
            )  # fmt: skip
    if not mapped:
        raise failures[0]
    pieces = []
    for number, (table, mapping) in enumerate(mapped):
        reading = decide(
            table,
            mapping,
            options,
            zone=zone if options.timezone else checked_zone(mapping.timezone) or zone,
            salt=remembered.salt, ask=ask,
        )  # fmt: skip

        def step(share: float, number: int = number) -> None:
            progress(f"reading {path.name}", _READING * (number + share) / len(mapped))

        pieces.append(piece_of(path, table, reading, stage(), step))
    first = pieces[0].outcome
    told = replace(first, caveats=(*first.caveats, *passed_over))
    return [replace(pieces[0], outcome=told), *pieces[1:]]


def piece_of(
    path: Path, table: SourceTable, reading: Reading, rows: Staged, progress: Callable[[float], None]
) -> Piece:
    """Convert a table's records and judge them as a whole.

    Args:
        path: the file.
        table: its table.
        reading: how to read it.
        rows: where its records go; still empty.
        progress: told the share that is read.

    Raises:
        RefusedError: most records are rejected, or the columns contradict each other.
    """
    rules = contract(reading.mapping.table)
    parts: list[Converted] = []
    skipped, read = table.skipped, 0
    for batch in table.read():
        part = convert(batch, reading)
        rows.add(part.rows)
        parts.append(replace(part, rows=part.rows.clear()))
        skipped += batch.skipped
        read += batch.frame.height + len(batch.broken)
        if batch.share is not None:
            progress(batch.share)
        else:
            progress(min(1.0, read / table.records) if table.records else 0.5)
    walls, instants = sum(part.walls for part in parts), sum(part.instants for part in parts)
    untold: tuple[Caveat, ...] = ()
    if reading.zone is not None and walls and not instants:
        untold = tell_showings_of(rows, rules.table, reading.zone, path.name)
    rejects = pl.concat([part.rejects for part in parts]) if parts else pl.DataFrame(schema=REJECTS_SCHEMA)
    outcome = FileOutcome(
        file=str(path), member=table.member, table=rules.table, read=read, skipped=skipped,
        caveats=(*_caveats(path.name, parts, reading, read), *untold,
                 *_cut_off(path.name, rows.last_line, rejects)),
    )  # fmt: skip
    if rejects.height > 0.5 * read:
        raise RefusedError(outcome, rejects, in_order=rows.height)
    doubt = check_plausible(table, reading, rows.excerpt(JUDGED_ROWS))
    if doubt is not None:
        raise SourceError(f"{path.name}: {doubt.message}", hint=doubt.hint)
    stamped = Stamped(
        table=rules.table,
        utc=instants + (walls if reading.zone is not None else 0),
        wall=walls if reading.zone is None else 0,
    )
    return Piece(
        outcome=outcome,
        rows={rules.table: rows},
        rejects=rejects,
        stamped=(stamped,),
        zone=None if reading.zone is None else str(reading.zone),
        reading=reading.to_json(),
    )


def _caveats(file: str, parts: Sequence[Converted], reading: Reading, read: int) -> list[Caveat]:
    answer: list[Caveat] = []
    if read == 0:
        answer.append(
            Caveat(code="empty_source", severity="warning", message=f"{file} has columns, but no records.",
                   affects=reading.mapping.table)
        )  # fmt: skip
    dropped: Counter[str] = Counter()
    for part in parts:
        dropped.update(part.dropped)
    answer.extend(
        Caveat(code="values_dropped", severity="warning", affects=name,
               message=f"{count:,} values of {name} in {file} were not usable and left out.")
        for name, count in sorted(dropped.items())
    )  # fmt: skip
    walls = sum(part.walls for part in parts)
    instants = sum(part.instants for part in parts)
    if reading.zone is None and walls:
        answer.append(
            Caveat(code="zone_unspecified", severity="info", affects="times",
                   message=f"The times in {file} state no zone; they are kept as the wall clock showed them.")
        )  # fmt: skip
    if reading.zone is None and walls and instants:
        answer.append(
            Caveat(code="clocks_mixed", severity="serious", affects="times",
                   message=f"{file} holds times with and without an offset, and the zone is unspecified.")
        )  # fmt: skip
    return answer


def _cut_off(file: str, last_line: int, rejects: pl.DataFrame) -> list[Caveat]:
    """Say that a file ends within a record: it was not copied or exported to its end."""
    if rejects.is_empty():
        return []
    last = rejects.sort("line", nulls_last=False).row(-1, named=True)
    if last["rule"] != "wrong_number_of_fields" or last["line"] is None or last_line > last["line"]:
        return []
    message = (
        f"{file} ends within a record, in line {last['line']:,}: it seems to be cut off; export it again."
    )
    return [Caveat(code="cut_off", severity="warning", affects="exposure", message=message)]


def _require_table(options: IngestOptions, outcome: FileOutcome) -> None:
    if options.table not in {None, "cycles", "detections"}:
        raise MappingError(
            f"{outcome.file} is an MTConnect log: it holds cycles and detections, not {options.table}.",
            hint="Leave --as out.",
        )
