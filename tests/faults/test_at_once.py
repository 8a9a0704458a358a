"""Several processes at one workspace: each waits for the other, says for whom, and nothing is half done."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

from analytics.config import Workspace
from analytics.errors import UsageError
from analytics.ingest import read_quarantine
from analytics.journal import Journal
from analytics.runs import find_run
from analytics.study import analyze
from analytics.warehouse import open_run
from tests.faults.conftest import Walkaway, command
from tests.faults.plant import Exports, disagreements, held, load

HOLD = """
import sys
from pathlib import Path
from analytics.config import Workspace
from analytics.warehouse import open_warehouse
with open_warehouse(Workspace(Path(sys.argv[1])), read_only=sys.argv[2] == "reads"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextlib.contextmanager
def another(workspace: Workspace, does: str) -> Iterator[subprocess.Popen[str]]:
    """Let another process write or read the warehouse until the block is left, or it is told to stop."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(workspace.root), does],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield holder
    finally:
        holder.communicate("\n")


@pytest.mark.parametrize("does", ["writes", "reads"])
def test_who_holds_the_warehouse_too_long_is_named(
    does: str, workspace: Workspace, exports: Exports, walkaway: Walkaway
) -> None:
    load(workspace, exports.first)
    before = held(workspace)
    with another(workspace, does) as holder:
        refused = walkaway("ingest", exports.second, wait_s=0.3)
    assert refused.returncode == 1
    assert f"in use by the ingest or analysis of process {holder.pid}" in refused.stdout
    assert "Try again once it has finished" in refused.stdout
    assert held(workspace).equals(before)
    load(workspace, exports.second)
    assert disagreements(workspace) == []


@pytest.mark.parametrize("does", ["writes", "reads"])
def test_a_load_waits_until_the_other_has_finished(does: str, workspace: Workspace, exports: Exports) -> None:
    load(workspace, exports.first)
    with another(workspace, does) as holder:
        waits = subprocess.Popen(
            command(workspace, "ingest", exports.second),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert waits.stderr is not None
        said = next(line for line in waits.stderr if "waiting" in line)
        assert f"process {holder.pid}" in said
    told, _ = waits.communicate()
    assert waits.returncode == 0
    assert "2,000 loaded" in told
    assert disagreements(workspace) == []


def test_an_analysis_waits_for_a_load(workspace: Workspace, exports: Exports) -> None:
    load(workspace, exports.first)
    with another(workspace, "writes") as holder:
        waits = subprocess.Popen(
            command(workspace, "analyze", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        with pytest.raises(subprocess.TimeoutExpired):
            waits.wait(0.1)
        assert holder.poll() is None
    waits.communicate()
    assert waits.returncode == 0


def test_loads_at_the_same_time_lose_and_double_nothing(workspace: Workspace, exports: Exports) -> None:
    both = [
        subprocess.Popen(command(workspace, "ingest", *files), stdout=subprocess.PIPE, text=True)
        for files in ((exports.first, exports.second), (exports.second, exports.first))
    ]
    told = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert held(workspace)["n"].sum() == 4_000
    assert disagreements(workspace) == []


def test_a_load_goes_on_beside_pages_that_read(
    workspace: Workspace, exports: Exports, walkaway: Walkaway
) -> None:
    load(workspace, exports.first, exports.second)
    run = analyze(workspace)
    with open_run(run.path), Journal(workspace) as journal:
        assert len(journal.batches()) == 2
        assert read_quarantine(workspace).height == 7
        loaded = walkaway("ingest", exports.corrected, "--on-overlap", "replace")
        assert loaded.returncode == 0, loaded.stderr
        assert len(journal.batches()) == 3
        assert find_run(workspace).id == run.id
    assert disagreements(workspace) == []


def test_a_patience_that_is_no_time_is_refused(
    workspace: Workspace, exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in ("soon", "-1", "inf", "nan"):
        monkeypatch.setenv("WALKAWAY_WAIT_S", given)
        with pytest.raises(UsageError, match="no number of seconds"):
            load(workspace, exports.first)
