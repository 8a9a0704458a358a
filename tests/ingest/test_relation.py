"""One name for many frames: statements read the one that is shown, and the others are let go of."""

from __future__ import annotations

import gc
import weakref

import duckdb
import polars as pl
import pytest

from analytics.ingest.relation import relation


class Watched(pl.DataFrame):
    """A frame that tells when it is gone."""


def test_statements_read_the_frame_that_is_shown_and_the_transaction_keeps_none() -> None:
    with duckdb.connect() as con:
        con.begin()
        gone = []
        with relation(con, "slice") as shown:
            for number in range(5):
                frame = Watched({"value": [number, None], "text": ["a text of some length", str(number)]})
                gone.append(weakref.ref(frame))
                shown.show(frame)
                found = con.execute("select sum(value), count(value), max(text) from slice").fetchall()
                assert found == [(number, 1, "a text of some length")]
        del frame
        gc.collect()
        assert [one() for one in gone] == [None] * 5
        con.commit()


def test_its_name_is_free_again_afterwards() -> None:
    with duckdb.connect() as con:
        for columns in ({"value": [1]}, {"text": ["x"], "number": [2.5]}):
            with relation(con, "slice") as shown:
                shown.show(pl.DataFrame(columns))
                assert con.execute("select * from slice").fetchall() == [
                    tuple(v[0] for v in columns.values())
                ]
        with pytest.raises(duckdb.CatalogException):
            con.execute("select * from slice")


def test_without_a_frame_nothing_is_registered() -> None:
    with duckdb.connect() as con, relation(con, "slice"), pytest.raises(duckdb.CatalogException):
        con.execute("select * from slice")
