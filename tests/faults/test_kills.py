"""Killed at random moments, a load leaves nothing lost, nothing doubled, and three books that agree.

``python -m tests.faults --kills 200`` is the long form.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from analytics.config import Workspace
from analytics.warehouse import open_warehouse
from tests.faults.kills import kill_many
from tests.faults.plant import Exports, difference, disagreements, held, load


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a signal of POSIX systems")
def test_nothing_is_lost_or_doubled_by_kill_9(tmp_path: Path) -> None:
    tally = kill_many(tmp_path, kills=10, rows=1_000, seed=20250303)
    assert tally.wrong == []
    assert tally.killed == 10


def test_the_count_sees_what_is_lost_doubled_or_left_over(workspace: Workspace, exports: Exports) -> None:
    load(workspace, exports.first, exports.second)
    before = held(workspace)
    assert difference(before, held(workspace)) == []
    assert disagreements(workspace) == []
    with open_warehouse(workspace) as con:
        con.execute("insert into cycles select * from cycles where serial = 'S1-7'")
        con.execute("delete from cycles where serial in ('S2-1', 'S2-2')")
    assert difference(before, held(workspace)) == ["2 records lost, 1 too many"]
    assert len(disagreements(workspace)) == 3
    (workspace.quarantine / "left.part").touch()
    next(workspace.quarantine.glob("*.parquet")).unlink()
    assert len(disagreements(workspace)) == 5
