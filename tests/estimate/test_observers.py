"""How far people who look at cycles agree, and can be relied on."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.observers import RIGHT, kappa, told_accuracy, unknown_accuracy
from analytics.results import Estimate, Unavailable


def bools(text: str) -> np.ndarray:
    return np.array([letter == "y" for letter in text])


def test_kappa_is_that_of_cohens_example() -> None:
    # Both yes 20, both no 15, one yes 5, the other 10: agreement 0.70, by chance 0.50.
    first = bools("y" * 20 + "y" * 5 + "n" * 10 + "n" * 15)
    second = bools("y" * 20 + "n" * 5 + "y" * 10 + "n" * 15)
    found = kappa(first, second)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(0.40)
    assert found.lower < 0.40 < found.upper


def test_perfect_agreement_still_has_an_interval() -> None:
    said = bools("y" * 6 + "n" * 14)
    found = kappa(said, said)
    assert isinstance(found, Estimate)
    assert found.value == 1.0
    assert 0.5 < found.lower < 0.95


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [("yny", "yny", "3 of the same cycles"), ("n" * 20, "n" * 20, "nothing varies")],
)
def test_kappa_is_refused_where_it_says_nothing(first: str, second: str, why: str) -> None:
    found = kappa(bools(first), bools(second))
    assert isinstance(found, Unavailable)
    assert why in found.reason


def test_the_interval_of_kappa_covers_what_it_promises() -> None:
    rng = np.random.default_rng(5)
    slow, right, draws = 0.3, 0.9, 60
    yes = slow * right + (1 - slow) * (1 - right)
    both = slow * right**2 + (1 - slow) * (1 - right) ** 2
    truth = (both - yes**2) / (yes * (1 - yes))
    covered = 0
    for _ in range(draws):
        cycles = rng.random(80) < slow
        first, second = (np.where(rng.random(80) < right, cycles, ~cycles) for _ in range(2))
        found = kappa(first, second)
        assert isinstance(found, Estimate)
        covered += found.lower <= truth <= found.upper
    assert covered >= 0.88 * draws


def test_observers_who_are_told_to_be_right_are_taken_as_right() -> None:
    assert told_accuracy(1.0, 1.0) is RIGHT
    assert not told_accuracy(0.9, 1.0).perfect


@pytest.mark.parametrize("told", [(0.5, 1.0), (1.2, 1.0), (1.0, 0.3)])
def test_an_accuracy_that_no_observer_has_is_refused(told: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"above 0\.5 and at most 1"):
        told_accuracy(*told)


def test_unknown_accuracy_is_a_distribution_that_expects_few_errors() -> None:
    grid = unknown_accuracy()
    assert grid.weight.sum() == pytest.approx(1.0)
    assert 0.85 < grid.sensitivity @ grid.weight < 0.97
    assert 0.92 < grid.specificity @ grid.weight < 0.99
