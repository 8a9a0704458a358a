"""Converted records on their way into the warehouse: in memory while they are few, else in a file.

A file of 10 GB must not need 10 GB of memory, and it has to be judged as a whole before anything of it is
loaded. So its records wait here, and whoever needs them reads them batch by batch, as often as he likes. The
file has no name: however the process ends, nothing of it stays.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import polars as pl
import pyarrow as pa

from analytics.errors import WorkspaceError

KEPT_ROWS = 1 << 19
"""So many records stay in memory; more go into the file."""

BATCH_ROWS = 122_880
"""Read back in batches of so many: what the database stores as one group; odd sizes it would write twice."""

_VIEWS = pl.CompatLevel.newest()


class Staged:
    """Records of one canonical table in the file's order; closed with the block that uses them.

    Attributes:
        height: how many there are.
        columns: their columns, "line" among them; empty before the first batch.
        nulls: column → how many of them lack it.
        last_line: the highest line of the source that one of them stands in.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Begin without records.

        Args:
            folder: where the file lies, should there be one; None is the computer's temporary folder.
        """
        self.height = 0
        self.columns: list[str] = []
        self.nulls: Counter[str] = Counter()
        self.last_line = 0
        self._folder = folder
        self._kept_rows = KEPT_ROWS
        self._frames: list[pl.DataFrame] = []
        self._file: IO[bytes] | None = None
        self._writer: pa.RecordBatchFileWriter | None = None
        self._moved = pl.DataFrame()

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Staged:
        """Return records that are in memory anyway."""
        staged = cls()
        staged._kept_rows = max(rows.height, KEPT_ROWS)
        staged.add(rows)
        return staged

    def add(self, rows: pl.DataFrame) -> None:
        """Put records behind those that are here.

        Raises:
            WorkspaceError: the disk is full.
        """
        self.columns = rows.columns
        self.height += rows.height
        self.nulls.update({column.name: column.null_count() for column in rows.iter_columns()})
        if rows.height and "line" in rows.columns:
            self.last_line = max(self.last_line, int(rows["line"].max() or 0))  # type: ignore[arg-type]
        self._frames.append(rows)
        if self.height > self._kept_rows:
            self._spill()

    def batches(self) -> Iterator[tuple[int, pl.DataFrame]]:
        """Give the records in their order, each batch with the place of its first one, counted from 0."""
        first, left = 0, pl.DataFrame()
        for frame in self._parts():
            left = pl.concat([left, frame]) if left.height else frame
            while left.height >= BATCH_ROWS:
                yield first, self._as_moved(first, left.head(BATCH_ROWS))
                first, left = first + BATCH_ROWS, left.slice(BATCH_ROWS)
        if left.height:
            yield first, self._as_moved(first, left)

    def move(self, moved: pl.DataFrame) -> None:
        """Let values stand in the place of others from now on.

        Args:
            moved: "row" (place, counted from 0, ascending) and the columns that change.
        """
        self._moved = moved

    def excerpt(self, most: int) -> pl.DataFrame:
        """Return all records if there are at most so many, else all those of some stations, in order.

        Which stations depends on their names only; where one alone has more, its first records are given.
        """
        if self.height <= most:
            return pl.concat([frame for _, frame in self.batches()]) if self.height else self._empty()
        if "station_id" not in self.columns:
            return pl.concat(_first(self.batches(), most))
        counts: Counter[str] = Counter()
        for _, frame in self.batches():
            counts.update(dict(frame["station_id"].drop_nulls().value_counts().iter_rows()))
        chosen, records = list[str](), 0
        for name in sorted(counts, key=lambda name: (zlib.crc32(name.encode()), name)):
            if not chosen or records + counts[name] <= most:
                chosen.append(name)
                records += counts[name]
        of_them = pl.col("station_id").is_in(chosen)
        return pl.concat(_first(((at, frame.filter(of_them)) for at, frame in self.batches()), most))

    def close(self) -> None:
        """Let go of the records and of the file."""
        self._frames = []
        self._writer = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _spill(self) -> None:
        frames, self._frames = self._frames, []
        try:
            for frame in frames:
                table = frame.to_arrow(compat_level=_VIEWS)
                if self._writer is None:
                    self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 (closed by close)
                    self._writer = pa.ipc.new_file(pa.PythonFile(self._file, mode="w"), table.schema)
                self._writer.write_table(table)
        except OSError as error:
            raise WorkspaceError(
                f"There is no room to load this file: {error.strerror or error}.",
                hint="Nothing was loaded. Free twice the size of the file on the disk and try again.",
            ) from error

    def _parts(self) -> Iterator[pl.DataFrame]:
        if self._file is not None:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            file = pa.ipc.open_file(pa.PythonFile(self._file, mode="r"))
            for number in range(file.num_record_batches):
                yield pl.DataFrame(file.get_batch(number))
        yield from self._frames

    def _as_moved(self, first: int, rows: pl.DataFrame) -> pl.DataFrame:
        """Return records, of which the first is in that place, with what was moved in its new place."""
        if self._moved.is_empty():
            return rows
        here = self._moved.filter(pl.col("row").is_between(first, first + rows.height, closed="left"))
        if here.is_empty():
            return rows
        places = here["row"] - first
        return rows.with_columns(
            rows[name].scatter(places, here[name]).alias(name) for name in here.columns if name != "row"
        )

    def _empty(self) -> pl.DataFrame:
        return self._frames[0] if self._frames else pl.DataFrame()


@contextlib.contextmanager
def stages(folder: Path) -> Iterator[Callable[[], Staged]]:
    """Give what makes stages; all of them are closed at the end.

    Args:
        folder: where their files lie, if there is such a folder that may be written to.
    """
    with contextlib.ExitStack() as held:
        yield lambda: held.enter_context(
            contextlib.closing(Staged(folder if os.access(folder, os.W_OK) else None))
        )


def _first(batches: Iterator[tuple[int, pl.DataFrame]], most: int) -> list[pl.DataFrame]:
    """Return the first records of batches, not more than so many."""
    taken, left = list[pl.DataFrame](), most
    for _, frame in batches:
        taken.append(frame.head(left))
        left -= taken[-1].height
        if left <= 0:
            break
    return taken
