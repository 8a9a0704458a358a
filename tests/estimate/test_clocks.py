"""How far the andon clock is off, from where calls hit slow cycles."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.clocks import clock_offsets, holding
from tests.estimate.given import at, calls, cycles, plant_of

EXPECTED_S, SIGMA_S = 60.0, 3.0


def offset_of(offset_s: float, *, timeless: bool = False, number: int = 60) -> float:
    """Return the offset found for a station whose calls come in the midst of its slow cycles."""
    rng = np.random.default_rng(int(abs(offset_s)))
    lengths = EXPECTED_S + SIGMA_S * rng.standard_normal(1_200)
    slow = np.sort(rng.choice(1_200, number, replace=False))
    lengths[slow] += 40.0
    starts = np.cumsum(lengths + 5.0) - lengths - 5.0
    raised = starts[slow] + 80.0 + offset_s
    plant = plant_of(cycles(lengths), andon_calls=calls(raised.tolist()))
    deviation = (lengths - EXPECTED_S) / SIGMA_S
    found = clock_offsets(
        plant,
        np.zeros(number, dtype=np.int64),
        plant.calls["raised_us"].to_numpy(),
        np.full(number, timeless),
        deviation,
        plant.start_us,
    )
    return float(found[0])


@pytest.mark.parametrize("offset_s", [-160.0, -120.0, 60.0, 150.0])
def test_a_clock_that_is_off_is_found(offset_s: float) -> None:
    assert offset_of(offset_s) == pytest.approx(offset_s, abs=40.0)


def test_a_clock_that_is_right_is_left_alone() -> None:
    assert offset_of(0.0) == 0.0


def test_calls_about_what_takes_no_time_and_few_calls_tell_nothing_of_the_clock() -> None:
    assert offset_of(120.0, timeless=True) == 0.0
    assert offset_of(120.0, number=10) == 0.0


def test_a_cycle_holds_the_moments_from_its_start_to_its_end() -> None:
    begin, end = at(0, 100), at(60, 160)
    found = holding(slice(0, 2), end, begin, at(-5, 0, 30, 60, 80, 160, 161))
    assert found.tolist() == [-1, 0, 0, 0, -1, 1, -1]
