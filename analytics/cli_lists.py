"""What was published from a workspace: listed, and pruned."""

from __future__ import annotations

from analytics import cli_render as render
from analytics.cli_shell import Shell

_CHANGED = "loaded or undone since"


def list_runs(shell: Shell) -> int:
    """Print the published runs, newest first."""
    from analytics.runs import list_runs as published
    from analytics.staleness import is_stale

    runs = [(run, is_stale(shell.workspace, run)) for run in published(shell.workspace)]
    data = [
        {"id": run.id, "created_at": run.created_at, "cycles": run.cycles, "stale": stale}
        for run, stale in runs
    ]
    rows = [
        (run.id, f"{run.created_at:%Y-%m-%d %H:%M}", f"{run.cycles:,}", _CHANGED if stale else "")
        for run, stale in runs
    ]
    head = ("run", "made at (UTC)", "cycles", "")
    lines = render.table(head, rows) if runs else ["No run yet: walkaway analyze"]
    shell.answer({"runs": data}, lines)
    return 0


def prune_runs(shell: Shell, keep: int) -> int:
    """Remove all but the newest runs."""
    from analytics.runs import prune

    removed = prune(shell.workspace, keep)
    data = {"removed": removed, "keep": keep}
    runs = "1 run" if len(removed) == 1 else f"{len(removed)} runs"
    shell.answer(data, [f"{runs} removed; at most the newest {keep} stay"])
    return 0
