"""MTConnect adapter logs."""

from __future__ import annotations
from pathlib import Path
from analytics.ingest.detect import Detected
from analytics.ingest.store import Piece


def read_mtconnect(path: Path, found: Detected, *, zone: str | None) -> Piece:
    raise NotImplementedError
