"""``python -m tests.faults --kills 200``: kill loads and undos at random moments, and say what was lost."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.kills import kill_many


def main() -> int:
    """Kill, count, and return 0 only if nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rows", type=int, default=5_000, help="records of each file")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="walkaway-kills-") as folder:
        tally = kill_many(Path(folder), kills=given.kills, rows=given.rows, seed=given.seed)
    for moment, count in sorted(tally.moments.items()):
        print(f"  killed {count:4d} × {moment}")
    print(
        f"{tally.killed} kills, {tally.survived} runs were through before, {time.monotonic() - begun:.0f} s"
    )
    print("\n".join(tally.wrong) if tally.wrong else "0 records lost, 0 doubled, no disagreement")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
