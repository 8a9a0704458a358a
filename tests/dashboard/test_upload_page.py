"""The Upload page without a browser: recognised, asked, loaded, analyzed, and what is told when it is not."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.config import Workspace
from analytics.journal import Journal
from analytics.runs import find_run, list_runs
from analytics.simulate import simulate, write_plant
from dashboard import jobs, uploads
from tests.dashboard.pages import open_page, text

CYCLES = "Station;Start;Ende\n" + "".join(
    f"ST10;0{day}/03/2025 06:{minute:02d}:00;0{day}/03/2025 06:{minute:02d}:50\n"
    for day in range(1, 10)
    for minute in range(40)
)


def press(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


def give(at: AppTest, name: str, data: bytes) -> AppTest:
    at.file_uploader[0].upload(name, data)
    return at.run()


def test_a_file_is_recognised_asked_about_and_loaded(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    at = give(open_page(monkeypatch, workspace, "upload"), "zyklen.csv", CYCLES.encode())
    assert next(box for box in at.selectbox if box.label == "Holds").value == "cycles"
    assert next(button for button in at.button if button.label == "Load").disabled
    question = at.radio[0]
    assert "day first or month first" in question.label
    assert "01/03/2025" in question.label, "the question shows rows of the file"

    at = question.set_value("dayfirst").run()
    at = press(at, "Load")
    assert not at.exception
    assert not at.error
    told = text(at)
    assert "360" in told
    assert "zyklen.csv" in told
    with Journal(workspace) as journal:
        assert [batch.outcome["loaded"] for batch in journal.batches()] == [360]
    assert not left_over(workspace)


def test_a_second_load_of_the_same_file_loads_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    for _ in range(2):
        at = give(open_page(monkeypatch, workspace, "upload"), "zyklen.csv", CYCLES.encode())
        at = next(radio for radio in at.radio if "day first" in radio.label).set_value("dayfirst").run()
        at = press(at, "Load")
    assert "was loaded before" in text(at)


def test_another_shape_is_recognised_with_its_evidence_and_loaded(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    beats = "machine,timestamp,parts\n" + "".join(
        f"A,2025-03-03 {6 + n // 12:02d}:{5 * n % 60:02d}:00,{20 + n * 7 % 13}\n" for n in range(120)
    )
    at = give(open_page(monkeypatch, workspace, "upload"), "beats.csv", beats.encode())
    assert next(box for box in at.selectbox if box.label == "Holds").value == "part_counts"
    assert "no single cycle can be seen" in text(at)
    at = press(at, "Load")
    assert not at.exception
    told = text(at)
    assert "120 records of cycles" in told
    assert "5 minutes" in told


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "PNG"),
        ("empty.csv", b"", "empty"),
    ],
)
def test_what_is_no_table_is_refused_kindly(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, name: str, data: bytes, told: str
) -> None:
    at = give(open_page(monkeypatch, workspace, "upload"), name, data)
    assert not at.exception
    assert told in "\n".join(error.value for error in at.error)
    assert next(button for button in at.button if button.label == "Load").disabled


def test_analyze_publishes_a_run_and_shows_it(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, tmp_path: Path
) -> None:
    exports = {path.name: path for path in write_plant(simulate("small", 5), tmp_path / "out", "csv")}
    stages: list[str] = []
    jobs.load(workspace, exports["cycles.csv"], uploads_options(), lambda stage, _: stages.append(stage))
    assert any("cycles.csv" in stage for stage in stages)

    at = open_page(monkeypatch, workspace, "upload")
    at = press(at, "Analyze")
    assert not at.exception
    run = find_run(workspace)
    assert at.title[0].value == "Gap report"
    assert at.sidebar.selectbox(key="run").value == run.id

    # With a filter and a run in the URL it leads to the new answer all the same.
    station = at.sidebar.multiselect(key="station").options[0]
    at = press(open_page(monkeypatch, workspace, "upload", station=station, run=run.id), "Analyze")
    assert not at.exception
    assert at.title[0].value == "Gap report"
    assert at.sidebar.selectbox(key="run").value == find_run(workspace).id != run.id
    assert at.sidebar.multiselect(key="station").value == [station]


@pytest.fixture(autouse=True)
def own_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Uploads of other tests, at the same time or left behind, are none of ours."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


@pytest.fixture
def let_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An analysis says one stage, waits until this file exists, and only then does its work."""
    gate = tmp_path / "let_go"
    worker = f"""
import json, pathlib, time
print(json.dumps({{"stage": "waiting", "share": 0.0}}), flush=True)
while not pathlib.Path({str(gate)!r}).exists():
    time.sleep(0.01)
from dashboard.jobs import main
main()
"""
    command = jobs.worker_command

    def gated(task: dict[str, Any]) -> list[str]:
        return (
            [sys.executable, "-c", worker, *command(task)[-1:]]
            if task["task"] == "analyze"
            else command(task)
        )

    monkeypatch.setattr(jobs, "worker_command", gated)
    return gate


def test_an_analysis_goes_on_when_its_visitor_leaves(workspace: Workspace, let_go: Path) -> None:
    load_small_plant(workspace, let_go.parent)

    class Left(BaseException):
        """As Streamlit stops a script, it is no Exception."""

    def leave(_stage: str, _share: float) -> None:
        raise Left

    with pytest.raises(Left):
        jobs.analyze(workspace, leave)
    assert jobs.analyzing(workspace)
    run_id = jobs.analyze(workspace, lambda *_: let_go.touch())
    assert [run.id for run in list_runs(workspace)] == [run_id], "who comes back follows the same analysis"
    assert not jobs.analyzing(workspace)


def test_a_visitor_can_leave_while_nothing_new_is_said(workspace: Workspace, let_go: Path) -> None:
    """One stage is told three times, since only the third lets the analysis go on."""
    load_small_plant(workspace, let_go.parent)
    told: list[tuple[str, float]] = []

    def listen(stage: str, share: float) -> None:
        told.append((stage, share))
        if len(told) == 3:
            let_go.touch()

    jobs.analyze(workspace, listen)
    assert told[:3] == [("waiting", 0.0)] * 3
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_an_analysis_without_data_says_why(workspace: Workspace) -> None:
    with pytest.raises(jobs.JobError) as failure:
        jobs.analyze(workspace, lambda *_: None)
    assert "No data" in failure.value.message
    assert failure.value.hint


def test_nothing_of_an_upload_stays_on_disk_even_when_it_is_never_loaded(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    at = give(open_page(monkeypatch, workspace, "upload"), "zyklen.csv", CYCLES.encode())
    assert "zyklen.csv" in text(at)
    assert not left_over(workspace)


def test_an_upload_is_private_and_removed_whatever_happens_while_it_is_read() -> None:
    held = uploads.on_disk(Given(b"x"))
    path = held.__enter__()
    assert path.read_bytes() == b"x"
    assert path.parent.parent.stat().st_mode & 0o077 == 0
    uploads.sweep(time.time() + 90_000)
    assert path.exists(), "what is being read is never swept"
    assert not held.__exit__(ValueError, ValueError("unreadable"), None)
    assert not path.parent.parent.exists()


def test_what_a_killed_server_left_behind_is_removed_after_an_hour() -> None:
    left = Path(tempfile.mkdtemp(prefix="walkaway-upload-"))
    (left / "cycles.csv").write_text("x")
    uploads.sweep()
    assert left.exists()
    old = time.time() - 4_000
    os.utime(left, (old, old))
    uploads.sweep()
    assert not left.exists()


def test_a_file_that_cannot_be_read_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    at = open_page(monkeypatch, workspace, "upload")
    at.file_uploader[0].upload("zyklen.csv", CYCLES.encode())
    at.file_uploader[0].upload("broken.csv", b"")
    at = at.run()
    at = next(radio for radio in at.radio if "day first" in radio.label).set_value("dayfirst").run()
    assert "Left out" in text(at)
    at = press(at, "Load 1 of 2 files")
    with Journal(workspace) as journal:
        assert [batch.outcome["loaded"] for batch in journal.batches()] == [360]
    assert "broken.csv** was not loaded" in text(at)


def test_a_column_that_names_people_is_said_to_be_dropped(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    data = "Station;Ende;Taktzeit;Werker\nST10;2025-03-31 06:00:50;50;Mia\nST10;2025-03-31 06:01:50;51;Ben\n"
    at = give(open_page(monkeypatch, workspace, "upload"), "zyklen.csv", data.encode())
    assert "Operator column 'Werker' will be dropped" in text(at)
    assert "Mia" not in text(at)


class Given(io.BytesIO):
    """What Streamlit hands over."""

    name, file_id = "cycles.csv", "abc"


def left_over(place: Workspace) -> list[Path]:
    """Return the uploads on disk, in the workspace and beside it."""
    return [
        *place.root.rglob("zyklen*"),
        *Path(tempfile.gettempdir()).glob("walkaway-upload-*/*/zyklen*"),
    ]


def load_small_plant(place: Workspace, folder: Path) -> None:
    exports = {path.name: path for path in write_plant(simulate("small", 5), folder / "out", "csv")}
    jobs.load(place, exports["cycles.csv"], uploads_options(), lambda *_: None)


def uploads_options() -> jobs.IngestOptions:
    return jobs.IngestOptions(timezone="Europe/Berlin")
