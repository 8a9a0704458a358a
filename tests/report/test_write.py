"""Is a published run written in every format, and does what a study says keep to the contract?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analytics.config import Workspace
from analytics.errors import UsageError
from analytics.report import check_report, render_html, render_xlsx, write
from analytics.runs import publish, read_report
from analytics.simulate import simulate
from analytics.study import study_tables
from analytics.warehouse import memory_warehouse
from tests.report.example import example


@pytest.mark.parametrize(("wanted", "start"), [("json", b"{"), ("html", b"<!doctype html>"), ("xlsx", b"PK")])
def test_a_run_is_written(wanted: str, start: bytes, workspace: Workspace, tmp_path: Path) -> None:
    target = tmp_path / "new folder" / f"gap.{wanted}"
    write(read_report(publish(workspace, example(), {})), target, wanted)
    assert target.read_bytes().startswith(start)
    if wanted == "json":
        assert json.loads(target.read_text(encoding="utf-8")) == example()


def test_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="docx"):
        write(example(), tmp_path / "gap.docx", "docx")


@pytest.mark.parametrize("scenario", ["default", "no_andon", "completion_only"])
def test_what_a_study_says_keeps_to_the_contract(scenario: str) -> None:
    with memory_warehouse(simulate(scenario, 1, 8_000).tables) as con:
        report = study_tables(con).report
    check_report(report)
    assert report["by"]["station"]
    assert "nan" not in render_html(report)
    assert render_xlsx(report)
