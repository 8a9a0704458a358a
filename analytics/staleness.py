"""Does a run still say what is loaded? Loads and undone loads since it was made are not in it."""

from __future__ import annotations

from datetime import datetime

from analytics.config import Workspace
from analytics.journal import Journal
from analytics.runs import RunRef


def last_change(workspace: Workspace) -> datetime | None:
    """Return when what is loaded changed last (UTC), None where nothing ever did."""
    if not workspace.journal.exists():
        return None
    with Journal(workspace) as journal:
        loads = journal.batches(None)
    times = [load.created_at for load in loads if load.status == "done" and load.outcome.get("loaded")]
    times += [load.undone_at for load in loads if load.undone_at is not None and any(load.undone.values())]
    return max(times, default=None)


def is_stale(workspace: Workspace, run: RunRef | None) -> bool:
    """Tell whether anything was loaded or undone after a run was made, or where there is no run at all."""
    changed = last_change(workspace)
    return changed is not None and (run is None or run.created_at < changed)
