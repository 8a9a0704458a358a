"""A file too big for memory is loaded as a small one is: limits of a few records, and the same outcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics.config import Workspace
from analytics.ingest import IngestOptions, ingest_files, read_quarantine, stage
from analytics.warehouse import open_warehouse

Written = Callable[..., Path]

HEADER = "line_id,station_id,started_at,ended_at,serial\n"


def cycles(count: int, station: str = "S1", line: str = "L1", first: int = 0) -> str:
    return "".join(
        f"{line},{station},2025-03-03 {6 + n // 60:02d}:{n % 60:02d}:00,"
        f"2025-03-03 {6 + n // 60:02d}:{n % 60:02d}:50,{station}U{n}\n"
        for n in range(first, first + count)
    )


MIXED = (
    HEADER
    + cycles(40)
    + cycles(5)  # again, with their serials: duplicates
    + "L1,S1,never,2025-03-03 06:00:00,X1\nL1,S1,2025-03-03 06:00:00\n"
    + cycles(30, "S2")
    + "".join("L1,S3,2025-03-03 06:00:00,2025-03-03 06:00:50,\n" for _ in range(5))  # equal, without an id
    + cycles(10, "S9", "L1")
    + cycles(10, "S9", "L2")
    + cycles(3, "S9", "", first=50)  # which of the two S9?
)
# The clock falls back at 03:00; the file runs on, and one station of it does not.
AUTUMN = "station_id,started_at,ended_at\n" + "".join(
    f"S{station},2025-10-26 0{hour}:{minute:02d}:00,2025-10-26 0{hour}:{minute:02d}:40\n"
    for hour in (1, 2, 2, 3)
    for minute in range(0, 60, 5)
    for station in (1, 2)
)
BY_GUESS = AUTUMN + "S3,2025-10-26 02:30:00,2025-10-26 02:30:40\nS3,2025-10-26 02:10:00,2025-10-26 02:10:40\n"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    def choose(small: bool) -> None:
        monkeypatch.setattr(stage, "KEPT_ROWS", 10 if small else 1 << 19)
        monkeypatch.setattr(stage, "BATCH_ROWS", 16 if small else 122_880)

    return choose


def loaded(place: Workspace, path: Path, **options: Any) -> tuple[dict[str, Any], pl.DataFrame, pl.DataFrame]:
    (outcome,) = ingest_files(place, [path], IngestOptions(**options))
    assert outcome.loaded + outcome.duplicate + outcome.quarantined == outcome.read or outcome.failed
    with open_warehouse(place, read_only=True) as con:
        rows = con.sql(
            "select * exclude (batch_id, content_hash), content_hash::varchar as hash from cycles"
            " order by record_id"
        ).pl()
    return outcome.to_json(), rows, read_quarantine(place).drop("batch_id")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (MIXED, {}),
        (MIXED, {"timezone": "Europe/Berlin"}),
        (AUTUMN, {"timezone": "Europe/Berlin"}),
        (BY_GUESS, {"timezone": "Europe/Berlin"}),
        (HEADER + "L1,S1,never,never,U1\n" * 20 + cycles(15), {}),
    ],
)
def test_the_outcome_does_not_depend_on_where_the_records_wait(
    text: str, options: dict[str, Any], written: Written, tmp_path: Path, tiny: Callable[[bool], None]
) -> None:
    path = written(text)
    found = []
    for small in (False, True):
        tiny(small)
        place = Workspace(tmp_path / f"plant{small}")
        first = written(HEADER + cycles(20, first=30) + cycles(2, "S4"), name="first.csv")
        loaded(place, first, **options)  # a part of the records is there already
        found.append([loaded(place, path, **options), loaded(place, path, **options)])
    for (told, rows, rejects), (told_small, rows_small, rejects_small) in zip(*found, strict=True):
        assert told == told_small
        assert_frame_equal(rows, rows_small)
        assert_frame_equal(rejects, rejects_small)


@pytest.mark.parametrize("choice", [None, "replace", "keep"])
def test_corrections_are_found_in_whatever_batch_they_are(
    choice: str | None, written: Written, tmp_path: Path, tiny: Callable[[bool], None]
) -> None:
    before = written(HEADER + cycles(40), name="before.csv")
    corrected = cycles(40).replace("06:33:50", "06:33:59").replace("06:05:50", "06:05:59")
    after = written(HEADER + corrected + cycles(10, "S2"), name="after.csv")
    found = []
    for small in (False, True):
        tiny(small)
        place = Workspace(tmp_path / f"plant{small}")
        loaded(place, before)
        found.append(loaded(place, after, on_overlap=choice))
    assert found[0][0] == found[1][0]
    assert_frame_equal(found[0][1], found[1][1])
    told, rows, _ = found[1]
    if choice is None:
        assert "line 7: " in told["error"]
        assert rows.height == 40
    else:
        assert (told["loaded"], told["duplicate"]) == ((12, 38) if choice == "replace" else (10, 40))
        assert rows.height == 50


def test_what_a_killed_load_wrote_beside_the_warehouse_is_removed_by_the_next(
    written: Written, tmp_path: Path
) -> None:
    place = Workspace(tmp_path / "plant")
    left = place.root / "warehouse.duckdb.tmp"
    left.mkdir(parents=True)
    (left / "duckdb_temp_1_storage.tmp").write_bytes(b"records")
    loaded(place, written(MIXED))
    assert not left.exists()


def test_a_dry_run_of_a_big_file_says_the_same_and_leaves_nothing(
    written: Written, tmp_path: Path, tiny: Callable[[bool], None]
) -> None:
    tiny(True)
    path, place = written(MIXED), Workspace(tmp_path / "plant")
    (dry,) = ingest_files(place, [path], IngestOptions(dry_run=True))
    assert not place.root.exists()
    (real,) = ingest_files(place, [path])
    assert dry.to_json() == real.to_json()


def test_progress_moves_while_reading_and_while_loading(
    written: Written, tmp_path: Path, tiny: Callable[[bool], None]
) -> None:
    tiny(True)
    shares: list[tuple[str, float]] = []
    ingest_files(Workspace(tmp_path / "plant"), [written(MIXED)], progress=lambda *step: shares.append(step))
    told = [share for _, share in shares]
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len({share for stage_, share in shares if stage_.startswith("loading")}) > 5
