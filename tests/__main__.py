"""``python -m tests``: make the environment, get a browser, check the code's habits, run the tests.

Arguments go to pytest, and then only pytest runs: ``python -m tests tests/ingest -q``.
Standard library only at import, like ``analytics/bootstrap.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from analytics import bootstrap

FAILED_CHECKS_VARIABLE = "WALKAWAY_FAILED_CHECKS"

CHECKS = (
    ("ruff check", ("ruff", "check", ".")),
    ("ruff format", ("ruff", "format", "--check", ".")),
    ("mypy", ("mypy",)),
    ("import-linter", ("lint-imports",)),
    ("sqlfluff", ("sqlfluff", "lint", "--disable-progress-bar", "sql")),
)


def main() -> int:
    """Run everything; return 0 only if all of it passed."""
    bootstrap.run_inside("tests", bootstrap.TESTS_LOCK)
    from tests.chromium import ensure_chromium

    os.chdir(str(bootstrap.ROOT))
    os.environ["TZ"] = "UTC"
    arguments = sys.argv[1:]
    if not arguments or any("browser" in argument for argument in arguments):
        ensure_chromium()
    failed = [] if arguments else [name for name, command in CHECKS if not _passes(name, command)]
    if failed:
        os.environ[FAILED_CHECKS_VARIABLE] = ", ".join(failed)
    pytest = [sys.executable, "-m", "pytest", *(arguments or ["-n", "2", "--dist", "loadfile"])]
    _say("pytest", pytest[2:])
    code = subprocess.run(pytest, check=False).returncode
    return code or (1 if failed else 0)


def _passes(name: str, command: tuple[str, ...]) -> bool:
    _say(name, command)
    executable = Path(sys.executable).with_name(command[0])
    return subprocess.run([str(executable), *command[1:]], check=False).returncode == 0


def _say(name: str, command: tuple[str, ...] | list[str]) -> None:
    print("== {}: {}".format(name, " ".join(command)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
