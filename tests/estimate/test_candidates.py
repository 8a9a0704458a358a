"""Which cycles a call may be about."""

from __future__ import annotations

import numpy as np

from analytics.estimate.candidates import LAGS, Candidates, Landings, candidates
from analytics.estimate.order import LineOrder
from analytics.estimate.plant import SECOND_US, Plant
from tests.estimate.given import calls, cycles, plant_of

EXPECTED_S = 60.0
THREE = LineOrder({0: [2], 1: [2]}, {2: [0, 1]}, {0: 1, 1: 1, 2: 2}, {0: "told"})
"""Two machines side by side before a third station."""


def listed(plant: Plant, order: LineOrder, *, closes: bool = True) -> Candidates:
    size = plant.size
    known = Landings(
        begin_us=plant.start_us,
        out_us=plant.start_us + int(EXPECTED_S * SECOND_US),
        usual_s=np.full(size, EXPECTED_S),
        station=plant.calls["station"].to_numpy().astype(np.int64),
        raised_us=plant.calls["raised_us"].to_numpy().astype(np.int64),
        offset_s=np.zeros(plant.stations.height),
        closes=closes,
    )
    return candidates(plant, order, known)


def line(*raised_s: float, station: str | None = "S0") -> Plant:
    """Three stations of forty cycles, a minute each and five seconds between."""
    frames = [cycles(np.full(40, EXPECTED_S), station=f"S{code}") for code in range(3)]
    log = calls(list(raised_s), station=station or "S0")
    if station is None:
        log = log.with_columns(station_id=log["station_id"].set(log["station_id"].is_not_null(), None))
    return plant_of(*frames, andon_calls=log)


def test_a_call_may_be_about_the_cycle_it_lands_in_those_before_and_the_next() -> None:
    found = listed(line(65.0 * 30 + 20.0), THREE)
    own = ~found.elsewhere
    assert sorted(found.cycle[own].tolist()) == list(range(30 - sum(LAGS[:-1]) + 1, 32))
    lag = dict(zip(found.cycle[own].tolist(), found.lag[own].tolist(), strict=True))
    assert [lag[row] for row in (30, 29, 28, 27, 24, 19, 31)] == [0, 1, 2, 3, 4, 5, 6]


def test_the_wrong_cord_hangs_before_behind_or_beside() -> None:
    found = listed(line(65.0 * 30 + 20.0), THREE)
    # Beside S0 is S1, behind it S2: the cycle of the moment and two before it.
    assert sorted(found.cycle[found.elsewhere].tolist()) == [68, 69, 70, 108, 109, 110]
    shares = 1.0 / found.ways[found.elsewhere & (found.lag == 0)]
    assert shares.tolist() == [0.5, 0.5]


def test_a_call_between_two_cycles_holds_none_and_the_next_is_the_one_after() -> None:
    found = listed(line(65.0 * 30 + 62.0), THREE)
    lag = dict(zip(found.cycle.tolist(), found.lag.tolist(), strict=True))
    assert (lag[30], lag[31]) == (1, len(LAGS) - 1)
    assert 0 not in lag.values()


def test_a_cycle_is_covered_only_by_a_call_before_its_time_is_out() -> None:
    plant = line(65.0 * 30 + 20.0)
    found = listed(plant, THREE)
    assert found.cycle[found.covers].tolist() == [30]
    assert not listed(plant, THREE, closes=False).covers.any()


def test_after_a_night_nothing_is_about_the_day_before() -> None:
    found = listed(line(65.0 * 40 + 8 * 3600.0), THREE)
    assert found.call.size == 0


def test_a_call_of_a_line_may_be_about_any_of_its_stations() -> None:
    found = listed(line(65.0 * 30 + 20.0, station=None), THREE)
    assert sorted(found.cycle[found.lag == 0].tolist()) == [30, 70, 110]
    assert not found.elsewhere.any()
    assert (found.ways[found.lag == 0] == 3.0).all()
