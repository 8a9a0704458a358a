"""Two lists and their overlap: closed forms, truth held where lists are independent, refusals where not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit, logit

from analytics.estimate.capture import Lists, huggins_alho
from analytics.estimate.unseen import INDEPENDENT, TOLD, Unseen, held_by_neither, odds_ratio
from analytics.results import Estimate, Unavailable

THRESHOLD_S = 30.0
NAMES = ("andon calls", "downtime log")


def drawn(seed: int, size: int, *, dependence: float = 0.0, slope: float = 1.0) -> tuple[Lists, int]:
    """Draw slow cycles and two lists over them; return the lists and how many neither holds."""
    rng = np.random.default_rng(seed)
    delay_s = THRESHOLD_S * np.exp(rng.exponential(0.7, size))
    length = np.log(delay_s / THRESHOLD_S)
    first = rng.random(size) < expit(-0.3 + slope * length)
    second = rng.random(size) < expit(logit(0.65) + slope * (length - 0.7) + dependence * first)
    lists = Lists(
        delay_s=delay_s,
        weight=np.ones(size),
        first=first,
        second=second,
        cluster=np.arange(size) // 3,
        threshold_s=THRESHOLD_S,
    )
    return lists, int((~first & ~second).sum())


def cells(both: int, only_first: int, only_second: int, neither: int) -> Lists:
    """Return lists with the given four cells, all of one delay."""
    counts = [both, only_first, only_second, neither]
    size = sum(counts)
    return Lists(
        delay_s=np.full(size, THRESHOLD_S),
        weight=np.ones(size),
        first=np.repeat([True, True, False, False], counts),
        second=np.repeat([True, False, True, False], counts),
        cluster=np.arange(size),
        threshold_s=THRESHOLD_S,
    )


def study(lists: Lists, seed: int = 0) -> Unseen:
    return held_by_neither(lists, NAMES, np.random.default_rng(seed))


# --- closed forms -------------------------------------------------------------------------------------------


def test_without_covariates_huggins_alho_is_the_product_of_the_ones_over_the_overlap() -> None:
    lists = cells(200, 100, 60, 0)
    missed = huggins_alho(np.ones((360, 1)), lists.first, lists.second, lists.weight)
    assert missed == pytest.approx(100 * 60 / 200, rel=1e-6)


def test_chapman_and_chao_are_their_formulas() -> None:
    found = study(cells(400, 200, 200, 100))
    assert isinstance(found.chapman, Estimate)
    assert isinstance(found.chao, Estimate)
    assert found.chapman.value == pytest.approx(200 * 200 / 401)
    assert found.chao.value == pytest.approx(400**2 / (4 * 400))


def test_the_odds_ratio_of_one_delay_is_that_of_the_four_cells() -> None:
    ratio = odds_ratio(cells(300, 150, 120, 90))
    assert isinstance(ratio, Estimate)
    assert ratio.value == pytest.approx(300 * 90 / (150 * 120), rel=0.01)
    error = math.sqrt(1 / 300 + 1 / 150 + 1 / 120 + 1 / 90)
    assert math.log(ratio.upper / ratio.value) == pytest.approx(1.96 * error, rel=0.03)


# --- truth and promises -------------------------------------------------------------------------------------


def test_the_range_holds_the_truth_where_lists_are_independent() -> None:
    shown = held = 0
    for seed in range(30):
        lists, truth = drawn(seed, 2_000)
        count = study(lists, seed).count
        if isinstance(count, Estimate):
            shown += 1
            held += count.lower <= truth <= count.upper
            assert count.upper < 3 * truth
    assert shown >= 20
    assert held >= shown - 1


@pytest.mark.parametrize("dependence", [math.log(1.65), 1.2, -0.6])
def test_dependent_lists_are_refused(dependence: float) -> None:
    refused = 0
    for seed in range(40):
        lists, _ = drawn(seed, 600 if seed % 2 else 3_000, dependence=dependence)
        refused += isinstance(study(lists, seed).count, Unavailable)
    assert refused >= 38


def test_the_odds_ratio_is_adjusted_for_delay() -> None:
    """Both lists rather hold long delays: the plain odds ratio is far above 1, at equal delay it is 1."""
    lists, _ = drawn(3, 20_000, slope=2.0)
    plain = cells(
        *(int(((lists.first == a) & (lists.second == b)).sum()) for a, b in ((1, 1), (1, 0), (0, 1), (0, 0)))
    )
    crude, adjusted = odds_ratio(plain), odds_ratio(lists)
    assert isinstance(crude, Estimate)
    assert isinstance(adjusted, Estimate)
    assert crude.lower > 1.5
    assert adjusted.lower < 1.0 < adjusted.upper


def test_huggins_alho_mends_what_chapman_misses() -> None:
    lists, truth = drawn(5, 40_000, slope=2.0)
    found = study(lists)
    assert isinstance(found.chapman, Estimate)
    assert isinstance(found.huggins_alho, Estimate)
    assert found.chapman.value < 0.8 * truth
    assert found.huggins_alho.value == pytest.approx(truth, rel=0.1)


# --- refusals -----------------------------------------------------------------------------------------------


def test_a_small_overlap_is_refused_with_the_overlap() -> None:
    count = study(cells(4, 300, 300, 300)).count
    assert isinstance(count, Unavailable)
    assert count.reason.startswith("not estimable: overlap 4 ")
    assert "10" in (count.needed or "")


def test_an_odds_ratio_of_one_that_could_be_anything_proves_nothing() -> None:
    found = study(cells(12, 12, 12, 12))
    assert isinstance(found.odds_ratio, Estimate)
    assert found.odds_ratio.value == pytest.approx(1.0, abs=0.05)
    assert found.odds_ratio.lower < 0.4
    assert isinstance(found.count, Unavailable)
    assert "cannot be told" in found.count.reason
    assert "odds ratio 1 (" in found.count.reason


def test_an_odds_ratio_that_is_told_well_enough_is_shown() -> None:
    found = study(cells(400, 200, 200, 100))
    assert isinstance(found.count, Estimate)
    assert found.count.lower < INDEPENDENT[0] * 100
    assert found.count.upper > INDEPENDENT[1] * 100
    assert isinstance(found.odds_ratio, Estimate)
    assert TOLD[0] <= found.odds_ratio.lower
    assert found.odds_ratio.upper <= TOLD[1]


@pytest.mark.parametrize(
    ("counts", "said"), [((400, 100, 100, 200), "the same"), ((200, 300, 300, 100), "other")]
)
def test_a_refusal_says_which_way_the_lists_depend(counts: tuple[int, int, int, int], said: str) -> None:
    count = study(cells(*counts)).count
    assert isinstance(count, Unavailable)
    assert f"holds rather {said} slow cycles" in count.reason


def test_where_every_slow_cycle_is_called_nothing_can_be_told() -> None:
    count = study(cells(200, 100, 0, 0)).count
    assert isinstance(count, Unavailable)
    assert "every slow cycle is on the first list" in count.reason


def test_empty_cells_give_no_false_certainty() -> None:
    """A log that repeats the calls to the letter, and one that holds everything."""
    for lists in (cells(300, 0, 0, 300), cells(300, 0, 300, 0)):
        assert isinstance(study(lists).count, Unavailable)


def test_equal_seeds_give_equal_ranges() -> None:
    lists, _ = drawn(1, 3_000)
    assert study(lists, 7) == study(lists, 7)
