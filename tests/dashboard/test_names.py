"""Names come from the data: they may hold Markdown or HTML, and two lines may share them."""

from __future__ import annotations

from functools import cache

import polars as pl
import pytest

from analytics.config import Workspace
from analytics.runs import publish
from analytics.simulate import simulate
from analytics.study import Findings, study_tables
from analytics.warehouse import memory_warehouse
from dashboard import components
from dashboard.views import method
from tests.dashboard.pages import open_page

ODD = "*S* [open](https://localhost) <b>~1~</b> $x$"


@cache
def findings() -> Findings:
    """Return a plant of one line whose first station has such a name."""
    tables = dict(simulate("small", 3, 2_000).tables)
    first = tables["cycles"]["station_id"].min()
    renamed = pl.col("station_id").replace({first: ODD})
    tables = {
        name: table.with_columns(renamed) if "station_id" in table.columns else table
        for name, table in tables.items()
    }
    with memory_warehouse(tables) as con:
        return study_tables(con, seed=5)


@pytest.mark.parametrize("page", ["gap-report", "detection-gaps", "pareto", "types", "method"])
def test_markup_in_a_stations_name_stays_text(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, page: str
) -> None:
    publish(workspace, findings().report, findings().tables)
    at = open_page(monkeypatch, workspace, page, at_station=ODD)

    assert not at.exception
    said = [*at.markdown, *at.caption, *at.subheader, *at.info, *at.warning, *at.error]
    assert [element.value for element in said if "[open](" in element.value] == []
    if page == "detection-gaps":
        assert any(components.plain(ODD) in element.value for element in at.subheader)


def test_stations_that_two_lines_share_a_name_for_are_told_apart() -> None:
    places = [("L1", "S1"), ("L2", "S1"), (None, "S2")]

    assert method._named(places) == {"S1 (L1)": ("L1", "S1"), "S1 (L2)": ("L2", "S1"), "S2": (None, "S2")}
