"""Rejected records are data: kept with file, line, column, value, rule and the record itself.

One Parquet file a load, published by rename, so that pages read it without opening the warehouse. A file that
is refused for its records leaves them too, under an id of its own, until it is loaded.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import polars as pl

from analytics.config import Workspace
from analytics.ingest.fields import REJECTS_SCHEMA

SCHEMA = {
    "batch_id": pl.String,
    "file": pl.String,
    "member": pl.String,
    "table": pl.String,
    **REJECTS_SCHEMA,
}


def read_quarantine(workspace: Workspace) -> pl.DataFrame:
    """Return every rejected record of the workspace, with the columns of ``SCHEMA``.

    Oldest load first; files that were refused as a whole come last.
    """
    frames = []
    for path in sorted(workspace.quarantine.glob("*.parquet")):
        with contextlib.suppress(FileNotFoundError):  # a load that went well removed it meanwhile
            frames.append(pl.read_parquet(path).select(SCHEMA.keys()).cast(pl.Schema(SCHEMA)))
    return pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)


def write_part(
    workspace: Workspace, batch_id: str, rejects: pl.DataFrame, *, file: str, member: str | None, table: str
) -> None:
    """Write a load's rejected records beside their place; ``publish`` puts them there.

    Raises:
        OSError: the disk is full, or the folder cannot be written to.
    """
    if rejects.height == 0:
        return
    workspace.quarantine.mkdir(parents=True, exist_ok=True)
    rows = rejects.select(
        pl.lit(batch_id).alias("batch_id"),
        pl.lit(file).alias("file"),
        pl.lit(member, dtype=pl.String).alias("member"),
        pl.lit(table).alias("table"),
        *REJECTS_SCHEMA,
    )
    try:
        rows.write_parquet(_part(workspace, batch_id))
    except pl.exceptions.ComputeError as error:  # how a full disk is told by a writer of Parquet
        raise OSError(str(error)) from error


def publish(workspace: Workspace, batch_id: str) -> None:
    """Put a load's rejected records in their place, if it has any."""
    part = _part(workspace, batch_id)
    if part.exists():
        part.replace(workspace.quarantine / f"{batch_id}.parquet")


def discard(workspace: Workspace, batch_id: str) -> None:
    """Remove the rejected records of a load that did not happen."""
    _part(workspace, batch_id).unlink(missing_ok=True)


def remove(workspace: Workspace, batch_id: str) -> None:
    """Remove the rejected records of a load that is undone."""
    discard(workspace, batch_id)
    (workspace.quarantine / f"{batch_id}.parquet").unlink(missing_ok=True)


def refuse(
    workspace: Workspace, sha256: str, rejects: pl.DataFrame, *, file: str, member: str | None, table: str
) -> None:
    """Keep the rejected records of a file that was refused for them; refusing it again keeps them once."""
    batch_id = _refused(sha256)
    write_part(workspace, batch_id, rejects, file=file, member=member, table=table)
    publish(workspace, batch_id)


def forget_refused(workspace: Workspace, sha256: str) -> None:
    """Remove what a refused file left, now that it was loaded."""
    with contextlib.suppress(
        PermissionError
    ):  # Windows keeps a file that a page is reading; the next load goes on
        (workspace.quarantine / f"{_refused(sha256)}.parquet").unlink(missing_ok=True)


def _refused(sha256: str) -> str:
    return f"refused-{sha256[:16]}"


def _part(workspace: Workspace, batch_id: str) -> Path:
    return workspace.quarantine / f"{batch_id}.part"
