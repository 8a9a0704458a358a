"""Records on their way: the same in memory and on disk, in order, in batches, and gone afterwards."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics.errors import WorkspaceError
from analytics.ingest import stage
from analytics.ingest.stage import Staged, stages

ROWS = pl.DataFrame(
    {
        "line": range(2, 102),
        "station_id": [f"S{number % 7}" for number in range(100)],
        "serial": [f"a serial of more than twelve letters {number}" for number in range(100)],
        "cycle_s": [None if number % 9 == 0 else number / 7 for number in range(100)],
    }
)


def filled(folder: Path, piece: int) -> Staged:
    staged = Staged(folder)
    for part in ROWS.iter_slices(piece):
        staged.add(part)
    return staged


@pytest.mark.parametrize("kept", [1, 50, 1000])
@pytest.mark.parametrize("piece", [1, 8, 100])
def test_batches_give_the_records_as_they_came(
    kept: int, piece: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stage, "KEPT_ROWS", kept)
    monkeypatch.setattr(stage, "BATCH_ROWS", 16)
    staged = filled(tmp_path, piece)
    for _ in range(2):  # as often as needed
        batches = list(staged.batches())
        assert [first for first, _ in batches] == list(range(0, 100, 16))
        assert_frame_equal(pl.concat([rows for _, rows in batches]), ROWS)
    assert (staged.height, staged.last_line, staged.nulls["cycle_s"]) == (100, 101, 12)
    staged.close()
    assert not list(tmp_path.iterdir())


def test_its_file_has_no_name_so_that_a_killed_process_leaves_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stage, "KEPT_ROWS", 1)
    staged = filled(tmp_path, 8)
    assert not list(tmp_path.iterdir())
    staged.close()


@pytest.mark.parametrize("kept", [1, 1000])
def test_what_is_moved_stands_in_its_new_place(
    kept: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stage, "KEPT_ROWS", kept)
    monkeypatch.setattr(stage, "BATCH_ROWS", 16)
    staged = filled(tmp_path, 8)
    staged.move(pl.DataFrame({"row": [0, 15, 16, 99], "cycle_s": [-1.0, None, -2.0, -3.0]}))
    found = pl.concat([rows for _, rows in staged.batches()])
    changed = (found["cycle_s"].ne_missing(ROWS["cycle_s"])).arg_true().to_list()
    assert changed == [0, 15, 16, 99]
    assert found["cycle_s"].gather([0, 15, 16, 99]).to_list() == [-1.0, None, -2.0, -3.0]
    assert_frame_equal(found.drop("cycle_s"), ROWS.drop("cycle_s"))
    staged.close()


def test_an_excerpt_is_everything_or_whole_stations_in_order() -> None:
    staged = Staged.of(ROWS)
    assert_frame_equal(staged.excerpt(100), ROWS)
    part = staged.excerpt(60)
    assert 40 < part.height <= 60
    names = part["station_id"].unique()
    assert_frame_equal(part, ROWS.filter(pl.col("station_id").is_in(names.to_list())))


def test_an_excerpt_of_one_long_station_is_its_beginning() -> None:
    rows = ROWS.with_columns(pl.lit("S1").alias("station_id"))
    assert_frame_equal(Staged.of(rows).excerpt(30), rows.head(30))
    assert_frame_equal(Staged.of(ROWS.drop("station_id")).excerpt(30), ROWS.drop("station_id").head(30))


def test_no_records_are_no_batches() -> None:
    assert list(Staged().batches()) == []
    assert Staged().excerpt(10).height == 0
    assert list(Staged.of(ROWS.clear()).batches()) == []


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stage, "KEPT_ROWS", 1)
    monkeypatch.setattr(stage.tempfile, "TemporaryFile", full)
    with pytest.raises(WorkspaceError, match="No space left on device") as refused:
        filled(tmp_path, 8)
    assert "Nothing was loaded" in str(refused.value.hint)


def test_where_the_workspace_is_missing_the_temporary_folder_serves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stage, "KEPT_ROWS", 1)
    with stages(tmp_path / "missing") as make:
        staged = make()
        staged.add(ROWS)
        assert sum(rows.height for _, rows in staged.batches()) == 100
