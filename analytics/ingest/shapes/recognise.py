"""Which shape does a table have? The first recogniser that finds its evidence; none is a plain table."""

from __future__ import annotations

from dataclasses import replace

from analytics.contracts import SHAPES
from analytics.errors import MappingError
from analytics.ingest.mapping import Mapping, Profiles, find_mapping, fitting_profiles, presets
from analytics.ingest.outcome import IngestOptions
from analytics.ingest.shapes import counters, event_log, heartbeats, matrix, runs, states
from analytics.ingest.shapes.found import Found
from analytics.ingest.shapes.sample import Sample
from analytics.ingest.tables import SourceTable

NAMES = (*SHAPES, matrix.SHAPE)
"""What ``--as`` takes beside the canonical tables."""
_RECOGNISERS = {
    "event_log": event_log.recognise,
    "state_log": states.recognise,
    matrix.SHAPE: matrix.recognise,
    "part_counter": counters.recognise,
    "part_counts": heartbeats.recognise,
}


def recognise(
    table: SourceTable, file_name: str, options: IngestOptions, saved: Profiles | None = None
) -> Found | None:
    """Return which shape a table has and why; None where its rows are canonical records as they stand.

    What the user told goes first: columns, a mapping, or a table with ``--as``; then a preset whose columns
    all stand in the header; then the recognisers.

    Args:
        table: the table.
        file_name: the file's name (and sheet), for hints.
        options: what the user told.
        saved: the workspace's own mappings by name.

    Raises:
        MappingError: a shape that was asked for does not fit, or its unit is not told.
    """
    told = options.table if options.table in NAMES else None
    known = fitting_profiles(table.columns, options, {**presets(), **(saved or {})})
    if options.columns is not None or options.mapping is not None or known:
        if told == matrix.SHAPE:
            return matrix.recognise(Sample(table, file_name), options)
        mapping = find_mapping(table.columns, file_name, options, saved)
        return _as_mapped(table, mapping) if mapping.table in SHAPES else None
    if options.table is not None and told is None:
        return None
    sample = Sample(table, file_name)
    for name, look in _RECOGNISERS.items():
        if told not in {None, name}:
            continue
        found = look(sample, options)
        if found is not None:
            return found
    if told is None:
        return None
    if told == matrix.SHAPE:
        raise MappingError(
            f"{file_name} cannot be read as a downtime matrix.",
            hint="It takes a station, a date, and at least 3 columns of lengths of time, one a reason.",
        )
    return _as_mapped(table, find_mapping(table.columns, file_name, options, saved))


def evidence_of_runs(table: SourceTable, file_name: str, mapping: Mapping) -> tuple[str, ...]:
    """Say why the records of a table of cycles are runs of several parts; nothing where they are not."""
    if mapping.table != "cycles" or "quantity" not in mapping.columns:
        return ()
    return runs.evidence(Sample(table, file_name), mapping.columns)


def _as_mapped(table: SourceTable, mapping: Mapping) -> Found:
    why = f"the mapping {mapping.profile} says so" if mapping.profile else "asked for with --as"
    return Found(shape=mapping.table, table=table, mapping=replace(mapping), evidence=(why,))
