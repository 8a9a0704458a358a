"""When the number is withheld, and when it is not."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.alarms import withheld
from analytics.estimate.fit import count, fit
from analytics.estimate.intervals import estimate_errors
from analytics.estimate.passes import prepare
from analytics.results import Unavailable
from tests.estimate.given import cycles, noise, plant_of

STATIONS, SIZE = 4, 2_000


def answer(lengths_of, **columns) -> Unavailable | None:
    """What is said of four stations whose lengths are drawn by ``lengths_of(rng)``."""
    frames = [
        cycles(lengths_of(np.random.default_rng([9, code])), station=f"S{code}", **columns)
        for code in range(STATIONS)
    ]
    prepared = prepare(plant_of(*frames), np.random.default_rng(0))
    fitted = fit(count(prepared))
    return withheld(prepared, fitted, estimate_errors(fitted, np.random.default_rng(1), replicates=4))


def ordinary(rng: np.random.Generator, sigma: float = 0.04, share: float = 0.03) -> np.ndarray:
    slow = rng.random(SIZE) < share
    return 60 * (1 + sigma * noise(rng, SIZE, 0, 1, 0.12)) + np.where(
        slow, 10 + rng.exponential(30, SIZE), 0.0
    )


def two_methods(rng: np.random.Generator) -> np.ndarray:
    """Three of ten cycles are made another way, three to four sigmas longer."""
    return ordinary(rng) + np.where(rng.random(SIZE) < 0.3, 0.04 * 60 * 3.5, 0.0)


@pytest.mark.parametrize("sigma", [0.02, 0.04, 0.12])
def test_ordinary_plants_get_their_number(sigma: float) -> None:
    assert answer(lambda rng: ordinary(rng, sigma)) is None


def test_a_plant_with_nothing_wrong_gets_its_number() -> None:
    assert answer(lambda rng: ordinary(rng, share=0.0)) is None


def test_two_ways_of_working_under_one_name_are_withheld() -> None:
    refusal = answer(two_methods)
    assert refusal is not None
    assert "of working" in refusal.reason
    assert "audit" in (refusal.needed or "")


def test_minute_stamps_are_withheld() -> None:
    refusal = answer(ordinary, stamp_s=60.0)
    assert refusal is not None
    assert "one minute" in refusal.reason


def test_a_shop_in_which_no_two_cycles_are_alike_is_withheld() -> None:
    product = [f"p{row // 12}" if row > 150 else "A" for row in range(SIZE)]
    refusal = answer(ordinary, product_id=product)
    assert refusal is not None
    assert "too few alike" in refusal.reason


def test_a_job_shop_is_withheld_and_a_few_products_are_not() -> None:
    """Sixty cycles of each product tell too little of its usual time; five long runs tell enough."""
    many = answer(ordinary, product_id=[f"p{row // 60}" for row in range(SIZE)])
    assert many is not None
    assert "a job shop: 100%" in many.reason
    assert answer(ordinary, product_id=[f"p{row * 5 // SIZE}" for row in range(SIZE)]) is None


def test_work_of_every_length_under_one_name_is_withheld() -> None:
    refusal = answer(lambda rng: rng.lognormal(5.0, 0.9, SIZE))
    assert refusal is not None
    assert "no usual time to compare with" in refusal.reason
