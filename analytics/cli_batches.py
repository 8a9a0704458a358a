"""The commands about loads: list what was loaded, and undo it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from analytics import cli_options as opt
from analytics import cli_render as render
from analytics.cli_shell import Shell, refuse_before
from analytics.config import workspace as find_workspace
from analytics.errors import UsageError

if TYPE_CHECKING:
    from analytics.ingest.undo import Undone
    from analytics.journal import Batch

_COUNTS = ("read", "loaded", "duplicate", "quarantined")

batches_app = typer.Typer(help="List what was loaded, or undo a load.")


@batches_app.callback(invoke_without_command=True)
def batches(context: typer.Context, workspace: opt.Workspace = None, json: opt.Json = False) -> int:
    """List what was loaded, or undo a load."""
    if context.invoked_subcommand is None:
        return list_batches(workspace, json)
    refuse_before(context, workspace, as_json=json)
    return 0


@batches_app.command("list")
def list_batches(workspace: opt.Workspace = None, json: opt.Json = False) -> int:
    """List every load: when, by which way, from which file, and what became of its records."""
    from analytics.journal import Journal

    shell = Shell(as_json=json, workspace=find_workspace(workspace))
    loads: list[Batch] = []
    if shell.workspace.exists():
        with Journal(shell.workspace) as journal:
            loads = journal.batches(None)
    shell.answer({"batches": [_as_json(load) for load in loads]}, _lines(loads))
    return 0


@batches_app.command("undo")
def undo_batch(
    batch_id: opt.BatchId,
    yes: opt.Yes = False,
    workspace: opt.Workspace = None,
    json: opt.Json = False,
) -> int:
    """Take a load out again: its records go, and what it had replaced comes back."""
    from analytics.ingest.undo import find_batch, undo

    shell = Shell(as_json=json, workspace=find_workspace(workspace))
    batch = find_batch(shell.workspace, batch_id)
    if not yes and not _confirmed(shell, batch):
        shell.say("Nothing was changed.")
        return 1
    with shell.progress() as progress:
        done = undo(shell.workspace, batch.batch_id, progress=progress)
    stale = _stale_runs(shell, batch)
    shell.answer({**done.to_json(), "stale_runs": stale}, _told(done, stale))
    return 0


def _confirmed(shell: Shell, batch: Batch) -> bool:
    """Ask whoever sits at the terminal, with the counts of what would go.

    Raises:
        UsageError: nobody sits there.
    """
    from analytics.ingest.undo import undo

    if not shell.interactive:
        raise UsageError(
            f"Undoing {_name(batch)} ({batch.batch_id}) takes its records out of the workspace, and nobody "
            "is here to confirm it.",
            hint="Give --yes.",
        )
    with shell.progress() as progress:
        would = undo(shell.workspace, batch.batch_id, dry_run=True, progress=progress)
    question = (
        f"Undo {_name(batch)}, loaded {batch.created_at:%Y-%m-%d %H:%M} (UTC)? It takes {_counts(would)}. "
        "The file itself stays where it is."
    )
    return shell.ask(question, ("yes", "no")) == "yes"


def _stale_runs(shell: Shell, batch: Batch) -> list[str]:
    """Return the runs that were published while the load stood, newest first."""
    from analytics.runs import list_runs

    return [run.id for run in list_runs(shell.workspace) if run.created_at >= batch.created_at]


def _told(done: Undone, stale: list[str]) -> list[str]:
    lines = [f"{_name(done.batch)} undone: {_counts(done)}. The file can be loaded again."]
    if done.sharing:
        files = ", ".join(done.sharing[:3]) + (" …" if len(done.sharing) > 3 else "")
        lines.append(
            f"note: records that stand in it too had been passed over in files loaded later ({files}): load "
            "those again to have them."
        )
    if stale:
        runs = render.number_of(len(stale), "runs")
        lines.append(f"note: {runs} published since (newest {stale[0]}) stay as they are: walkaway analyze")
    return lines


def _counts(done: Undone) -> str:
    table = done.batch.table.replace("_", " ") or "records"
    back = f"; back in, since it had replaced them: {render.figures(done.restored)}" if done.restored else ""
    refused = f"; out of the quarantine: {render.number_of(done.refused, 'rows')}" if done.refused else ""
    return f"out of {table}: {render.number_of(done.removed, 'records')}{back}{refused}"


def _name(batch: Batch) -> str:
    return f"{batch.file} [{batch.member}]" if batch.member else batch.file


def _as_json(load: Batch) -> dict[str, Any]:
    origin = load.outcome.get("origin", {})
    return {
        "batch_id": load.batch_id,
        "status": load.status,
        "created_at": load.created_at,
        "way": origin.get("way"),
        "command": origin.get("command"),
        "file": load.file,
        "member": load.member,
        "sha256": load.sha256,
        "size_bytes": origin.get("size_bytes"),
        "table": load.table,
        **{key: load.outcome.get(key, 0) for key in _COUNTS},
        "rules": load.outcome.get("rules", {}),
        "mapping": origin.get("reading"),
        "on_overlap": origin.get("on_overlap"),
        "changes": load.outcome.get("changes", []),
        "undone_at": load.undone_at,
        "undone": load.undone or None,
    }


def _lines(loads: list[Batch]) -> list[str]:
    """Return the loads of a workspace, oldest first."""
    if not loads:
        return ["Nothing was loaded yet: walkaway ingest FILE…"]
    head = ("id", "loaded at (UTC)", "by", "file", "table", *_COUNTS, "")
    rows = (
        (
            load.batch_id,
            f"{load.created_at:%Y-%m-%d %H:%M}",
            load.outcome.get("origin", {}).get("way", ""),
            _name(load),
            load.table,
            *(render.figures(load.outcome.get(key, 0)) for key in _COUNTS),
            _state(load),
        )
        for load in loads
    )
    return render.table(head, rows)


def _state(load: Batch) -> str:
    if load.undone_at is not None:
        return f"{load.status} {load.undone_at:%Y-%m-%d %H:%M}"
    return "" if load.status == "done" else "not finished: the next load settles it"
