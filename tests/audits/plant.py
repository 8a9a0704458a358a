"""A simulated plant that was studied, and people who look at it and see what is true."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from analytics.audits.book import Book
from analytics.audits.population import Population, population
from analytics.audits.records import draw
from analytics.estimate.strata import Group, group
from analytics.journal import Draw, Observation
from analytics.simulate import SimulatedPlant, simulate
from analytics.study import Findings, study_tables
from analytics.warehouse import memory_warehouse
from tests.accuracy.judge import in_order_of_truth, truth_at

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """A plant, what the model makes of it, and what is true."""

    plant: SimulatedPlant
    findings: Findings
    found: Population
    truth: pl.DataFrame

    @property
    def cycles(self) -> pl.DataFrame:
        return self.findings.tables["cycles"]

    @property
    def stations(self) -> pl.DataFrame:
        return self.findings.tables["stations"]

    def total(self, withheld: Any = None) -> Group:
        return group(self.findings.tables["cells"], self.stations, [], withheld=withheld)[0]

    def true_count(self) -> float:
        return float(self.truth["undetected"].sum())

    def true_minutes(self) -> float:
        return float(self.truth.filter("undetected")["own_delay_s"].sum() / 60.0)


@cache
def studied(scenario: str, seed: int, cycles: int) -> Studied:
    plant = simulate(scenario, seed, cycles)
    with memory_warehouse(plant.tables) as con:
        findings = study_tables(con, timezone=plant.timezone or "unspecified", seed=seed)
    scored = in_order_of_truth(plant, findings.tables["cycles"])
    true = truth_at(plant, scored["floor_s"].fill_null(float("nan")).to_numpy())
    truth = scored.select("cycle_id", "line_id", "station_id", "serial", "ended_at", "floor_s").with_columns(
        own_delay_s=pl.Series(true.own_delay_s),
        slow=pl.Series(true.slow),
        undetected=pl.Series(true.undetected),
    )
    found = population(findings.tables["cycles"])
    return Studied(plant=plant, findings=findings, found=found, truth=truth)


def review(given: Studied, size: int, seed: int, *, withheld: bool = False) -> Book:
    """Draw cycles and let one observer look up the truth of each."""
    items = draw(given.found, size, given.found.share(withheld=withheld), np.random.default_rng(seed))
    keys = ["line_id", "station_id", "serial", "ended_at"]
    known = {tuple(row[:4]): row[4:] for row in given.truth.select(*keys, "undetected", "own_delay_s").rows()}
    seen = []
    for number, item in enumerate(items, start=1):
        ended = datetime.fromisoformat(item["ended_at"])
        slow, delay_s = known[item["line_id"], item["station_id"], item["serial"], ended]
        answer = {"slow": slow, "seconds": delay_s if slow else None, "called": False, "why": None}
        seen.append(Observation(draw_id="A-1", item=number, observer="o1", loaded_at=NOW, answer=answer))
    drawn = Draw(draw_id="A-1", created_at=NOW, mode="records", run_id="run", details={}, items=items)
    return Book(draws=(drawn,), observations=tuple(seen))
