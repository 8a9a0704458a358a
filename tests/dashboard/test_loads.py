"""The loads on the Upload page: listed, undone after a question, and what a corrected export changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analytics.config import Workspace
from analytics.ingest import IngestOptions, ingest_files
from analytics.journal import Journal
from analytics.watch import Plan, watch
from tests.dashboard.pages import open_page, text
from tests.dashboard.test_upload_page import give, press

CYCLES = """station_id,started_at,ended_at,serial
S1,2025-03-03 06:00:00,2025-03-03 06:01:00,U1
S1,2025-03-03 06:01:00,2025-03-03 06:02:01,U2
"""
CORRECTED = CYCLES.replace("06:02:01", "06:02:30")


def states(workspace: Workspace) -> list[str]:
    with Journal(workspace) as journal:
        return [batch.status for batch in journal.batches(None)]


def buttons(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def test_a_load_is_undone_after_a_question(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "cycles.csv").write_text(CYCLES)
    ingest_files(workspace, [tmp_path / "cycles.csv"])
    at = open_page(monkeypatch, workspace, "upload")
    assert "Loads (1)" in text(at)
    assert "Undo this load" not in buttons(at)
    choice = next(box for box in at.selectbox if box.label == "Take a load out again")
    assert "2 loaded into cycles" in choice.options[0]
    at = choice.select_index(0).run()
    at = press(at, "Undo")
    assert "its records leave the workspace" in text(at)
    assert states(workspace) == ["done"], "nothing happens before the second yes"
    at = press(at, "Leave it")
    assert "Undo this load" not in buttons(at)
    at = press(press(at, "Undo"), "Undo this load")
    assert not at.exception
    assert [told.value for told in at.success] == ["cycles.csv undone: 2 records out of cycles."]
    assert states(workspace) == ["undone"]
    assert "Take a load out again" not in [box.label for box in at.selectbox]


def test_a_correction_says_what_it_would_change_and_the_choice_replaces(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "cycles.csv").write_text(CYCLES)
    ingest_files(workspace, [tmp_path / "cycles.csv"])
    at = give(open_page(monkeypatch, workspace, "upload"), "corrected.csv", CORRECTED.encode())
    at = press(at, "Load")
    assert "1 cycle loaded before with other values" in text(at)
    table = at.dataframe[0].value
    assert table.iloc[0].to_dict() == {
        "column": "ended_at",
        "records": 1,
        "line": 3,
        "before": "2025-03-03 06:02:01",
        "after": "2025-03-03 06:02:30",
    }
    at = give(open_page(monkeypatch, workspace, "upload"), "corrected.csv", CORRECTED.encode())
    choice = next(radio for radio in at.radio if radio.label.startswith("Records that are loaded already"))
    at = press(choice.set_value("replace").run(), "Load")
    assert "replaced by those of this file" in text(at)
    with Journal(workspace) as journal:
        origins = [batch.outcome["origin"]["way"] for batch in journal.batches()]
    assert origins == ["command line", "page"]


def test_what_a_watched_folder_set_aside_is_listed_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, tmp_path: Path
) -> None:
    class Never:
        def is_set(self) -> bool:
            return False

        def wait(self, timeout: float) -> bool:  # noqa: ARG002
            return False

    folder = tmp_path / "arriving"
    folder.mkdir()
    (folder / "bad.csv").write_text("no,table\n1,2\n")
    workspace.create()
    ticks = iter(range(0, 1000, 10))
    options = IngestOptions(way="watch")
    plan = Plan(folder=folder, options=options, once=True, analyze_every_s=None)
    list(watch(workspace, plan, Never(), now_s=lambda: float(next(ticks))))
    at = open_page(monkeypatch, workspace, "upload")
    assert "Set aside in a watched folder (1)" in text(at)
    shown = at.dataframe[-1].value
    assert shown["file"][0].endswith("bad.csv")
    assert shown["reason"][0]
