"""Parts per interval: nothing about single cycles; output and rate against the standard all the same."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.ingest import preview
from tests.ingest.conftest import Load, Rows
from tests.ingest.shapes.conftest import Report, Table, at

HEAD = "Zeitpunkt,Maschine,Stückzahl"


def beats(n: int = 300, every_s: int = 300, seed: int = 1) -> list[tuple[str, str, int]]:
    parts = np.random.default_rng(seed).poisson(28, n)
    return [(at(every_s * i), "A", int(count)) for i, count in enumerate(parts)]


def test_every_interval_is_a_record_with_its_quantity(table: Table, load: Load, rows: Rows) -> None:
    lines = beats()
    lines[40:50] = [(when, machine, 0) for when, machine, _ in lines[40:50]]
    outcome = load(table(HEAD, lines))
    assert (outcome.shape, outcome.loaded, outcome.derived) == ("part_counts", 300, {"cycles": 300})
    cycles = rows("cycles")
    assert (cycles["ended_at"] - cycles["started_at"]).dt.total_seconds().unique().to_list() == [300]
    assert cycles["quantity"].sum() == sum(count for _, _, count in lines)
    assert {c.code for c in outcome.caveats} >= {"counts_only", "interval_begin"}


def test_claims_about_single_cycles_are_refused_and_the_rest_is_answered(
    table: Table, load: Load, report: Report
) -> None:
    lines = beats()
    load(table(HEAD, lines))
    load(table("station_id,standard_cycle_s", [("A", 10)], "standards.csv"))
    told = report()
    count = told["demand"]["undetected"]["count"]
    assert "single cycles cannot be seen" in count["unavailable"]
    assert "one row a cycle" in count["needed"]
    assert any(c["code"] == "several_parts" and c["severity"] == "serious" for c in told["caveats"])
    parts = sum(count for _, _, count in lines)
    (station,) = told["output"]["station"]
    assert told["output"]["records_of_several_parts"] == 300
    assert (station["parts"], station["hours"]) == (parts, pytest.approx(25.0))
    assert station["effectiveness"] == pytest.approx(parts * 10 / (25 * 3600), rel=1e-6)


def test_without_a_standard_the_rate_says_what_it_needs(table: Table, load: Load, report: Report) -> None:
    load(table(HEAD, beats(120)))
    (station,) = report()["output"]["station"]
    assert "standard_cycle_s" in station["effectiveness"]["needed"]
    assert station["parts_per_hour"] > 0


@pytest.mark.parametrize(("every_s", "words"), [(60, "a minute"), (900, "15 minutes"), (3600, "an hour")])
def test_the_length_of_the_interval_is_told(every_s: int, words: str, table: Table) -> None:
    seen = preview(table(HEAD, beats(80, every_s)))
    assert seen.shape == "part_counts"
    assert words in " ".join(seen.evidence)


def test_an_interval_with_both_ends_keeps_them(table: Table, load: Load, rows: Rows) -> None:
    parts = np.random.default_rng(2).poisson(9, 60)
    lines = [("A", at(60 * i), at(60 * i + 60), int(count)) for i, count in enumerate(parts)]
    outcome = load(table("machine,from,to,parts", lines))
    assert outcome.shape == "part_counts"
    assert all(c.code != "interval_begin" for c in outcome.caveats)
    assert rows("cycles")["started_at"].n_unique() == 60


def test_cycles_of_a_steady_machine_are_no_heartbeats(table: Table, load: Load) -> None:
    rng = np.random.default_rng(4)
    ends = np.cumsum(rng.normal(60, 0.6, 200))
    lines = [(at(float(end)), "A", int(q)) for end, q in zip(ends, rng.integers(14, 17, 200), strict=True)]
    assert load(table(HEAD, lines)).shape is None
