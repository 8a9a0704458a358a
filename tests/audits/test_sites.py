"""Two sites may use the same names: what was seen at one says nothing of the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from analytics.audits import windows
from analytics.audits.hours import usual_hours
from analytics.audits.population import Population, population
from analytics.audits.records import draw, reviewed_cycles
from analytics.audits.sheets import to_fill_in
from analytics.journal import AuditMode, Draw, Observation
from tests.audits.plant import NOW, studied


def two_sites(*, apart: timedelta = timedelta(0)) -> Population:
    """One plant's cycles at two sites that use the same names, the second somewhat later."""
    cycles = studied("default", 1, 30_000).cycles
    stamps = pl.col("started_at", "ended_at")
    return population(
        pl.concat(
            [
                cycles.with_columns(site_id=pl.lit("Aachen")),
                cycles.with_columns(stamps + apart, site_id=pl.lit("Bremen")),
            ]
        )
    )


def as_draw(mode: AuditMode, items: list[dict[str, Any]], sites: int = 2) -> Draw:
    return Draw(draw_id="A-1", created_at=NOW, mode=mode, run_id="run", details={"sites": sites}, items=items)


def drawn_windows(found: Population) -> list[dict[str, Any]]:
    first = found.cycles["ended_at"].min()
    assert isinstance(first, datetime)
    return windows.draw(
        found.cycles,
        usual_hours(found.cycles, "unspecified"),
        count=30,
        minutes=60,
        observers=3,
        first_day=first.date() + timedelta(days=1),
        timezone="unspecified",
        rng=np.random.default_rng(1),
    )


def observed(items: list[dict[str, Any]]) -> tuple[Draw, list[Observation]]:
    quiet = {"watched": True, "interruptions": []}
    seen = [
        Observation(draw_id="A-1", item=number, observer="o", loaded_at=NOW, answer=quiet)
        for number in range(1, len(items) + 1)
    ]
    return as_draw("windows", items), seen


def test_a_reviewed_cycle_is_found_at_its_own_site() -> None:
    found = two_sites()
    items = draw(found, 200, found.share(withheld=False), np.random.default_rng(1))
    rows = reviewed_cycles(items, found)
    assert found.cycles["site_id"].gather(rows).to_list() == [item["site_id"] for item in items]
    assert len({item["site_id"] for item in items}) == 2


def test_what_was_watched_at_one_site_is_nothing_seen_at_the_other() -> None:
    found = two_sites(apart=timedelta(minutes=7))
    items = drawn_windows(found)
    assert {item["site_id"] for item in items} == {"Aachen", "Bremen"}
    for item in items:
        pair = (as_draw("windows", [item]), observed([item])[1])
        rows = [one.row for one in windows.watched_cycles([pair], found)]
        beside = windows.while_watched(found.cycles, [pair])
        sites = {*found.cycles["site_id"].gather(rows), *found.cycles.filter(beside)["site_id"]}
        assert sites <= {item["site_id"]}
    assert windows.watched_cycles([observed(items)], found)


def test_a_draw_that_tells_no_site_counts_where_the_names_are_one_sites_alone() -> None:
    both = two_sites()
    one = population(both.cycles.filter(site_id="Aachen"))
    items = [{k: v for k, v in item.items() if k != "site_id"} for item in drawn_windows(both)]
    assert windows.watched_cycles([observed(items)], one)
    assert not windows.watched_cycles([observed(items)], both)
    cycles = draw(one, 60, one.share(withheld=False), np.random.default_rng(1))
    untold = [{k: v for k, v in item.items() if k != "site_id"} for item in cycles]
    assert (reviewed_cycles(untold, one) == reviewed_cycles(cycles, one)).all()
    assert (reviewed_cycles(untold, both) == -1).all()


def test_sheets_tell_the_site_where_there_are_several() -> None:
    found = two_sites()
    cycles = draw(found, 60, found.share(withheld=False), np.random.default_rng(1))
    for mode, items in (("records", cycles), ("windows", drawn_windows(found))):
        assert set(to_fill_in(as_draw(mode, items), "UTC")["site"]) == {"Aachen", "Bremen"}
        assert "site" not in to_fill_in(as_draw(mode, items, sites=1), "UTC").columns
