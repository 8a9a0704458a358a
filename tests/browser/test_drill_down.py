"""A click on a chart narrows the pages down; the URL carries it, to other pages and to other people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from analytics.charts import words
from analytics.config import Workspace
from analytics.serve import serve
from tests.dashboard.make_run import make_run

pytestmark = pytest.mark.browser

SLOW_MS = 60_000


@pytest.mark.parametrize("width", [1440, 390])
def test_a_click_on_a_bar_becomes_a_filter_that_the_url_carries(
    page: Page, workspace: Workspace, width: int, port: int
) -> None:
    report = make_run(workspace)
    page.set_viewport_size({"width": width, "height": 1200})
    with serve(workspace, port=port) as dashboard:
        page.goto(f"{dashboard.url}/pareto")
        bar = page.locator(".js-plotly-plot").first.locator(".trace.bars .point path").first
        expect(bar).to_be_visible(timeout=SLOW_MS)
        click_until(lambda: bar.click(force=True), page.get_by_text("Filters are set"))
        page.wait_for_function("location.search.includes('station=')", timeout=SLOW_MS)

        query = page.evaluate("location.search")
        station = page.evaluate("new URLSearchParams(location.search).get('station')")
        page.goto(f"{dashboard.url}/{query}")
        wanted = next(row for row in report["by"]["station"] if row["station_id"] == station)
        shown = words.number(wanted["undetected"]["count"]["value"])
        expect(page.locator(".wa-headline")).to_contain_text(shown, timeout=SLOW_MS)
        assert fits(page), "something is wider than the screen"


def test_a_click_on_a_cell_opens_that_station_and_day(page: Page, workspace: Workspace, port: int) -> None:
    make_run(workspace)
    with serve(workspace, port=port) as dashboard:
        page.goto(f"{dashboard.url}/detection-gaps?at_line=Assembly&at_station=A10&at_day=2026-03-02")
        cells = page.locator(".js-plotly-plot").first.locator(".hm")
        expect(cells).to_be_visible(timeout=SLOW_MS)

        def click_cell() -> None:
            box = cells.bounding_box()
            assert box is not None
            # Ten days by four stations: the middle of the fourth day at the third station.
            page.mouse.click(box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.625)

        click_until(click_cell, page.get_by_role("heading", name="A30 on Thu 5 Mar: the cycles"))


def click_until(click: Callable[[], None], shown: Locator) -> None:
    """Click until something is shown: a chart is drawn before it listens, and nothing tells when it does."""
    for _ in range(10):
        shown.page.wait_for_timeout(1000)
        if not shown.is_visible():
            click()
        try:
            expect(shown).to_be_visible(timeout=SLOW_MS / 10)
        except AssertionError:
            continue
        return
    expect(shown).to_be_visible()


def fits(page: Page) -> bool:
    """Tell whether the page scrolls down only."""
    inner = "document.querySelector('[data-testid=\"stMain\"]')"
    return bool(page.evaluate(f"{inner}.scrollWidth <= {inner}.clientWidth"))
