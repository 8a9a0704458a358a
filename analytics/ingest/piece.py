"""One table's records: converted, judged as a whole, and turned into canonical ones where they are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from analytics.contracts import TABLES, contract
from analytics.errors import SourceError
from analytics.ingest.clock import Stamped
from analytics.ingest.convert import Converted, convert
from analytics.ingest.double_hour import tell_showings_of
from analytics.ingest.fields import REJECTS_SCHEMA, TYPES, Reading
from analytics.ingest.outcome import FileOutcome
from analytics.ingest.plausible import check_plausible
from analytics.ingest.records import Piece
from analytics.ingest.refusal import RefusedError
from analytics.ingest.shapes import Found, by_record, evidence_of_runs, join_runs, may_be_joined, turned
from analytics.ingest.stage import Staged
from analytics.ingest.tables import SourceTable
from analytics.results import Caveat

JUDGED_ROWS = 1 << 20
"""A file of more records is judged by those of some of its stations."""


def piece_of(
    path: Path,
    table: SourceTable,
    reading: Reading,
    rows: Staged,
    progress: Callable[[float], None],
    shape: Found | None = None,
) -> Piece:
    """Convert a table's records, judge them as a whole, turn them into canonical ones where they are none.

    Args:
        path: the file.
        table: its table.
        reading: how to read it.
        rows: where its records go; still empty.
        progress: told the share that is read.
        shape: what its records are turned from, None where they are canonical as they stand.

    Raises:
        RefusedError: most records are rejected, or the columns contradict each other.
    """
    rules = contract(reading.mapping.table)
    parts: list[Converted] = []
    suspects: list[pl.DataFrame] = []
    skipped, read = table.skipped, 0
    for batch in table.read():
        part = convert(batch, reading)
        rows.add(part.rows)
        suspects += [may_be_joined(part.rows, reading.zone)] if rules.table == "cycles" else []
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
    whole: pl.DataFrame | None = None
    joined: tuple[Caveat, ...] = ()
    if shape is not None:
        whole = _whole(rows, reading)
    elif suspects and join_runs(pl.concat(suspects), reading.zone, path.name)[1]:
        whole, joined = join_runs(_whole(rows, reading), reading.zone, path.name)
    if shape is not None and whole is not None and shape.cells > 1:
        read //= shape.cells
        whole, rejects = by_record(whole, rejects)
    evidence = evidence_of_runs(table, path.name, reading.mapping) if shape is None else shape.evidence
    outcome = FileOutcome(
        file=str(path), member=table.member, table=rules.table, read=read, skipped=skipped,
        evidence=evidence,
        caveats=(
            *_caveats(path.name, parts, reading, read), *untold, *joined,
            *_cut_off(path.name, rows.last_line, rejects),
        ),
    )  # fmt: skip
    if rejects.height > 0.5 * read:
        raise RefusedError(outcome, rejects, in_order=rows.height if whole is None else whole.height)
    doubt = check_plausible(table, reading, rows.excerpt(JUDGED_ROWS))
    if doubt is not None:
        raise SourceError(f"{path.name}: {doubt.message}", hint=doubt.hint)
    stamped = Stamped(
        table=rules.table if rules.table in TABLES else "cycles",
        utc=instants + (walls if reading.zone is not None else 0),
        wall=walls if reading.zone is None else 0,
    )
    piece = Piece(
        outcome=outcome,
        rows={rules.table: rows if whole is None else whole},
        rejects=rejects,
        stamped=(stamped,),
        zone=None if reading.zone is None else str(reading.zone),
        reading=reading.to_json(),
    )
    return piece if shape is None else turned(piece, shape, path.name)


def _whole(rows: Staged, reading: Reading) -> pl.DataFrame:
    """Return all records at once, with the contract's columns where there are none."""
    if rows.columns:
        return rows.excerpt(rows.height)
    fields = contract(reading.mapping.table).fields
    return pl.DataFrame(schema={"line": pl.Int64(), **{known.name: TYPES[known.type] for known in fields}})


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
