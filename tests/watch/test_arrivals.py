"""Which files count as complete: those that stay as they are, under a name of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.watch.arrivals import Seen, Settling, look, passed_over


@pytest.mark.parametrize(
    "name",
    ["~$a.xlsx", ".a.csv", "a.csv.part", "a.CSV.TMP", "a.crdownload", "a.csv.filepart", "a.lock", "a.csv~",
     "Thumbs.db", "desktop.ini", "a.csv.refused.txt"],
)  # fmt: skip
def test_unfinished_and_foreign_names_are_passed_over(name: str) -> None:
    assert passed_over(name)


@pytest.mark.parametrize("name", ["a.csv", "part.csv", "tmp.xlsx", "Zyklen März.csv", "a.gz", "day1"])
def test_names_of_exports_are_not(name: str) -> None:
    assert not passed_over(name)


def test_a_look_returns_files_by_name_and_enters_folders_only_if_told(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "inside/c.csv", ".hidden/d.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [path.name for path in look(tmp_path)] == ["a.csv", "b.csv"]
    assert [path.name for path in look(tmp_path, subfolders=True)] == ["a.csv", "b.csv", "c.csv"]
    with pytest.raises(OSError, match="No such file"):
        look(tmp_path / "gone")


def test_a_file_settles_after_its_last_change(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x")
    settling = Settling(5.0)
    assert settling.settled({path: Seen(1, 1)}, 0.0) == []
    assert settling.settled({path: Seen(2, 1)}, 4.0) == [], "it grew"
    assert settling.settled({path: Seen(2, 2)}, 8.0) == [], "it was written again"
    assert settling.settled({path: Seen(2, 2)}, 12.9) == []
    assert settling.settled({path: Seen(2, 2)}, 13.0) == [path]


def test_a_file_that_cannot_be_opened_waits(tmp_path: Path) -> None:
    gone = tmp_path / "gone.csv"
    settling = Settling(0.0)
    assert settling.settled({gone: Seen(1, 1)}, 1.0) == []
