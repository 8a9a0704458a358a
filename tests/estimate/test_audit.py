"""An audited count holds the truth, whether the model was right, biased, or blind to half of the delays."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from analytics.estimate.audit import Recalibrated, Seen, expected_half_width, measured_length, recalibrate
from analytics.estimate.audit_strata import STRATA, Strata, allocate, smooth_chance
from analytics.estimate.observers import RIGHT, Accuracy, told_accuracy, unknown_accuracy

Floats = np.ndarray

SIZE = np.array([8000, 3000, 900, 300, 160, 180, 220, 500, 600, 450.0])
CHANCE = np.array([0.0004, 0.003, 0.03, 0.2, 0.6, 0.93, 0.99, 0.999, 0.0005, 0.005])
BLIND = np.array([1e-9, 1e-9, 1e-8, 1e-5, 0.003, 0.06, 0.43, 0.96, 1e-8, 0.003])
"""What a model says that takes a second way of working for noise."""
TRUE_THEN = np.array([0.001, 0.006, 0.05, 0.25, 0.5, 0.8, 0.9, 0.97, 0.003, 0.01])
CASES = {
    "right": (CHANCE, CHANCE),
    "shifted down": (CHANCE, expit(logit(CHANCE) - 1.0)),
    "shifted up": (CHANCE, expit(logit(CHANCE) + 1.0)),
    "too flat": (CHANCE, expit(1.4 * logit(CHANCE))),
    "too steep": (CHANCE, expit(0.7 * logit(CHANCE))),
    "bimodal": (BLIND, TRUE_THEN),
}


def strata(chance: Floats) -> Strata:
    return Strata(
        size=SIZE,
        chance=chance,
        smooth=smooth_chance(SIZE),
        seconds=np.linspace(20.0, 120.0, STRATA),
        seconds_sd=np.linspace(10.0, 100.0, STRATA),
        below_n=0.0,
        below_s=0.0,
    )


def look(
    slow: Floats,
    wanted: Floats,
    rng: np.random.Generator,
    *,
    right: tuple[float, float] = (1.0, 1.0),
    twice: float = 0.0,
) -> Seen:
    """Let people look at a sample: some cycles twice, each time with the observers' errors."""
    yes = rng.hypergeometric(slow, SIZE.astype(int) - slow, wanted)
    kinds: Counter[tuple[int, int, int]] = Counter()
    for stratum in range(STRATA):
        for number in range(int(wanted[stratum])):
            says_yes = right[0] if number < yes[stratum] else 1 - right[1]
            reviews = 2 if rng.random() < twice else 1
            kinds[stratum, int(rng.binomial(reviews, says_yes)), reviews] += 1
    rows = np.array(sorted(kinds), dtype=np.int64).reshape(-1, 3)
    return Seen(
        stratum=rows[:, 0],
        yes=rows[:, 1],
        reviews=rows[:, 2],
        cycles=np.array([kinds[tuple(row)] for row in rows.tolist()], dtype=np.float64),
        watched=np.zeros(len(rows), dtype=bool),
    )


def audit(
    case: str,
    size: int,
    rng: np.random.Generator,
    *,
    accuracy: Accuracy = RIGHT,
    right: tuple[float, float] = (1.0, 1.0),
    twice: float = 0.0,
) -> tuple[Recalibrated, float]:
    """Draw a population, look at a sample, and return what the audit says and what is true."""
    model, true = CASES[case]
    slow = rng.binomial(SIZE.astype(int), true)
    made = strata(model)
    wanted = allocate(SIZE, 0.8 * made.chance + 0.2 * made.smooth, size)
    seen = look(slow, wanted, rng, right=right, twice=twice)
    return recalibrate(made, seen, accuracy), float(slow.sum())


@pytest.mark.parametrize("case", list(CASES))
def test_the_interval_holds_the_truth(case: str) -> None:
    rng = np.random.default_rng([9, len(case)])
    draws, covered = 8, 0
    for size, widest, bias in ((50, 0.50, 0.20), (100, 0.35, 0.15), (200, 0.22, 0.10)):
        found = [audit(case, size, rng) for _ in range(draws)]
        covered += sum(one.count.lower <= truth <= one.count.upper for one, truth in found)
        assert abs(float(np.mean([one.count.value / truth - 1.0 for one, truth in found]))) <= bias
        assert float(np.mean([one.count.half_width for one, _ in found])) <= widest
    assert covered >= 0.85 * 3 * draws


def test_an_audit_of_200_is_as_tight_as_promised_where_the_model_is_right() -> None:
    rng = np.random.default_rng(11)
    widths = [audit("right", 200, rng)[0].count.half_width for _ in range(6)]
    assert float(np.mean(widths)) <= 0.13


def test_an_audit_rescues_a_model_that_sees_half_of_the_delays() -> None:
    rng = np.random.default_rng(12)
    found = [audit("bimodal", 200, rng) for _ in range(6)]
    model = float(SIZE @ BLIND)
    for one, truth in found:
        assert model < 0.7 * truth
        assert abs(one.count.value / truth - 1.0) <= 0.25
    assert float(np.mean([abs(one.count.value / truth - 1.0) for one, truth in found])) <= 0.12


def test_what_was_looked_at_in_full_is_known() -> None:
    small = replace(strata(CHANCE), size=np.full(STRATA, 6.0))
    slow = np.array([0, 0, 1, 2, 4, 6, 6, 6, 0, 1])
    number = np.arange(STRATA)
    seen = Seen(
        stratum=np.concatenate([number, number]),
        yes=np.repeat([1, 0], STRATA),
        reviews=np.ones(2 * STRATA, dtype=np.int64),
        cycles=np.concatenate([slow, 6 - slow]).astype(np.float64),
        watched=np.zeros(2 * STRATA, dtype=bool),
    )
    count = recalibrate(small, seen, RIGHT).count
    assert count.value == pytest.approx(slow.sum(), abs=0.1)
    assert count.half_width < 0.01


def test_more_reviews_give_a_tighter_promise() -> None:
    made = strata(CHANCE)
    widths = [
        expected_half_width(made, allocate(SIZE, CHANCE, size).astype(float), CHANCE, RIGHT)
        for size in (50, 200, 800)
    ]
    assert widths[0] > widths[1] > widths[2]


def test_observers_errors_widen_the_interval_and_are_corrected_where_they_are_known() -> None:
    rng = np.random.default_rng(13)
    right = (0.85, 0.97)
    told = [audit("right", 200, rng, accuracy=told_accuracy(*right), right=right) for _ in range(10)]
    trusted = [audit("right", 200, rng, right=right) for _ in range(10)]
    bias = [float(np.mean([one.count.value / truth - 1 for one, truth in many])) for many in (told, trusted)]
    assert sum(one.count.lower <= truth <= one.count.upper for one, truth in told) >= 9
    assert abs(bias[0]) < 0.5 * abs(bias[1])
    perfect = audit("right", 200, rng)[0]
    assert told[0][0].count.half_width > perfect.count.half_width


def test_double_observations_tell_how_often_people_are_right() -> None:
    rng = np.random.default_rng(14)
    right = (0.85, 0.97)
    found = [audit("right", 300, rng, accuracy=unknown_accuracy(), right=right, twice=0.6) for _ in range(3)]
    held = 0
    for one, truth in found:
        assert one.sensitivity is not None
        assert one.specificity is not None
        assert one.sensitivity.value == pytest.approx(right[0], abs=0.1)
        assert one.specificity.value == pytest.approx(right[1], abs=0.03)
        held += one.sensitivity.lower <= right[0] <= one.sensitivity.upper
        held += one.specificity.lower <= right[1] <= one.specificity.upper
        held += one.count.lower <= truth <= one.count.upper
    assert held >= 8


def test_people_who_call_more_while_watched_do_not_hide_what_runs_without_a_call() -> None:
    rng = np.random.default_rng(15)
    made, silent = strata(CHANCE), 0.5
    share = CHANCE * silent / (1 - CHANCE + CHANCE * silent)
    looked = np.full(STRATA, 120)
    yes = rng.binomial(looked, share)
    number = np.arange(STRATA)
    seen = Seen(
        stratum=np.concatenate([number, number]),
        yes=np.repeat([1, 0], STRATA),
        reviews=np.ones(2 * STRATA, dtype=np.int64),
        cycles=np.concatenate([yes, looked - yes]).astype(np.float64),
        watched=np.ones(2 * STRATA, dtype=bool),
    )
    told, untold = (recalibrate(made, seen, RIGHT, silent=by).count for by in (silent, 1.0))
    assert told.lower <= float(SIZE @ CHANCE) <= told.upper
    assert told.value == pytest.approx(float(SIZE @ CHANCE), rel=0.12)
    assert untold.value < told.value


def test_lengths_are_taken_from_what_was_measured() -> None:
    rng = np.random.default_rng(16)
    model = rng.gamma(2.0, 30.0, 60)
    measured = model * rng.normal(0.8, 0.1, 60)
    ratio, error = measured_length(measured, model, np.ones(60))
    assert ratio == pytest.approx(0.8, abs=0.04)
    assert 0.05 < error < 0.06
    assert measured_length(measured[:5], model[:5], np.ones(5)) == (1.0, 0.10)


def test_a_longer_delay_makes_more_minutes_and_not_more_cycles() -> None:
    rng = np.random.default_rng(17)
    made = strata(CHANCE)
    seen = look(rng.binomial(SIZE.astype(int), CHANCE), allocate(SIZE, CHANCE, 200), rng)
    once, twice = (recalibrate(made, seen, RIGHT, length=length) for length in (1.0, 2.0))
    unsure = recalibrate(made, seen, RIGHT, length_error=0.2)
    assert twice.minutes.value == pytest.approx(2 * once.minutes.value, rel=0.01)
    assert twice.count == once.count
    assert unsure.minutes.half_width > once.minutes.half_width


@pytest.mark.parametrize(
    ("case", "right"), [("right", (0.9, 0.97)), ("bimodal", (0.9, 0.97)), ("bimodal", (1, 1))]
)
def test_one_observer_of_whom_nothing_is_known_may_err_or_not(case: str, right: tuple[float, float]) -> None:
    rng = np.random.default_rng(31)
    found = [audit(case, 200, rng, accuracy=unknown_accuracy(), right=right) for _ in range(5)]
    assert sum(one.count.lower <= truth <= one.count.upper for one, truth in found) >= 4
    assert np.mean([abs(one.count.value / truth - 1.0) for one, truth in found]) <= 0.15


def test_who_errs_and_is_taken_as_right_finds_slow_cycles_that_are_none() -> None:
    """Why nobody is taken as right who was not told to be: among many ordinary cycles few errors are many."""
    rng = np.random.default_rng(32)
    found = [audit("bimodal", 200, rng, accuracy=RIGHT, right=(0.9, 0.97)) for _ in range(5)]
    assert np.mean([one.count.value / truth - 1.0 for one, truth in found]) > 0.3
