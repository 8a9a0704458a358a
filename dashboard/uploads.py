"""Uploaded files on disk: in a private temporary folder, never in the workspace.

An upload goes to the disk as it arrives (``receiving``); Streamlit keeps a mark in its place. An export may
name people, so nothing of it may stay: the file is removed once it was loaded or taken off the page. Should
the server be killed or the visitor leave meanwhile, its folder is removed by the next start, the next upload
or the next visit, once nobody looked at it for an hour.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from analytics.errors import WalkawayError

MARK = b"walkaway: this upload is kept on the disk"
"""What Streamlit holds in the place of a file."""

_PREFIX = "walkaway-upload-"
_KEEP_S = 3_600.0
_UNSAFE = re.compile(r"[^\w.\- ()äöüÄÖÜßñáéíóú]")
_OPEN: set[Path] = set()
_KEPT: dict[str, Path] = {}


class UploadGoneError(WalkawayError):
    """An upload is no longer on the disk."""


class Upload(Protocol):
    """What Streamlit hands over."""

    name: str
    file_id: str

    def getbuffer(self) -> memoryview:
        """Return the bytes."""
        ...


@contextmanager
def on_disk(upload: Upload) -> Iterator[Path]:
    """Hold an upload as a file that only this user can read, in a folder named by its id.

    What is held in memory is removed from the disk at the end; what was kept there stays until ``forget``.

    Raises:
        UploadGoneError: it was kept on the disk, and was removed since.
    """
    if upload.getbuffer() == MARK:
        path = _KEPT.get(upload.file_id)
        if path is None or not path.exists():
            raise UploadGoneError(
                f"{safe_name(upload.name)} is no longer here: unused uploads are removed after an hour.",
                hint="Upload it again.",
            )
        home = path.parent.parent
        with _in_use(home):
            yield path
            os.utime(home)
        return
    with arriving(upload.file_id, upload.name) as path:
        path.write_bytes(upload.getbuffer())
        try:
            yield path
        finally:
            forget(upload.file_id)


@contextmanager
def arriving(file_id: str, name: str) -> Iterator[Path]:
    """Give a place for an upload's file; what goes wrong before the end leaves nothing there."""
    sweep()
    home = Path(tempfile.mkdtemp(prefix=_PREFIX))
    with _in_use(home):
        try:
            folder = home / (re.sub(r"[^\w-]", "", file_id) or "upload")
            folder.mkdir()
            path = folder / safe_name(name)
            _KEPT[file_id] = path
            yield path
        except BaseException:
            forget(file_id)
            raise


def forget(file_id: str) -> None:
    """Remove an upload's file, if there is one."""
    path = _KEPT.pop(file_id, None)
    if path is not None:
        shutil.rmtree(path.parent.parent, ignore_errors=True)


@contextmanager
def _in_use(home: Path) -> Iterator[None]:
    """Keep a folder from being swept."""
    _OPEN.add(home)
    try:
        yield
    finally:
        _OPEN.discard(home)


def sweep(now: float | None = None) -> None:
    """Remove what nobody looked at for an hour: a killed server or a visitor left it behind."""
    limit = (time.time() if now is None else now) - _KEEP_S
    for home in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if home not in _OPEN and home.is_dir() and not home.is_symlink() and home.stat().st_mtime < limit:
            shutil.rmtree(home, ignore_errors=True)


@atexit.register
def _leave() -> None:
    """Remove what is there when the server stops."""
    for home in [*_OPEN, *(path.parent.parent for path in _KEPT.values())]:
        shutil.rmtree(home, ignore_errors=True)


def safe_name(name: str) -> str:
    """Return a file's name without anything that could lead out of its folder.

    Example:
        >>> safe_name("../../etc/passwd"), safe_name("cycles März.csv")
        ('passwd', 'cycles März.csv')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return _UNSAFE.sub("_", last).lstrip(".")[-120:] or "upload"
