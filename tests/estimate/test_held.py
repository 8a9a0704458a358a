"""A stop lets go of those behind it: slow here, slow there, both at an end in the same moment."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.held import held_by_stops

CYCLES = 2_000
TAKT_US = 60_000_000


def line(
    rng: np.random.Generator, *, stops: int, held: int, travel_s: float = 0.0
) -> tuple[np.ndarray, list[slice], np.ndarray]:
    """Two stations with slow cycles of their own; ``held`` of the first's wait for a stop of the second."""
    first = np.arange(CYCLES) * TAKT_US + rng.integers(0, TAKT_US // 2, CYCLES)
    second = np.arange(CYCLES) * TAKT_US + rng.integers(0, TAKT_US // 2, CYCLES)
    t = rng.standard_normal(2 * CYCLES)
    stopped = np.sort(rng.choice(np.arange(5, CYCLES - 5), stops, replace=False))
    t[CYCLES + stopped] = 40.0
    t[rng.choice(CYCLES, 40, replace=False)] = 10.0
    waited = stopped[:held]
    first[waited] = second[waited] + int(travel_s * 1e6)
    t[waited] = 35.0
    return np.concatenate([first, second]), [slice(0, CYCLES), slice(CYCLES, 2 * CYCLES)], t


def chance(end_us: np.ndarray, slices: list[slice], t: np.ndarray, *offsets_s: float) -> np.ndarray:
    known = np.ones(t.size, bool)
    return held_by_stops(
        end_us, slices, {0: [1]}, t, known, np.full(2, 0.1), {0: offsets_s} if offsets_s else {}
    )


@pytest.mark.parametrize(
    ("travel_s", "offsets_s"), [(0.0, (0.0,)), (8.0, (8.0,)), (8.0, ()), (8.0, (70.0, 8.0))]
)
def test_cycles_held_by_a_stop_are_told_from_slow_ones(travel_s: float, offsets_s: tuple[float, ...]) -> None:
    end_us, slices, t = line(np.random.default_rng(1), stops=20, held=12, travel_s=travel_s)
    weight = chance(end_us, slices, t, *offsets_s)
    assert (weight[:CYCLES][t[:CYCLES] == 35.0] > 0.8).all()
    own = t[:CYCLES] == 10.0
    assert (weight[:CYCLES][own] > 0).mean() < 0.1
    assert not weight[:CYCLES][t[:CYCLES] < 2.0].any()
    assert not weight[CYCLES:].any()


def test_where_nothing_waits_hardly_anything_is_taken_for_waiting() -> None:
    taken = []
    for seed in range(20):
        end_us, slices, t = line(np.random.default_rng(seed), stops=20, held=0)
        taken.append(chance(end_us, slices, t, 0.0).sum())
    assert np.mean(taken) < 0.5


def test_a_called_cycle_never_waited() -> None:
    end_us, slices, t = line(np.random.default_rng(2), stops=20, held=12)
    known = np.ones(t.size, bool)
    known[:CYCLES] = t[:CYCLES] != 35.0
    weight = held_by_stops(end_us, slices, {0: [1]}, t, known, np.full(2, 0.1), {0: (0.0,)})
    assert not weight[:CYCLES][t[:CYCLES] == 35.0].any()


def test_a_long_wait_is_not_doubted_because_short_ones_meet_an_end_by_chance() -> None:
    """Many short slow cycles meet an end downstream now and then; those of minutes that all do waited."""
    rng = np.random.default_rng(3)
    end_us, slices, t = line(rng, stops=60, held=15)
    waited = t[:CYCLES] == 35.0
    short = rng.choice(np.flatnonzero(t[:CYCLES] < 2.0), 300, replace=False)
    t[short] = 5.0
    # Where the travel time is unknown the window is half a minute wide: chance finds many.
    weight = chance(end_us, slices, t)[:CYCLES]
    met = weight[short][weight[short] > 0]
    assert met.size < 30
    assert met.max(initial=0.0) < 0.5
    assert (weight[waited] > 0.85).all()
