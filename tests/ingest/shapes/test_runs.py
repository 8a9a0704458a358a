"""Runs with quantities: whole runs are put together again, and no single cycle is claimed from them."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.ingest import preview
from tests.ingest.conftest import Load, Rows
from tests.ingest.shapes.conftest import Report, Table, at

HEAD = "machine,order,start,end,quantity"
DAY = 86_400


def runs(n: int = 120, seed: int = 5) -> list[tuple[str, str, str, str, int]]:
    rng = np.random.default_rng(seed)
    lines, clock = [], 0
    for i in range(n):
        quantity = int(rng.integers(20, 200))
        end = clock + int(quantity * rng.normal(30, 1.5))
        lines.append(("P1", f"O{i}", at(clock), at(end), quantity))
        clock = end + int(rng.integers(60, 900))
    return lines


def test_a_run_is_one_record_with_its_quantity(table: Table, load: Load, rows: Rows) -> None:
    outcome = load(table(HEAD, runs()))
    assert (outcome.shape, outcome.loaded, outcome.derived) == (None, 120, {})
    assert "runs" in " ".join(outcome.evidence)
    assert rows("cycles")["quantity"].min() >= 20


def test_a_run_of_forty_parts_is_not_forty_observed_cycles(table: Table, load: Load, report: Report) -> None:
    lines = runs()
    load(table(HEAD, lines))
    load(table("station_id,standard_cycle_s", [("P1", 29)], "standards.csv"))
    told = report()
    assert "single cycles cannot be seen" in told["demand"]["undetected"]["count"]["unavailable"]
    assert told["exposure"]["excluded"] == {"masked": 120}
    (station,) = told["output"]["station"]
    assert station["parts"] == sum(line[4] for line in lines)
    assert station["effectiveness"] == pytest.approx(29 / 30, abs=0.02)


def test_runs_cut_at_midnight_are_joined(table: Table, load: Load, rows: Rows) -> None:
    midnight = 18 * 3600
    lines: list[tuple[str, str, str, str, int]] = []
    for day in range(3):
        cut = midnight + day * DAY
        lines += [
            ("P1", f"D{day}", at(cut - 20_000), at(cut - 9_000), 50 + day),
            ("P1", f"N{day}", at(cut - 3_600), at(cut - 1), 40),
            ("P1", f"N{day}", at(cut), at(cut + 1_800), 21),
        ]
    outcome = load(table(HEAD, lines))
    assert (outcome.read, outcome.loaded, outcome.derived) == (9, 9, {"cycles": 6})
    assert any(c.code == "midnight_split" and "3 records" in c.message for c in outcome.caveats)
    joined = rows("cycles").filter(rows("cycles")["order_id"].str.starts_with("N"))
    assert joined["quantity"].to_list() == [61.0] * 3
    assert (joined["ended_at"] - joined["started_at"]).dt.total_seconds().to_list() == [5400] * 3
    again = load(table(HEAD, lines, "again.csv"))
    assert (again.loaded, again.duplicate) == (0, 9)


def test_midnight_is_that_of_the_wall_clock(table: Table, load: Load, rows: Rows) -> None:
    cuts = [18 * 3600 + day * DAY for day in range(3)]
    lines = [
        line
        for cut in cuts
        for line in (("P1", "N", at(cut - 3_600), at(cut - 1), 40), ("P1", "N", at(cut), at(cut + 900), 10))
    ]
    load(table(HEAD, lines), timezone="America/Chicago")
    assert rows("cycles").height == 3


def test_steady_work_has_borders_at_midnight_by_chance_only(table: Table, load: Load, rows: Rows) -> None:
    """Cycles that follow each other without a gap: here and there one ends at midnight, and is no half."""
    lines = [("P1", "O1", at(600 * i), at(600 * i + 600), 1) for i in range(120)]  # a border at midnight
    lines += [("P2", "O1", at(600 * i + 77), at(600 * i + 677), 1) for i in range(600)]  # and none
    outcome = load(table(HEAD, lines))
    assert outcome.derived == {}
    assert rows("cycles").height == 720


def test_orders_that_share_a_run_are_one_run(table: Table, load: Load, rows: Rows) -> None:
    lines = [
        ("P1", "A", at(0), at(3600), 1800, 30),
        ("P1", "B", at(0), at(3600), 1800, 34),
        ("P1", "C", at(4000), at(5000), 1000, 20),
    ]
    outcome = load(table("machine,order,start,end,duration_s,quantity", lines))
    assert (outcome.read, outcome.loaded, outcome.derived) == (3, 3, {"cycles": 2})
    assert any(c.code == "orders_shared_run" and "2 records" in c.message for c in outcome.caveats)
    first = rows("cycles").row(0, named=True)
    assert (first["order_id"], first["cycle_s"], first["quantity"]) == ("A + B", 3600.0, 64.0)


def test_cavities_are_no_shared_run(table: Table, load: Load, rows: Rows) -> None:
    lines = [("P1", f"C{i % 2}", at(60 * (i // 2)), at(60 * (i // 2) + 55), 55, 1) for i in range(40)]
    assert load(table("machine,order,start,end,duration_s,quantity", lines)).derived == {}
    assert rows("cycles").height == 40


def test_shots_of_a_mould_are_single_cycles(table: Table, load: Load, report: Report) -> None:
    rng = np.random.default_rng(6)
    delay = np.where(rng.random(800) < 0.03, 30 + rng.exponential(40, 800), 0.0)
    ends = np.cumsum(rng.normal(40, 0.8, 800) + delay)
    starts = np.concatenate([[0.0], ends[:-1]])
    stamp = [(float(a), float(b)) for a, b in zip(starts, ends, strict=True)]
    load(table("machine,start,end,quantity", [("P1", at(a), at(b), 8) for a, b in stamp]))
    told = report()
    truth = int((delay > 0).sum())
    assert told["demand"]["undetected"]["count"]["value"] == pytest.approx(truth, rel=0.1)
    assert told["output"]["records_of_several_parts"] == 0
    assert told["output"]["parts"] == 6400


def test_the_preview_says_that_records_are_runs(table: Table) -> None:
    seen = preview(table(HEAD, runs()))
    assert (seen.table, seen.shape) == ("cycles", None)
    assert "single cycles cannot be seen" in " ".join(seen.evidence)
