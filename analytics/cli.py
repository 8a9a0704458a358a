"""The commands. Each reads its options, calls one step of the analysis, and prints what it answers.

What they need is imported inside them, so that ``walkaway --help`` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from analytics import cli_options as opt
from analytics.cli_batches import batches_app
from analytics.cli_shell import Shell, refuse_before, run
from analytics.cli_watch import watch
from analytics.config import workspace as find_workspace

DEMO_SCENARIO = "default"
DEFAULT_SEED = 0
DEFAULT_PORT = 8501
DEFAULT_HOST = "127.0.0.1"

app = typer.Typer(
    help="How many problems walk past your andon, estimated from data the plant already has.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
runs_app = typer.Typer(help="List the published runs, or prune them.")
app.add_typer(runs_app, name="runs")
audit_app = typer.Typer(help="Draw what people look at, and load what they saw.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
app.add_typer(batches_app, name="batches")
app.command()(watch)


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(app, sys.argv[1:]))


@app.command()
def demo(
    no_open: opt.NoOpen = False,
    port: opt.Port = DEFAULT_PORT,
    workspace: opt.Workspace = None,
    json: opt.Json = False,
) -> int:
    """Make a simulated plant, load it, analyze it, and open the dashboard."""
    from analytics.cli_steps import prepare_demo, show

    shell = _shell(workspace, json)
    prepare_demo(shell, DEMO_SCENARIO, DEFAULT_SEED)
    return show(shell, host=DEFAULT_HOST, port=port, browser=not no_open)


@app.command()
def ingest(
    files: opt.SomeFiles,
    table: opt.Table = None,
    mapping: opt.Mapping = None,
    timezone: opt.Timezone = None,
    dayfirst: opt.DayFirst = None,
    decimal: opt.Decimal = None,
    dry_run: opt.DryRun = False,
    on_overlap: opt.OnOverlap = None,
    max_rejects: opt.MaxRejects = None,
    workspace: opt.Workspace = None,
    json: opt.Json = False,
) -> int:
    """Load exports; tell per file what was read, loaded, seen before and rejected."""
    from analytics import cli_steps as steps

    options = steps.ingest_options(
        table=table,
        mapping=mapping,
        timezone=timezone,
        dayfirst=dayfirst,
        decimal=decimal,
        dry_run=dry_run,
        on_overlap=on_overlap,
    )
    return steps.ingest(_shell(workspace, json), files, options, max_rejects=max_rejects)


@app.command()
def analyze(
    files: opt.Files = None,
    from_day: opt.From = None,
    to_day: opt.To = None,
    seed: opt.Seed = DEFAULT_SEED,
    table: opt.Table = None,
    mapping: opt.Mapping = None,
    timezone: opt.Timezone = None,
    dayfirst: opt.DayFirst = None,
    decimal: opt.Decimal = None,
    dry_run: opt.DryRun = False,
    on_overlap: opt.OnOverlap = None,
    max_rejects: opt.MaxRejects = None,
    workspace: opt.Workspace = None,
    json: opt.Json = False,
) -> int:
    """Load the files, if any, publish a run, and print the ladder."""
    from analytics import cli_steps as steps

    period = steps.period(from_day, to_day)
    options = steps.ingest_options(
        table=table,
        mapping=mapping,
        timezone=timezone,
        dayfirst=dayfirst,
        decimal=decimal,
        dry_run=dry_run,
        on_overlap=on_overlap,
    )
    shell = _shell(workspace, json)
    return steps.analyze(shell, files or [], options, period=period, seed=seed, max_rejects=max_rejects)


@app.command()
def report(
    format_: opt.ReportFormat = None,
    run_id: opt.Run = None,
    split: opt.Split = None,
    out: opt.Out = None,
    workspace: opt.Workspace = None,
    json: opt.Json = False,
) -> int:
    """Give the gap report of a run."""
    from analytics.cli_steps import write_report

    return write_report(_shell(workspace, json), run_id, format_, out, split=split)


@app.command()
def export(
    what: opt.What,
    out: opt.TableFile,
    run_id: opt.Run = None,
    workspace: opt.Workspace = None,
    json: opt.Json = False,
) -> int:
    """Write a table: cycles, targets, quarantine or episodes."""
    from analytics.cli_steps import write_export

    return write_export(_shell(workspace, json), what, run_id, out)


@app.command()
def simulate(
    out: opt.Folder,
    scenario: opt.Scenario = DEMO_SCENARIO,
    cycles: opt.Cycles = None,
    format_: opt.ExportFormat = "csv",
    seed: opt.Seed = DEFAULT_SEED,
    workspace: opt.Workspace = None,
    json: opt.Json = False,
) -> int:
    """Write the exports of a simulated plant, with the truth beside them."""
    from analytics.cli_steps import write_plant_of

    shell = _shell(workspace, json)
    return write_plant_of(shell, scenario, seed=seed, cycles=cycles, out=out, format_=format_)


@app.command()
def dashboard(
    port: opt.Port = DEFAULT_PORT,
    host: opt.Host = DEFAULT_HOST,
    no_open: opt.NoOpen = False,
    workspace: opt.Workspace = None,
    json: opt.Json = False,
) -> int:
    """Serve the pages until Ctrl-C."""
    from analytics.cli_steps import show

    return show(_shell(workspace, json), host=host, port=port, browser=not no_open)


@app.command()
def doctor(workspace: opt.Workspace = None, json: opt.Json = False) -> int:
    """Check versions and workspace; tell where personal data can be and what missing data cost."""
    from analytics.doctor import examine

    shell = _shell(workspace, json)
    diagnosis = examine(shell.workspace)
    shell.answer(diagnosis.to_json(), diagnosis.lines())
    return 0 if diagnosis.healthy else 1


@runs_app.callback(invoke_without_command=True)
def runs(context: typer.Context, workspace: opt.Workspace = None, json: opt.Json = False) -> int:
    """List the published runs, or prune them."""
    from analytics.cli_lists import list_runs as listed

    if context.invoked_subcommand is None:
        return listed(_shell(workspace, json))
    refuse_before(context, workspace, as_json=json)
    return 0


@runs_app.command("list")
def list_runs(workspace: opt.Workspace = None, json: opt.Json = False) -> int:
    """List the published runs, newest first."""
    from analytics.cli_lists import list_runs as listed

    return listed(_shell(workspace, json))


@runs_app.command("prune")
def prune_runs(keep: opt.Keep = 10, workspace: opt.Workspace = None, json: opt.Json = False) -> int:
    """Remove all but the newest runs."""
    from analytics.cli_lists import prune_runs as pruned

    return pruned(_shell(workspace, json), keep)


@audit_app.command("draw")
def draw_audit(
    out: opt.Sheet,
    mode: opt.AuditMode = "records",
    size: opt.Size = None,
    half_width: opt.HalfWidth = None,
    hours: opt.Hours = None,
    minutes: opt.Minutes = 60,
    observers: opt.Observers = 1,
    start: opt.Start = None,
    seed: opt.Seed = DEFAULT_SEED,
    run_id: opt.Run = None,
    workspace: opt.Workspace = None,
    json: opt.Json = False,
) -> int:
    """Draw past cycles to review, or times at stations to watch, as a sheet to fill in."""
    from analytics.audits.desk import Wish
    from analytics.cli_audit import draw
    from analytics.cli_steps import day

    wish = Wish(
        mode=mode,
        size=size,
        half_width=half_width,
        hours=hours,
        minutes=minutes,
        observers=observers,
        first_day=day(start, "--start"),
        seed=seed,
    )
    return draw(_shell(workspace, json), run_id, wish, out)


@audit_app.command("load")
def load_audit(
    file: opt.FilledIn,
    sensitivity: opt.Sensitivity = None,
    specificity: opt.Specificity = None,
    run_id: opt.Run = None,
    workspace: opt.Workspace = None,
    json: opt.Json = False,
) -> int:
    """Load a filled-in sheet, and say what it changes."""
    from analytics.cli_audit import load

    return load(_shell(workspace, json), file, run_id, sensitivity=sensitivity, specificity=specificity)


def _shell(workspace: Path | None, as_json: bool) -> Shell:
    return Shell(as_json=as_json, workspace=find_workspace(workspace))
