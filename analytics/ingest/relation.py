"""Frames that statements read by a name, one after the other, within one transaction.

What is registered with the database stays in memory until its transaction ends, also where the name is
taken back: a big file's batches would all be kept. So the name is registered once, for what shows the batch
at hand.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import duckdb
import polars as pl

_VIEWS = pl.CompatLevel.newest()


class Relation:
    """A name for the frame that is shown; all frames shown have the same columns and types."""

    def __init__(self, con: duckdb.DuckDBPyConnection, name: str) -> None:
        """Begin without a frame."""
        self._con = con
        self._name = name
        self._frame: pl.DataFrame | None = None

    def show(self, frame: pl.DataFrame) -> None:
        """Let statements read this frame from now on."""
        first, self._frame = self._frame is None, frame
        if first:
            self._con.register(self._name, self)

    def hide(self) -> None:
        """Take the name back."""
        if self._frame is not None:
            self._frame = self._frame.clear()
            self._con.unregister(self._name)
            self._frame = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the frame to the database, once for its columns and once for its rows."""
        if self._frame is None:
            raise ValueError(f"the relation {self._name} shows nothing")
        return self._frame.to_arrow(compat_level=_VIEWS).__arrow_c_stream__(requested_schema)


@contextlib.contextmanager
def relation(con: duckdb.DuckDBPyConnection, name: str) -> Iterator[Relation]:
    """Let statements on this connection read frames by a name."""
    shown = Relation(con, name)
    try:
        yield shown
    finally:
        shown.hide()
