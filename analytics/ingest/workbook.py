"""Workbooks: XLSX and its older relatives, every sheet a table, every cell as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fastexcel
import polars as pl

from analytics.errors import SourceError
from analytics.ingest.tables import Batch, SourceTable, unique_names, without_blank_and_header_rows
from analytics.ingest.text import header_row


def read_workbook(path: Path) -> list[SourceTable]:
    """Return the tables in a workbook, one a sheet that is not empty.

    Cells are read as text: a column that mixes numbers and "n/a" would otherwise lose its values in silence.

    Raises:
        SourceError: the workbook is damaged, protected, or empty.
    """
    try:
        book = fastexcel.read_excel(path)
        sheets = {name: _cells(book, name) for name in book.sheet_names}
    except fastexcel.FastExcelError as error:
        raise SourceError(
            f"{path.name} is a damaged, cut off or protected workbook: {str(error).splitlines()[0][:200]}",
            hint="Open it in the spreadsheet program, save it again without a password, and load that.",
        ) from error
    tables = [_table(name, cells) for name, cells in sheets.items() if cells.height]
    if not tables:
        raise SourceError(f"{path.name} is a workbook without any filled cell.", hint="Export it again.")
    return tables


def _cells(book: fastexcel.ExcelReader, name: str) -> pl.DataFrame:
    # skip_rows=0: else empty rows on top are left out, and every line number is off by them.
    sheet = book.load_sheet(
        name, header_row=None, skip_rows=0, dtypes="string", skip_whitespace_tail_rows=True
    )
    return sheet.to_polars()


def _table(sheet: str, cells: pl.DataFrame) -> SourceTable:
    first = [["" if cell is None else str(cell) for cell in row] for row in cells.head(30).rows()]
    header = header_row(first)
    columns = unique_names(first[header])
    cells.columns = list(columns)

    def read() -> Iterator[Batch]:
        frame = cells.slice(header + 1)
        line = pl.int_range(header + 2, cells.height + 1, eager=True, dtype=pl.Int64).alias("line")
        frame, line, skipped = without_blank_and_header_rows(frame, line)
        yield Batch(frame=frame, line=line, skipped=skipped)

    return SourceTable(
        format="xlsx",
        detail=f"sheet {sheet!r}",
        member=sheet,
        columns=columns,
        read=read,
        skipped=header,
        records=cells.height - header - 1,
        above=tuple(first[header - 1]) if header else (),
    )
