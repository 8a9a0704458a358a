"""Every statement under sql/ keeps what its header promises: one statement, its parameters, its columns."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from analytics.config import resources
from analytics.queries import Query, names, query

ROOT = resources() / "sql"
EVERY = sorted(path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.rglob("*.sql"))
JOURNAL = [name for name in EVERY if name.startswith("journal/")]
TABLES = [name for name in EVERY if name.startswith(("run/", "warehouse/"))]
STATEMENTS = [name for name in EVERY if name not in {*JOURNAL, *TABLES}]

# Which empty database a folder's statements run over.
LAYOUT = {
    "estimate": "warehouse",
    "ingest": "warehouse",
    "meta": "warehouse",
    "marts": "run",
}

SAMPLES: dict[str, Any] = {
    "bigint": 1,
    "boolean": True,
    "date": date(2026, 1, 5),
    "double": 1.0,
    "integer": 1,
    "timestamp": datetime(2026, 1, 5, 6),  # noqa: DTZ001 (stored times are naive)
    "varchar": "cycles",
    "varchar[]": ["cycles"],
    "bigint[]": [1],
    "json": '{"record_id": "BIGINT"}',
}


@contextlib.contextmanager
def empty_database(layout: str, reader: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database with a layout's empty tables, and with what an ingest hands to its statements."""
    con = duckdb.connect(":memory:")
    try:
        for name in names(layout):
            con.execute(query(name).text)
        if reader.startswith("ingest/"):
            con.execute(query("ingest/make_hashes").text)
            con.execute("create temp table overlapping (record_id bigint, row bigint)")
            spans = "line_id varchar, station_id varchar, first_at timestamp, last_at timestamp"
            con.execute(f"create temp table spans ({spans})")
            con.execute("create view slice as select null::bigint as row, '' as content where false")
        if reader in {"ingest/make_staged", "ingest/stage_rows"}:
            con.execute("create or replace view slice as select 1::bigint as row, true as fresh")
        if reader in {"ingest/stage_rows", "ingest/drop_staged"}:
            con.execute("create temp table staged as select 1::bigint as row, true as fresh")
        reads = re.fullmatch(r"ingest/(?:overlap|load)_(\w+)", reader)
        if reads or reader == "ingest/changed_columns":
            table = reads[1] if reads else SAMPLES["varchar"]
            con.execute(
                "create view staged as select * exclude (batch_id, content_hash), 1::bigint as row, "
                f"false as fresh from {table}"
            )
        yield con
    finally:
        con.close()


def parameters_of(statement: Query) -> dict[str, Any]:
    unknown = {kind for kind in statement.parameters.values() if kind not in SAMPLES}
    assert not unknown, f"{statement.name}: give this test a sample value for {unknown}"
    return {name: SAMPLES[kind] for name, kind in statement.parameters.items()}


def code_of(statement: Query) -> str:
    return re.sub(r"--[^\n]*", "", statement.text)


@pytest.mark.parametrize("name", EVERY)
def test_header_is_complete_and_the_file_holds_one_statement(name: str) -> None:
    statement = query(name)

    assert statement.purpose
    assert statement.grain
    body = code_of(statement)
    assert body.rstrip().endswith(";")
    if name in JOURNAL:
        assert sqlite3.complete_statement(body)
        assert body.count(";") == 1
    else:
        assert len(duckdb.extract_statements(statement.text)) == 1


@pytest.mark.parametrize("name", EVERY)
def test_declared_parameters_are_those_used(name: str) -> None:
    statement = query(name)

    assert set(re.findall(r"\$([a-z_][a-z0-9_]*)", code_of(statement))) == set(statement.parameters)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_the_columns_it_declares(name: str) -> None:
    layout, table = name.split("/")

    with empty_database(layout) as con:
        made = con.execute(
            "select column_name, data_type from duckdb_columns() where table_name = $t", {"t": table}
        )
        columns = {column: kind.lower() for column, kind in made.fetchall()}

    assert columns == query(name).columns


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_returns_the_columns_it_declares(name: str) -> None:
    statement = query(name)

    with empty_database(LAYOUT[name.split("/", maxsplit=1)[0]], name) as con:
        answer = con.execute(statement.text, parameters_of(statement) or None)
        described = answer.description or []
        returned = {column[0]: str(column[1]).lower() for column in described}

    if not statement.columns:
        returned.pop("Count", None)
        returned.pop("Success", None)
    assert returned == statement.columns


@pytest.mark.parametrize("name", JOURNAL)
def test_a_journal_statement_returns_the_columns_it_declares(name: str) -> None:
    statement = query(name)
    con = sqlite3.connect(":memory:")
    for table in names("journal/tables"):
        con.execute(query(table).text)

    if name.startswith("journal/tables/"):
        rows = con.execute("select name, type from pragma_table_info(?)", [name.rsplit("/", maxsplit=1)[-1]])
        found = {column: kind.lower() for column, kind in rows}
        assert found == statement.columns
    else:
        sample = dict.fromkeys(statement.parameters, "done")
        described = con.execute(statement.text, sample).description or ()
        assert [column[0] for column in described] == list(statement.columns)
    con.close()
