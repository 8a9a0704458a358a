"""Records that a corrected export replaced: kept aside, and brought back when its load is undone.

Each knows which load replaced it, and by which record. Undoing that load brings it back, unless what replaced
it was itself replaced later: then it waits behind the later load. Undoing the load that it came with forgets
it. So loads may be undone in any order, and what is left is what would be there without them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from analytics.queries import query
from analytics.warehouse import CANONICAL_TABLES, execute


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOut:
    """What undoing a load does to the warehouse.

    Attributes:
        removed: records that go.
        restored: records that it had replaced and that come back.
    """

    removed: int
    restored: int

    def to_json(self) -> dict[str, int]:
        """Return the counts by name."""
        return {"removed": self.removed, "restored": self.restored}


def supersede(con: duckdb.DuckDBPyConnection, table: str, record_ids: list[int], batch_id: str) -> None:
    """Move loaded records out of a table, aside for a load that replaces them.

    Args:
        con: the warehouse; "overlapping" (record_id, row of the new record) and staged_hashes stand on it.
        table: the canonical table.
        record_ids: every record in "overlapping".
        batch_id: the load that replaces them.
    """
    execute(con, "ingest/supersede", table_name=table, batch_id=batch_id)
    execute(con, f"ingest/remove_{table}", record_ids=record_ids)


def take_out(con: duckdb.DuckDBPyConnection, batch_id: str) -> TakenOut:
    """Take a load out of every table, within the caller's transaction; doing it again changes nothing."""
    execute(con, "ingest/inherit_superseded", batch_id=batch_id)
    execute(con, "ingest/forget_superseded", batch_id=batch_id)
    removed = 0
    for table in CANONICAL_TABLES:
        removed += int(_rows(con, "batch_rows", table_name=table, batch_id=batch_id)[0][0])
        execute(con, f"ingest/undo_{table}", batch_id=batch_id)
    restored = 0
    for table, records in _rows(con, "superseded_tables", batch_id=batch_id):
        (structure,) = _rows(con, "table_structure", table_name=table)[0]
        again = con.sql(
            query("ingest/superseded_records").text,
            params={"structure": structure, "table_name": table, "batch_id": batch_id},
        )
        again.insert_into(table)
        restored += int(records)
    execute(con, "ingest/drop_superseded", batch_id=batch_id)
    return TakenOut(removed=removed, restored=restored)


def _rows(con: duckdb.DuckDBPyConnection, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Read on this very connection, which sees its own transaction."""
    return con.execute(query(f"ingest/{statement}").text, parameters).fetchall()
