"""Fewer calls: problems, calling and mix are told apart, exactly where nothing is left to chance."""

from __future__ import annotations

from datetime import date, timedelta
from math import prod

import numpy as np
import polars as pl
import pytest

from analytics.estimate.change import Change, change, halfway
from analytics.results import TOO_EARLY, Estimate, Quantity, Unavailable

FIRST = date(2026, 3, 2)
STATIONS = 8
CYCLES = 400
RATE = np.linspace(0.35, 0.65, STATIONS)
SLOW = np.linspace(0.01, 0.03, STATIONS)


def stations(count_error: float = 0.12) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "line_id": ["L1"] * STATIONS,
            "station_id": [f"S{number}" for number in range(STATIONS)],
            "common": [True] * STATIONS,
            "count_error": [count_error] * STATIONS,
        }
    )


def cells(
    rng: np.random.Generator | None = None,
    *,
    problems: float = 1.0,
    calling: float = 1.0,
    moved: float = 0.0,
    days: int = 20,
    missed_twice: float = 1.0,
) -> pl.DataFrame:
    """Cells of two equally long periods; what changes is changed from the second half of the days on.

    Without a generator every count is its expectation. ``missed_twice`` multiplies what ran without a call in
    both periods alike, as an error of the model does.
    """
    rows = []
    for day in range(days):
        for shift in ("early", "late"):
            later = day >= days // 2
            share = np.full(STATIONS, 1.0)
            if later:
                share[: STATIONS // 2] -= moved
                share[STATIONS // 2 :] += moved
            cycles = np.round(CYCLES * share)
            mood = 1.0 if rng is None else np.exp(rng.normal(0.0, 0.2))
            slow = cycles * SLOW * (problems if later else 1.0) * mood
            rate = RATE * (calling if later else 1.0)
            if rng is None:
                called, silent = slow * rate, slow * (1.0 - rate)
            else:
                happened = rng.poisson(slow)
                called = rng.binomial(happened, rate).astype(float)
                silent = happened - called
            rows.append(
                pl.DataFrame(
                    {
                        "line_id": "L1",
                        "station_id": [f"S{number}" for number in range(STATIONS)],
                        "shift": shift,
                        "shift_day": FIRST + timedelta(days=day),
                        "usable_cycles": cycles.astype(np.int64),
                        "detected_common_n": called,
                        "undetected_common_n": silent * missed_twice,
                    }
                )
            )
    return pl.concat(rows)


def told(given: pl.DataFrame, split: date | None = None, seed: int = 0, **facts: float) -> Change:
    found = change(
        given,
        stations(facts.get("count_error", 0.12)),
        split,
        common_floor_s=20.0,
        shared_error=facts.get("shared_error", 0.05),
        rng=np.random.default_rng(seed),
    )
    assert isinstance(found, Change)
    return found


def value(given: Quantity) -> float:
    assert isinstance(given, Estimate)
    return given.value


@pytest.mark.parametrize(
    ("given", "problems", "rate"),
    [
        ({}, 1.0, 1.0),
        ({"problems": 0.6}, 0.6, 1.0),
        ({"calling": 0.7}, 1.0, 0.7),
        ({"problems": 1.4, "calling": 1.2}, 1.4, 1.2),
    ],
)
def test_what_changes_is_what_is_told(given: dict[str, float], problems: float, rate: float) -> None:
    found = told(cells(**given))
    # Where both change, a station's part in the one depends a little on the other.
    assert value(found.problems) == pytest.approx(problems, rel=0.005)
    assert value(found.call_rate) == pytest.approx(rate, rel=0.005)
    assert value(found.mix) == pytest.approx(1.0)
    assert value(found.calls) == pytest.approx(problems * rate)
    earlier, later = found.periods
    assert value(later.problems_per_1k) / value(earlier.problems_per_1k) == pytest.approx(problems)
    assert value(later.call_rate) / value(earlier.call_rate) == pytest.approx(rate)


def test_cycles_moved_between_stations_are_neither_problems_nor_calling() -> None:
    """To the stations where more goes wrong and more is called: the sums rise, and nobody changed a thing."""
    found = told(cells(moved=0.5))
    assert value(found.calls) > 1.15
    assert value(found.mix) == pytest.approx(value(found.calls))
    assert value(found.problems) == pytest.approx(1.0, abs=0.003)
    assert value(found.call_rate) == pytest.approx(1.0, abs=0.003)
    earlier, later = found.periods
    assert value(later.call_rate) > 1.03 * value(earlier.call_rate)


@pytest.mark.parametrize("seed", range(4))
def test_the_parts_multiply_to_the_change_in_calls(seed: int) -> None:
    given = cells(np.random.default_rng(seed), problems=0.7, calling=1.3, moved=0.3)
    found = told(given)
    parts = prod(value(one) for one in (found.problems, found.call_rate, found.mix))
    assert parts == pytest.approx(value(found.calls), rel=1e-9)


def test_a_station_that_stops_is_mix() -> None:
    split = FIRST + timedelta(days=10)
    gone = cells().filter((pl.col("station_id") != "S7") | (pl.col("shift_day") < split))
    found = told(gone, split)
    assert value(found.problems) == pytest.approx(1.0)
    assert value(found.call_rate) == pytest.approx(1.0)
    assert value(found.mix) < 0.9


SETTINGS = {
    "nothing": {},
    "problems": {"problems": 0.7},
    "calling": {"calling": 0.7},
    "both": {"problems": 1.3, "calling": 0.8},
    "mix": {"moved": 0.4},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_intervals_hold_the_change(name: str) -> None:
    true = told(cells(**SETTINGS[name]))
    held = {"calls": 0, "problems": 0, "call_rate": 0}
    plants = 60
    for seed in range(plants):
        found = told(cells(np.random.default_rng(seed), **SETTINGS[name]), seed=seed)
        for part in held:
            one = getattr(found, part)
            held[part] += one.lower <= value(getattr(true, part)) <= one.upper
    # 93 to 99 % of 300 plants; sixty scatter by 3 points.
    assert min(held.values()) >= 0.88 * plants, held


def test_a_change_is_seen_where_it_is() -> None:
    found = told(cells(np.random.default_rng(1), calling=0.6))
    assert isinstance(found.call_rate, Estimate)
    assert isinstance(found.problems, Estimate)
    assert found.call_rate.upper < 0.8
    assert found.problems.lower < 1.0 < found.problems.upper


def test_an_error_that_both_periods_share_cancels() -> None:
    """The model may miss a third of what ran without a call: levels move, their ratio hardly does."""
    rng = [np.random.default_rng(5), np.random.default_rng(5)]
    right, wrong = told(cells(rng[0])), told(cells(rng[1], missed_twice=1.5))
    assert value(wrong.periods[0].problems_per_1k) > 1.2 * value(right.periods[0].problems_per_1k)
    assert value(wrong.problems) == pytest.approx(value(right.problems), abs=0.02)
    certain, unsure = (told(cells(np.random.default_rng(6)), shared_error=e) for e in (0.0, 0.3))
    for name, most in (("problems", 1.3), ("call_rate", 1.3)):
        one, other = getattr(certain, name), getattr(unsure, name)
        assert other.upper / other.lower < most * one.upper / one.lower
    level, wide = certain.periods[0].problems_per_1k, unsure.periods[0].problems_per_1k
    assert isinstance(level, Estimate)
    assert isinstance(wide, Estimate)
    assert wide.upper - wide.lower > 1.5 * (level.upper - level.lower)


def test_the_order_of_cells_does_not_matter() -> None:
    given = cells(np.random.default_rng(2))
    one, other = told(given), told(given.sample(fraction=1.0, shuffle=True, seed=3))
    for name in ("calls", "problems", "call_rate", "mix"):
        first, second = getattr(one, name), getattr(other, name)
        assert (second.value, second.lower, second.upper) == pytest.approx(
            (first.value, first.lower, first.upper), rel=1e-9
        )


def test_the_halves_hold_as_many_shift_days() -> None:
    days = [FIRST, FIRST, FIRST + timedelta(days=1), FIRST + timedelta(days=2), FIRST + timedelta(days=3)]
    assert halfway(days) == FIRST + timedelta(days=1)
    found = told(cells())
    assert [period.shift_days for period in found.periods] == [20, 20]
    assert found.periods[1].from_day == FIRST + timedelta(days=10)
    assert found.common_floor_s == 20.0


@pytest.mark.parametrize(
    ("given", "split", "needed"),
    [
        (cells(days=4), None, "1 more shift-day"),
        (cells(), FIRST + timedelta(days=1), "3 more shift-days"),
        (cells(), FIRST, "5 more shift-days"),
        (cells(problems=0.01), None, "more shift-day"),
    ],
)
def test_too_early_says_how_many_more_shift_days(
    given: pl.DataFrame, split: date | None, needed: str
) -> None:
    found = change(
        given, stations(), split, common_floor_s=20.0, shared_error=0.05, rng=np.random.default_rng(0)
    )
    assert isinstance(found, Unavailable)
    assert found.code == TOO_EARLY
    assert found.reason.startswith("too early")
    assert str(found.needed).startswith(needed) or needed in str(found.needed)


def test_where_calls_stop_both_levels_stand_and_the_split_is_refused() -> None:
    found = told(cells(calling=0.0))
    for one in (found.calls, found.problems, found.call_rate, found.mix):
        assert isinstance(one, Unavailable)
        assert "0 in the later period" in one.reason
    rate = found.periods[1].call_rate
    assert isinstance(rate, Estimate)
    assert rate.value == 0.0
    assert 0.0 < rate.upper < 0.05


def test_stations_apart_are_left_out_and_without_others_there_is_nothing() -> None:
    apart = stations().with_columns(common=pl.lit(value=False))
    arguments = {"shared_error": 0.05, "rng": np.random.default_rng(0)}
    for facts, floor in ((apart, 20.0), (stations(), None)):
        found = change(cells(), facts, None, common_floor_s=floor, **arguments)  # type: ignore[arg-type]
        assert isinstance(found, Unavailable)
    some = stations().with_columns(common=pl.col("station_id") != "S0")
    left = change(cells(), some, None, common_floor_s=20.0, **arguments)  # type: ignore[arg-type]
    assert isinstance(left, Change)
    assert left.periods[0].cycles == 20 * (STATIONS - 1) * CYCLES
