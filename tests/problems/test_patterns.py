"""Is a pattern that was put in found with its size, and nothing where nothing was put in?"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from analytics.problems.patterns import Patterns, _weeks, find_patterns
from tests.problems.plant import run_cycles

DAYS, PER_DAY = 20, 480
CYCLES = DAYS * PER_DAY
PLACE = np.arange(CYCLES)


def _products(rng: np.random.Generator) -> NDArray[np.str_]:
    return np.repeat(rng.choice(["A", "B", "C"], CYCLES // 60), 60)


def _since_changeover(products: NDArray[np.str_]) -> NDArray[np.int64]:
    changed = np.concatenate([[False], products[1:] != products[:-1]])
    return PLACE - np.maximum.accumulate(np.where(changed, PLACE, -CYCLES))


def _planted(kind: str, rng: np.random.Generator, products: NDArray[np.str_]) -> NDArray[np.bool_]:
    chance = rng.random(CYCLES)
    if kind == "every_k":
        return (PLACE % 7 == 3) & (chance < 0.15)
    if kind == "by_product":
        return (products == "B") & (chance < 0.05)
    if kind == "after_changeover":
        return (_since_changeover(products) < 5) & (chance < 0.25)
    if kind == "at_hour":
        return ((PLACE % PER_DAY) // 60 == 3) & (chance < 0.07)
    burst = np.zeros(CYCLES, dtype=bool)
    for start in rng.choice(CYCLES - 30, 25, replace=False):
        burst[start : start + 30] = True
    return burst & (chance < 0.4)


@pytest.mark.parametrize(
    ("kind", "detail"),
    [("every_k", "7"), ("by_product", "B"), ("after_changeover", "5"), ("at_hour", "9"), ("burst", None)],
)
def test_what_was_put_in_is_found_with_its_size(kind: str, detail: str | None) -> None:
    rng = np.random.default_rng(sum(map(ord, kind)))
    products = _products(rng)
    planted = _planted(kind, rng, products)
    background = rng.random(CYCLES) < 0.01
    cycles = run_cycles(rng, planted | background, days=DAYS, products=products, blurred=True)
    found = find_patterns(cycles, rng=rng).found
    strongest = max(found, key=lambda one: one.slow_cycles)
    assert strongest.pattern == kind
    assert detail is None or strongest.detail == detail
    own = planted & ~background
    assert strongest.slow_cycles == pytest.approx(own.sum(), rel=0.25)
    minutes = float(cycles["delay_s"].to_numpy()[own].sum()) / 60
    assert strongest.minutes.lower <= minutes <= strongest.minutes.upper
    assert strongest.certain


def test_two_patterns_share_no_minute() -> None:
    rng = np.random.default_rng(22)
    products = _products(rng)
    planted = _planted("every_k", rng, products) | _planted("after_changeover", rng, products)
    background = rng.random(CYCLES) < 0.01
    cycles = run_cycles(rng, planted | background, days=DAYS, products=products)
    patterns = find_patterns(cycles, rng=rng)
    assert {(one.pattern, one.detail) for one in patterns.found} == {
        ("every_k", "7"),
        ("after_changeover", "5"),
    }
    everything = float(cycles["delay_s"].sum()) / 60
    assert patterns.minutes().value < everything
    assert patterns.minutes().value == pytest.approx(
        float(cycles["delay_s"].to_numpy()[planted & ~background].sum()) / 60, rel=0.15
    )


@pytest.mark.parametrize("drawn", ["evenly", "in runs", "more on some days"])
def test_chance_makes_no_patterns(drawn: str) -> None:
    """Of plants without a pattern at most a few report one: the promise is 5 %."""
    reported = 0
    for seed in range(60):
        rng = np.random.default_rng([7, seed])
        products = _products(rng)
        rate = np.repeat(rng.gamma(2, 0.01, DAYS), PER_DAY) if drawn == "more on some days" else 0.02
        slow = rng.random(CYCLES) < rate
        if drawn == "in runs":
            slow |= np.roll(slow, 1) & (rng.random(CYCLES) < 0.6)
            slow |= np.roll(slow, 1) & (rng.random(CYCLES) < 0.4)
        cycles = run_cycles(rng, slow, days=DAYS, products=products, blurred=True)
        reported += bool(find_patterns(cycles, rng=rng).found)
    assert reported <= 8


def test_among_many_stations_the_false_ones_stay_few() -> None:
    """Three stations of twelve have a pattern; all three are found and hardly anything else."""
    rng = np.random.default_rng(12)
    frames = []
    for number in range(12):
        products = _products(rng)
        slow = rng.random(CYCLES) < 0.015
        if number < 3:
            slow |= _planted("every_k", rng, products)
        frames.append(run_cycles(rng, slow, days=DAYS, products=products, station_id=f"S{number:02d}"))
    found = find_patterns(pl.concat(frames), rng=rng).found
    true = [one for one in found if one.station_id in {"S00", "S01", "S02"} and one.pattern == "every_k"]
    assert len({one.station_id for one in true}) == 3
    assert len(found) - len(true) <= 1


def test_hours_are_told_on_the_plants_clock() -> None:
    """Six in the morning UTC in March is seven in Berlin."""
    rng = np.random.default_rng(5)
    planted = ((PLACE % PER_DAY) // 60 == 3) & (rng.random(CYCLES) < 0.1)
    cycles = run_cycles(rng, planted | (rng.random(CYCLES) < 0.005), days=DAYS)
    (one,) = find_patterns(cycles, rng=rng, timezone="Europe/Berlin").found
    assert (one.pattern, one.detail) == ("at_hour", "10")
    assert one.evidence.startswith("From 10:00 to 11:00:")


def test_the_same_seed_gives_the_same_answer_in_any_order() -> None:
    rng = np.random.default_rng(4)
    products = _products(rng)
    cycles = run_cycles(
        rng, _planted("every_k", rng, products) | (rng.random(CYCLES) < 0.01), days=DAYS, products=products
    )
    first = find_patterns(cycles, rng=np.random.default_rng(1))
    again = find_patterns(cycles.sample(fraction=1.0, shuffle=True, seed=3), rng=np.random.default_rng(1))
    assert first == again


def test_calls_in_a_pattern_are_counted() -> None:
    rng = np.random.default_rng(14)
    planted = (PLACE % 7 == 3) & (rng.random(CYCLES) < 0.15)
    cycles = run_cycles(rng, planted, days=DAYS, called=rng.random(CYCLES) < 0.3)
    (one,) = find_patterns(cycles, rng=rng).found
    assert one.calls / one.group_slow_cycles == pytest.approx(0.3, abs=0.1)


@pytest.mark.parametrize("height", [0, 1])
def test_too_little_to_ask(height: int) -> None:
    rng = np.random.default_rng(0)
    cycles = run_cycles(rng, np.ones(1, dtype=bool), days=1).head(height)
    patterns = find_patterns(cycles, rng=rng)
    assert isinstance(patterns, Patterns)
    assert patterns.found == ()
    assert patterns.minutes().value == 0.0


def test_two_sites_with_the_same_names_are_not_interleaved() -> None:
    """Every 7th unit at one site stays every 7th unit where another site has stations of the same names."""
    rng = np.random.default_rng(7)
    planted = (PLACE % 7 == 3) & (rng.random(CYCLES) < 0.15)
    north = run_cycles(rng, planted, days=DAYS, site_id="north")
    south = run_cycles(rng, rng.random(CYCLES) < 0.01, days=DAYS, site_id="south")
    found = find_patterns(pl.concat([north, south]), rng=rng).found
    assert [(one.site_id, one.pattern, one.detail) for one in found] == [("north", "every_k", "7")]


@pytest.mark.parametrize(
    ("worked", "weeks"),
    [
        ([0, 1, 2, 3, 4], 1.0),
        ([0, 1, 2, 3, 4, 7, 8, 9, 10, 11], 2.0),
        ([0, 1], 1.0),
        (list(range(14)), 2.0),
    ],
)
def test_a_week_has_as_many_days_as_the_plant_works(worked: list[int], weeks: float) -> None:
    monday = date(2025, 3, 3)
    days = pl.DataFrame({"shift_day": [monday + timedelta(days=day) for day in worked for _ in range(3)]})
    assert _weeks(days) == pytest.approx(weeks)
