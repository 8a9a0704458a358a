"""Are stations that grow slower measured where they do, counted once, and no others taken for them?"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from analytics.problems.chronic import chronic_gap
from analytics.problems.slowing import SlowedStations, slowed_stations
from analytics.results import Estimate, Unavailable
from analytics.simulate import SCENARIOS, SimulatedPlant, simulate
from analytics.simulate.structure import draw_lines, drift_progress
from analytics.study import study_tables
from analytics.warehouse import memory_warehouse
from tests.accuracy.truth import in_order_of_truth
from tests.problems.plant import EXPECTED_S, FIRST_DAY, run_cycles

DAYS, PER_DAY = 20, 250
CYCLES = DAYS * PER_DAY
NOT_SLOW = np.zeros(CYCLES, dtype=bool)
PROGRESS = np.linspace(0.0, 1.0, CYCLES)
GROWN = EXPECTED_S * (1.0 + 0.10 * np.clip((PROGRESS - 0.3) / 0.4, 0.0, 1.0))
LOST_MIN = float((GROWN - EXPECTED_S).sum() / 60.0)
STANDARD = {
    "site_id": pl.String,
    "line_id": pl.String,
    "station_id": pl.String,
    "product_id": pl.String,
    "standard_cycle_s": pl.Float64,
    "target_cycle_s": pl.Float64,
    "valid_from": pl.Datetime("us"),
}


def station(expected_s: np.ndarray | float, seed: int = 0, **options: object) -> pl.DataFrame:
    return run_cycles(np.random.default_rng(seed), NOT_SLOW, days=DAYS, expected_s=expected_s, **options)  # type: ignore[arg-type]


def slowed(cycles: pl.DataFrame, not_held: pl.DataFrame | None = None, seed: int = 0) -> SlowedStations:
    return slowed_stations(cycles, not_held, rng=np.random.default_rng(seed))


def value(found: SlowedStations) -> float:
    assert isinstance(found.minutes, Estimate)
    return found.minutes.value


def test_minutes_are_recovered_and_covered() -> None:
    """Also of a form that the fit does not know: a slope that ends."""
    ratios, held = [], 0
    for seed in range(20):
        found = slowed(station(GROWN, seed), seed=seed)
        assert isinstance(found.minutes, Estimate)
        ratios.append(found.minutes.value / LOST_MIN)
        held += found.minutes.lower <= LOST_MIN <= found.minutes.upper
    assert 0.92 <= np.mean(ratios) <= 1.05
    assert held >= 18


def test_a_station_is_told_with_onset_and_levels() -> None:
    cycles = pl.concat([station(GROWN, station_id="S1"), station(EXPECTED_S, 1, station_id="S2")])
    (one,) = slowed(cycles).stations
    assert (one.line_id, one.station_id) == ("L1", "S1")
    began = FIRST_DAY.date() + timedelta(days=int(0.3 * DAYS))
    assert one.onset_day is not None
    assert abs((one.onset_day - began).days) <= 2
    assert not one.since_start
    assert one.level_before_s == pytest.approx(EXPECTED_S, rel=0.02)
    assert one.level_after_s == pytest.approx(1.10 * EXPECTED_S, rel=0.02)
    assert one.in_standard.value == 0.0
    assert slowed(cycles).judged == 2


@pytest.mark.parametrize("standard_s", [57.0, 60.0, 63.0, 75.0])
def test_what_a_standard_counts_is_not_counted_again(standard_s: float) -> None:
    """The usual time lies above the standard, above the level before, or both: each second counts once."""
    cycles = station(GROWN)
    row = {"station_id": "S1", "standard_cycle_s": standard_s}
    gap = chronic_gap(cycles, pl.DataFrame([row], schema=STANDARD), rng=np.random.default_rng(1))
    assert isinstance(gap.standard_not_held, Estimate)
    found = slowed(cycles, gap.not_held)
    together = gap.standard_not_held.value + value(found)
    lowest = min(EXPECTED_S, standard_s)
    # Where the standard is passed on some days only, the days before are no gap from it.
    assert together == pytest.approx(float((GROWN - lowest).sum() / 60.0), rel=0.06)
    (one,) = found.stations
    assert one.minutes.value == pytest.approx(LOST_MIN, rel=0.06)
    assert value(found) == pytest.approx(one.minutes.value - one.in_standard.value, rel=1e-6)


def test_a_station_that_waits_for_its_slower_neighbour_has_not_grown_slower() -> None:
    rng = np.random.default_rng(3)
    # From the middle on it waits at nearly every cycle; a third of the waits are seen as such.
    waits = (PROGRESS > 0.5) & (rng.random(CYCLES) < 0.9)
    cycles = station(EXPECTED_S * (1.0 + 0.15 * waits)).with_columns(
        state=pl.when(pl.Series(waits & (rng.random(CYCLES) < 0.35)))
        .then(pl.lit("blocked"))
        .otherwise("state")
    )
    assert slowed(cycles).stations == ()


def test_what_grew_slower_and_came_back_is_told_apart() -> None:
    found = slowed(station(EXPECTED_S * (1.0 + 0.12 * ((PROGRESS > 0.4) & (PROGRESS < 0.6)))))
    assert value(found) == 0.0
    ((line, name, day, by),) = found.came_back
    assert (line, name) == ("L1", "S1")
    assert day is not None
    assert abs((day - FIRST_DAY.date()).days - 0.4 * DAYS) <= 1
    assert by == pytest.approx(0.12, abs=0.02)


def test_without_enough_cycles_nothing_is_said() -> None:
    for cycles in (station(GROWN)[:600], station(GROWN).with_columns(state=pl.lit("masked"))):
        found = slowed(cycles)
        assert isinstance(found.minutes, Unavailable)
        assert found.judged == 0


def test_rows_of_other_stations_change_nothing() -> None:
    alone = slowed(station(GROWN))
    beside = slowed(pl.concat([station(GROWN), station(EXPECTED_S, 5, station_id="S9")]))
    assert beside.stations == alone.stations


# --- on a simulated plant -----------------------------------------------------------------------------------


def true_drift_min(plant: SimulatedPlant, scored: pl.DataFrame) -> dict[str, float]:
    """Station-minutes that each station's drift costs over its worked cycles."""
    lost = {}
    joined = in_order_of_truth(plant, scored).with_columns(true_s=plant.truth["expected_s"])
    spec = SCENARIOS[plant.scenario].spec
    for line in draw_lines(spec, np.random.default_rng([plant.seed, 20_250_303])):
        for index, name in enumerate(line.layout.station_ids):
            part = joined.filter(pl.col("station_id") == name).sort("ended_at")
            share = (
                line.drift[index] * drift_progress(line.drift_from, line.drift_over, part.height)[:, index]
            )
            seconds = part["true_s"].to_numpy() * share / (1.0 + share)
            worked = ~part["state"].is_in(["planned", "masked"]).to_numpy()
            lost[name] = float(seconds[worked].sum() / 60.0)
    return lost


def test_events_and_drift_add_up_to_what_was_lost() -> None:
    """Nothing of the drift is in the slow cycles' minutes, and nothing of these is in the drift's."""
    plant = simulate("slow_drift", 21, 40_000)
    with memory_warehouse({k: v for k, v in plant.tables.items() if k != "standards"}) as con:
        findings = study_tables(con, seed=1)
    report, scored = findings.report, findings.tables["cycles"]
    lost = true_drift_min(plant, scored)
    drift = report["chronic"]["drift"]
    assert report["chronic"]["standard_not_held"]["minutes"]["unavailable"]
    assert {one["station_id"] for one in drift["stations"]} == {name for name, m in lost.items() if m > 0}
    assert drift["minutes"]["value"] == pytest.approx(sum(lost.values()), rel=0.15)
    own_s = plant.truth["own_delay_s"].to_numpy()
    floor_s = in_order_of_truth(plant, scored)["floor_s"].fill_null(np.inf).to_numpy()
    events = float(own_s[(own_s > 0) & (own_s >= floor_s)].sum() / 60.0)
    told = sum(report["demand"][part]["minutes"]["value"] for part in ("detected", "undetected"))
    assert told == pytest.approx(events, rel=0.06)
    assert told + drift["minutes"]["value"] == pytest.approx(events + sum(lost.values()), rel=0.08)
