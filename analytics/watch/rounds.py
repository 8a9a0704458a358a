"""Round after round: look at the folder, load what is complete, analyze when it is time, wait.

Nothing that happens to one file, to the folder or to an analysis ends the rounds: it is told, and the next
round goes on. Only the stop signal does, and options that make no sense.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from analytics.config import Workspace
from analytics.errors import UsageError, WalkawayError
from analytics.ingest import FileOutcome, IngestOptions, ingest_files
from analytics.runs import list_runs
from analytics.staleness import is_stale, last_change
from analytics.study import analyze
from analytics.watch.arrivals import Seen, Settling, look, seen
from analytics.watch.ledger import MOST_ATTEMPTS, Ledger, sha256_of
from analytics.watch.set_aside import remove_reason, write_reason

Happening = Literal[
    "watching", "away", "back", "known", "loaded", "refused", "later", "unfinished", "analyzed",
    "not analyzed", "stopped",
]  # fmt: skip
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to watch, and how often.

    Attributes:
        folder: where exports arrive.
        options: how they are read.
        every_s: seconds between two looks.
        settle_s: seconds for which a file has to stay as it is.
        analyze_every_s: least seconds between two analyses; None is never.
        subfolders: look into the folder's folders too.
        once: deal with what is there, analyze, and stop.
    """

    folder: Path
    options: IngestOptions
    every_s: float = 10.0
    settle_s: float = 5.0
    analyze_every_s: float | None = 3_600.0
    subfolders: bool = False
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    Attributes:
        what: what happened.
        message: the same in words.
        file: the file concerned.
        outcomes: what became of its records.
        run_id: the run that was published.
    """

    what: Happening
    message: str
    file: Path | None = None
    outcomes: list[FileOutcome] = field(default_factory=list)
    run_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as ``watch --json`` prints it."""
        told: dict[str, Any] = {"event": self.what, "message": self.message}
        if self.file is not None:
            told["file"] = str(self.file)
        if self.outcomes:
            told["files"] = [one.to_json() for one in self.outcomes]
        return told | ({"run": self.run_id} if self.run_id else {})


class Stop(Protocol):
    """Says when to stop; ``threading.Event`` does."""

    def is_set(self) -> bool:
        """Tell whether to stop."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds, or until it is time to stop; tell whether it is."""
        ...


def watch(
    workspace: Workspace,
    plan: Plan,
    stop: Stop,
    *,
    progress: Progress = lambda _stage, _share: None,
    now_s: Callable[[], float] = time.monotonic,
) -> Iterator[Event]:
    """Load what arrives in a folder and analyze it, until told to stop.

    Args:
        workspace: where to load it.
        plan: what to watch, and how often.
        stop: asked before every file, and while waiting.
        progress: told the stage of a load or an analysis and the share that is done.
        now_s: a clock that never goes back.

    Yields:
        What happens, as it does.

    Raises:
        UsageError: the folder does not exist and never did, or an option makes no sense.
    """
    rounds = _Rounds(workspace, plan, progress)
    rounds.check()
    yield Event(what="watching", message=f"watching {plan.folder}")
    looks = 2 if plan.once else None
    while not stop.is_set():
        yield from rounds.load(now_s(), stop)
        last = looks == 1
        if not stop.is_set() and (last or not plan.once):
            yield from rounds.analyze(now_s())
        if last:
            yield from rounds.left_over()
            return
        looks = None if looks is None else looks - 1
        stop.wait(plan.settle_s if plan.once else plan.every_s)
    yield Event(what="stopped", message=f"stopped watching {plan.folder}")


class _Rounds:
    """What is remembered from round to round."""

    def __init__(self, workspace: Workspace, plan: Plan, progress: Progress) -> None:
        self._workspace = workspace
        self._plan = plan
        self._progress = progress
        self._ledger = Ledger(workspace, plan.options, keep=not plan.options.dry_run)
        self._settling = Settling(plan.settle_s)
        self._away = False
        self._open: dict[Path, Seen] = {}
        self._said: dict[Path, str] = {}
        self._analyzed_s: float | None = None
        self._tried: datetime | None = None

    def check(self) -> None:
        """Refuse a folder that is not there; one that was watched before may only be out of reach."""
        folder = self._plan.folder
        if not folder.is_dir() and (self._plan.once or not self._ledger.watched_before(folder)):
            raise UsageError(
                f"There is no folder {folder} to watch.", hint="Make it first, or check how it is written."
            )

    def load(self, now_s: float, stop: Stop) -> Iterator[Event]:
        """Look at the folder and load what is complete and new."""
        folder = self._plan.folder
        try:
            files = look(folder, subfolders=self._plan.subfolders)
        except OSError as error:
            if not self._away:
                why = error.strerror or str(error)
                yield Event(what="away", message=f"{folder} cannot be reached ({why}); waiting for it")
            self._away = True
            return
        if self._away:
            self._away = False
            yield Event(what="back", message=f"{folder} is back")
        self._open = {path: file for path, file in files.items() if not self._ledger.dealt_with(path, file)}
        for path in self._settling.settled(self._open, now_s):
            if stop.is_set():
                return
            yield from self._take(path, self._open[path])

    def left_over(self) -> Iterator[Event]:
        """Tell which files were still being written."""
        for path, file in self._open.items():
            if not self._ledger.dealt_with(path, file) and path not in self._said:
                message = f"{path.name} is still being written; it is left for the next time"
                yield Event(what="unfinished", message=message, file=path)

    def analyze(self, now_s: float) -> Iterator[Event]:
        """Publish a run where anything changed since the newest, and the last analysis is long enough ago."""
        every_s = self._plan.analyze_every_s
        if every_s is None or self._plan.options.dry_run:
            return
        if self._analyzed_s is not None and now_s - self._analyzed_s < every_s:
            return
        try:
            changed = last_change(self._workspace)
            newest = next(iter(list_runs(self._workspace)), None)
            if changed == self._tried or not is_stale(self._workspace, newest):
                return
            self._analyzed_s, self._tried = now_s, changed
            run = analyze(self._workspace, progress=self._progress)
        except WalkawayError as error:
            yield Event(what="not analyzed", message=str(error))
        except Exception as error:  # noqa: BLE001 (one analysis must not end the watch)
            yield Event(what="not analyzed", message=f"the analysis failed: {_one_line(error)}")
        else:
            yield Event(what="analyzed", message=f"published run {run.id}", run_id=run.id)

    def _take(self, path: Path, file: Seen) -> Iterator[Event]:
        """Load one file, and keep what became of it."""
        try:
            sha256 = sha256_of(path)
            if self._ledger.loaded_before(sha256):
                self._ledger.note(path, file, sha256, "loaded")
                remove_reason(self._workspace, path, sha256)
                yield Event(what="known", message=f"{path.name} is loaded already", file=path)
                return
            begun = self._ledger.attempts(path, sha256)
            if begun >= MOST_ATTEMPTS:
                reason = f"{path.name} ended the program {begun} times while it was loaded."
                yield self._refuse(path, file, sha256, [FileOutcome(file=str(path), error=reason)])
                return
            self._ledger.note(path, file, sha256, "trying", attempts=begun + 1)
            outcomes = self._ingest(path)
            yield from self._settle(path, file, sha256, outcomes)
        except UsageError:
            raise
        except (OSError, WalkawayError) as error:
            yield from self._later(path, str(error))

    def _ingest(self, path: Path) -> list[FileOutcome]:
        try:
            return ingest_files(self._workspace, [path], self._plan.options, None, self._progress)
        except (OSError, WalkawayError):
            raise
        except Exception as error:  # noqa: BLE001 (one file must not end the watch)
            return [FileOutcome(file=str(path), error=f"Reading it failed: {_one_line(error)}.")]

    def _settle(self, path: Path, file: Seen, sha256: str, outcomes: list[FileOutcome]) -> Iterator[Event]:
        later = next((one for one in outcomes if one.later), None)
        failed = any(one.failed for one in outcomes)
        if later is not None or (failed and seen(path) != file):
            # Not the file's fault, or it changed or went while it was read: it is looked at again.
            self._ledger.note(path, file, sha256, "trying")
            yield from self._later(
                path, later.error or "" if later else f"{path.name} changed while it was read"
            )
        elif failed:
            yield self._refuse(path, file, sha256, outcomes)
        else:
            self._said.pop(path, None)
            self._ledger.note(path, file, sha256, "loaded")
            if not self._plan.options.dry_run:
                remove_reason(self._workspace, path, sha256)
            yield Event(what="loaded", message=f"{path.name} loaded", file=path, outcomes=outcomes)

    def _refuse(self, path: Path, file: Seen, sha256: str, outcomes: list[FileOutcome]) -> Event:
        reason = "\n".join(
            str(one.to_json().get("error") or one.to_json().get("question")) for one in outcomes if one.failed
        )
        self._ledger.note(path, file, sha256, "refused", reason=reason)
        where = ""
        if not self._plan.options.dry_run:
            where = f"; the reason is in {write_reason(self._workspace, path, sha256, reason)}"
        return Event(what="refused", message=f"{path.name} set aside{where}", file=path, outcomes=outcomes)

    def _later(self, path: Path, why: str) -> Iterator[Event]:
        """Tell, once, why a file has to wait."""
        if self._said.get(path) != why:
            self._said[path] = why
            yield Event(what="later", message=f"{path.name} waits: {why}", file=path)


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
