"""Strata of an audit: which cycles, how many of each, and what smooth delays would give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.estimate.audit_strata import (
    LEAST_A_STRATUM,
    OPEN,
    STRATA,
    allocate,
    smooth_chance,
    stratum_of,
    usual_delay,
)


def test_strata_are_cut_where_the_method_says_and_blocked_cycles_stand_apart() -> None:
    deviation = np.array([1.99, 2.0, 2.75, 3.5, 4.25, 5.0, 6.0, 8.0, 12.0, 99.0, np.nan])
    free = stratum_of(deviation, np.zeros(11, dtype=bool))
    blocked = stratum_of(deviation, np.ones(11, dtype=bool))
    assert free.tolist() == [-1, 0, 1, 2, 3, 4, 5, 6, 7, 7, -1]
    assert blocked.tolist() == [-1, *[OPEN] * 4, *[OPEN + 1] * 5, -1]


@given(
    size=st.lists(st.integers(0, 3000), min_size=STRATA, max_size=STRATA),
    chance=st.lists(st.floats(0, 1), min_size=STRATA, max_size=STRATA),
    wanted=st.integers(STRATA * LEAST_A_STRATUM, 2000),
)
def test_an_allocation_takes_what_there_is_and_four_of_each(
    size: list[int], chance: list[float], wanted: int
) -> None:
    room = np.array(size, dtype=np.float64)
    drawn = allocate(room, np.array(chance), wanted)
    assert drawn.sum() == min(wanted, sum(size))
    assert (drawn <= room).all()
    assert (drawn >= np.minimum(room, LEAST_A_STRATUM)).all()


def test_doubtful_strata_get_more_than_sure_ones_of_the_same_size() -> None:
    drawn = allocate(np.full(STRATA, 500.0), np.array([0.5] * 5 + [0.999] * 5), 200)
    assert drawn[:5].min() > 2 * drawn[5:].max()


def test_smooth_delays_extend_what_is_seen_from_eight_to_twelve_sigmas() -> None:
    size = np.array([5000, 2500, 600, 70, 25, 45, 80, 200, 300, 200.0])
    share = smooth_chance(size)
    expected = size * share
    # From six to eight sigmas: as many for each order of length, by the middle of the stratum.
    assert expected[5] == pytest.approx(min(80 / np.log(12 / 8) * 2 / 7, 0.95 * 45), rel=0.01)
    assert expected[0] < expected[1] < expected[2] < expected[3]
    assert (share[OPEN - 2 : OPEN] > 0.9).all()
    assert (share > 0).all()
    assert (share < 1).all()


def test_the_usual_delay_is_the_residual_far_out_and_never_below_the_floor() -> None:
    given_ = np.array([2.0, 4.0, 6.0, 30.0, 500.0])
    delay = usual_delay(given_)
    assert delay[3:] == pytest.approx([30.0, 500.0], rel=1e-6)
    assert (delay >= 4.0).all()
    assert (np.diff(delay) > 0).all()
