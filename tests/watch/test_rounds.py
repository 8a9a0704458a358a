"""A watched folder: complete files are loaded once, bad ones set aside, and nothing ends the rounds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.config import Workspace
from analytics.errors import NoDataError, UsageError
from analytics.ingest import FileOutcome, IngestOptions
from analytics.ingest.undo import undo
from analytics.journal import Journal
from analytics.runs import RunRef
from analytics.watch import Event, rounds
from analytics.watch.ledger import MOST_ATTEMPTS
from tests.watch.conftest import CYCLES, Watched, nothing

Loaded = Callable[[], int]


def happened(events: list[Event]) -> list[str]:
    return [event.what for event in events if event.what not in {"watching", "stopped"}]


def write(path: Path, text: str) -> Callable[[], object]:
    return lambda: path.write_text(text)


def test_a_file_is_loaded_once_it_stays_as_it_is(folder: Path, watched: Watched, loaded: Loaded) -> None:
    head, *records = CYCLES.splitlines(keepends=True)
    path = folder / "cycles.csv"
    events = watched(
        write(path, head + records[0]),
        write(path, head + "".join(records[:2])),
        write(path, CYCLES),
        nothing,
        nothing,
    )
    assert happened(events) == ["loaded"]
    assert loaded() == 3


def test_a_file_still_under_its_temporary_name_waits_for_its_own(
    folder: Path, watched: Watched, loaded: Loaded
) -> None:
    part = folder / "cycles.csv.part"
    part.write_text(CYCLES)
    (folder / "~$cycles.xlsx").write_text("lock")
    events = watched(nothing, nothing, lambda: part.rename(folder / "cycles.csv"), nothing)
    assert happened(events) == ["loaded"]
    assert loaded() == 3


def test_a_bad_file_is_set_aside_and_the_next_is_loaded(
    folder: Path, watched: Watched, loaded: Loaded
) -> None:
    (folder / "a.csv").write_text("no,table\n1,2\n")
    (folder / "b.csv").write_text(CYCLES)
    events = watched(nothing, nothing, nothing)
    assert happened(events) == ["refused", "loaded"]
    assert (folder / "a.csv").read_text() == "no,table\n1,2\n"
    reason = (folder / "a.csv.refused.txt").read_text()
    assert reason.startswith("Walkaway set this file aside: a.csv")
    assert events[1].outcomes[0].error is not None
    assert events[1].outcomes[0].error in reason
    assert loaded() == 3


def test_a_mended_file_is_loaded_and_its_reason_goes(folder: Path, watched: Watched, loaded: Loaded) -> None:
    path = folder / "cycles.csv"
    path.write_text("no,table\n1,2\n")
    events = watched(nothing, write(path, CYCLES), nothing, nothing)
    assert happened(events) == ["refused", "loaded"]
    assert sorted(file.name for file in folder.iterdir()) == ["cycles.csv"]
    assert loaded() == 3


def test_a_foreign_file_that_is_named_like_a_reason_stays(
    folder: Path, watched: Watched, workspace: Workspace
) -> None:
    (folder / "a.csv").write_text("no,table\n1,2\n")
    (folder / "a.csv.refused.txt").write_text("my own notes")
    watched(nothing, nothing)
    assert (folder / "a.csv.refused.txt").read_text() == "my own notes"
    assert len(list((workspace.root / "set_aside").iterdir())) == 1


def test_a_restart_goes_on_where_it_stopped(
    folder: Path, watched: Watched, loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text("no,table\n1,2\n")
    (folder / "b.csv").write_text(CYCLES)
    watched(nothing, nothing)
    (folder / "c.csv").write_text(CYCLES.replace("S1", "S2"))
    read: list[str] = []
    ingest = rounds.ingest_files
    monkeypatch.setattr(
        rounds, "ingest_files", lambda *given: read.append(given[1][0].name) or ingest(*given)
    )
    assert happened(watched(nothing, nothing)) == ["loaded"]
    assert read == ["c.csv"]
    assert loaded() == 6


def test_a_refused_file_is_tried_again_when_it_is_to_be_read_otherwise(
    folder: Path, watched: Watched, loaded: Loaded
) -> None:
    (folder / "a.csv").write_text(CYCLES)
    watched(nothing, nothing)
    (folder / "b.csv").write_text(CYCLES.replace("06:02:01,U2", "06:02:30,U2"))
    assert happened(watched(nothing, nothing)) == ["refused"]
    assert happened(watched(nothing, nothing)) == []
    replacing = IngestOptions(on_overlap="replace", way="watch")
    assert happened(watched(nothing, nothing, options=replacing)) == ["loaded"]
    assert not (folder / "b.csv.refused.txt").exists()
    assert loaded() == 3


def test_the_same_bytes_under_another_name_are_not_read_again(
    folder: Path, watched: Watched, loaded: Loaded
) -> None:
    (folder / "a.csv").write_text(CYCLES)
    again = folder / "b.csv"
    events = watched(nothing, lambda: shutil.copy(folder / "a.csv", again), nothing, nothing)
    assert happened(events) == ["loaded", "known"]
    assert loaded() == 3


def test_an_undone_file_comes_back_only_when_it_is_given_again(
    folder: Path, workspace: Workspace, watched: Watched, loaded: Loaded
) -> None:
    (folder / "a.csv").write_text(CYCLES)
    watched(nothing, nothing)
    with Journal(workspace) as journal:
        undo(workspace, journal.batches()[0].batch_id)
    assert happened(watched(nothing, nothing)) == []
    assert loaded() == 0
    (folder / "again.csv").write_text(CYCLES)
    assert happened(watched(nothing, nothing)) == ["loaded"]
    assert loaded() == 3


def test_a_folder_that_goes_away_is_waited_for(folder: Path, watched: Watched, loaded: Loaded) -> None:
    away = folder.with_name("elsewhere")
    (folder / "a.csv").write_text(CYCLES)
    events = watched(
        lambda: folder.rename(away), nothing, nothing, lambda: away.rename(folder), nothing, nothing
    )
    assert happened(events) == ["away", "back", "loaded"]
    assert "cannot be reached" in next(event.message for event in events if event.what == "away")
    assert loaded() == 3


def test_a_folder_that_never_was_is_refused_and_one_that_was_is_waited_for(
    folder: Path, watched: Watched
) -> None:
    (folder / "a.csv").write_text(CYCLES)
    away = folder.with_name("elsewhere")
    folder.rename(away)
    with pytest.raises(UsageError, match="There is no folder"):
        watched(nothing)
    away.rename(folder)
    watched(nothing, nothing)
    folder.rename(away)
    assert happened(watched(nothing, nothing)) == ["away"]


def test_a_workspace_that_is_busy_makes_the_file_wait_not_refused(
    folder: Path, watched: Watched, loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text(CYCLES)
    ingest = rounds.ingest_files
    answers = iter([FileOutcome(file="a.csv", error="It is in use.", later=True)] * 2)

    def busy_twice(*given: object) -> list[FileOutcome]:
        answer = next(answers, None)
        return ingest(*given) if answer is None else [answer]  # type: ignore[arg-type]

    monkeypatch.setattr(rounds, "ingest_files", busy_twice)
    events = watched(nothing, nothing, nothing, nothing)
    assert happened(events) == ["later", "loaded"], "what a file waits for is told once"
    assert loaded() == 3


def test_a_file_that_changes_while_it_is_read_is_looked_at_again(
    folder: Path, watched: Watched, loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "a.csv"
    path.write_text("no,table\n")
    ingest = rounds.ingest_files

    def while_written(*given: object) -> list[FileOutcome]:
        answer = ingest(*given)  # type: ignore[arg-type]
        path.write_text(CYCLES)
        return answer

    monkeypatch.setattr(rounds, "ingest_files", while_written)
    events = watched(nothing, nothing, nothing)
    assert happened(events)[:2] == ["later", "loaded"]
    assert loaded() == 3


def test_a_failure_in_a_reader_does_not_end_the_watch(
    folder: Path, watched: Watched, loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text(CYCLES)
    (folder / "b.csv").write_text(CYCLES)
    ingest = rounds.ingest_files

    def fails_on_a(*given: object) -> list[FileOutcome]:
        if given[1][0].name == "a.csv":  # type: ignore[index]
            raise RuntimeError("a mistake")
        return ingest(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(rounds, "ingest_files", fails_on_a)
    assert happened(watched(nothing, nothing)) == ["refused", "loaded"]
    assert "RuntimeError: a mistake" in (folder / "a.csv.refused.txt").read_text()
    assert loaded() == 3


def test_a_file_that_ends_the_process_again_and_again_is_set_aside(
    folder: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def dies(*_: object) -> list[FileOutcome]:
        raise Died

    (folder / "a.csv").write_text(CYCLES)
    monkeypatch.setattr(rounds, "ingest_files", dies)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(Died):
            watched(nothing, nothing)
    assert happened(watched(nothing, nothing)) == ["refused"]
    assert f"ended the program {MOST_ATTEMPTS} times" in (folder / "a.csv.refused.txt").read_text()


def test_once_deals_with_what_is_there_and_stops(folder: Path, watched: Watched, loaded: Loaded) -> None:
    (folder / "a.csv").write_text(CYCLES)
    growing = folder / "b.csv"
    growing.write_text(CYCLES.replace("S1", "S2"))
    events = watched(write(growing, CYCLES.replace("S1", "S2") * 2), nothing, nothing, once=True)
    assert [event.what for event in events] == ["watching", "loaded", "unfinished"]
    assert loaded() == 3


def test_a_dry_run_says_what_would_be_loaded_and_keeps_nothing(
    folder: Path, workspace: Workspace, watched: Watched
) -> None:
    (folder / "a.csv").write_text(CYCLES)
    (folder / "b.csv").write_text("no,table\n")
    dry = IngestOptions(dry_run=True, way="watch")
    assert happened(watched(nothing, options=dry, once=True)) == ["loaded", "refused"]
    assert not workspace.root.exists()
    assert len(list(folder.iterdir())) == 2


@pytest.fixture
def analyses(monkeypatch: pytest.MonkeyPatch) -> list[Workspace]:
    """Count the analyses in the place of making them."""
    made: list[Workspace] = []

    def none_to_make(place: Workspace, **_: object) -> RunRef:
        made.append(place)
        raise NoDataError("There is nothing to analyze.")

    monkeypatch.setattr(rounds, "analyze", none_to_make)
    return made


def test_analyzed_is_only_what_is_new_and_not_too_often(
    folder: Path, watched: Watched, analyses: list[Workspace]
) -> None:
    (folder / "a.csv").write_text(CYCLES)

    def later() -> None:
        (folder / "b.csv").write_text(CYCLES.replace("S1", "S2"))

    events = watched(nothing, later, *([nothing] * 12), every_s=10.0, analyze_every_s=60.0)
    assert happened(events) == ["loaded", "not analyzed", "loaded", "not analyzed"]
    assert len(analyses) == 2


def test_a_run_is_published_and_what_is_in_it_is_not_analyzed_again(
    folder: Path, workspace: Workspace, watched: Watched
) -> None:
    lines = [
        f"S{s},2025-03-0{day} {h:02d}:{m:02d}:00,2025-03-0{day} {h:02d}:{m:02d}:50,U{s}{day}{h}{m}"
        for s in (1, 2)
        for day in (3, 4)
        for h in range(6, 9)
        for m in range(60)
    ]
    (folder / "cycles.csv").write_text("\n".join(["station_id,started_at,ended_at,serial", *lines]) + "\n")
    events = watched(nothing, once=True, analyze_every_s=3600.0)
    assert [event.what for event in events] == ["watching", "loaded", "analyzed"]
    assert events[-1].run_id is not None
    assert happened(watched(nothing, once=True, analyze_every_s=3600.0)) == []
    with Journal(workspace) as journal:
        assert [batch.outcome["origin"]["way"] for batch in journal.batches()] == ["watch"]
