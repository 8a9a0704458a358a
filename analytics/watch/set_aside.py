"""A file that cannot be loaded: it stays where it is, untouched, and the reason is written beside it.

Moving it would tear a file out of the hands of a program that goes on writing it, and is not possible on a
share that may only be read. Set aside it is in the journal: it is not tried again until it changes, or is
asked to be read in another way.
"""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path

from analytics.config import Workspace

REASON_SUFFIX = ".refused.txt"
_MARK = "Walkaway set this file aside"


def write_reason(workspace: Workspace, path: Path, sha256: str, reason: str) -> Path:
    """Write beside a file why it was not loaded; where its folder is read-only, in the workspace.

    Returns:
        Where the reason is.

    Raises:
        OSError: it can be written nowhere.
    """
    text = f"{_MARK}: {path.name}\n{datetime.now(tz=UTC):%Y-%m-%d %H:%M} UTC\n\n{reason}\n"
    beside, inside = _places(workspace, path, sha256)
    with contextlib.suppress(OSError):
        if not beside.exists() or _is_ours(beside):
            return _write(beside, text)
    inside.parent.mkdir(parents=True, exist_ok=True)
    return _write(inside, text)


def remove_reason(workspace: Workspace, path: Path, sha256: str) -> None:
    """Remove what was written beside a file, now that it is loaded."""
    for place in _places(workspace, path, sha256):
        with contextlib.suppress(OSError):
            if _is_ours(place):
                place.unlink()


def _places(workspace: Workspace, path: Path, sha256: str) -> tuple[Path, Path]:
    return (
        path.with_name(path.name + REASON_SUFFIX),
        workspace.root / "set_aside" / f"{path.name}.{sha256[:8]}{REASON_SUFFIX}",
    )


def _is_ours(place: Path) -> bool:
    return place.is_file() and place.read_text(encoding="utf-8", errors="replace").startswith(_MARK)


def _write(place: Path, text: str) -> Path:
    partial = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)
    return place
