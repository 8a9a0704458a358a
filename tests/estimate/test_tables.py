"""The run's tables: one state a cycle, gaps told from breaks, other sources matched, floors compared."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.estimate.fit import count, fit
from analytics.estimate.intervals import estimate_errors
from analytics.estimate.mixture import FLOOR
from analytics.estimate.passes import Prepared, prepare
from analytics.estimate.plant import Plant
from analytics.estimate.scoring import score
from analytics.estimate.shifts import shift_days
from analytics.estimate.strata import SUMS
from analytics.estimate.summaries import (
    cell_table,
    common_floor,
    declared,
    fit_table,
    pair_table,
    station_table,
)
from analytics.estimate.tables import (
    break_table,
    call_table,
    cycle_table,
    detection_table,
    gap_table,
    match_detections,
    states,
)
from tests.estimate.given import after, calendar, calls, cycles, interval, plant_of, spans

SIZE = 300
NAN = float("nan")


def made(plant: Plant) -> Prepared:
    return prepare(plant, np.random.default_rng(0))


def lengths(seed: int = 0, sigma: float = 2.0, delay: float = 40.0) -> np.ndarray:
    values = 60 + sigma * np.random.default_rng(seed).standard_normal(SIZE)
    values[15::30] += delay
    return values


def starts(values: np.ndarray, gap: float = 5.0) -> np.ndarray:
    return np.cumsum(values + gap) - values - gap


def seen(rows: list[tuple[float, float | None, bool]], station: str = "S1") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source": ["downtime"] * len(rows),
            "line_id": ["L1"] * len(rows),
            "station_id": [station] * len(rows),
            "detected_at": [after(a) for a, _, _ in rows],
            "ended_at": pl.Series(
                [None if b is None else after(b) for _, b, _ in rows], dtype=pl.Datetime("us")
            ),
            "planned": [planned for _, _, planned in rows],
        }
    )


# --- states -------------------------------------------------------------------------------------------------


def test_each_cycle_has_the_state_it_deserves() -> None:
    values = lengths()
    values[20] = values[15]
    first = starts(values)
    # A call in the slow cycle 15, open until another slow one (20) has run out of its time, and closed only
    # the next day: at the third (45) the station had long run undisturbed.
    given = calls([first[15] + 80], resolved_at=[first[15] + 86_400])
    prepared = made(plant_of(cycles(values), cycles(lengths(1)[:50], station="S2"), andon_calls=given))
    scores = score(prepared, fit(count(prepared)))
    state = states(prepared, scores).to_list()
    assert state[15] == "normal"
    assert prepared.matching.called[15]
    assert state[20] == "covered"
    assert scores.undetected[20] == 0
    assert state[45] == "normal"
    assert scores.undetected[45] > 0.5
    assert prepared.matching.left_open == 1
    assert set(state[SIZE:]) == {"masked"}
    assert state.count("covered") == 1


def test_help_that_takes_an_hour_covers_that_hour() -> None:
    """However well the station runs meanwhile: the call is open, and more calling would bring no more."""
    values = lengths()
    first = starts(values)
    given = calls([first[15] + 80], resolved_at=[first[45] + 70])
    prepared = made(plant_of(cycles(values), andon_calls=given))
    assert states(prepared, score(prepared, fit(count(prepared)))).to_list()[45] == "covered"
    assert prepared.matching.left_open == 0


# --- gaps and breaks ----------------------------------------------------------------------------------------


def test_gaps_are_told_apart_by_what_explains_them() -> None:
    gap = np.full(SIZE, 5.0)
    gap[100], gap[200] = 600.0, 400.0
    values = lengths()
    ends = starts(values, 0.0) + np.cumsum(gap) - gap + values
    pause = interval(float(ends[100]) + 2, float(ends[100]) + 598, "break", line="L1", name="lunch")
    prepared = made(plant_of(cycles(values, gap=gap), calendar=calendar(pause)))
    gaps = gap_table(prepared)
    assert gaps["kind"].to_list() == ["break", "idle"]
    assert gaps["gap_s"].to_list() == pytest.approx([4.0, 400.0], abs=0.05)
    assert gaps["started_at"][1] == after(round(ends[200], 2))
    breaks = break_table(prepared)
    assert breaks["name"].to_list() == ["lunch"]
    assert breaks["line_id"].to_list() == ["L1"]
    assert breaks["found"].to_list() == [False]


# --- other sources ------------------------------------------------------------------------------------------


def test_a_downtime_record_speaks_of_the_slowest_cycle_it_touches() -> None:
    values = lengths()
    first = starts(values)
    rows = [
        (first[15] + 62, first[15] + 98, False),  # inside the slow cycle
        (first[44] + 50, first[45] + 70, False),  # begins in the ordinary one before
        (first[76] + 10, None, False),  # written down just after the slow one was over
        (-5_000.0, -4_000.0, False),  # before the first
        (first[105] + 62, first[105] + 98, True),  # planned
    ]
    prepared = made(plant_of(cycles(values), detections=seen(rows)))
    recorded = match_detections(prepared)
    by_time = dict(
        zip(prepared.plant.detections["detected_us"].to_list(), recorded.cycle_of_detection, strict=True)
    )
    assert [int(row) for _, row in sorted(by_time.items())] == [-1, 15, 45, 75, -1]
    assert recorded.source_of_cycle.drop_nulls().len() == 3
    assert recorded.source_of_cycle[15] == "downtime"
    table = detection_table(prepared, recorded)
    assert table["cycle_id"].to_list() == [None, 15, 45, 75, None]
    assert table["planned"].sum() == 1


# --- calls --------------------------------------------------------------------------------------------------


def test_a_call_knows_its_cycle_and_whether_it_left_a_trace() -> None:
    values = lengths()
    first = starts(values)
    given = calls([first[15] + 80, first[150] + 30, 1e6], kind=["process", "quality", "process"])
    prepared = made(plant_of(cycles(values, shift="day"), andon_calls=given))
    scores = score(prepared, fit(count(prepared)))
    shifts = shift_days(prepared.plant, prepared.own.begin_us, np.zeros(SIZE, np.int64))
    table = cycle_table(prepared, scores, scores.slow, shifts, match_detections(prepared))
    told = call_table(prepared, scores, table)
    assert told["cycle_id"].to_list() == [15, 150, None]
    assert told["time_trace"].to_list() == [True, False, None]
    assert told["shift"].to_list() == ["day", "day", None]
    assert table.filter("called")["call_id"].to_list() == ["S1-0"]


# --- stations, floors, cells --------------------------------------------------------------------------------


def test_the_common_floor_is_the_highest_of_those_within_a_third_of_takt() -> None:
    frames = [cycles(lengths(k, sigma), station=f"S{k}") for k, sigma in enumerate((1.0, 3.0, 9.0))]
    prepared = made(plant_of(*frames))
    own = common_floor(prepared, np.full(3, NAN))
    assert own.takes_part.tolist() == [True, True, False]
    assert own.seconds == pytest.approx(FLOOR * 3.0, rel=0.2)
    # A longer takt lets the noisy one take part; a short takt leaves only the steadiest.
    assert common_floor(prepared, np.full(3, 300.0)).takes_part.all()
    assert common_floor(prepared, np.full(3, 20.0)).takes_part.tolist() == [True, False, False]
    nobody = common_floor(prepared, np.full(3, 1.0))
    assert nobody.seconds is None
    assert not nobody.takes_part.any()


def test_standards_are_the_stations_own_else_the_lines() -> None:
    standards = pl.DataFrame(
        {
            "line_id": ["L1", "L1", None, "L1"],
            "station_id": ["A", "A", "B", None],
            "product_id": ["p", "q", None, None],
            "standard_cycle_s": [50.0, 60.0, 70.0, 90.0],
            "takt_s": [None, None, None, 80.0],
        },
        schema_overrides={"takt_s": pl.Float64},
    )
    plant = plant_of(*(spans([0, 60], [50, 110], station=name) for name in "ABC"), standards=standards)
    found = declared(made(plant))
    assert found["standard_cycle_s"].to_list() == [55.0, 70.0, 90.0]
    assert found["takt_s"].to_list() == [80.0, 80.0, 80.0]
    assert found["target_cycle_s"].null_count() == 3


def test_cells_hold_every_cycle_once_and_stations_their_facts() -> None:
    product = ["A" if row % 2 else "B" for row in range(SIZE)]
    prepared = made(plant_of(cycles(lengths(), product_id=product), cycles(lengths(2)[:60], station="S2")))
    fitted = fit(count(prepared))
    scores = score(prepared, fitted)
    shifts = shift_days(prepared.plant, prepared.own.begin_us, np.zeros(prepared.plant.size, np.int64))
    table = cycle_table(prepared, scores, scores.slow, shifts, match_detections(prepared))
    cells = cell_table(table, prepared)
    assert cells["cycles"].sum() == prepared.plant.size
    assert cells["usable_cycles"].sum() == prepared.usable.sum()
    assert cells["undetected_n"].sum() == pytest.approx(np.nansum(scores.undetected))
    assert cells["undetected_s"].sum() == pytest.approx(np.nansum(scores.delay_s))
    assert not cells.select("line_id", "station_id", "product_id", "shift", "shift_day").is_duplicated().any()
    assert all((cells[name] >= 0).all() for name in SUMS)

    errors = estimate_errors(fitted, np.random.default_rng(1), replicates=2)
    common = common_floor(prepared, np.full(2, NAN))
    stations = station_table(prepared, fitted, errors, common, declared(prepared))
    assert stations["cycles"].to_list() == [SIZE, 60]
    assert stations["masked"].to_list() == [False, True]
    assert stations["reason"][1].startswith("60 usable cycles")
    assert stations["floor_s"][0] == pytest.approx(FLOOR * stations["scale_s"][0])
    assert stations["floor_s"][1] is None

    shown = fit_table(prepared, fitted)
    assert set(shown["station_id"]) == {"S1"}
    assert shown["observed"].sum() == pytest.approx(fitted.histograms.uncalled[0].sum())
    assert shown["fitted"].sum() == pytest.approx(shown["observed"].sum())
    assert (shown["noise"] <= shown["fitted"] + 1e-9).all()
    assert pair_table(prepared).height == 0
