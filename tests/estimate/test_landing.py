"""All calls of a plant at once: how often they land late or next door, and what that says of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from analytics.estimate.matching import Matching, match_calls
from analytics.estimate.order import LineOrder
from analytics.estimate.plant import Bools, Floats, Plant
from tests.estimate.given import after, cycles, plant_of

EXPECTED_S, SIGMA_S, GAP_S = 60.0, 3.0, 5.0
STATIONS = 4
ORDER = LineOrder(
    {code: [code + 1] for code in range(STATIONS - 1)},
    {code + 1: [code] for code in range(STATIONS - 1)},
    {code: code + 1 for code in range(STATIONS)},
    {0: "told"},
)


@dataclass(frozen=True)
class Drawn:
    plant: Plant
    deviation: Floats
    called: Bools
    covered: Bools

    def matched(self) -> Matching:
        expected = np.full(self.plant.size, EXPECTED_S)
        return match_calls(self.plant, ORDER, self.plant.start_us, expected, self.deviation)


def draw(
    seed: int,
    *,
    late: float = 0.0,
    late_s: tuple[float, float] = (1.0, 50.0),
    next_door: float = 0.0,
    line_only: float = 0.0,
    run_on: float = 0.0,
    size: int = 3_000,
) -> Drawn:
    """Draw a line whose people call in the slow cycle, or when it is over, or at the cord beside it."""
    rng = np.random.default_rng(seed)
    frames, raised, logged, closed, slow_t, called, covered = [], [], [], [], [], [], []
    for code in range(STATIONS):
        slow = rng.random(size) < 0.03
        slow |= np.roll(slow, 1) & (rng.random(size) < run_on)
        delay = np.where(slow, 20.0 + rng.exponential(40.0, size), 0.0)
        lengths = EXPECTED_S + SIGMA_S * rng.standard_normal(size) + delay
        ends = np.cumsum(lengths + GAP_S) - GAP_S
        frames.append(cycles(lengths, station=f"S{code}", gap=GAP_S))
        slow_t.append((lengths - EXPECTED_S) / SIGMA_S)
        out_of_time = ends - lengths + EXPECTED_S
        pulled, is_open = np.zeros((2, size), dtype=bool)
        for row in np.flatnonzero(slow):
            runs_on = row > 0 and pulled[row - 1] and slow[row - 1]
            if runs_on or rng.random() > 1.0 - np.exp(-delay[row] / 40.0):
                continue
            pulled[row] = True
            begin = ends[row] - lengths[row] + rng.uniform(6.0, 54.0)
            is_late = rng.random() < late
            at = ends[row] + rng.uniform(*late_s) if is_late else begin + min(8.0, 0.5 * delay[row])
            where = code + (rng.choice([-1, 1]) if rng.random() < next_door else 0)
            raised.append(at)
            logged.append(None if rng.random() < line_only else f"S{min(max(where, 0), STATIONS - 1)}")
            closed.append(max(at, ends[row]) + rng.uniform(30.0, 90.0))
            is_open |= (at <= out_of_time) & (out_of_time < closed[-1])
        called.append(pulled)
        covered.append(is_open & ~pulled)
    order = np.argsort(raised)
    log = pl.DataFrame(
        {
            "call_id": [f"C{number}" for number in range(len(raised))],
            "line_id": "L1",
            "station_id": pl.Series([logged[one] for one in order], dtype=pl.String),
            "raised_at": [after(raised[one]) for one in order],
            "resolved_at": [after(closed[one]) for one in order],
        }
    )
    plant = plant_of(*frames, andon_calls=log)
    return Drawn(plant, np.concatenate(slow_t), np.concatenate(called), np.concatenate(covered))


def missed(drawn: Drawn, result: Matching) -> tuple[float, int]:
    """Slow cycles that are taken for uncalled, and how many truly ran without any call."""
    slow = drawn.deviation > 4.0
    taken = (1.0 - result.claimed)[slow & ~(result.called | result.covered)]
    return float(taken.sum()), int((slow & ~(drawn.called | drawn.covered)).sum())


@pytest.mark.parametrize(
    "habits",
    [
        {},
        {"late": 0.3},
        {"next_door": 0.2},
        {"late": 0.3, "next_door": 0.15},
        {"late": 0.25, "run_on": 0.3},
        {"line_only": 0.5},
    ],
)
def test_as_many_ran_without_a_call_as_did_wherever_calls_land(habits: dict[str, float]) -> None:
    taken, true = np.zeros(4), np.zeros(4)
    for seed in range(4):
        drawn = draw(seed, **habits)
        taken[seed], true[seed] = missed(drawn, drawn.matched())
    assert taken.sum() == pytest.approx(true.sum(), rel=0.05)
    assert taken == pytest.approx(true, rel=0.12)


def test_calls_find_their_cycles_when_somebody_logs_them_minutes_after() -> None:
    drawn = draw(5, late=0.9, late_s=(200.0, 500.0))
    result = drawn.matched()
    # Which of several slow cycles a call is about nobody can tell; that it is about one of them can be.
    assert (drawn.deviation[result.called] > 4.0).mean() > 0.75
    taken, true = missed(drawn, result)
    assert taken == pytest.approx(true, rel=0.2)


def test_where_calls_land_at_once_none_is_carried_far_back() -> None:
    drawn = draw(6)
    calls = drawn.plant.calls
    stray = calls.with_columns(raised_us=pl.col("raised_us") + 400_000_000).head(12)
    frame = pl.concat([calls, stray])
    plant = Plant(**{name: getattr(drawn.plant, name) for name in Plant.__slots__} | {"calls": frame})
    result = Drawn(plant, drawn.deviation, drawn.called, drawn.covered).matched()
    far = result.cycle_of_call[-12:]
    late_s = (frame["raised_us"].to_numpy()[-12:] - plant.end_us[far]) / 1e6
    assert (late_s < 150.0).all()


def test_the_chance_of_a_claim_is_the_share_of_those_that_were_called() -> None:
    claimed, called, count = 0.0, 0, 0
    for seed in range(10, 18):
        drawn = draw(seed, late=0.3, run_on=0.4)
        result = drawn.matched()
        doubtful = (result.claimed > 0.05) & (drawn.deviation > 4.0)
        claimed += float(result.claimed[doubtful].sum())
        called += int(drawn.called[doubtful].sum())
        count += int(doubtful.sum())
    assert count > 100
    assert claimed == pytest.approx(called, abs=3.0 * np.sqrt(called) + 0.1 * called)


def test_a_call_at_the_wrong_cord_covers_the_station_that_it_is_about() -> None:
    lengths = np.full(40, EXPECTED_S)
    lengths[7:10] += 90.0
    ends = np.cumsum(lengths + GAP_S) - GAP_S
    wrong = pl.DataFrame(
        {
            "call_id": ["C1"],
            "line_id": ["L1"],
            "station_id": ["S0"],
            "raised_at": [after(ends[7] - 60.0)],
            "resolved_at": [after(ends[9] + 20.0)],
        }
    )
    frames = [cycles(np.full(40, EXPECTED_S), station="S0"), cycles(lengths, station="S1")]
    plant = plant_of(*frames, andon_calls=wrong)
    deviation = np.concatenate([np.zeros(40), (lengths - EXPECTED_S) / SIGMA_S])
    pair = LineOrder({0: [1]}, {1: [0]}, {0: 1, 1: 2}, {0: "told"})
    result = match_calls(plant, pair, plant.start_us, np.full(80, EXPECTED_S), deviation)
    assert np.flatnonzero(result.called).tolist() == [47]
    assert np.flatnonzero(result.covered).tolist() == [48, 49]
