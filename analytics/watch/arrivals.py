"""Which files of a folder are completely written?

A file counts as complete once its size and its time of writing have stayed the same for some seconds and it
can be opened. Names that programs give to unfinished files are passed over until they change.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analytics.watch.set_aside import REASON_SUFFIX

_UNFINISHED = (
    ".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".download", ".opdownload",
    ".lock", ".lck", ".swp", ".writing", ".inprogress",
)  # fmt: skip
_OF_THE_SYSTEM = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as a look at the folder shows it.

    Attributes:
        size_bytes: how large it is.
        mtime_ns: when it was written, nanoseconds since 1970.
    """

    size_bytes: int
    mtime_ns: int


def passed_over(name: str) -> bool:
    """Tell whether a name is that of an unfinished file, of a lock, of the system, or of our own reasons.

    Example:
        >>> passed_over("~$shift.xlsx"), passed_over("cycles.csv.part"), passed_over("cycles.csv")
        (True, True, False)
    """
    low = name.lower()
    return (
        low.startswith((".", "~"))
        or low.endswith((*_UNFINISHED, REASON_SUFFIX, "~"))
        or low in _OF_THE_SYSTEM
    )


def look(folder: Path, *, subfolders: bool = False) -> dict[Path, Seen]:
    """Return the files that a folder holds now, in the order of their names.

    Args:
        folder: the folder.
        subfolders: look into its folders too (not into hidden or linked ones).

    Raises:
        OSError: the folder cannot be reached.
    """
    found = dict(_files(folder, subfolders=subfolders))
    return dict(sorted(found.items()))


def seen(path: Path) -> Seen | None:
    """Return a file as it is now, None where it is gone or cannot be reached."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return Seen(stat.st_size, stat.st_mtime_ns)


class Settling:
    """Files that are watched until they stay as they are.

    Args:
        settle_s: for how long they have to.
    """

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._since: dict[Path, tuple[Seen, float]] = {}

    def settled(self, files: Mapping[Path, Seen], now_s: float) -> list[Path]:
        """Return the files that have stayed the same for long enough and can be opened.

        Args:
            files: what the folder holds and nobody has dealt with yet.
            now_s: the time on a clock that never goes back.
        """
        self._since = {
            path: self._since[path] if path in self._since and self._since[path][0] == file else (file, now_s)
            for path, file in files.items()
        }
        return [
            path
            for path, (_, since_s) in self._since.items()
            if now_s - since_s >= self._settle_s and _opens(path)
        ]


def _files(folder: Path, *, subfolders: bool) -> Iterator[tuple[Path, Seen]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if passed_over(entry.name):
                continue
            path = Path(entry.path)
            try:
                inside = subfolders and entry.is_dir(follow_symlinks=False)
                if inside:
                    yield from _files(path, subfolders=True)
                file = seen(path) if entry.is_file() else None
            except OSError:  # it went while we looked
                continue
            if file is not None:
                yield path, file


def _opens(path: Path) -> bool:
    """Tell whether a file can be read: on Windows not while another program writes it."""
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except OSError:
        return False
    return True
