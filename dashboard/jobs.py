"""Loading and analyzing in a process of their own: the page server stays free and never holds the warehouse.

The worker (``python -m dashboard.jobs``) prints one JSON object a line: ``{"stage", "share"}`` on the way,
``{"result"}`` or ``{"error": {"message", "hint"}}`` at the end. A load ends with the page that asked for it;
an analysis goes on, and is lost only with the server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analytics.config import WORKSPACE_VARIABLE, Workspace
from analytics.errors import WalkawayError
from analytics.ingest import IngestOptions

Progress = Callable[[str, float], object]

_ROOT = Path(__file__).resolve().parent.parent
_AGAIN_S = 0.3
_LOCK = threading.Lock()
_ANALYSES: dict[Path, _Job] = {}


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


def undo(place: Workspace, batch_id: str, progress: Progress) -> dict[str, Any]:
    """Take a load out of the workspace; return what went and what came back.

    Raises:
        JobError: it could not be undone, and why.
    """
    done: dict[str, Any] = run(place, {"task": "undo", "batch_id": batch_id}, progress)
    return done


def analyze(place: Workspace, progress: Progress) -> str:
    """Publish a run of everything that is loaded; return its id.

    Whoever leaves early does not end it: the run is published all the same, and who comes back follows it.

    Raises:
        JobError: no run could be made, and why.
    """
    with _LOCK:
        job = _ANALYSES.get(place.root)
        if job is None or job.done.is_set():
            job = _ANALYSES[place.root] = _Job(_start(place, {"task": "analyze"}))
    run_id: str = _result(job.said(), progress)
    return run_id


def analyzing(place: Workspace) -> bool:
    """Tell whether an analysis of this workspace is under way."""
    job = _ANALYSES.get(place.root)
    return job is not None and not job.done.is_set()


def run(place: Workspace, task: dict[str, Any], progress: Progress, folder: Path | None = None) -> Any:
    """Run a task in its own process, in a folder, telling its stages; leaving early ends it."""
    worker = _start(place, task, folder)
    try:
        return _result(worker.stdout or (), progress)
    finally:
        worker.kill()
        worker.communicate()


class _Job:
    """A worker that goes on by itself; any number of visitors follow what it says."""

    def __init__(self, worker: subprocess.Popen[str]) -> None:
        self.done = threading.Event()
        self._worker = worker
        self._stage, self._end = "", ""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        try:
            with self._worker:
                for line in self._worker.stdout or ():
                    if "stage" in json.loads(line):
                        self._stage = line
                    else:
                        self._end = line
        finally:
            self.done.set()

    def said(self) -> Iterator[str]:
        """Give the stage again and again, so that a visitor can leave at any time, and last how it ended."""
        while not self.done.wait(_AGAIN_S):
            if self._stage:
                yield self._stage
        if self._end:
            yield self._end


def _start(place: Workspace, task: dict[str, Any], folder: Path | None = None) -> subprocess.Popen[str]:
    search = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, WORKSPACE_VARIABLE: str(place.root), "PYTHONPATH": search}
    return subprocess.Popen(  # noqa: S603 (our own module, no shell)
        worker_command(task),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def worker_command(task: dict[str, Any]) -> list[str]:
    """Return the command that does a task; its last argument is the task."""
    return [sys.executable, "-m", "dashboard.jobs", json.dumps(task)]


def _result(lines: Iterable[str], progress: Progress) -> Any:
    """Tell the stages that a worker says; return its result."""
    for line in lines:
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
    options = IngestOptions(**task["options"] | {"way": "page", "command": "load"})
    outcomes = ingest_files(place, [Path(task["file"])], options, None, _step)
    return [outcome.to_json() for outcome in outcomes]


def _undo(place: Workspace, task: dict[str, Any]) -> dict[str, Any]:
    from analytics.ingest.undo import undo as take_out

    return take_out(place, task["batch_id"], way="page", progress=_step).to_json()


def _analyze(place: Workspace, _task: dict[str, Any]) -> str:
    from analytics.study import analyze as study

    return study(place, progress=_step).id


_TASKS: dict[str, Callable[[Workspace, dict[str, Any]], Any]] = {
    "load": _load,
    "undo": _undo,
    "analyze": _analyze,
}


def _step(stage: str, share: float) -> None:
    _say(stage=stage, share=min(max(share, 0.0), 1.0))


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
