"""What a piece of work costs: processor seconds and peak memory, in a process of its own.

``python -m tests.benchmarks.measure WORK FILE`` does the work and prints its cost as JSON. Starting Python
and importing libraries is not counted.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from analytics.config import Workspace
from analytics.ingest import ingest_files
from tests.benchmarks.big_export import COLUMNS, STAMP_FORMAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a piece of work cost.

    Attributes:
        cpu_s: processor seconds, all threads together.
        wall_s: seconds by the clock.
        peak_mb: the most memory that the process ever held (10⁶ bytes).
        records: how many records came out.
        steps: how many different shares of the work were told on the way.
    """

    cpu_s: float
    wall_s: float
    peak_mb: float
    records: int
    steps: int = 0


def measured(work: str, path: Path) -> Cost:
    """Do a piece of work on a file in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.measure", work, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(done.stdout))


def scan(path: Path) -> tuple[int, int]:
    """Let DuckDB read every value of every column in its type, and keep none."""
    with duckdb.connect() as con:
        counts = ", ".join(f"count(#{place})" for place in range(1, len(COLUMNS) + 1))
        found = con.execute(f"select {counts} from ({_TYPED})", _parameters(path)).fetchone()
    assert found is not None
    return min(found), 0


def table(path: Path) -> tuple[int, int]:
    """Let DuckDB read the file into a table in memory."""
    with duckdb.connect() as con:
        con.execute(f"create table records as {_TYPED}", _parameters(path))
        found = con.execute("select count(*) from records").fetchone()
    assert found is not None
    return int(found[0]), 0


def database(path: Path) -> tuple[int, int]:
    """Let DuckDB read the file into a table of a database file."""
    with (
        tempfile.TemporaryDirectory(dir=path.parent) as folder,
        duckdb.connect(Path(folder) / "records.duckdb") as con,
    ):
        con.execute(f"create table records as {_TYPED}", _parameters(path))
        found = con.execute("select count(*) from records").fetchone()
    assert found is not None
    return int(found[0]), 0


def ingest(path: Path) -> tuple[int, int]:
    """Load the file into a new workspace."""
    shares: set[int] = set()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        (outcome,) = ingest_files(
            Workspace(Path(folder) / "plant"),
            [path],
            progress=lambda _, share: shares.add(round(100 * share)),
        )
    assert outcome.error is None, outcome.error
    assert outcome.loaded == outcome.read
    return outcome.loaded, len(shares)


_TYPED = (
    "select * from read_csv($file, columns = $columns, header = true, delim = ';', decimal_separator = ',', "
    f"timestampformat = '{STAMP_FORMAT}')"
)
_WORK: dict[str, Callable[[Path], tuple[int, int]]] = {
    "scan": scan,
    "table": table,
    "database": database,
    "ingest": ingest,
}


def _parameters(path: Path) -> dict[str, object]:
    types = {"started_at": "timestamp", "ended_at": "timestamp", "cycle_s": "double"}
    return {
        "file": str(path),
        "columns": {source: types.get(canonical, "varchar") for source, canonical in COLUMNS.items()},
    }


def _peak_mb() -> float:
    """Return this process's peak; what the system adds up may count the process that started it too."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    """Do the work that the arguments name and print what it cost."""
    work, path = _WORK[sys.argv[1]], Path(sys.argv[2])
    cpu, wall = time.process_time(), time.monotonic()
    records, steps = work(path)
    cost = Cost(
        cpu_s=time.process_time() - cpu,
        wall_s=time.monotonic() - wall,
        peak_mb=_peak_mb(),
        records=records,
        steps=steps,
    )
    print(json.dumps(asdict(cost)))


if __name__ == "__main__":
    main()
