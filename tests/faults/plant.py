"""What the fault tests load, and what has to hold of a workspace whatever happened to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from analytics.config import Workspace
from analytics.ingest import IngestOptions, ingest_files, read_quarantine
from analytics.journal import Journal
from analytics.warehouse import CANONICAL_TABLES, open_warehouse

REPLACING = IngestOptions(on_overlap="replace")
_HEADER = "station_id,started_at,ended_at,serial,product_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """Files to load: a first one, another one with rejected rows, and a correction of the first."""

    first: Path
    second: Path
    corrected: Path


def write_exports(folder: Path, rows: int) -> Exports:
    """Write the files; the correction changes every tenth record of the first and adds none."""
    folder.mkdir(parents=True, exist_ok=True)
    exports = Exports(
        first=folder / "first.csv", second=folder / "second.csv", corrected=folder / "corrected.csv"
    )
    exports.first.write_text(_cycles(rows, "S1"))
    exports.second.write_text(_cycles(rows, "S2") + "S2,never,2025-03-03 06:00:00,X1,P1\n" * 7)
    exports.corrected.write_text(_cycles(rows, "S1", corrected=True))
    return exports


def _cycles(rows: int, station: str, *, corrected: bool = False) -> str:
    lines = [_HEADER]
    for number in range(rows):
        day, minute = divmod(number, 1_200)
        hour, minute = divmod(minute, 60)
        second = 51 if corrected and number % 10 == 0 else 50
        at = f"2025-{1 + day // 28:02d}-{1 + day % 28:02d} {hour:02d}:{minute:02d}"
        lines.append(f"{station},{at}:00,{at}:{second},{station}-{number},P{number % 3}")
    return "\n".join(lines) + "\n"


def load(workspace: Workspace, *files: Path, **options: Any) -> None:
    """Load files; every one of them has to be taken."""
    for outcome in ingest_files(workspace, list(files), IngestOptions(on_overlap="replace", **options)):
        assert not outcome.failed, outcome


def held(workspace: Workspace) -> pl.DataFrame:
    """Return every loaded record by its table, content and occurrence, with how often it is there."""
    frames = []
    with open_warehouse(workspace, read_only=True) as con:
        for table in CANONICAL_TABLES:
            rows = f"select '{table}' as name, hash(content_hash, occurrence) as record from {table}"
            frames.append(con.sql(f"select name, record, count(*) as n from ({rows}) group by all").pl())
    return pl.concat(frames).sort("name", "record")


def disagreements(workspace: Workspace) -> list[str]:
    """Return where journal, warehouse and quarantine contradict each other; none is right."""
    with Journal(workspace) as journal:
        batches = journal.batches(None)
    standing = {batch.batch_id: batch for batch in batches if batch.status == "done"}
    wrong = [
        f"{batch.batch_id} is still {batch.status}"
        for batch in batches
        if batch.status in {"loading", "undoing"}
    ]
    rows = _by_batch(workspace)
    wrong += [f"{one} has {n} records, but does not stand" for one, n in rows.items() if one not in standing]
    refused = Counter(read_quarantine(workspace)["batch_id"].to_list())
    wrong += [f"{one} has refused rows, but does not stand" for one in refused if one not in standing]
    for batch_id, batch in standing.items():
        for what, found in (("loaded", rows[batch_id]), ("quarantined", refused[batch_id])):
            if found != batch.outcome[what]:
                wrong.append(f"{batch_id}: {batch.outcome[what]} {what} by the journal, {found} found")
    wrong += [f"{part.name} was left" for part in workspace.quarantine.glob("*.part")]
    doubled = held(workspace).filter(pl.col("n") > 1).height
    return wrong + [f"{doubled} records are there twice"] * bool(doubled)


def difference(wanted: pl.DataFrame, found: pl.DataFrame) -> list[str]:
    """Return how many records are lost, and how many are there that should not be; none is right."""
    both = wanted.join(found, on=["name", "record"], how="full", coalesce=True, suffix="_found")
    more = both["n_found"].fill_null(0).cast(pl.Int64) - both["n"].fill_null(0).cast(pl.Int64)
    lost, doubled = -more.filter(more < 0).sum(), more.filter(more > 0).sum()
    return [f"{lost} records lost, {doubled} too many"] if lost or doubled else []


def _by_batch(workspace: Workspace) -> Counter[str]:
    """Count the records that came with each load: in the tables, and replaced by a later one."""
    found: Counter[str] = Counter()
    with open_warehouse(workspace, read_only=True) as con:
        for table in (*CANONICAL_TABLES, "superseded"):
            found.update(dict(con.sql(f"select batch_id, count(*) from {table} group by 1").fetchall()))
    return found
