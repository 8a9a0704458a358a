"""Files that name their columns in every record or in a schema: Parquet and JSON lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from analytics.errors import SourceError
from analytics.ingest.detect import Detected, open_bytes
from analytics.ingest.tables import Batch, BrokenRecord, SourceTable

PARQUET_ROWS = 1 << 18
JSON_ROWS = 50_000


def read_parquet(path: Path) -> SourceTable:
    """Return the table in a Parquet file, its columns typed as the file types them.

    Raises:
        SourceError: the file is cut off or damaged.
    """
    try:
        with pa_parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            records = file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error

    def read() -> Iterator[Batch]:
        line = 0
        try:
            with pa_parquet.ParquetFile(path) as file:
                for arrow in file.iter_batches(batch_size=PARQUET_ROWS):
                    frame = _flat(pl.DataFrame(arrow))
                    lines = pl.int_range(line + 1, line + 1 + frame.height, eager=True, dtype=pl.Int64)
                    line += frame.height
                    yield Batch(frame=frame, line=lines.alias("line"))
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path, error) from error

    return SourceTable(
        format="parquet", detail="", member=None, columns=tuple(names), read=read, records=records
    )


def read_json_lines(path: Path, found: Detected) -> SourceTable:
    """Return the table in a file of JSON objects, one a line, or one list of them; values as text.

    Raises:
        SourceError: no line holds an object.
    """
    columns: dict[str, None] = {}
    for _, given in _objects(path, found):  # all of them: a field may come late, such as the end of a call
        if isinstance(given, dict):
            columns.update(dict.fromkeys(given))
    if not columns:
        raise SourceError(
            f"{path.name} looks like JSON, but holds no objects.", hint="One object a line is read."
        )
    names = tuple(columns)

    def read() -> Iterator[Batch]:
        objects = _objects(path, found)
        while chunk := list(islice(objects, JSON_ROWS)):
            good = [(line, given) for line, given in chunk if isinstance(given, dict)]
            broken = tuple(
                BrokenRecord(line=line, text=str(given), rule="not_a_json_object")
                for line, given in chunk
                if not isinstance(given, dict)
            )
            frame = pl.DataFrame(
                {name: [_text(given.get(name)) for _, given in good] for name in names},
                schema=dict.fromkeys(names, pl.String),
            )
            line = pl.Series("line", [line for line, _ in good], dtype=pl.Int64)
            yield Batch(frame=frame, line=line, broken=broken)

    return SourceTable(format="jsonl", detail=found.encoding, member=None, columns=names, read=read)


def _objects(path: Path, found: Detected) -> Iterator[tuple[int, Any]]:
    """Give every line with what it holds: an object, or its text where it is none."""
    with open_bytes(path, gzipped=found.gzipped) as stream:
        text = io.TextIOWrapper(stream, encoding=found.encoding, errors="replace")
        if found.sample.lstrip("\ufeff \t\r\n").startswith("["):
            try:
                listed = json.load(text)
            except ValueError as error:
                raise SourceError(
                    f"{path.name} is a JSON list that does not end properly: {error}.",
                    hint="Export it again.",
                ) from error
            yield from enumerate(listed, start=1)
            return
        for number, line in enumerate(text, start=1):
            if not line.strip():
                continue
            try:
                yield number, json.loads(line)
            except ValueError:
                yield number, line.strip()


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Turn nested and binary columns into text, which the conversion understands."""
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    binary = [name for name, kind in frame.schema.items() if kind == pl.Binary]
    frame = frame.with_columns(pl.col(binary).cast(pl.String, strict=False))
    for name in nested:
        column = frame.get_column(name)
        text = [None if value is None else json.dumps(value, default=str) for value in column.to_list()]
        frame = frame.with_columns(pl.Series(name, text, dtype=pl.String))
    return frame


def _damaged(path: Path, error: Exception) -> SourceError:
    return SourceError(
        f"{path.name} is a cut off or damaged Parquet file: {str(error).splitlines()[0][:200]}",
        hint="Copy or export it again.",
    )
