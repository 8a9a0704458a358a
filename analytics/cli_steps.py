"""What the commands do, step by step, between their options and their answer."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from analytics import cli_render as render
from analytics.cli_ladder import ladder
from analytics.cli_shell import Shell, write_json
from analytics.errors import NoDataError, UsageError, WorkspaceError

if TYPE_CHECKING:
    from analytics.ingest import FileOutcome, IngestOptions, Question

TOO_MANY_REJECTS = 3
_DEMO_FOLDER = "demo"


def day(text: str | None, flag: str) -> date | None:
    """Return a day given as 2026-01-31.

    Raises:
        UsageError: it is no such day.
    """
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{flag} {text!r} is not a day.", hint="Write it as year-month-day: 2026-01-31."
        ) from error


def period(from_day: str | None, to_day: str | None) -> tuple[date | None, date | None]:
    """Return the first day and the day after the last.

    Raises:
        UsageError: one is no day, or there is none between them.
    """
    first, end = day(from_day, "--from"), day(to_day, "--to")
    if first is not None and end is not None and first >= end:
        raise UsageError(
            f"--from {first} is not before --to {end}.",
            hint="--to is the day after the last one: for a single day, the next.",
        )
    return first, end


def ingest_options(
    *,
    table: str | None,
    mapping: str | None,
    timezone: str | None,
    dayfirst: bool | None,
    decimal: Literal[".", ","] | None,
    dry_run: bool,
    on_overlap: Literal["replace", "keep"] | None,
) -> IngestOptions:
    """Return the options of an ingest; a table that does not exist is refused here.

    Raises:
        UsageError: there is no such table.
    """
    from analytics.ingest import IngestOptions
    from analytics.ingest.shapes import NAMES
    from analytics.warehouse import CANONICAL_TABLES

    if table is not None and table not in (*CANONICAL_TABLES, *NAMES):
        raise UsageError(
            f"There is no table {table!r}.",
            hint=f"Choose from {', '.join(CANONICAL_TABLES)}; or say how it is written: {', '.join(NAMES)}.",
        )
    return IngestOptions(
        table=table,
        mapping=mapping,
        timezone=timezone,
        dayfirst=dayfirst,
        decimal=decimal,
        dry_run=dry_run,
        on_overlap=on_overlap,
    )


def ingest(
    shell: Shell, files: Sequence[Path], options: IngestOptions, *, max_rejects: int | None = None
) -> int:
    """Load files and print what became of each."""
    results = _load(shell, files, options)
    shell.answer(_as_json(results), render.outcomes(results))
    return _code_of(results, max_rejects)


def analyze(
    shell: Shell,
    files: Sequence[Path],
    options: IngestOptions,
    *,
    period: tuple[date | None, date | None],
    seed: int,
    max_rejects: int | None = None,
) -> int:
    """Load files, if any, publish a run, and print its ladder."""
    results = _load(shell, files, replace(options, command="analyze")) if files else []
    refused = bool(results) and all(result.failed for result in results)
    if refused or options.dry_run:
        shell.answer(_as_json(results), render.outcomes(results))
        return _code_of(results, max_rejects)

    from analytics.runs import read_report
    from analytics.study import analyze as study

    try:
        with shell.progress() as progress:
            run = study(shell.workspace, from_day=period[0], to_day=period[1], seed=seed, progress=progress)
    except NoDataError:
        for line in render.outcomes(results):  # what became of the files is not lost with the run
            shell.say(line)
        raise
    report = read_report(run)
    records = _records(shell) if period == (None, None) else None
    lines = [*render.outcomes(results), *([""] if results else []), *ladder(report, records)]
    shell.answer({**_as_json(results), **report}, lines)
    return _code_of(results, max_rejects)


def prepare_demo(shell: Shell, scenario: str, seed: int) -> None:
    """Fill a workspace with a simulated plant and its run; what is there from an earlier demo is kept.

    Raises:
        UsageError: the workspace holds a plant's own data.
    """
    from analytics.ingest import IngestOptions, ingest_files
    from analytics.journal import Journal
    from analytics.runs import list_runs, read_report
    from analytics.simulate import simulate, write_plant
    from analytics.study import analyze as study

    place, folder = shell.workspace, shell.workspace.root / _DEMO_FOLDER
    if place.exists():
        with Journal(place) as journal:
            loaded = journal.batches()
        if any(folder not in Path(batch.file).resolve().parents for batch in loaded):
            raise UsageError(
                f"The workspace {place.root} holds data of its own; the demo would mix with them.",
                hint="Give the demo another folder: walkaway demo --workspace demo",
            )
    runs = list_runs(place) if place.exists() else []
    if not runs:
        place.create()
        with shell.progress() as progress:
            progress("simulating a plant", 0.05)
            files = write_plant(simulate(scenario, seed), folder, "parquet")
            tables = [file for file in files if file.parent == folder]
            results = ingest_files(place, tables, IngestOptions(command="demo"), None, progress)
            for result in results:
                if result.failed:
                    raise UsageError(f"The demo could not be loaded: {result.to_json()}")
            runs = [study(place, from_day=None, to_day=None, seed=seed, progress=progress)]
    if not shell.as_json:
        for line in ladder(read_report(runs[0])):
            shell.say(line)


def show(shell: Shell, *, host: str, port: int, browser: bool) -> int:
    """Serve the pages until they are stopped."""
    from analytics.serve import free_port, open_browser, serve

    chosen = free_port(port, host)
    if chosen != port:
        shell.say(f"Port {port} is taken; using {chosen}.")
    if host not in {"127.0.0.1", "localhost", "::1"}:
        shell.say(f"Listening on {host}: whoever reaches this machine can see the pages.")
    shell.say("Starting the pages …")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a plain kill stops the page server too
    try:
        with serve(shell.workspace, host=host, port=chosen) as dashboard:
            where = {"url": dashboard.url, "workspace": str(shell.workspace.root)}
            shell.answer(where, [f"Dashboard: {dashboard.url}   (stop with Ctrl-C)"])
            if browser and not open_browser(dashboard.url):
                shell.say("No screen here: open the address in a browser.")
            return dashboard.process.wait()
    except KeyboardInterrupt:
        shell.say("\nDashboard stopped.")
        return 0


def write_report(
    shell: Shell, run_id: str | None, wanted: str | None, out: Path | None, *, split: str | None = None
) -> int:
    """Give the gap report of a run: on the terminal, or as a file."""
    from analytics.runs import find_run, read_report_split_at

    if out is not None:
        wanted = wanted or _format_of(out)
    at = day(split, "--split")
    run = find_run(shell.workspace, run_id)
    report = read_report_split_at(run, at)
    if wanted is None:
        shell.answer(report, ladder(report))
    elif wanted == "json" and out is None:
        write_json(report)
    else:
        from analytics.report import write

        target = out or Path(f"walkaway-{run.id}.{wanted}")
        with shell.progress() as progress:
            progress(f"writing {target.name}", 0.1)
            write(report, target, wanted)
        shell.answer({"file": str(target), "run": run.id}, [str(target)])
    return 0


def write_export(shell: Shell, what: str, run_id: str | None, out: Path) -> int:
    """Write a table of a run or of the workspace."""
    from analytics.exports import check_target, read_table, write_table

    check_target(out)
    with shell.progress() as progress:
        progress(f"reading {what}", 0.0)
        table = read_table(shell.workspace, what, run_id)
        progress(f"writing {out.name}", 0.5)
        write_table(table, out)
    shell.answer(
        {"file": str(out), "rows": table.height},
        [f"{out}: {table.height:,} {'row' if table.height == 1 else 'rows'}"],
    )
    return 0


def write_plant_of(
    shell: Shell,
    scenario: str,
    *,
    seed: int,
    cycles: int | None,
    out: Path,
    format_: Literal["csv", "parquet"],
) -> int:
    """Write a simulated plant's exports and its truth."""
    from analytics.simulate import simulate, write_plant

    with shell.progress() as progress:
        progress(f"simulating {scenario}", 0.1)
        plant = simulate(scenario, seed, cycles)
        progress("writing", 0.7)
        written = [str(path) for path in write_plant(plant, out, format_)]
    shell.answer({"scenario": scenario, "seed": seed, "files": written}, written)
    return 0


def _format_of(out: Path) -> str:
    """Return the format that a report's file name asks for.

    Raises:
        UsageError: none of them.
    """
    from analytics.report import FORMATS

    wanted = out.suffix.lower().removeprefix(".")
    if wanted not in FORMATS:
        raise UsageError(
            f"{out.name!r} does not say which format is wanted.",
            hint=f"End it in .{', .'.join(FORMATS)}, or give --format.",
        )
    return wanted


def _load(shell: Shell, files: Sequence[Path], options: IngestOptions) -> list[FileOutcome]:
    from analytics.ingest import ingest_files

    def ask(question: Question) -> str | None:
        return shell.ask(question.text, question.options)

    if not options.dry_run:
        shell.workspace.create()
    with shell.progress() as progress:
        return ingest_files(shell.workspace, files, options, ask if shell.interactive else None, progress)


def _records(shell: Shell) -> int | None:
    """Return how many cycle records are loaded; None where another process has the warehouse."""
    from analytics.warehouse import fetch, open_warehouse

    try:
        with open_warehouse(shell.workspace, read_only=True, wait_s=0.0) as con:
            return int(dict(fetch(con, "meta/table_sizes").iter_rows())["cycles"])
    except WorkspaceError:
        return None


def _as_json(results: Sequence[FileOutcome]) -> dict[str, object]:
    return {"files": [result.to_json() for result in results]}


def _code_of(results: Sequence[FileOutcome], max_rejects: int | None) -> int:
    """Return 1 where a file was refused, 3 where too many rows were rejected, else 0."""
    if any(result.failed for result in results):
        return 1
    rejected = sum(result.quarantined for result in results)
    return TOO_MANY_REJECTS if max_rejects is not None and rejected > max_rejects else 0
