"""Short ways to write tables of text, and to analyze what was loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analytics.config import Workspace
from analytics.runs import read_report
from analytics.study import analyze
from tests.ingest.conftest import load, rows, workspace, written

__all__ = ["load", "rows", "workspace", "written"]

MORNING = datetime(2025, 3, 3, 6)  # noqa: DTZ001 - what the wall clock shows
Table = Callable[..., Path]
Report = Callable[[], dict[str, Any]]


def at(seconds: float) -> str:
    """Write the time so many seconds after six on 3 March 2025."""
    return f"{MORNING + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Write a table of text and return its path."""

    def write(head: str, lines: Iterable[Sequence[object]], name: str = "export.csv") -> Path:
        path = tmp_path / name
        body = [",".join("" if cell is None else str(cell) for cell in line) for line in lines]
        path.write_text("\n".join([head, *body]) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def report(workspace: Workspace) -> Report:
    """Analyze the workspace and return the report."""

    def made() -> dict[str, Any]:
        return read_report(analyze(workspace))

    return made
