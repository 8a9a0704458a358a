"""Run the accuracy study: python -m tests.accuracy [--scenario NAME ...] [--plants N] …

Prints per scenario estimate ÷ truth for count and minutes, coverage, calibration, and what a user would get
otherwise; keeps one JSON line per plant, so that an interrupted study can go on with ``--resume``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

FIRST_SEED = 1000
QUICK = ("default", "nothing_wrong", "everything_called", "no_andon")


def main() -> int:
    """Run the study and print its tables; exit code 1 where a plant could not be studied."""
    from rich.console import Console
    from rich.progress import track

    from analytics.simulate import SCENARIOS
    from tests.accuracy.judge import judge
    from tests.accuracy.markdown import readme_table
    from tests.accuracy.summary import tables

    options = _options(list(SCENARIOS))
    out: Path = options.out
    out.parent.mkdir(parents=True, exist_ok=True)
    if options.markdown:
        print(readme_table(_read(out)))
        return 0
    done = _read(out) if options.resume else []
    if not options.resume:
        out.write_text("", encoding="utf-8")
    first = _commit_seed() if options.seed_from_commit else options.seed
    known = {(record["scenario"], record["seed"]) for record in done}
    wanted = [(name, first + number) for number in range(options.plants) for name in options.scenario]
    todo = [task for task in wanted if task not in known]
    console = Console(width=max(shutil.get_terminal_size((160, 40)).columns, 160))
    console.print(f"{len(todo)} plants, seeds from {first}, {options.jobs} at a time → {out}")
    failed = 0
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=options.jobs, mp_context=context) as pool:
        tasks = {
            pool.submit(judge, name, seed, options.cycles, with_peers=options.peers): (name, seed)
            for name, seed in todo
        }
        for task in track(as_completed(tasks), total=len(tasks), description="plants", console=console):
            error = task.exception()
            if error is not None:
                failed += 1
                console.print(f"{tasks[task]}: {type(error).__name__}: {error}")
                continue
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(task.result()) + "\n")
    order = {task: place for place, task in enumerate(wanted)}
    records = [record for record in _read(out) if (record["scenario"], record["seed"]) in order]
    records.sort(key=lambda record: (options.scenario.index(record["scenario"]), record["seed"]))
    console.print(tables(records))
    return 1 if failed else 0


def _options(scenarios: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.accuracy", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--scenario", nargs="+", choices=scenarios, default=None, metavar="NAME")
    parser.add_argument("--plants", type=int, default=None, help="plants per scenario (default 5, quick 2)")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="the first plant's seed")
    parser.add_argument("--seed-from-commit", action="store_true", help="seeds from the commit's hash")
    parser.add_argument("--cycles", type=int, default=None, help="cycles per plant (default: the scenario's)")
    parser.add_argument("--quick", action="store_true", help="only the four plants of every change")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="leave the peers out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--resume", action="store_true", help="keep what the file has, do the rest")
    parser.add_argument("--markdown", action="store_true", help="run nothing: print the file's table")
    parser.add_argument("--out", type=Path, default=Path("build/accuracy.jsonl"))
    options = parser.parse_args()
    options.scenario = options.scenario or (list(QUICK) if options.quick else scenarios)
    options.plants = options.plants or (2 if options.quick else 5)
    return options


def _read(path: Path) -> list[dict[str, Any]]:
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
