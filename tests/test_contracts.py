"""The contract files agree with the warehouse and with each other."""

from __future__ import annotations

import json

import pytest

from analytics.contracts import TABLES, contract, folder
from analytics.queries import query
from analytics.warehouse import CANONICAL_TABLES

RECORD_COLUMNS = {"record_id", "batch_id", "content_hash", "occurrence"}
SQL_TYPES = {
    "string": "varchar",
    "datetime": "timestamp",
    "number": "double",
    "integer": "integer",
    "boolean": "boolean",
}


def test_there_is_a_contract_for_every_canonical_table() -> None:
    assert set(TABLES) == set(CANONICAL_TABLES)
    assert {path.stem for path in folder().glob("*.json")} - {"report.schema"} == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_a_contract_has_the_columns_and_types_of_the_warehouse(table: str) -> None:
    columns = {k: v for k, v in query(f"warehouse/{table}").columns.items() if k not in RECORD_COLUMNS}
    stored = {field.name: SQL_TYPES[field.type] for field in contract(table).fields if field.stored}
    assert stored == columns


@pytest.mark.parametrize("table", TABLES)
def test_a_contract_speaks_only_of_its_own_columns(table: str) -> None:
    rules = contract(table)
    spoken_of = {name for choice in rules.any_of for name in choice}
    spoken_of |= {name for pair in rules.order for name in pair}
    spoken_of |= {name for step in rules.derive for name in (step.field, step.start, step.duration)}
    spoken_of |= set(rules.key) | set(rules.ids) | set(rules.distinctive)
    assert all(rules.has(name) for name in spoken_of)
    assert all(field.unit for field in rules.fields if field.duration)


@pytest.mark.parametrize("table", TABLES)
def test_a_contract_is_a_frictionless_table_schema(table: str) -> None:
    given = json.loads((folder() / f"{table}.json").read_text(encoding="utf-8"))
    own = {key for key in given if not key.startswith("x-")}
    assert own <= {"name", "title", "fields", "missingValues"}
    for field in given["fields"]:
        assert {key for key in field if not key.startswith("x-")} <= {
            "name",
            "type",
            "description",
            "constraints",
        }


def test_what_lacks_is_told_in_words() -> None:
    cycles = contract("cycles")
    assert cycles.lacking({"station_id", "ended_at"}) == []
    assert cycles.lacking({"station_id", "started_at", "cycle_s"}) == []
    assert cycles.lacking({"started_at"}) == [
        "station_id",
        "ended_at or completed_at or started_at + cycle_s",
    ]
    assert contract("calendar").lacking({"starts_at", "duration_s", "kind"}) == []


def test_an_unknown_table_or_column_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="andon_calls"):
        contract("orders")
    with pytest.raises(ValueError, match="station_id"):
        contract("cycles").field("colour")
