"""A file that somebody asked for is there as a whole, or as it was: never half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics.errors import UsageError


def check_folder(path: Path) -> None:
    """Refuse a file in a folder that does not exist: a folder nobody asked for is never made.

    Raises:
        UsageError: there is no such folder.
    """
    if not path.parent.is_dir():
        raise UsageError(
            f"There is no folder {path.parent} to write {path.name} into.",
            hint="Make the folder first, or give another --out.",
        )


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield where to write; what was written there takes the file's place once all of it is.

    Raises:
        UsageError: there is no such folder.
    """
    check_folder(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
