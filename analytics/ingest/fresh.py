"""Which records of a file are new, which stand in it twice, which are loaded already or contradict others.

A record's hash goes over all its mapped values, an absent value being absent from it. The hashes of a whole
file wait in a temporary table, which the database writes to disk where memory is short; the records
themselves are read from their stage batch by batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import duckdb
import polars as pl

from analytics.contracts import Contract, contract
from analytics.ingest.fields import REJECTS_SCHEMA, TYPES
from analytics.ingest.places import has_bare, places_of, without_ambiguous
from analytics.ingest.relation import relation
from analytics.ingest.stage import Staged
from analytics.queries import query
from analytics.warehouse import execute

_SEPARATOR = "\x1f"


@dataclass(slots=True, kw_only=True)
class FileRecords:
    """The records of one canonical table in a file, set against what is loaded.

    Attributes:
        con: the warehouse, within a transaction.
        table: the canonical table.
        staged: the records.
        ambiguous: those whose station could be several; known once ``hash`` has run.
    """

    con: duckdb.DuckDBPyConnection
    table: str
    staged: Staged
    ambiguous: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTS_SCHEMA))
    _placed: pl.DataFrame | None = None
    _again: pl.DataFrame = field(default_factory=pl.DataFrame)

    def hash(self, progress: Callable[[float], None]) -> None:
        """Hash all records into staged_hashes, and find those that are not the first of their kind."""
        placed = "line_id" in self.staged.columns and not self.staged.nulls["line_id"]
        if not placed and any(has_bare(rows) for _, rows in self.staged.batches()):
            loaded = look_up(self.con, "placed_stations")
            here = [places_of(rows) for _, rows in self.staged.batches()]
            self._placed = pl.concat([loaded.select(here[0].columns), *here]).unique()
        execute(self.con, "ingest/make_hashes")
        rules, ambiguous = contract(self.table), [self.ambiguous]
        with relation(self.con, "slice") as slice_:
            for rows, wrong in self._clear():
                ambiguous.append(wrong)
                if rows.height:
                    slice_.show(rows.select("row", _content(rules, rows)))
                    execute(self.con, "ingest/hash_rows")
                    progress(int(rows["row"][-1]) / self.staged.height)
        self.ambiguous = pl.concat(ambiguous)
        self._again = look_up(self.con, "number_rows", table_name=self.table)

    def numbered(self) -> Iterator[pl.DataFrame]:
        """Give the records with all stored columns, "row", "line", "occurrence", "fresh" (to be loaded)."""
        rules = contract(self.table)
        for rows, _ in self._clear():
            if rows.height:
                yield _numbered(rules, rows, self._again)

    def overlaps(self) -> pl.DataFrame:
        """Return which new records ("row") share a key with loaded ones ("record_id") of other values."""
        found = pl.DataFrame(schema={"record_id": pl.Int64, "row": pl.Int64})
        if last_record(self.con, self.table) == 0:
            return found
        made = False
        with relation(self.con, "slice") as slice_:
            for rows in self.numbered():
                if rows["fresh"].any():
                    slice_.show(rows)
                    if not made:
                        execute(self.con, "ingest/make_staged")
                    execute(self.con, "ingest/stage_rows")
                    made = True
        if made:
            found = look_up(self.con, f"overlap_{self.table}")
            execute(self.con, "ingest/drop_staged")
        return found

    def _clear(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Give the records with their "row", and apart from them those whose station could be several."""
        for first, rows in self.staged.batches():
            placed = rows.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("row"))
            if self._placed is None:
                yield placed, self.ambiguous.clear()
            else:
                yield without_ambiguous(placed, self._placed)


def last_record(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return the highest record number of a table, 0 where it is empty."""
    return int(look_up(con, "last_record", table_name=table)["record_id"][0])


def look_up(con: duckdb.DuckDBPyConnection, statement: str, **parameters: str) -> pl.DataFrame:
    """Read on this very connection, which sees its own transaction and the frames registered on it."""
    found: pl.DataFrame = con.sql(query(f"ingest/{statement}").text, params=parameters or None).pl()
    return found


def _numbered(rules: Contract, rows: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """Return records with their occurrence, and whether they are to be loaded.

    Args:
        rules: of their table.
        rows: records with "row".
        again: "row", "occurrence" and "known" of those that are not the first of their kind.
    """
    stored = [
        pl.col(known.name)
        if known.name in rows.columns
        else pl.lit(None, dtype=TYPES[known.type]).alias(known.name)
        for known in rules.fields
        if known.stored
    ]
    first = [pl.lit(1, dtype=pl.Int32).alias("occurrence"), pl.lit(value=True).alias("fresh")]
    here = again.filter(pl.col("row").is_between(rows["row"][0], rows["row"][-1]))
    if here.is_empty():
        return rows.select("row", "line", *stored, *first)
    ids = [pl.col(name).is_not_null() for name in rules.ids if name in rows.columns]
    met = rows.select(
        "row", pl.any_horizontal(ids).alias("has_id") if ids else pl.lit(value=False).alias("has_id")
    )
    met = met.join(here, on="row", how="left", maintain_order="left")
    repeats = pl.col("has_id") & (pl.col("occurrence") > 1)
    told = met.select(
        pl.col("occurrence").fill_null(1).cast(pl.Int32),
        (~(pl.col("known") | repeats)).fill_null(value=True).alias("fresh"),
    )
    return rows.select("row", "line", *stored).with_columns(told["occurrence"], told["fresh"])


def _content(rules: Contract, rows: pl.DataFrame) -> pl.Expr:
    """Return all mapped values of each record as one text; an absent value is absent from it.

    Left out is what only stands for another value: a duration that gave an end, a kind that gave way to its
    category, and who worked there, which is kept or not by choice.
    """
    parts: list[pl.Expr] = []
    for known in sorted(rules.fields, key=lambda one: one.name):
        stands_in = known.personal or (known.duration and not known.stored)
        if known.name not in rows.columns or stands_in or (known.mapped and "category" in rows.columns):
            continue
        value = pl.col(known.name)
        text = value.cast(pl.Int64).cast(pl.String) if known.type == "datetime" else value.cast(pl.String)
        named = [pl.lit(f"{_SEPARATOR}{known.name}="), text]
        absent = rows.get_column(known.name).null_count() > 0
        parts += [pl.concat_str(named)] if absent else named
    whole = pl.concat_str(parts, ignore_nulls=True) if parts else pl.lit("")
    return whole.str.strip_prefix(_SEPARATOR).alias("content")
