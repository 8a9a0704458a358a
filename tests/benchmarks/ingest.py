"""How much more does an ingest cost than reading the file? ``python -m tests.benchmarks.ingest --mb 1024``.

Writes an export of that size, lets DuckDB read every typed value of it, and loads it, each in a process of
its own; prints processor seconds, the ratio, and the peak memory.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.big_export import write_export
from tests.benchmarks.measure import Cost, measured

NAMES = {
    "scan": "DuckDB reads every typed value",
    "table": "DuckDB reads it into a table in memory",
    "database": "DuckDB reads it into a database file",
    "ingest": "walkaway ingest",
}


def benchmark(megabytes: float, folder: Path) -> dict[str, Cost]:
    """Return what reading and loading an export of that size cost."""
    path = folder / "cycles.csv"
    write_export(path, megabytes)
    try:
        return {work: measured(work, path) for work in NAMES}
    finally:
        path.unlink()


def told(costs: dict[str, Cost]) -> str:
    """Return the costs as a table of text."""
    lines = [f"{'':40s} {'CPU s':>8s} {'x scan':>8s} {'wall s':>8s} {'peak MB':>8s} {'records':>12s}"]
    lines += [
        f"{NAMES[work]:40s} {cost.cpu_s:8.2f} {cost.cpu_s / costs['scan'].cpu_s:8.1f} {cost.wall_s:8.1f} "
        f"{cost.peak_mb:8.0f} {cost.records:12,d}"
        for work, cost in costs.items()
    ]
    return "\n".join([*lines, f"progress told at {costs['ingest'].steps} different shares"])


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ingest", description=__doc__)
    parser.add_argument("--mb", type=float, default=1024, help="size of the export, in MB")
    parser.add_argument("--folder", type=Path, help="where the export is written meanwhile")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        print(told(benchmark(given.mb, Path(folder))))


if __name__ == "__main__":
    main()
