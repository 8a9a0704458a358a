"""The command that watches a folder: its options, what it prints, and how it is stopped."""

from __future__ import annotations

import contextlib
import json as json_module
import re
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analytics import cli_options as opt
from analytics import cli_render as render
from analytics.cli_shell import Shell
from analytics.cli_steps import TOO_MANY_REJECTS, ingest_options
from analytics.config import workspace as find_workspace
from analytics.errors import UsageError

if TYPE_CHECKING:
    from types import FrameType

    from analytics.watch import Event, Plan

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0}
_NEVER = "never"

Watched = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where exports arrive.")]
Every = Annotated[str, typer.Option("--every", metavar="TIME", help="Between two looks: 10s, 5m …")]
_SETTLE = "For how long a file's size has to stay as it is."
Settle = Annotated[str, typer.Option("--settle", metavar="TIME", help=_SETTLE)]
_ANALYZE = "Least time between two analyses: 1h, 1d … or never."
AnalyzeEvery = Annotated[str, typer.Option("--analyze-every", metavar="TIME", help=_ANALYZE)]
Subfolders = Annotated[bool, typer.Option("--subfolders", help="Look into its folders too.")]
Once = Annotated[bool, typer.Option("--once", help="Deal with what is there, analyze, and stop.")]


def watch(
    folder: Watched,
    every: Every = "10s",
    settle: Settle = "5s",
    analyze_every: AnalyzeEvery = "1h",
    subfolders: Subfolders = False,
    once: Once = False,
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
    """Load what arrives in a folder, once it is completely written, and analyze it in time."""
    from dataclasses import replace

    from analytics.watch import Plan

    options = ingest_options(
        table=table,
        mapping=mapping,
        timezone=timezone,
        dayfirst=dayfirst,
        decimal=decimal,
        dry_run=dry_run,
        on_overlap=on_overlap,
    )
    plan = Plan(
        folder=folder.expanduser().absolute(),
        options=replace(options, way="watch", command="watch"),
        every_s=seconds(every, "--every"),
        settle_s=seconds(settle, "--settle"),
        analyze_every_s=None if analyze_every == _NEVER else seconds(analyze_every, "--analyze-every"),
        subfolders=subfolders,
        once=once,
    )
    return follow(Shell(as_json=json, workspace=find_workspace(workspace)), plan, max_rejects)


def follow(shell: Shell, plan: Plan, max_rejects: int | None) -> int:
    """Watch, tell what happens, and return the exit code."""
    from analytics.watch import watch as rounds

    if not plan.options.dry_run:
        shell.workspace.create()
    refused = rejected = 0
    told: list[Event] = []
    with _stopped_by_signals(shell) as stop, shell.progress() as progress:
        for event in rounds(shell.workspace, plan, stop, progress=progress):
            refused += event.what == "refused"
            rejected += sum(one.quarantined for one in event.outcomes if not one.failed)
            if plan.once:
                told.append(event)
            _tell(shell, event, one_answer=plan.once)
    if plan.once and shell.as_json:
        shell.answer(_as_json(told), [])
    if refused and plan.once:
        return 1
    return TOO_MANY_REJECTS if max_rejects is not None and rejected > max_rejects else 0


def seconds(text: str, flag: str) -> float:
    """Return a time given as 90, 90s, 5m, 1h or 1d, in seconds.

    Raises:
        UsageError: it is none.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    if match is None or match[2] not in _UNITS or float(match[1]) <= 0:
        raise UsageError(f"{flag} {text!r} is no time.", hint="Write it as 90s, 5m, 1h or 1d.")
    return float(match[1]) * _UNITS[match[2]]


def _tell(shell: Shell, event: Event, *, one_answer: bool) -> None:
    """Print an event: as one line of JSON, or as ``ingest`` prints what became of a file."""
    if shell.as_json:
        if not one_answer:
            sys.stdout.write(json_module.dumps(event.to_json(), ensure_ascii=False, allow_nan=False) + "\n")
            sys.stdout.flush()
        return
    lines = render.outcomes(event.outcomes) if event.outcomes else []
    if event.what != "loaded":
        lines.append(event.message)
    shell.answer({}, lines)


def _as_json(told: list[Event]) -> dict[str, Any]:
    return {
        "files": [outcome.to_json() for event in told for outcome in event.outcomes],
        "set_aside": [str(event.file) for event in told if event.what == "refused"],
        "left": [event.to_json() for event in told if event.what in {"later", "unfinished"}],
        "run": next((event.run_id for event in told if event.run_id), None),
        "not_analyzed": next((event.message for event in told if event.what == "not analyzed"), None),
    }


@contextlib.contextmanager
def _stopped_by_signals(shell: Shell) -> Iterator[threading.Event]:
    """Let Ctrl-C or a plain kill end the watch after the file at hand; a second one ends it at once."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            signal.default_int_handler(number, frame)
        stop.set()
        shell.say("Stopping once the file at hand is done; again to stop at once (nothing is half loaded).")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
