"""Loading and analyzing in a process of their own: the page server stays free and never holds the warehouse.

The worker (``python -m dashboard.jobs``) prints one JSON object a line: ``{"stage", "share"}`` on the way,
``{"result"}`` or ``{"error": {"message", "hint"}}`` at the end. :func:`run` starts it and tells the stages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analytics.config import WORKSPACE_VARIABLE, Workspace
from analytics.errors import WalkawayError
from analytics.ingest import IngestOptions

Progress = Callable[[str, float], object]

_ROOT = Path(__file__).resolve().parent.parent


class JobError(WalkawayError):
    """A load or an analysis did not come to its end."""


def load(place: Workspace, file: Path, options: IngestOptions, progress: Progress) -> list[dict[str, Any]]:
    """Load a file into the workspace; return its outcomes as ``ingest --json`` prints them.

    Raises:
        JobError: nothing could be loaded, and why.
    """
    outcomes: list[dict[str, Any]] = run(
        place, {"task": "load", "file": file.name, "options": asdict(options)}, progress, file.parent
    )
    return outcomes


def analyze(place: Workspace, progress: Progress) -> str:
    """Publish a run of everything that is loaded; return its id.

    Raises:
        JobError: no run could be made, and why.
    """
    run_id: str = run(place, {"task": "analyze"}, progress)
    return run_id


def run(place: Workspace, task: dict[str, Any], progress: Progress, folder: Path | None = None) -> Any:
    """Run a task in its own process, in a folder, telling its stages; leaving early ends it."""
    search = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, WORKSPACE_VARIABLE: str(place.root), "PYTHONPATH": search}
    worker = subprocess.Popen(  # noqa: S603 (our own module, no shell)
        [sys.executable, "-m", "dashboard.jobs", json.dumps(task)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        for line in worker.stdout or ():
            said = json.loads(line)
            if "stage" in said:
                progress(said["stage"], said["share"])
            elif "error" in said:
                raise JobError(said["error"]["message"], hint=said["error"]["hint"])
            else:
                return said["result"]
        raise JobError(
            "The work ended before it was done.",
            hint="Try again; the command line says more: walkaway analyze.",
        )
    finally:
        worker.kill()
        worker.communicate()


def main() -> None:
    """Do the task that the argument describes."""
    from analytics.config import workspace

    task = json.loads(sys.argv[1])
    try:
        result = _TASKS[task["task"]](workspace(), task)
    except WalkawayError as error:
        _say(error={"message": error.message, "hint": error.hint})
    except Exception as error:
        _say(error={"message": f"This failed where it should not: {type(error).__name__}.", "hint": _LOOK})
        raise
    else:
        _say(result=result)


_LOOK = "The command line says more: walkaway ingest FILE, walkaway analyze."


def _load(place: Workspace, task: dict[str, Any]) -> list[dict[str, Any]]:
    from analytics.ingest import ingest_files

    place.create()
    outcomes = ingest_files(place, [Path(task["file"])], IngestOptions(**task["options"]), None, _step)
    return [outcome.to_json() for outcome in outcomes]


def _analyze(place: Workspace, _task: dict[str, Any]) -> str:
    from analytics.study import analyze as study

    return study(place, progress=_step).id


_TASKS: dict[str, Callable[[Workspace, dict[str, Any]], Any]] = {"load": _load, "analyze": _analyze}


def _step(stage: str, share: float) -> None:
    _say(stage=stage, share=min(max(share, 0.0), 1.0))


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
