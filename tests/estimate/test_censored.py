"""Unblocked cycles stand for those that were blocked: the product limit, by hand and by drawing."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.censored import stand_in_weights, stand_ins


def test_where_nothing_is_blocked_each_stands_for_itself() -> None:
    np.testing.assert_allclose(stand_in_weights(np.array([3.0, 1.0, 2.0, 2.0]), np.ones(4, bool)), np.ones(4))


def test_the_weights_are_those_of_the_product_limit() -> None:
    """Seen 1, 2, 3 and 4, the last blocked: at most 4 stands for any of the others alike."""
    weight = stand_in_weights(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, True, False]))
    np.testing.assert_allclose(weight, [4 / 3, 4 / 3, 4 / 3, 0.0])
    # Seen 1, 2, 3 with the 2 blocked: it stands with the 1, the 3 stands for itself.
    weight = stand_in_weights(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    np.testing.assert_allclose(weight, [2.0, 0.0, 1.0])


def test_the_median_of_the_own_time_is_recovered_under_heavy_blocking() -> None:
    rng = np.random.default_rng(1)
    own, room = rng.normal(50.0, 2.0, 20_000), rng.normal(54.0, 4.0, 20_000)
    clear = own > room
    assert clear.mean() < 0.25
    rows = np.arange(own.size)
    taught = stand_ins(rows, np.zeros(own.size, np.int64), np.maximum(own, room), clear)
    assert taught.size == clear.sum()
    assert clear[taught].all()
    assert np.median(own[taught]) == pytest.approx(50.0, abs=0.3)
    assert np.median(own[clear]) > 51.0


def test_each_group_teaches_by_itself_and_in_order() -> None:
    rows = np.array([2, 3, 5, 8, 9])
    taught = stand_ins(
        rows, np.array([1, 0, 1, 0, 1]), np.arange(5.0), np.array([True, True, True, True, False])
    )
    assert taught.tolist() == sorted(taught.tolist())
    assert set(taught) <= {2, 3, 5, 8}
    assert stand_ins(rows[:0], rows[:0], np.empty(0), np.empty(0, bool)).size == 0


def test_a_group_that_always_waits_teaches_nothing() -> None:
    rows = np.arange(4)
    assert stand_ins(rows, np.zeros(4, np.int64), np.ones(4), np.zeros(4, bool)).size == 0
