"""Converted records of a shape into canonical ones: counts stay those of the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from analytics.ingest.records import Piece
from analytics.ingest.shapes import counters, event_log, heartbeats, matrix, states
from analytics.ingest.shapes.found import Found, Turned

_TURN: dict[str, Callable[[pl.DataFrame, str], Turned]] = {
    "part_counter": counters.turn,
    "part_counts": heartbeats.turn,
    "state_log": states.turn,
    "event_log": event_log.turn,
    matrix.SHAPE: matrix.turn,
}


def turned(piece: Piece, found: Found, file: str) -> Piece:
    """Return what the records of a shape come to.

    Args:
        piece: the records as they were converted, under the shape's contract.
        found: the shape.
        file: the file's name, for the caveats.
    """
    (rows,) = piece.rows.values()
    if not isinstance(rows, pl.DataFrame):
        raise TypeError("a shape is turned from all of its records at once")
    made = _TURN[found.shape](rows, file)
    tables = list(made.rows)
    main = next((table for table in tables if made.rows[table].height), tables[0])
    outcome = replace(
        piece.outcome, table=main, shape=found.shape, evidence=found.evidence,
        caveats=(*piece.outcome.caveats, *made.caveats),
    )  # fmt: skip
    return replace(piece, outcome=outcome, rows=made.rows, repeated=made.repeated, derives=True)


def by_record(rows: pl.DataFrame, rejects: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Judge a source record as a whole where it was read as several: one wrong cell rejects it, once.

    Returns:
        The rows of records in which every cell is right, and one reject for each of the others.
    """
    once = rejects.unique("line", keep="first", maintain_order=True)
    return rows.filter(~pl.col("line").is_in(once["line"].to_list())), once
