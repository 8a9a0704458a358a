"""A watched folder whose time stands still until a test lets it go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from analytics.config import Workspace
from analytics.ingest import IngestOptions
from analytics.watch import Event, Plan
from analytics.watch.rounds import watch

CYCLES = """station_id,started_at,ended_at,serial
S1,2025-03-03 06:00:00,2025-03-03 06:01:00,U1
S1,2025-03-03 06:01:00,2025-03-03 06:02:01,U2
S1,2025-03-03 06:02:01,2025-03-03 06:03:00,U3
"""

Act = Callable[[], object]


def nothing() -> None:
    """Let a round pass in which nobody does anything."""


class Script:
    """A clock and a stop signal: each wait takes its time and does the next act; behind the last it stops."""

    def __init__(self, acts: Sequence[Act]) -> None:
        self.now_s = 0.0
        self._acts = list(acts)
        self._stopped = False

    def is_set(self) -> bool:
        return self._stopped

    def set(self) -> None:
        self._stopped = True

    def wait(self, timeout: float) -> bool:
        self.now_s += timeout
        if self._acts:
            self._acts.pop(0)()
        else:
            self._stopped = True
        return self._stopped


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "plant")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "arriving"
    path.mkdir()
    return path


Watched = Callable[..., list[Event]]


@pytest.fixture
def watched(workspace: Workspace, folder: Path) -> Watched:
    """Watch the folder through the acts given; return what happened."""

    def run(*acts: Act, options: IngestOptions | None = None, **plan: Any) -> list[Event]:
        script = Script(acts)
        told = {"analyze_every_s": None, "every_s": 10.0, "settle_s": 5.0} | plan
        what = Plan(folder=folder, options=options or IngestOptions(way="watch"), **told)
        return list(watch(workspace, what, script, now_s=lambda: script.now_s))

    return run


@pytest.fixture
def loaded(workspace: Workspace) -> Callable[[], int]:
    """Count the cycles in the workspace."""
    from analytics.warehouse import open_warehouse

    def count() -> int:
        with open_warehouse(workspace, read_only=True) as con:
            return int(con.sql("select count(*) from cycles").fetchall()[0][0])

    return count
