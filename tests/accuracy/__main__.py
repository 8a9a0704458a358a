"""Run the accuracy study: python -m tests.accuracy [--scenario NAME ...] [--plants N] …

Prints per kind of plant how far the estimate is from the truth, the goals it does not meet, and what a user
would get otherwise. Keeps one JSON line per plant, so that an interrupted study can go on with ``--resume``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

FIRST_SEED = 1000
QUICK = ("default", "nothing_wrong", "everything_called", "no_andon", "flow_base")
WITH_PEERS = ("default", "noisy", "tiny_delays", "coupled", "flow_base", "flow_noisy", "flow_tiny_delays")
"""Kinds whose first plants are put to the peers too: these take longer than the estimate."""
TELL_EVERY_S = 30.0

Task = tuple[str, int]
Record = dict[str, Any]


def main() -> int:
    """Run the study and print its tables; exit code 1 where a plant could not be studied."""
    from analytics.simulate import SCENARIOS

    options = _options(list(SCENARIOS))
    out: Path = options.out
    out.parent.mkdir(parents=True, exist_ok=True)
    failed = 0
    if not (options.tables or options.publish):
        wanted = _wanted(options)
        if not options.resume:
            out.write_text("", encoding="utf-8")
        known = {(record["scenario"], record["seed"]) for record in _read(out)}
        failed = _run([task for task in wanted if task not in known], options)
    _tell(_read(out), publish=options.publish)
    return 1 if failed else 0


def _options(scenarios: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.accuracy", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--scenario", nargs="+", choices=scenarios, metavar="NAME", help="default: all")
    parser.add_argument("--family", choices=("serial", "flow"), help="only kinds of one family")
    parser.add_argument(
        "--named", action="store_true", help="the kinds that goals name, of the second family or of --family"
    )
    parser.add_argument("--nothing-wrong", action="store_true", help="their twins without any abnormal cycle")
    parser.add_argument("--plants", type=int, default=5, help="plants per kind (default 5)")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="the first plant's seed")
    parser.add_argument("--seed-from-commit", action="store_true", help="seeds from the commit's hash")
    parser.add_argument("--cycles", type=int, help="cycles per plant (default: the kind's own)")
    parser.add_argument("--quick", action="store_true", help="only the kinds of every change")
    parser.add_argument(
        "--peers", type=int, default=5, help="plants of some kinds put to the peers (default 5)"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--resume", action="store_true", help="keep what the file has, do the rest")
    parser.add_argument("--tables", action="store_true", help="run nothing: print the file's tables")
    parser.add_argument(
        "--publish", action="store_true", help="run nothing: ship the file's figures, README too"
    )
    parser.add_argument("--out", type=Path, default=Path("build/accuracy.jsonl"))
    return parser.parse_args()


def _wanted(options: argparse.Namespace) -> list[Task]:
    """Return the plants to study: a first one of every kind, then a second …"""
    from analytics.simulate import SCENARIOS
    from analytics.simulate.scenarios import KINDS
    from tests.accuracy.goals import family_of, kind_of, named
    from tests.accuracy.judge import TWIN

    names = options.scenario or (QUICK if options.quick else [name for name in SCENARIOS if name != "small"])
    if options.named:
        names = named(options.family or "flow")
    if options.family:
        names = [name for name in names if family_of(name) == options.family]
    if options.nothing_wrong:
        # What differs in its problems only is the same plant once nothing is wrong.
        alike = {kind for kind, (_, change) in KINDS.items() if set(change) == {"problems"}}
        names = [name + TWIN for name in names if kind_of(name) not in alike]
    first = _commit_seed() if options.seed_from_commit else options.seed
    return [(name, first + number) for number in range(options.plants) for name in names]


def _run(todo: list[Task], options: argparse.Namespace) -> int:
    """Study the plants, one line each into the file; return how many failed."""
    from tests.accuracy.judge import judge

    first = min((seed for _, seed in todo), default=0)
    print(f"{len(todo)} plants, seeds from {first}, {options.jobs} at a time → {options.out}", flush=True)
    failed = 0
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=options.jobs, mp_context=context) as pool:
        tasks = {}
        for name, seed in todo:
            peers = name in WITH_PEERS and seed - first < options.peers
            tasks[pool.submit(judge, name, seed, options.cycles, with_peers=peers)] = (name, seed)
        for task in _told(tasks):
            error = task.exception()
            if error is not None:
                failed += 1
                print(f"{tasks[task]}: {type(error).__name__}: {error}", flush=True)
                continue
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(task.result()) + "\n")
    return failed


def _told(tasks: dict[Any, Task]) -> Iterator[Any]:
    """Yield what is done, and say now and then how long the rest will take."""
    began = said = time.monotonic()
    for done, task in enumerate(as_completed(tasks), start=1):
        yield task
        now = time.monotonic()
        if now - said > TELL_EVERY_S or done == len(tasks):
            said = now
            left_s = (now - began) / done * (len(tasks) - done)
            print(f"{done} of {len(tasks)} plants, about {left_s / 60.0:.0f} min left", flush=True)


def _tell(records: list[Record], *, publish: bool) -> None:
    from rich.console import Console

    from analytics.simulate import SCENARIOS
    from tests.accuracy.judge import TWIN
    from tests.accuracy.publish import publish as ship
    from tests.accuracy.show import tables

    place = {name: number for number, name in enumerate(SCENARIOS)}
    records.sort(
        key=lambda record: (
            record["scenario"].endswith(TWIN),
            place.get(record["scenario"].removesuffix(TWIN), len(place)),
            record["seed"],
        )
    )
    console = Console(width=max(shutil.get_terminal_size((160, 40)).columns, 190))
    console.print(tables(records))
    if publish:
        console.print("Written: " + ", ".join(str(path) for path in ship(records)))


def _read(path: Path) -> list[Record]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def _commit_seed() -> int:
    """Return a seed from the commit's hash: plants that nobody can have tuned to."""
    git = shutil.which("git") or "git"
    found = subprocess.run([git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    return int(found.stdout.strip()[:7], 16)


if __name__ == "__main__":
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())
