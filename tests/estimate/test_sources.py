"""Which slow cycles each source holds: truncated lists, uncovered stations, a third source; refusals."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from analytics.estimate.fit import count, fit
from analytics.estimate.intervals import estimate_errors
from analytics.estimate.passes import Prepared, prepare
from analytics.estimate.scoring import score
from analytics.estimate.shifts import shift_days
from analytics.estimate.sources import SeenByNone, held_by_source, seen_by_none
from analytics.estimate.tables import match_detections
from analytics.results import Estimate, Unavailable
from tests.estimate.given import after, calls, cycles, plant_of

SIZE = 15_000
EVERY = 12
LOG_FROM_S = 80.0
STATIONS = ("S1", "S2")
TRUTH = np.random.default_rng(7)
DELAY_S = {name: TRUTH.uniform(40, 200, SIZE // EVERY) for name in (*STATIONS, "S3")}
CALLED = {name: TRUTH.random(SIZE // EVERY) < 0.6 for name in (*STATIONS, "S3")}
LOGGED = {
    name: (TRUTH.random(SIZE // EVERY) < 0.6) & (delay > LOG_FROM_S)
    for name, delay in DELAY_S.items()
    if name in STATIONS
}
NEITHER = {name: ~CALLED[name] & ~LOGGED[name] & (DELAY_S[name] > LOG_FROM_S) for name in STATIONS}
TICKETED = {name: NEITHER[name] & (np.arange(SIZE // EVERY) % 4 == 0) for name in STATIONS}


def _lengths(name: str) -> np.ndarray:
    values = 60 + 2.0 * np.random.default_rng(ord(name[1])).standard_normal(SIZE)
    values[EVERY - 1 :: EVERY] += DELAY_S[name]
    return values


def _moments(name: str, which: np.ndarray) -> np.ndarray:
    """Seconds at which the chosen slow cycles had run for a minute."""
    values = _lengths(name)
    first = np.cumsum(values + 5.0) - values - 5.0
    return first[EVERY - 1 :: EVERY][which] + 62.0


def _seen(source: str, rows: dict[str, np.ndarray]) -> pl.DataFrame:
    parts = [
        pl.DataFrame(
            {
                "source": source,
                "line_id": "L1",
                "station_id": name,
                "detected_at": [after(one) for one in _moments(name, which)],
                "planned": False,
            }
        )
        for name, which in rows.items()
    ]
    return pl.concat(parts)


@cache
def made(*, called: bool = True, logged: bool = True, ticketed: bool = False) -> Prepared:
    """Two stations that both sources cover, and a third that the log does not know."""
    tables: dict[str, Any] = {}
    if called:
        tables["andon_calls"] = pl.concat(
            [
                calls((moments := _moments(name, CALLED[name])) + 5, station=name, resolved_at=moments + 20)
                for name in DELAY_S
            ]
        )
    seen = [_seen("downtime log", LOGGED)] if logged else []
    seen += [_seen("tickets", TICKETED)] if ticketed else []
    if seen:
        tables["detections"] = pl.concat(seen)
    plant = plant_of(*(cycles(_lengths(name), station=name) for name in DELAY_S), **tables)
    return prepare(plant, np.random.default_rng(0))


def study(prepared: Prepared, *, withheld: Unavailable | None = None) -> SeenByNone:
    fitted = fit(count(prepared))
    return seen_by_none(
        prepared,
        fitted,
        score(prepared, fitted),
        estimate_errors(fitted, np.random.default_rng(1), replicates=4),
        match_detections(prepared),
        shift_days(prepared.plant, prepared.own.begin_us, np.zeros(prepared.plant.size, np.int64)),
        withheld=withheld,
        rng=np.random.default_rng(2),
    )


def _missed(threshold_s: float, *, but: dict[str, np.ndarray] | None = None) -> int:
    known = but or {name: np.zeros(SIZE // EVERY, dtype=bool) for name in STATIONS}
    return sum(
        int((NEITHER[name] & (DELAY_S[name] >= threshold_s) & ~known[name]).sum()) for name in STATIONS
    )


def test_the_range_is_of_what_lies_above_both_thresholds_where_both_look() -> None:
    found = study(made())
    assert found.second == "downtime log"
    assert found.threshold_s is not None
    assert LOG_FROM_S <= found.threshold_s <= LOG_FROM_S + 20
    assert found.stations == 2
    truth = _missed(found.threshold_s)
    assert truth > 200
    assert isinstance(found.count, Estimate)
    assert found.count.lower <= truth <= found.count.upper
    assert found.count.upper < 2 * truth


def test_cycle_times_see_what_no_list_holds_and_the_rest_is_beyond() -> None:
    found = study(made())
    assert isinstance(found.visible, Estimate)
    assert isinstance(found.beyond, Estimate)
    assert isinstance(found.count, Estimate)
    assert found.visible.value == pytest.approx(_missed(found.threshold_s or 0), rel=0.05)
    # Cycle times see all of them here: nothing need lie beyond.
    assert found.beyond.lower == 0
    assert found.beyond.upper == pytest.approx(found.count.upper - found.visible.lower)


def test_what_a_third_source_holds_is_seen() -> None:
    two, three = study(made()), study(made(ticketed=True))
    assert three.second == "downtime log"
    assert [check.source for check in three.checks] == ["downtime log", "tickets"]
    truth = _missed(three.threshold_s or 0, but=TICKETED)
    assert isinstance(three.visible, Estimate)
    assert three.visible.value == pytest.approx(truth, rel=0.06)
    assert isinstance(two.count, Estimate)
    assert isinstance(three.count, Estimate)
    assert two.count.value - three.count.value == pytest.approx(_missed(two.threshold_s or 0) - truth, abs=5)


def test_a_source_holds_the_cycles_its_entries_speak_of() -> None:
    prepared = made(ticketed=True)
    held = held_by_source(prepared, match_detections(prepared))
    assert set(held) == {"downtime log", "tickets"}
    assert held["downtime log"].sum() == sum(rows.sum() for rows in LOGGED.values())
    assert held["tickets"].sum() == sum(rows.sum() for rows in TICKETED.values())


def test_without_a_second_source_there_is_no_range() -> None:
    found = study(made(logged=False))
    assert isinstance(found.count, Unavailable)
    assert "second source" in found.count.reason
    assert "evidence" not in found.to_json()


def test_without_calls_there_is_no_range() -> None:
    found = study(made(called=False))
    assert isinstance(found.count, Unavailable)
    assert "no andon calls" in found.count.reason


def test_a_source_that_shares_nothing_is_refused_with_its_overlap() -> None:
    found = study(made(logged=False, ticketed=True))
    assert isinstance(found.count, Unavailable)
    assert found.count.reason.startswith("not estimable: overlap 0")


def test_where_the_number_is_withheld_so_is_the_range() -> None:
    refusal = Unavailable(reason="two ways of working")
    assert study(made(), withheld=refusal).count == refusal


def test_the_evidence_is_told_with_every_source() -> None:
    told = study(made(ticketed=True)).to_json()
    evidence = told["evidence"]
    assert evidence["overlap"] > 10
    assert 0.8 < evidence["odds_ratio"]["value"] < 1.25
    assert {one["source"] for one in evidence["sources"]} == {"downtime log", "tickets"}
