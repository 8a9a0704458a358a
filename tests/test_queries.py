"""Statements by name, with the header that describes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics import queries
from analytics.queries import names, query


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sql/ folder of the test's own."""
    monkeypatch.setattr(queries, "resources", lambda: tmp_path)
    query.cache_clear()
    (tmp_path / "sql" / "some").mkdir(parents=True)
    yield tmp_path / "sql" / "some"
    query.cache_clear()


def test_a_header_is_read_field_by_field(folder: Path) -> None:
    (folder / "thing.sql").write_text(
        "-- purpose: what it is for,\n--   on two lines\n"
        "-- parameters: $from_at timestamp, $ids varchar[]\n"
        "-- grain: one row per thing\n"
        "-- columns:\n--   thing_id varchar  which\n--   size_s   double   how long, seconds\n\n"
        "select 1;\n"
    )

    statement = query("some/thing")

    assert statement.purpose == "what it is for, on two lines"
    assert statement.parameters == {"from_at": "timestamp", "ids": "varchar[]"}
    assert statement.grain == "one row per thing"
    assert statement.columns == {"thing_id": "varchar", "size_s": "double"}


def test_a_comment_below_the_header_is_not_part_of_it(folder: Path) -> None:
    (folder / "thing.sql").write_text(
        "-- purpose: p\n-- parameters: none\n-- grain: none\n-- columns: none\n\n"
        "-- columns: not these\nselect 1;\n"
    )

    assert query("some/thing").columns == {}


def test_a_missing_statement_names_its_neighbours(folder: Path) -> None:
    (folder / "near.sql").write_text("-- purpose: p\n")

    with pytest.raises(ValueError, match=r"no statement 'some/far'.*near"):
        query("some/far")


def test_a_header_that_lacks_a_field_is_refused(folder: Path) -> None:
    (folder / "thing.sql").write_text("-- purpose: p\n-- grain: none\n\nselect 1;\n")

    with pytest.raises(ValueError, match=r"lacks \['columns', 'parameters'\]"):
        query("some/thing")


def test_names_are_sorted_and_of_one_folder() -> None:
    listed = names("warehouse")

    assert listed == sorted(listed)
    assert "warehouse/cycles" in listed
    assert not [name for name in listed if not name.startswith("warehouse/")]
