"""The first records of a table, looked at as text, numbers and times: what a recogniser judges by."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import polars as pl

from analytics.contracts import contract
from analytics.errors import MappingError
from analytics.ingest.fields import clean
from analytics.ingest.mapping import Mapping, columns_by_name, find_mapping
from analytics.ingest.names import normalise, split_unit
from analytics.ingest.numerals import decimal_sign, parse_lengths, parse_numbers
from analytics.ingest.outcome import IngestOptions
from analytics.ingest.stamps import MOMENT, day_order_evidence, parse_stamps
from analytics.ingest.tables import SourceTable

MOST_ROWS = 20_000


class Sample:
    """The head of a table; columns are parsed when they are asked for."""

    def __init__(self, table: SourceTable, file_name: str) -> None:
        """Read the first records."""
        self.table = table
        self.file_name = file_name
        self.frame = pl.DataFrame(schema=dict.fromkeys(table.columns, pl.String))
        for batch in islice(table.read(), 1):
            self.frame = batch.frame.head(MOST_ROWS)
        self._decimal: str | None = None

    @property
    def height(self) -> int:
        """Number of records looked at."""
        return self.frame.height

    def named(self, shape: str) -> dict[str, str]:
        """Return canonical → source column, as far as the names tell it, for a table or shape."""
        return columns_by_name(self.table.columns, shape)

    def named_as(self, shape: str, name: str) -> dict[str, str]:
        """Return what a single name means for a table or shape: canonical → that name."""
        return columns_by_name([name], shape)

    def mapping(self, options: IngestOptions, shape: str, columns: dict[str, str]) -> Mapping | None:
        """Return how the table is read as a shape with these columns (source → canonical), or None."""
        try:
            found = find_mapping(
                self.table.columns, self.file_name, replace(options, table=shape, columns=columns)
            )
        except MappingError:
            return None
        return replace(found, profile=None)

    def text(self, column: str) -> pl.Series:
        """Return a column's values as text, null where nothing is meant."""
        value = self._clean(column)
        return value if value.dtype == pl.String else value.cast(pl.String, strict=False)

    def numbers(self, column: str) -> pl.Series:
        """Return a column's values as numbers, null where they are none."""
        value = self._clean(column)
        if value.dtype.is_numeric():
            return value.cast(pl.Float64)
        return parse_numbers(self.text(column), decimal=self.decimal())

    def lengths(self, column: str) -> pl.Series:
        """Return a column's values as lengths of time, bare numbers as they stand."""
        value = self._clean(column)
        if value.dtype.is_numeric():
            return value.cast(pl.Float64)
        return parse_lengths(self.text(column), decimal=self.decimal(), seconds_per_unit=1.0)

    def stamps(self, column: str) -> pl.Series:
        """Return a column's values as times, null where they are none."""
        value = self.frame.get_column(column)
        if value.dtype == pl.Date:
            return value.cast(MOMENT)
        if value.dtype == pl.Datetime:
            return value.dt.replace_time_zone(None).cast(MOMENT)
        text = self.text(column)
        order = day_order_evidence(text)
        return parse_stamps(text, dayfirst=order.dayfirst >= order.monthfirst).value

    def _clean(self, column: str) -> pl.Series:
        value = self.frame.get_column(column)
        if isinstance(value.dtype, pl.Duration):
            value = value.dt.total_microseconds() / 1e6
        return clean(value, contract("cycles").missing_values)

    def decimal(self) -> str:
        """Return the decimal sign that the numeric columns show."""
        if self._decimal is None:
            columns = [self.text(name) for name in self.frame.columns if self.frame[name].dtype == pl.String]
            self._decimal = decimal_sign(columns, delimiter=self.table.delimiter)
        return self._decimal


def share(part: pl.Series) -> float:
    """Return the share of values that are true, 0 of none."""
    return float(part.fill_null(value=False).mean() or 0.0) if part.len() else 0.0  # type: ignore[arg-type]


def said(name: str, words: list[str]) -> bool:
    """Tell whether a column's name, its unit aside, is one of some words."""
    known = {normalise(word) for word in words}
    return normalise(name) in known or normalise(split_unit(name)[0]) in known
