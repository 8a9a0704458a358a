"""Uploaded files on disk: only while they are read, in a private temporary folder, never in the workspace.

Streamlit keeps an upload in memory; the readers want a file. An export may name people, so nothing of it may
stay: the file is removed once it was looked at or loaded. Should the server be killed meanwhile, its folder
is removed by the next start or the next visit, once it is an hour old.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_PREFIX = "walkaway-upload-"
_KEEP_S = 3_600.0
_UNSAFE = re.compile(r"[^\w.\- ()äöüÄÖÜßñáéíóú]")
_OPEN: set[Path] = set()


class Upload(Protocol):
    """What Streamlit hands over."""

    name: str
    file_id: str

    def getbuffer(self) -> memoryview:
        """Return the bytes."""
        ...


@contextmanager
def on_disk(upload: Upload) -> Iterator[Path]:
    """Hold an upload as a file that only this user can read, in a folder named by its id; then remove it."""
    home = Path(tempfile.mkdtemp(prefix=_PREFIX))
    _OPEN.add(home)
    try:
        folder = home / (re.sub(r"[^\w-]", "", upload.file_id) or "upload")
        folder.mkdir()
        path = folder / safe_name(upload.name)
        path.write_bytes(upload.getbuffer())
        yield path
    finally:
        shutil.rmtree(home, ignore_errors=True)
        _OPEN.discard(home)


def sweep(now: float | None = None) -> None:
    """Remove what a killed server left behind an hour ago or longer."""
    limit = (time.time() if now is None else now) - _KEEP_S
    for home in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if home not in _OPEN and home.is_dir() and not home.is_symlink() and home.stat().st_mtime < limit:
            shutil.rmtree(home, ignore_errors=True)


@atexit.register
def _leave() -> None:
    """Remove what is open when the server stops."""
    for home in list(_OPEN):
        shutil.rmtree(home, ignore_errors=True)


def safe_name(name: str) -> str:
    """Return a file's name without anything that could lead out of its folder.

    Example:
        >>> safe_name("../../etc/passwd"), safe_name("cycles März.csv")
        ('passwd', 'cycles März.csv')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return _UNSAFE.sub("_", last).lstrip(".")[-120:] or "upload"
