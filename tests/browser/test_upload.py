"""A visitor with a browser: uploads exports, analyzes them, reads the answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from analytics.charts import words
from analytics.config import Workspace
from analytics.results import quantity_from_json
from analytics.runs import find_run, read_report
from analytics.serve import serve
from analytics.simulate import simulate, write_plant

pytestmark = pytest.mark.browser

SLOW_MS = 90_000


def test_uploaded_exports_become_the_answer_on_the_gap_report(
    page: Page, workspace: Workspace, tmp_path: Path, port: int
) -> None:
    plant = simulate("small", 5)
    exports = {path.name: path for path in write_plant(plant, tmp_path / "exports", "csv")}
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if _leaves(request.url) else None)

    with serve(workspace, port=port) as dashboard:
        page.goto(dashboard.url)
        expect(page.get_by_text("There is nothing to show yet")).to_be_visible(timeout=SLOW_MS)

        page.get_by_role("link", name="Open Upload").click()
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
            [exports["cycles.csv"], exports["andon_calls.csv"]]
        )
        expect(page.get_by_role("button", name="Load", exact=True)).to_be_enabled(timeout=SLOW_MS)
        page.get_by_role("button", name="Load", exact=True).click()
        expect(page.get_by_text("What became of every record")).to_be_visible(timeout=SLOW_MS)
        loaded = words.number(plant.tables["cycles"].height)
        expect(page.get_by_text(loaded, exact=True).first).to_be_visible()

        page.get_by_role("button", name="Analyze", exact=True).click()
        expect(page.get_by_role("heading", name="Gap report")).to_be_visible(timeout=SLOW_MS)
        headline = page.locator(".wa-headline")
        expect(headline).to_contain_text("ran without a call", timeout=SLOW_MS)

        report = read_report(find_run(workspace))
        count = quantity_from_json(report["demand"]["undetected"]["count"])
        shown = words.number(count.upper if count.lower == 0 else count.value)
        expect(headline).to_contain_text(shown)
        expect(page.get_by_role("alert")).to_have_count(0)

    assert not outside, "the pages asked another machine for something"
    assert not list(workspace.root.rglob("*.csv")), "an uploaded file was left behind"


def _leaves(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:"))
