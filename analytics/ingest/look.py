"""A file before it is loaded: what it is, what its columns were taken for, what has to be asked."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from pathlib import Path

import polars as pl

from analytics.config import Workspace
from analytics.contracts import SHAPES, TABLES, contract
from analytics.errors import MappingError, WalkawayError
from analytics.ingest.detect import Detected, detect
from analytics.ingest.mapping import Mapping, Profiles, find_mapping, scores
from analytics.ingest.mtconnect import read_mtconnect
from analytics.ingest.names import is_personal, matches
from analytics.ingest.outcome import ColumnMatch, IngestOptions, Preview, Question
from analytics.ingest.pipeline import source_tables
from analytics.ingest.questions import day_order
from analytics.ingest.remembered import remember
from analytics.ingest.shapes import Found, evidence_of_runs, recognise
from analytics.ingest.stage import Staged
from analytics.ingest.tables import SourceTable

ROWS = 20
SAMPLES = 3


def look(path: Path, options: IngestOptions, workspace: Workspace | None) -> Preview:
    """Return what a file would be loaded as; what stands in the way is in the answer, not raised.

    Args:
        path: the file.
        options: what the user told so far.
        workspace: for the mappings saved in it.
    """
    try:
        stat = path.stat() if path.exists() else None
        found = detect(path) if stat is None else _detected(path, stat.st_size, stat.st_mtime_ns)
        if found.format == "mtconnect":
            return _look_at_log(path, found)
        tables = source_tables(path, found)
        saved: Profiles = {}
        if workspace is not None:
            saved = remember(workspace, create=False, salted=False).profiles
        return _look_at_table(path, _best(tables, path, options, saved), options, saved)
    except WalkawayError as error:
        return _refused(path, error)


@lru_cache(maxsize=4)
def _detected(path: Path, _size: int, _changed_ns: int) -> Detected:
    """Remember what a file is: a page looks at it again with every answer, and it is read to its end."""
    return detect(path)


def _best(tables: list[SourceTable], path: Path, options: IngestOptions, saved: Profiles) -> SourceTable:
    """Return the first table (sheet) that is recognised, else the first."""
    for table in tables:
        try:
            if recognise(table, path.name, options, saved) is None:
                find_mapping(table.columns, path.name, options, saved)
        except MappingError:
            continue
        return table
    return tables[0]


def _look_at_table(path: Path, table: SourceTable, options: IngestOptions, saved: Profiles) -> Preview:
    mapping: Mapping | None = None
    shape: Found | None = None
    failure: WalkawayError | None = None
    try:
        shape = recognise(table, path.name, options, saved)
        if shape is None:
            mapping = find_mapping(table.columns, path.name, options, saved)
        else:
            table, mapping = shape.table, shape.mapping
    except WalkawayError as error:
        failure = error
    candidates = scores(table.columns, path.name)
    asked = options.table if options.table in (*TABLES, *SHAPES) else None
    table_name = mapping.table if mapping else (asked or next(iter(candidates), "cycles"))
    rows = _first_rows(table)
    questions: list[Question] = []
    if mapping is not None and options.dayfirst is None and mapping.dayfirst is None:
        order = day_order(table, mapping)
        questions += [order] if isinstance(order, Question) else []
    columns = tuple(_column(name, table_name, mapping, rows) for name in table.columns)
    return Preview(
        file=path.name,
        format=f"{table.format} ({table.detail})" if table.detail else table.format,
        table=mapping.table if mapping else None,
        candidates=candidates,
        columns=columns,
        missing=() if mapping else tuple(_missing(table_name, columns)),
        questions=tuple(questions),
        rows=rows.drop([name for name in rows.columns if is_personal(name)]),
        error=failure.message if failure else None,
        hint=failure.hint if failure else None,
        profile=mapping.profile if mapping else None,
        shape=shape.shape if shape else None,
        evidence=shape.evidence if shape else evidence_of_runs(table, path.name, mapping) if mapping else (),
    )


def _missing(table_name: str, columns: tuple[ColumnMatch, ...]) -> list[str]:
    return contract(table_name).lacking({column.canonical for column in columns if column.canonical})


def _column(name: str, table_name: str, mapping: Mapping | None, rows: pl.DataFrame) -> ColumnMatch:
    """Say what one source column was taken for, and why."""
    personal = is_personal(name)
    sample = (
        () if personal else tuple(str(value) for value in rows.get_column(name).drop_nulls().head(SAMPLES))
    )
    if mapping is not None:
        canonical = next((known for known, source in mapping.columns.items() if source == name), None)
        if canonical is None:
            note = "names a person: dropped" if personal else "not used"
            return ColumnMatch(source=name, canonical=None, confidence=0.0, note=note, sample=sample)
        match = matches(mapping.table, name)
        scale = mapping.scale.get(canonical)
        by_profile = mapping.profile is not None
        exact = by_profile or (match is not None and match.rank == 0)
        note = (
            f"from the mapping {mapping.profile}"
            if by_profile
            else "its own name"
            if exact
            else "a known name"
        )
        if contract(mapping.table).field(canonical).personal:
            note = "names a person: dropped, or kept as a token"
        if scale is not None:
            note += f"; × {scale:g} gives seconds"
        return ColumnMatch(
            source=name, canonical=canonical, confidence=1.0 if exact else 0.9, note=note, sample=sample
        )
    match = matches(table_name, name)
    if match is None:
        return ColumnMatch(source=name, canonical=None, confidence=0.0, note="not recognised", sample=sample)
    return ColumnMatch(
        source=name,
        canonical=match.canonical,
        confidence=1.0 if match.rank == 0 else 0.9,
        note=f"would fit {table_name}",
        sample=sample,
    )


def _first_rows(table: SourceTable) -> pl.DataFrame:
    for batch in islice(table.read(), 1):
        return batch.frame.head(ROWS).cast(pl.String, strict=False)
    return pl.DataFrame(schema=dict.fromkeys(table.columns, pl.String))


def _look_at_log(path: Path, found: Detected) -> Preview:
    piece = read_mtconnect(path, found, zone=None)
    cycles = piece.rows["cycles"]
    rows = cycles.excerpt(ROWS) if isinstance(cycles, Staged) else cycles
    columns = tuple(
        ColumnMatch(source=source, canonical=canonical, confidence=1.0, note=note)
        for source, canonical, note in (
            ("execution", "started_at", "the first ACTIVE of a run"),
            ("execution ", "ended_at", "the next READY or STOPPED"),
            ("program", "product_id", "the program at its start"),
            ("day file's name", "station_id", "what stands before the day"),
        )
    )
    return Preview(
        file=path.name,
        format="mtconnect",
        table="cycles",
        candidates={"cycles": float(cycles.height), "detections": float(piece.rows["detections"].height)},
        columns=columns,
        missing=(),
        questions=(),
        rows=rows.drop("line").head(ROWS).cast(pl.String),
        profile="mtconnect",
    )


def _refused(path: Path, error: WalkawayError) -> Preview:
    return Preview(
        file=path.name,
        format="unknown",
        table=None,
        candidates={},
        columns=(),
        missing=(),
        questions=(),
        rows=pl.DataFrame(),
        error=error.message,
        hint=error.hint,
    )
