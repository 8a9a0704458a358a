"""The commands. Each reads its options, calls one step of the analysis, and prints what it answers.

What they need is imported inside them, so that ``walkaway --help`` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from analytics import cli_options as opt
from analytics.cli_shell import Shell, run
from analytics.config import workspace as find_workspace
from analytics.errors import UsageError

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


@app.command()
def batches(workspace: opt.Workspace = None, json: opt.Json = False) -> int:
    """List what was loaded."""
    from analytics.cli_lists import list_batches

    return list_batches(_shell(workspace, json))


@app.command(hidden=True, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def audit(workspace: opt.Workspace = None, json: opt.Json = False) -> int:
    """Draw an audit sample or load its observations (not in this version)."""
    raise UsageError("Audits are not part of this version.", hint="See walkaway --help for what is.")


@runs_app.callback(invoke_without_command=True)
def runs(context: typer.Context, workspace: opt.Workspace = None, json: opt.Json = False) -> int:
    """List the published runs, or prune them."""
    from analytics.cli_lists import list_runs as listed

    if context.invoked_subcommand is None:
        return listed(_shell(workspace, json))
    if workspace is not None or json:
        name = context.invoked_subcommand
        raise UsageError(
            f"--workspace and --json stand after the command: walkaway runs {name} --workspace DIR.",
            hint=f"See: walkaway runs {name} --help",
        )
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


def _shell(workspace: Path | None, as_json: bool) -> Shell:
    return Shell(as_json=as_json, workspace=find_workspace(workspace))
