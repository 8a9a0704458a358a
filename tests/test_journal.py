"""The journal keeps settings, loads and mappings, and refuses what it cannot read."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from analytics.config import JOURNAL_SCHEMA_VERSION, Workspace
from analytics.errors import SchemaVersionError, WorkspaceError
from analytics.journal import Batch, Draw, Journal, Observation, Status


def a_batch(name: str, status: Status = "done") -> Batch:
    return Batch(
        batch_id=name,
        created_at=datetime(2025, 3, 1, 6, 0, tzinfo=UTC),
        file="cycles.csv",
        member="",
        table="cycles",
        sha256="0" * 64,
        status=status,
        outcome={"read": 3, "loaded": 2, "duplicate": 0, "quarantined": 1},
    )


def test_settings_are_kept_for_the_next_opener(tmp_path: Path) -> None:
    with Journal(Workspace(tmp_path)) as journal:
        assert journal.get("timezone") is None
        assert journal.get("timezone", "unspecified") == "unspecified"
        journal.set("timezone", "Europe/Berlin")
        journal.set("timezone", "Europe/Madrid")
    with Journal(Workspace(tmp_path)) as journal:
        assert journal.get("timezone") == "Europe/Madrid"


def test_the_first_of_two_writers_wins_a_setting_that_is_set_once(tmp_path: Path) -> None:
    with Journal(Workspace(tmp_path)) as one, Journal(Workspace(tmp_path)) as other:
        assert one.get_or_set("salt", "a") == "a"
        assert other.get_or_set("salt", "b") == "a"


def test_a_batch_is_listed_when_it_is_done(tmp_path: Path) -> None:
    with Journal(Workspace(tmp_path)) as journal:
        journal.add_batch(a_batch("b1", "loading"))
        assert journal.batches() == []
        assert [batch.batch_id for batch in journal.batches("loading")] == ["b1"]
        journal.finish_batch("b1")
        assert journal.batches() == [a_batch("b1")]


def test_a_dropped_batch_is_forgotten(tmp_path: Path) -> None:
    with Journal(Workspace(tmp_path)) as journal:
        journal.add_batch(a_batch("b1", "loading"))
        journal.drop_batch("b1")
        assert journal.batches(None) == []


def test_a_saved_mapping_is_found_by_its_header_the_largest_first(tmp_path: Path) -> None:
    with Journal(Workspace(tmp_path)) as journal:
        journal.save_profile("small", {"table": "cycles", "columns": {"A": "station_id"}})
        journal.save_profile("large", {"table": "cycles", "columns": {"A": "station_id", "B": "ended_at"}})
        assert journal.find_profile(["A", "B", "C"]) == "large"
        assert journal.find_profile(["A", "C"]) == "small"
        assert journal.find_profile(["C"]) is None


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    Journal(workspace).close()
    con = sqlite3.connect(workspace.journal)
    con.execute(f"pragma user_version = {JOURNAL_SCHEMA_VERSION + 1}")
    con.close()
    with pytest.raises(SchemaVersionError, match="newer Walkaway"):
        Journal(workspace)


def test_many_may_open_a_new_journal_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changing a new file to WAL fails at once where another process does the same; SQLite does not wait."""
    refused: list[str] = []

    class Contended(sqlite3.Connection):
        def execute(self, statement: str, *given: Any) -> sqlite3.Cursor:
            if "journal_mode" in statement and len(refused) < 3:
                refused.append(statement)
                raise sqlite3.OperationalError("database is locked")
            return super().execute(statement, *given)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Contended))
    with Journal(Workspace(tmp_path)) as journal:
        assert journal.get_or_set("salt", "a") == "a"
    assert len(refused) == 3


def test_a_file_that_is_no_journal_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(WorkspaceError, match="cannot be used"):
        Journal(Workspace(tmp_path))


def a_draw(at: datetime) -> Draw:
    details, items = {"seed": 0}, [{"floor_s": 4.0}]
    return Draw(draw_id="A-1", created_at=at, mode="records", run_id="r", details=details, items=items)


def test_draws_and_what_was_seen_are_kept_and_the_latest_answer_stands(tmp_path: Path) -> None:
    at = datetime(2025, 3, 1, 6, 0, tzinfo=UTC)
    draw = Draw(
        draw_id="A-1",
        created_at=at,
        mode="records",
        run_id="r",
        details={"seed": 0},
        items=[{"floor_s": 4.0}],
    )
    first = Observation(draw_id="A-1", item=1, observer="o", loaded_at=at, answer={"slow": True})
    later = Observation(draw_id="A-1", item=1, observer="o", loaded_at=at, answer={"slow": False})
    with Journal(Workspace(tmp_path)) as journal:
        journal.add_draw(draw)
        journal.save_observations([first])
        journal.save_observations([later])
    with Journal(Workspace(tmp_path)) as journal:
        assert journal.draws() == [draw]
        assert journal.observations() == [later]


def test_observations_are_kept_all_or_none(tmp_path: Path) -> None:
    at = datetime(2025, 3, 1, 6, 0, tzinfo=UTC)
    good = Observation(draw_id="A-1", item=1, observer="o", loaded_at=at, answer={})
    broken = Observation(draw_id="A-1", item=2, observer="o", loaded_at=at, answer={"at": at})
    with Journal(Workspace(tmp_path)) as journal:
        journal.add_draw(
            Draw(draw_id="A-1", created_at=at, mode="records", run_id="r", details={}, items=[{}])
        )
        with pytest.raises(TypeError, match="not JSON serializable"):
            journal.save_observations([good, broken])
        assert journal.observations() == []


def test_an_older_journal_gets_the_tables_it_lacks(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with Journal(workspace) as journal:
        journal.set("timezone", "Europe/Berlin")
    con = sqlite3.connect(workspace.journal)
    con.execute("drop table audit_observations")
    con.execute("drop table audit_draws")
    con.execute("pragma user_version = 1")
    con.close()
    with Journal(workspace) as journal:
        assert journal.draws() == []
        assert journal.get("timezone") == "Europe/Berlin"
