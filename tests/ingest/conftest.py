"""A fresh workspace, and short ways to load a file into it and to read what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.config import Workspace
from analytics.ingest import FileOutcome, IngestOptions, ingest_files
from analytics.warehouse import CANONICAL_TABLES, open_warehouse

Load = Callable[..., FileOutcome]
Rows = Callable[[str], pl.DataFrame]

CYCLES = """station_id,started_at,ended_at,serial
S1,2025-03-03 06:00:00,2025-03-03 06:01:00,U1
S1,2025-03-03 06:01:00,2025-03-03 06:02:01,U2
S1,2025-03-03 06:02:01,2025-03-03 06:03:00,U3
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "plant")


@pytest.fixture
def load(workspace: Workspace) -> Load:
    """Load one file that gives one outcome; check what holds for every outcome."""

    def one(path: Path, **options: Any) -> FileOutcome:
        outcomes = ingest_files(workspace, [path], IngestOptions(**options))
        assert len(outcomes) == 1
        outcome = outcomes[0]
        assert outcome.loaded + outcome.duplicate + outcome.quarantined == outcome.read
        assert sum(outcome.rules.values()) == outcome.quarantined
        return outcome

    return one


@pytest.fixture
def rows(workspace: Workspace) -> Rows:
    """Read a canonical table, in order of loading."""

    def read(table: str) -> pl.DataFrame:
        assert table in CANONICAL_TABLES
        with open_warehouse(workspace, read_only=True) as con:
            return con.sql(f"select * from {table} order by record_id").pl()

    return read


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of text and return its path."""

    def write(text: str, name: str = "cycles.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write
