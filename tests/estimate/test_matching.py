"""Which cycle a call belongs to, and how far the andon clock is off."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.estimate.matching import Matching, match_calls
from analytics.estimate.order import LineOrder
from analytics.estimate.plant import Plant
from tests.estimate.given import calls, cycles, plant_of, spans

EXPECTED_S, SIGMA_S = 60.0, 3.0
ALONE = LineOrder({}, {}, {0: 1}, {0: "told"})
PAIR = LineOrder({0: [1]}, {1: [0]}, {0: 1, 1: 2}, {0: "told"})


def matched(plant: Plant, order: LineOrder = ALONE) -> Matching:
    seconds = (plant.end_us - plant.start_us) / 1e6
    deviation = (seconds - EXPECTED_S) / SIGMA_S
    return match_calls(plant, order, plant.start_us, np.full(plant.size, EXPECTED_S), deviation)


def station(*slow: int, size: int = 20, delay: float = 60.0, name: str = "S1") -> pl.DataFrame:
    """Cycles of a minute every 65 s; those named take ``delay`` longer."""
    lengths = np.full(size, EXPECTED_S)
    lengths[list(slow)] += delay
    return cycles(lengths, station=name)


def begin(row: int, *slow: int) -> float:
    """Start of a cycle in ``station(*slow)``, seconds."""
    return 65.0 * row + 60.0 * sum(one < row for one in slow)


def test_a_call_belongs_to_the_cycle_that_holds_it() -> None:
    plant = plant_of(station(7), andon_calls=calls([begin(7) + 80]))
    result = matched(plant)
    assert result.cycle_of_call.tolist() == [7]
    assert np.flatnonzero(result.called).tolist() == [7]
    assert result.call_of_cycle[7] == 0
    assert not result.ambiguous[0]


@pytest.mark.parametrize("late_cycles", [1, 2])
def test_a_call_made_when_it_was_over_belongs_to_the_slow_cycle_before(late_cycles: int) -> None:
    plant = plant_of(station(7), andon_calls=calls([begin(7 + late_cycles, 7) + 10]))
    assert matched(plant).cycle_of_call.tolist() == [7]


def test_a_call_long_after_is_not_carried_back() -> None:
    plant = plant_of(station(3), andon_calls=calls([begin(3, 3) + 120 + 400]))
    assert matched(plant).cycle_of_call[0] != 3


def test_two_calls_don_t_take_the_same_cycle_when_another_is_slow() -> None:
    plant = plant_of(station(7, 8), andon_calls=calls([begin(7) + 80, begin(8, 7) + 100]))
    assert sorted(matched(plant).cycle_of_call.tolist()) == [7, 8]


def test_the_wrong_cord_belongs_to_the_neighbour() -> None:
    plant = plant_of(
        station(name="S1"), station(7, name="S2"), andon_calls=calls([begin(7) + 80], station="S1")
    )
    result = matched(plant, PAIR)
    assert result.cycle_of_call.tolist() == [27]
    # Where its own station is slow too, it is its own.
    both = plant_of(
        station(7, name="S1"), station(7, name="S2"), andon_calls=calls([begin(7) + 80], station="S1")
    )
    assert matched(both, PAIR).cycle_of_call.tolist() == [7]


@pytest.mark.parametrize("kind", ["quality", "safety", "material"])
def test_a_call_about_something_else_labels_no_ordinary_cycle(kind: str) -> None:
    ordinary = plant_of(station(7), andon_calls=calls([begin(5) + 30], kind=kind))
    result = matched(ordinary)
    assert not result.called.any()
    assert result.cycle_of_call.tolist() == [5], "it is kept, with the cycle it was made in"
    # Nor the slow one before it; but the clearly slow cycle that holds it.
    assert not matched(plant_of(station(7), andon_calls=calls([begin(8, 7) + 10], kind=kind))).called.any()
    held = matched(plant_of(station(7), andon_calls=calls([begin(7) + 80], kind=kind)))
    assert np.flatnonzero(held.called).tolist() == [7]


def test_a_call_at_a_time_without_cycles_belongs_to_none() -> None:
    plant = plant_of(station(7), andon_calls=calls([10_000.0, -500.0]))
    assert matched(plant).cycle_of_call.tolist() == [-1, -1]


def test_a_call_that_fits_two_cycles_is_ambiguous() -> None:
    lengths = np.full(20, EXPECTED_S)
    lengths[6], lengths[7] = EXPECTED_S + 17.0, EXPECTED_S + 12.0
    plant = plant_of(cycles(lengths), andon_calls=calls([65.0 * 7 + 17 + 40]))
    assert matched(plant).ambiguous.tolist() == [True]
    # Late in a cycle that is slow itself, it is about that one.
    plant = plant_of(cycles(lengths), andon_calls=calls([65.0 * 7 + 17 + 70]))
    assert matched(plant).ambiguous.tolist() == [False]


def many(offset_s: float, seed: int = 0, share: float = 0.05) -> tuple[Plant, np.ndarray]:
    """A day of cycles with calls in the slow ones, on an andon clock that is off."""
    rng = np.random.default_rng(seed)
    size = 1_200
    slow = rng.random(size) < share
    lengths = (
        EXPECTED_S + SIGMA_S * rng.standard_normal(size) + np.where(slow, rng.uniform(30, 90, size), 0.0)
    )
    frame = cycles(lengths)
    starts = np.cumsum(lengths + 5.0) - lengths - 5.0
    raised = starts[slow] + EXPECTED_S + 0.5 * (lengths[slow] - EXPECTED_S) + offset_s
    return plant_of(frame, andon_calls=calls(raised.tolist())), slow


@pytest.mark.parametrize("offset_s", [-150.0, -60.0, 0.0, 35.0, 120.0])
def test_calls_find_their_cycles_though_the_andon_clock_is_off(offset_s: float) -> None:
    """The offset is known as far as the slow cycles are long; what counts is that calls hit them."""
    plant, slow = many(offset_s)
    result = matched(plant)
    assert result.offset_s[0] == pytest.approx(offset_s, abs=60)
    assert result.called[slow].mean() > 0.93
    assert (result.called & ~slow).sum() <= 3


def test_each_station_may_have_its_own_clock() -> None:
    first, slow = many(100.0, seed=1)
    second, _ = many(-120.0, seed=2)
    frames, raised = [], []
    for name, one in (("S1", first), ("S2", second)):
        stamps = one.cycles.select(
            pl.from_epoch(pl.Series("started_at", one.start_us), time_unit="us"),
            pl.from_epoch(pl.Series("ended_at", one.end_us), time_unit="us"),
            "line_id",
            station_id=pl.lit(name),
        )
        frames.append(stamps)
        raised.append(
            one.calls.select(
                "line_id",
                call_id=name + pl.col("call_id"),
                station_id=pl.lit(name),
                raised_at=pl.from_epoch("raised_us", time_unit="us"),
            )
        )
    both = matched(plant_of(*frames, andon_calls=pl.concat(raised)))
    assert both.offset_s[0] > 50
    assert both.offset_s[1] < -50
    assert both.called[: slow.size][slow].mean() > 0.93


def test_without_a_clear_peak_the_clock_is_believed() -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        lengths = EXPECTED_S + SIGMA_S * rng.standard_normal(1_200)
        plant = plant_of(cycles(lengths), andon_calls=calls(rng.uniform(0, 70_000, 60).tolist()))
        assert matched(plant).offset_s[0] == 0.0


def test_a_few_calls_don_t_set_the_clock() -> None:
    plant = plant_of(station(7), andon_calls=calls([begin(7) + 80 + 130]))
    assert matched(plant).offset_s[0] == 0.0


def test_covered_is_what_ran_out_of_time_while_the_call_was_open() -> None:
    frame = spans([0, 130, 200, 400], [125, 195, 330, 460])
    one = calls([90.0], resolved_at=[300.0])
    result = matched(plant_of(frame, andon_calls=one))
    assert result.called.tolist() == [True, False, False, False]
    # Expected time ran out at 190 and 260 with the call open, at 460 it was closed.
    assert result.covered.tolist() == [False, True, True, False]


def test_what_was_called_itself_is_not_covered() -> None:
    frame = spans([0, 130, 200], [125, 195, 330])
    two = calls([90.0, 300.0], resolved_at=[400.0, 410.0])
    result = matched(plant_of(frame, andon_calls=two))
    assert result.called.tolist() == [True, False, True]
    assert result.covered.tolist() == [False, True, False]


def test_a_call_without_a_resolution_closes_after_the_usual_time() -> None:
    frame = spans([0, 130, 1000, 1300], [125, 195, 1130, 1360])
    two = calls([90.0, 1080.0], resolved_at=[290.0, None])
    result = matched(plant_of(frame, andon_calls=two))
    # The usual time open is 200 s: open from 1080 to 1280, closed when the last ran out at 1360.
    assert result.called.tolist() == [True, False, True, False]
    assert not result.covered[3]
    wider = spans([0, 130, 1000, 1140], [125, 195, 1130, 1260])
    assert matched(plant_of(wider, andon_calls=two)).covered.tolist() == [False, True, False, True]


def test_with_no_resolution_anywhere_nothing_is_covered() -> None:
    plant = plant_of(spans([0, 130], [125, 195]), andon_calls=calls([90.0]))
    assert not matched(plant).covered.any()


def test_a_call_of_a_line_with_one_station_is_that_stations() -> None:
    given = calls([begin(7) + 80]).with_columns(station_id=pl.lit(None, dtype=pl.String))
    assert matched(plant_of(station(7), andon_calls=given)).cycle_of_call.tolist() == [7]


def test_no_calls_no_labels() -> None:
    result = matched(plant_of(station(7)))
    assert result.cycle_of_call.size == 0
    assert not (result.called | result.covered).any()
