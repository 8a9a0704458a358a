"""Kill -9 at random moments of a load or of an undo, let the next run go on, and count what is wrong.

A server process has everything imported and forks one child a run, so that a kill costs a second. Half of
the moments are drawn by the clock, over the whole run or over the time in which it writes. The others are
drawn by the calls that the writing modules make, so that the moments between two of them, in which journal,
warehouse and quarantine differ, are met as often as the long ones.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Literal

import polars as pl

from analytics.config import Workspace
from analytics.ingest import ingest_files
from analytics.ingest.undo import undo
from analytics.journal import Journal
from tests.faults.plant import REPLACING, Exports, difference, disagreements, held, load, write_exports

Job = Literal["load", "undo"]
_LONGEST_S = 120.0
_WRITING = {
    f"{name}.py"
    for name in ("store", "records", "fresh", "stage", "superseded", "undo", "quarantine", "clock", "journal")
}


@dataclass(slots=True)
class Tally:
    """What came of the kills.

    Attributes:
        killed: runs that were killed before their end.
        survived: runs that were through before the kill.
        moments: what the killed runs were doing, as they told it last.
        wrong: what did not hold, in words.
    """

    killed: int = 0
    survived: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def work(root: Path, job: Job, files: list[Path], told: Connection, dies_at: int) -> None:
    """Do a job, telling each stage (in the child); at the call of that number it kills itself.

    Calls are counted only where a number is given, since that makes it slow; -1 counts them to the end.
    """
    workspace = Workspace(root)
    calls = 0

    def count(frame: FrameType, _event: str, _given: object) -> None:
        nonlocal calls
        if frame.f_code.co_filename.rpartition(os.sep)[2] in _WRITING:
            calls += 1
            if calls == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def tell(stage: str, _share: float) -> None:
        told.send(stage.split(" ", maxsplit=1)[0])

    if dies_at:
        sys.setprofile(count)
    if job == "load":
        ingest_files(workspace, files, REPLACING, None, tell)
    else:
        with Journal(workspace) as journal:
            corrected = [batch for batch in journal.batches() if batch.file.endswith("corrected.csv")]
        tell("undoing", 0.0)
        for batch in corrected:
            undo(workspace, batch.batch_id)
    sys.setprofile(None)
    told.send(f"calls {calls}")
    told.send("through")


class Killer:
    """Kills jobs in copies of a workspace, and holds what is left to what has to be there.

    Args:
        folder: where to work.
        rows: records of each file.
        dice: where the moments come from.
    """

    def __init__(self, folder: Path, rows: int, dice: random.Random) -> None:
        self._dice = dice
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.faults.kills"])
        self._place = folder / "plant"
        self._exports = write_exports(folder / "exports", rows)
        self._before = {"load": folder / "before_load", "undo": folder / "before_undo"}
        self._after: dict[Job, pl.DataFrame] = {}
        self._length_s: dict[Job, tuple[float, float]] = {}
        self._calls: dict[Job, int] = {}
        self._prepare(self._exports)

    def kill(self, job: Job, tally: Tally) -> None:
        """Kill one job, perhaps the next too, let the next one go on, and note what is wrong."""
        self._start_from(job)
        for again in (1.0, 0.3):
            if self._dice.random() < again:
                self._run(job, tally, killed=True)
                self._all_or_nothing(job, tally)
        self._run(job, tally, killed=False)
        self._settle()
        place = Workspace(self._place)
        wrong = [*difference(self._after[job], held(place)), *disagreements(place)]
        tally.wrong += [f"{job}: {one}" for one in wrong]

    def _prepare(self, exports: Exports) -> None:
        place = Workspace(self._place)
        load(place, exports.first)
        shutil.copytree(self._place, self._before["load"])
        load(place, exports.second, exports.corrected)
        shutil.copytree(self._place, self._before["undo"])
        for job in ("load", "undo"):
            for _ in ("counts the calls", "takes the time"):
                self._start_from(job)
                self._length_s[job] = self._run(job, Tally(), killed=False)
            assert not disagreements(place)
            self._after[job] = held(place)

    def _start_from(self, job: Job) -> None:
        shutil.rmtree(self._place, ignore_errors=True)
        shutil.copytree(self._before[job], self._place)

    def _settle(self) -> None:
        """Load a file that is loaded already: what is left over is settled by any next run."""
        load(Workspace(self._place), self._exports.second)

    def _all_or_nothing(self, job: Job, tally: Tally) -> None:
        """Each file is there as a whole or not at all, before anything mends it."""
        stations = Counter(self._stations())
        rows = stations["S1"]
        if stations["S2"] not in {0, rows}:
            tally.wrong.append(f"{job}: {stations['S2']} of {rows} records of a file are there")

    def _stations(self) -> dict[str, int]:
        from analytics.warehouse import open_warehouse

        with open_warehouse(Workspace(self._place), read_only=True) as con:
            return dict(con.sql("select station_id, count(*) from cycles group by 1").fetchall())

    def _run(self, job: Job, tally: Tally, *, killed: bool) -> tuple[float, float]:
        """Run a job in a child; return when it began to write and when it was through, in seconds."""
        here, there = self._context.Pipe(duplex=False)
        files = [self._exports.second, self._exports.corrected]
        by_call = killed and self._dice.random() < 0.5
        dies_at = self._dice.randint(1, self._calls[job]) if by_call else -int(job not in self._calls)
        child = self._context.Process(target=work, args=(self._place, job, files, there, dies_at))
        child.start()
        there.close()
        stage, begun = "starting", time.monotonic()
        if here.poll(_LONGEST_S) and not by_call:
            stage, begun = here.recv(), time.monotonic()
        writes_s = 0.0
        deadline = begun + (self._moment_s(job) if killed and not by_call else _LONGEST_S)
        while stage != "through":
            left_s = max(0.0, deadline - time.monotonic())
            if not here.poll(left_s):
                break
            try:
                stage = here.recv()
            except EOFError:
                break
            if stage.startswith("calls") and dies_at:
                self._calls[job] = int(stage.split()[1])
            if stage == "loading" and not writes_s:
                writes_s = time.monotonic() - begun
        length_s = time.monotonic() - begun
        if stage != "through":
            assert killed, f"the {job} did not come to its end: {stage}"
            if not by_call:
                child.kill()
            tally.moments[f"{job}: {stage}, by {'call' if by_call else 'clock'}"] += 1
            tally.killed += 1
        else:
            tally.survived += killed
        child.join(_LONGEST_S)
        assert stage == "through" or child.exitcode == -signal.SIGKILL
        here.close()
        return writes_s, length_s

    def _moment_s(self, job: Job) -> float:
        writes_s, through_s = self._length_s[job]
        first_s = writes_s if self._dice.random() < 0.5 else 0.0
        return self._dice.uniform(first_s, 1.05 * through_s)


def kill_many(folder: Path, *, kills: int, rows: int, seed: int) -> Tally:
    """Kill loads and undos until so many were killed before their end.

    Args:
        folder: where to work.
        kills: how many.
        rows: records of each file.
        seed: of the moments.
    """
    dice = random.Random(seed)
    killer = Killer(folder, rows, dice)
    tally = Tally()
    while tally.killed < kills:
        killer.kill("load" if dice.random() < 0.75 else "undo", tally)
    return tally
