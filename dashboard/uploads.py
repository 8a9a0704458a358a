"""Uploaded files on disk: each in a folder of its own under the workspace, gone once it is loaded.

Streamlit keeps an upload in memory; the readers want a file. What a visitor leaves behind is removed after a
day, by the next visitor's page.
"""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import Protocol

from analytics.config import Workspace

_FOLDER = "uploads"
_KEEP_S = 86_400.0
_UNSAFE = re.compile(r"[^\w.\- ()äöüÄÖÜßñáéíóú]")


class Upload(Protocol):
    """What Streamlit hands over."""

    name: str
    file_id: str

    def getbuffer(self) -> memoryview:
        """Return the bytes."""
        ...


def keep(place: Workspace, upload: Upload) -> Path:
    """Write an upload to disk, once, and return where."""
    folder = place.root / _FOLDER / re.sub(r"[^\w-]", "", upload.file_id)
    path = folder / safe_name(upload.name)
    data = upload.getbuffer()
    if not path.is_file() or path.stat().st_size != data.nbytes:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return path


def drop(path: Path) -> None:
    """Remove an upload and its folder."""
    shutil.rmtree(path.parent, ignore_errors=True)


def sweep(place: Workspace, now: float | None = None) -> None:
    """Remove what was left behind a day ago or longer."""
    limit = (time.time() if now is None else now) - _KEEP_S
    root = place.root / _FOLDER
    for folder in root.iterdir() if root.is_dir() else ():
        if folder.is_dir() and folder.stat().st_mtime < limit:
            shutil.rmtree(folder, ignore_errors=True)


def safe_name(name: str) -> str:
    """Return a file's name without anything that could lead out of its folder.

    Example:
        >>> safe_name("../../etc/passwd"), safe_name("cycles März.csv")
        ('passwd', 'cycles März.csv')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return _UNSAFE.sub("_", last).lstrip(".")[-120:] or "upload"
