"""One workspace, one clock: instants and wall-clock times of an unknown zone never stand side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.config import Workspace
from analytics.errors import SourceError
from analytics.ingest.clock import Clock, Stamped, check
from analytics.journal import Journal
from tests.ingest.conftest import CYCLES, Load, Rows

Written = Callable[..., Path]

INSTANTS = "station_id,ended_at\nS1,2025-03-03T06:00:00Z\nS1,2025-03-03T06:01:00Z\n"
CALLS = "station_id,raised_at\nS1,2025-03-03 07:00:30\n"


def test_times_without_a_zone_beside_instants_are_refused(written: Written, load: Load, rows: Rows) -> None:
    load(written(INSTANTS))
    refused = load(written(CALLS, name="andon.csv"))
    assert "state no zone, but those loaded before did" in str(refused.error)
    assert "--timezone" in str(refused.hint)
    assert rows("andon_calls").height == 0
    assert load(written(CALLS, name="andon.csv"), timezone="Europe/Berlin").loaded == 1


def test_instants_beside_times_of_an_unspecified_zone_are_refused(
    written: Written, load: Load, rows: Rows
) -> None:
    load(written(CALLS, name="andon.csv"))
    refused = load(written(INSTANTS))
    assert "unspecified zone" in str(refused.error)
    assert "new workspace" in str(refused.hint)
    assert rows("cycles").height == 0


@pytest.mark.parametrize("mark", ["Z", ""])
def test_a_machines_log_is_held_to_the_same_clock(mark: str, written: Written, load: Load) -> None:
    states = (("06:00:00", "ACTIVE"), ("06:05:00", "READY"), ("06:06:00", "ACTIVE"), ("06:09:00", "READY"))
    log = "".join(f"2025-03-03T{at}.000{mark}|execution|{state}\n" for at, state in states)
    load(written(CALLS, name="andon.csv"))
    assert load(written(log, name="Mazak01-20250303-20250304.txt")).failed is (mark == "Z")


def test_a_dry_run_finds_the_same(written: Written, load: Load) -> None:
    load(written(INSTANTS))
    assert load(written(CALLS, name="andon.csv"), dry_run=True).failed


@pytest.mark.parametrize("known", ["Europe/Berlin", None])
def test_once_the_zone_is_known_both_go_together(
    known: str | None, written: Written, load: Load, rows: Rows
) -> None:
    load(written(CYCLES), timezone="Europe/Berlin")
    assert load(written(INSTANTS.replace("S1", "S2"), name="b.csv"), timezone=known).loaded == 2
    assert load(written(CALLS, name="andon.csv"), timezone=known).loaded == 1


def test_the_first_day_of_a_standard_fixes_no_clock(written: Written, load: Load) -> None:
    standards = "station_id,standard_cycle_s,valid_from\nS1,60,2025-01-01\n"
    load(written(standards, name="standards.csv"))
    assert load(written(CYCLES), timezone="Europe/Berlin").loaded == 3
    assert load(written(standards.replace("S1", "S2"), name="more_standards.csv")).loaded == 1


def test_unspecified_is_no_way_around_the_workspaces_zone(written: Written, load: Load) -> None:
    load(written(CYCLES), timezone="Europe/Berlin")
    refused = load(written(CALLS, name="andon.csv"), timezone="unspecified")
    assert "the workspace's is Europe/Berlin" in str(refused.error)


def test_a_zone_that_another_process_fixed_meanwhile_counts(workspace: Workspace) -> None:
    """Two first loads at once: the one that read its file before the zone was told must not slip in."""
    read_before = Clock(file="late.csv", told=None, stamped=(Stamped(table="cycles", wall=3),))
    with Journal(workspace) as journal:
        check(journal, read_before)
        journal.set("timezone", "Europe/Berlin")
        with pytest.raises(SourceError, match="workspace's is Europe/Berlin"):
            check(journal, read_before)
