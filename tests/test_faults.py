"""What the system says of a failing disk is told in plain words."""

from __future__ import annotations

import sqlite3

import pytest

from analytics.faults import in_words


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "the disk is full"),
        (sqlite3.OperationalError("database or disk is full"), "the disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "the folder is read-only"),
        (PermissionError(13, "Permission denied", "x"), "the folder may not be written to"),
        (ValueError("IO Error: it broke.\nand more"), "it broke"),
        (ValueError(), "ValueError"),
    ],
)
def test_the_cause_is_named(error: Exception, said: str) -> None:
    assert in_words(error) == said
