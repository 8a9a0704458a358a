"""Where things are and which versions are written: paths, workspace layout, limits."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from analytics.errors import UsageError

WAREHOUSE_SCHEMA_VERSION = 1
RUN_SCHEMA_VERSION = 1
JOURNAL_SCHEMA_VERSION = 3
REPORT_SCHEMA_VERSION = 1

WORKSPACE_VARIABLE = "WALKAWAY_WORKSPACE"
WAIT_VARIABLE = "WALKAWAY_WAIT_S"
DEFAULT_WORKSPACE = "walkaway"
DEFAULT_WAIT_S = 600.0

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


def version() -> str:
    """Return the installed version of Walkaway, or "0+checkout" where it runs without being installed."""
    try:
        return metadata.version("walkaway")
    except metadata.PackageNotFoundError:
        return "0+checkout"


def resources() -> Path:
    """Return the folder that holds ``sql/`` and ``data/``: the checkout, or what the wheel carries."""
    shipped = _PACKAGE / "_shipped"
    return shipped if shipped.is_dir() else _CHECKOUT


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with everything that belongs to one plant's data."""

    root: Path

    @property
    def warehouse(self) -> Path:
        """The canonical tables; opened by one process at a time."""
        return self.root / "warehouse.duckdb"

    @property
    def journal(self) -> Path:
        """Batches and what people decide; many processes may use it."""
        return self.root / "journal.sqlite"

    @property
    def runs(self) -> Path:
        """Published runs, one immutable file each."""
        return self.root / "runs"

    @property
    def quarantine(self) -> Path:
        """Rejected rows, one Parquet file a batch."""
        return self.root / "quarantine"

    def exists(self) -> bool:
        """Tell whether anything was ever loaded here."""
        return self.warehouse.exists() or self.journal.exists()

    def create(self) -> None:
        """Make the folders that are missing."""
        for folder in (self.root, self.runs, self.quarantine):
            folder.mkdir(parents=True, exist_ok=True)


def patience_s() -> float:
    """Return how long a load or an analysis waits for another one: ``$WALKAWAY_WAIT_S``, else 10 minutes.

    Raises:
        UsageError: the variable holds no number of seconds.
    """
    told = os.environ.get(WAIT_VARIABLE, "")
    if not told:
        return DEFAULT_WAIT_S
    try:
        seconds = float(told)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds < float("inf"):
        raise UsageError(
            f"${WAIT_VARIABLE} is {told!r}, which is no number of seconds.",
            hint="Set it to 600, or unset it.",
        )
    return seconds


def workspace(given: Path | str | None = None) -> Workspace:
    """Return the workspace: the one given, else ``$WALKAWAY_WORKSPACE``, else ``./walkaway``."""
    root = given or os.environ.get(WORKSPACE_VARIABLE) or DEFAULT_WORKSPACE
    return Workspace(root=Path(root).expanduser().resolve())
