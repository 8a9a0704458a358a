"""What the system, DuckDB or SQLite says when a disk or a folder fails, in plain words."""

from __future__ import annotations

import re

_PLAIN = {
    "no space left on device": "the disk is full",
    "database or disk is full": "the disk is full",
    "disk quota exceeded": "the disk quota is used up",
    "file too large": "the disk does not allow a file to grow any further",
    "read-only file system": "the disk is read-only",
    "readonly database": "the folder is read-only",
    "permission denied": "the folder may not be written to",
    "input/output error": "the disk or the network share does not answer",
    "disk i/o error": "the disk is full, or does not answer",
    "stale file handle": "the network share has gone away",
}
FREE_SPACE = "Check the free space on the disk and that the folder may be written to; then try again."


def in_words(error: BaseException) -> str:
    """Return why something could not be read or written, without a full stop.

    Example:
        >>> in_words(OSError(28, "No space left on device"))
        'the disk is full'
    """
    text = str(error).strip()
    plain = next((words for said, words in _PLAIN.items() if said in text.lower()), None)
    if plain is not None:
        return plain
    first = text.splitlines()[0] if text else type(error).__name__
    return re.sub(r"^\w+ (Error|Exception): ", "", first).rstrip(".")
