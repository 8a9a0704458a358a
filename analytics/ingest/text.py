"""Text tables: CSV and its relatives, whatever the delimiter, the encoding and the lines above the header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv

from analytics.errors import SourceError
from analytics.ingest.detect import Detected, open_bytes
from analytics.ingest.names import known_anywhere
from analytics.ingest.tables import (
    Batch,
    BrokenRecord,
    SourceTable,
    unique_names,
    without_blank_and_header_rows,
)

DELIMITERS = (";", ",", "\t", "|")
BLOCK_BYTES = 4 << 20

_FOOTER = re.compile(
    r"^\W*(?:\(?\d+ (?:rows?|zeilen?|filas?|records?|datensätze)\b|total|gesamt|summe|suma|end of|"
    r"ende|fin de|generated|exported|erstellt|generado)",
    re.IGNORECASE,
)
_RULER = re.compile(r"^[\s\-=+|;,\t]*-{3,}[\s\-=+|;,\t]*$")


def read_text(path: Path, found: Detected) -> SourceTable:
    """Return the table in a text file.

    Raises:
        SourceError: there is no header, or only one column.
    """
    lines = found.sample.splitlines()
    if len(found.sample) > 1000 and len(lines) > 2 and not found.sample.endswith(("\n", "\r")):
        lines = lines[:-1]  # the sample may end within a line
    delimiter = _delimiter(lines)
    if delimiter is None:
        shown = next((line.strip()[:60] for line in lines if line.strip()), "")
        raise SourceError(
            f"{path.name} is text, but no table: no delimiter splits its lines; it begins {shown!r}.",
            hint="Columns may be separated by comma, semicolon, tab or bar.",
        )
    rows = list(csv.reader(lines[:100], delimiter=delimiter))
    header = header_row(rows)
    width = len(rows[header])
    data = [len(row) for row in rows[header + 1 :] if any(cell.strip() for cell in row)]
    usual = Counter(data).most_common(1)[0][0] if data else width
    names = rows[header]
    if usual > width:
        extra = {cell.strip() for row in rows[header + 1 :] if len(row) == usual for cell in row[width:]}
        if extra - {""}:
            raise SourceError(
                f"The header of {path.name} (line {header + 1}) names {width} columns, but its records "
                f"hold {usual}: one name may be missing, so that later columns would carry their "
                "neighbour's name.",
                hint="Correct the header and load the file again.",
            )
        names = [*names, *[""] * (usual - width)]
    _refuse_headless(path, names)
    columns = unique_names([name.strip().strip('"') for name in names])
    ruler = header + 1 < len(lines) and bool(_RULER.match(lines[header + 1]))
    return SourceTable(
        format="csv",
        detail=f"{found.encoding}, {_called(delimiter)}" + (", gzip" if found.gzipped else ""),
        member=None,
        columns=columns,
        read=lambda: _read(path, found, delimiter, columns, skip=header + 1, ruler=ruler),
        skipped=header + ruler,
        delimiter=delimiter,
    )


def header_row(rows: list[list[str]]) -> int:
    """Return the index of the row that names the columns: the first of those with most known names.

    Args:
        rows: the first rows of the table.
    """
    best, best_known = -1, 0
    for index, row in enumerate(rows[:30]):
        known = sum(known_anywhere(cell) for cell in row if cell.strip())
        if known > best_known:
            best, best_known = index, known
    if best >= 0 and best_known >= 2:
        return best
    widths = Counter(len(row) for row in rows if len(row) > 1)
    usual = widths.most_common(1)[0][0] if widths else 1
    for index, row in enumerate(rows):
        if len(row) >= usual and sum(bool(cell.strip()) for cell in row) >= max(2, 0.6 * usual):
            return index
    return max(best, 0)


def _delimiter(lines: list[str]) -> str | None:
    """Return the delimiter that splits most lines into the same number of fields, more than one."""
    best: tuple[float, int] | None = None
    answer = None
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines[:100], delimiter=delimiter) if row]
        except csv.Error:
            continue
        usual, often = Counter(widths).most_common(1)[0] if widths else (1, 0)
        if usual < 2:
            wide = [width for width in widths if width > 1]
            if not wide or len(wide) < 0.3 * len(widths):
                continue
            usual, often = Counter(wide).most_common(1)[0]
        score = (often / max(1, len(widths)), usual)
        if best is None or score > best:
            best, answer = score, delimiter
    return answer


def _refuse_headless(path: Path, names: list[str]) -> None:
    filled = [name.strip() for name in names if name.strip()]
    values = [name for name in filled if re.match(r"^[-+]?\d[\d.,:/ T-]*Z?$", name)]
    if values and len(values) >= 0.4 * len(filled) and not any(known_anywhere(name) for name in filled):
        raise SourceError(
            f"{path.name} has no header: its first line holds values ({values[0]!r}).",
            hint="Put a line with the columns' names on top.",
        )


def _called(delimiter: str) -> str:
    return {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}[delimiter]


def _read(
    path: Path, found: Detected, delimiter: str, columns: tuple[str, ...], *, skip: int, ruler: bool
) -> Iterator[Batch]:
    """Read the records below the header in blocks."""
    broken: list[tuple[int, str]] = []
    encoding = {"utf-8-sig": "utf-8", "latin_1": "latin-1"}.get(found.encoding, found.encoding)

    def note(row: pa_csv.InvalidRow) -> str:
        broken.append((row.number, row.text))
        return "skip"

    with open_bytes(path, gzipped=found.gzipped) as stream:
        try:
            reader = pa_csv.open_csv(
                pa.PythonFile(stream, mode="r"),
                read_options=pa_csv.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK_BYTES,
                    skip_rows=skip + ruler,
                    column_names=[str(position) for position in range(len(columns))],
                    encoding=encoding,
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=delimiter,
                    newlines_in_values=found.quotes,
                    ignore_empty_lines=False,
                    invalid_row_handler=note,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types={str(position): pa.string() for position in range(len(columns))},
                    strings_can_be_null=False,
                ),
            )
            last: Batch | None = None
            for last in _numbered(reader, broken, columns, first=skip + ruler + 1, quotes=found.quotes):
                yield replace(last, share=_share(stream, found))
            if found.quotes and last is not None and '"' not in found.last_line:
                _refuse_open_quote(path, last)
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error) or "file is too short" in str(error):
                return
            raise SourceError(
                f"{path.name} cannot be split into records: {str(error).splitlines()[0]}",
                hint="Is a quotation mark left open, or the file cut off?",
            ) from error


def _share(stream: BinaryIO, found: Detected) -> float:
    """Return how much of the file, as it lies on the disk, is read."""
    packed = getattr(stream, "fileobj", None) if found.gzipped else stream
    return min(1.0, packed.tell() / found.size) if packed is not None else 0.5


def _refuse_open_quote(path: Path, last: Batch) -> None:
    """Refuse a file whose last record swallowed the others after a mark that was left open.

    The last record then runs over several lines, and no mark stands in the last line to close it.
    """
    if last.broken and (not last.frame.height or last.broken[-1].line > int(last.line[-1])):
        text, line = last.broken[-1].text, last.broken[-1].line
    elif last.frame.height:
        text, line = "".join(value or "" for value in last.frame.row(-1)), int(last.line[-1])
    else:
        return
    if "\n" not in text.strip():
        return
    raise SourceError(
        f"{path.name} has a quotation mark that is opened in line {line} or later and never closed.",
        hint="Close or remove it, or export the file again if it was cut off.",
    )


def _numbered(
    reader: pa_csv.CSVStreamingReader,
    broken: list[tuple[int, str]],
    columns: tuple[str, ...],
    *,
    first: int,
    quotes: bool,
) -> Iterator[Batch]:
    """Give every record its line; records that could not be split stand between the others."""
    row = first - 1  # the row of the file, counted from 1, that was given out last
    handed = 0  # how many of the broken records were
    extra_lines = 0  # line ends within quoted values
    for arrow in reader:
        frame = pl.DataFrame(arrow)
        frame.columns = list(columns)
        rows = _good_rows(row, frame.height, [number for number, _ in broken[handed:]])
        row = int(rows[-1]) if len(rows) else row
        line = rows + extra_lines
        inside = _line_ends(frame) if quotes else None
        if inside is not None:
            line = line + inside.cum_sum() - inside
            extra_lines += int(inside.sum())
        passed = handed + sum(number <= row for number, _ in broken[handed:])
        records, skipped = _sorted_out(broken[handed:passed], extra_lines)
        handed = passed
        frame, line, blank = without_blank_and_header_rows(frame, line)
        yield Batch(frame=frame, line=line, broken=records, skipped=skipped + blank)
    records, skipped = _sorted_out(broken[handed:], extra_lines, tail=True)
    if records or skipped:
        empty = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
        yield Batch(frame=empty, line=pl.Series("line", [], dtype=pl.Int64), broken=records, skipped=skipped)


def _good_rows(last: int, count: int, broken: list[int]) -> pl.Series:
    """Return the numbers of the next ``count`` rows after ``last`` that are not broken."""
    rows = pl.int_range(last + 1, last + 1 + count + len(broken), eager=True, dtype=pl.Int64).alias("line")
    if broken:
        rows = rows.filter(~rows.is_in(broken))
    return rows.head(count)


def _line_ends(frame: pl.DataFrame) -> pl.Series | None:
    """Return how many line ends stand within the values of each record, None where there are none."""
    holding = [
        name for name in frame.columns if frame.get_column(name).str.contains("\n", literal=True).any()
    ]
    if not holding:
        return None
    ends = frame.select(
        pl.sum_horizontal(pl.col(name).str.count_matches("\n", literal=True) for name in holding).alias("n")
    )
    return ends["n"].cast(pl.Int64)


def _sorted_out(
    broken: list[tuple[int, str]], extra_lines: int, *, tail: bool = False
) -> tuple[tuple[BrokenRecord, ...], int]:
    """Tell footers and rulers (not records) from records with too many or too few fields."""
    records: list[BrokenRecord] = []
    skipped = 0
    for number, text in broken:
        if not text.strip() or _RULER.match(text) or (tail and _FOOTER.match(text)):
            skipped += 1
        else:
            records.append(BrokenRecord(line=number + extra_lines, text=text, rule="wrong_number_of_fields"))
    return tuple(records), skipped
