"""Any grouping adds up, rates are compared at the common floor, and what cannot be said is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.estimate.intervals import PLANT_ERROR, QUANTILE
from analytics.estimate.strata import FEWEST_FOR_RATE, SUMS, Group, group
from analytics.results import NO_CALLS, Estimate, Unavailable

KEYS = ("line_id", "station_id", "product_id", "shift", "shift_day")
PLACES = [("L1", "S1"), ("L1", "S2"), ("L2", "S1"), (None, "S9")]


def cell(
    place: int, day: int, shift: str | None, product: str | None, rng: np.random.Generator, **given: Any
) -> dict:
    silent, called = rng.gamma(2.0, 4.0), rng.gamma(2.0, 2.0)
    sums = {
        "cycles": 400,
        "usable_cycles": 380,
        "detected_n": called,
        "undetected_n": silent,
        "undetected_variance": 0.1 * silent,
        "detected_variance": 0.05 * called,
        "recorded_n": 0.2 * silent,
        "detected_s": 40 * called,
        "undetected_s": 40 * silent,
        "undetected_s_variance": 160 * silent,
        "recorded_s": 8 * silent,
        "detected_common_n": 0.7 * called,
        "undetected_common_n": 0.6 * silent,
    }
    key = (*PLACES[place], product, shift, date(2026, 3, 2) + timedelta(days=day))
    return dict(zip(KEYS, key, strict=True)) | sums | given


def cells(*rows: dict) -> pl.DataFrame:
    kinds = {"line_id": pl.String, "product_id": pl.String, "shift": pl.String}
    return pl.DataFrame(list(rows), schema_overrides=kinds)


def stations(*places: int, **given: Any) -> pl.DataFrame:
    facts = {"floor_s": 10.0, "count_error": 0.15, "minutes_error": 0.12, "masked": False, "common": True}
    facts |= {"noise_n": 2.0, "noise_sd": 0.5, "waits": False, "cycles": 4_000}
    rows = []
    for number, place in enumerate(places or range(len(PLACES))):
        values = {name: value[number] if isinstance(value, list) else value for name, value in given.items()}
        rows.append({"line_id": PLACES[place][0], "station_id": PLACES[place][1], **facts, **values})
    return pl.DataFrame(rows, schema_overrides={"line_id": pl.String, "floor_s": pl.Float64})


def value(quantity) -> float:
    assert isinstance(quantity, Estimate)
    return quantity.value


CELL = st.tuples(
    st.integers(0, 3), st.integers(0, 3), st.sampled_from(["a", "b", None]), st.sampled_from(["P", "Q", None])
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(CELL, min_size=1, max_size=25, unique=True), st.sets(st.sampled_from(KEYS)), st.integers(0, 9)
)
def test_any_grouping_sums_to_the_total(places: list, chosen: set[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = cells(*(cell(*place, rng) for place in places))
    total = group(table, stations(), [])[0]
    parts = group(table, stations(), sorted(chosen))

    assert len({tuple(part.key.values()) for part in parts}) == len(parts)
    assert sum(part.cycles for part in parts) == total.cycles
    for name in (
        "detected",
        "detected_minutes",
        "undetected_count",
        "undetected_minutes",
        "recorded_count",
        "recorded_minutes",
        "detected_common",
        "undetected_common",
    ):
        summed = sum(value(getattr(part, name)) for part in parts)
        assert summed == pytest.approx(value(getattr(total, name)), rel=1e-9, abs=1e-9), name
    for part in [*parts, total]:
        count = part.undetected_count
        assert isinstance(count, Estimate)
        assert 0 <= count.lower <= count.value <= count.upper
        assert value(part.recorded_count) <= count.value + 1e-9


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(8)))
def test_the_order_of_the_cells_does_not_matter(order: list[int]) -> None:
    rng = np.random.default_rng(1)
    table = cells(*(cell(number % 3, number, "a", None, rng) for number in range(8)))
    one = group(table, stations(), ["line_id"])
    other = group(table[order], stations(), ["line_id"])
    assert [part.key for part in one] == [part.key for part in other]
    for a, b in zip(one, other, strict=True):
        assert value(a.undetected_count) == pytest.approx(value(b.undetected_count), rel=1e-12)


def single(**given: Any) -> Group:
    rng = np.random.default_rng(2)
    row = {
        "undetected_n": 100.0,
        "undetected_variance": 0.0,
        "undetected_common_n": 60.0,
        "detected_common_n": 40.0,
    }
    return group(cells(cell(0, 0, "a", None, rng, **row)), stations(0, **given), [])[0]


def test_one_station_has_that_stations_error() -> None:
    count = single(count_error=0.25).undetected_count
    assert isinstance(count, Estimate)
    assert np.log(count.upper / count.value) == pytest.approx(QUANTILE * 0.25)
    assert np.log(count.value / count.lower) == pytest.approx(QUANTILE * 0.25)


def test_stations_own_errors_average_out_and_the_shared_one_does_not() -> None:
    rng = np.random.default_rng(3)
    row = {"undetected_n": 100.0, "undetected_variance": 0.0}
    table = cells(*(cell(place, 0, "a", None, rng, **row) for place in range(4)))
    count = group(table, stations(count_error=0.25), [])[0].undetected_count
    assert isinstance(count, Estimate)
    own = 0.25**2 - PLANT_ERROR**2
    assert np.log(count.upper / count.value) == pytest.approx(QUANTILE * np.sqrt(PLANT_ERROR**2 + own / 4))


def test_the_detection_rate_is_called_over_all_at_the_common_floor() -> None:
    rate = single().detection_rate
    assert isinstance(rate, Estimate)
    assert rate.value == pytest.approx(0.4)
    assert 0 < rate.lower < 0.4 < rate.upper < 1


@pytest.mark.parametrize(("called", "silent"), [(0.0, 40.0), (40.0, 0.0)])
def test_a_rate_of_none_or_all_is_not_certain(called: float, silent: float) -> None:
    row = {"detected_common_n": called, "undetected_common_n": silent, "undetected_n": silent}
    rng = np.random.default_rng(4)
    rate = group(cells(cell(0, 0, "a", None, rng, **row)), stations(0), [])[0].detection_rate
    assert isinstance(rate, Estimate)
    assert rate.upper - rate.lower > 0.005
    assert 0 <= rate.lower <= rate.value <= rate.upper <= 1


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e3), st.floats(0, 3), st.floats(0, 1e3))
def test_a_rate_lies_in_its_interval_between_none_and_all(
    called: float, silent: float, variance: float, error: float, noise_n: float
) -> None:
    row = {
        "detected_common_n": called,
        "undetected_common_n": silent,
        "undetected_n": silent,
        "undetected_variance": variance,
        "detected_variance": variance,
    }
    rng = np.random.default_rng(4)
    table = cells(cell(0, 0, "a", None, rng, **row))
    rate = group(table, stations(0, count_error=error, noise_n=noise_n), [])[0].detection_rate
    if called + silent < FEWEST_FOR_RATE:
        assert isinstance(rate, Unavailable)
        return
    assert isinstance(rate, Estimate)
    assert 0 <= rate.lower <= rate.value <= rate.upper <= 1


@pytest.mark.parametrize("next_to_none", [1e-12, 1e-170, 5e-324])
def test_next_to_no_delay_is_no_division_by_it(next_to_none: float) -> None:
    """Where every problem was called, what is left underflows when it is squared."""
    names = ("undetected_n", "undetected_variance", "undetected_s", "undetected_s_variance", "recorded_n")
    tiny = dict.fromkeys((*names, "recorded_s", "undetected_common_n"), next_to_none)
    rng = np.random.default_rng(4)
    table = cells(*(cell(place, 0, "a", None, rng, **tiny, detected_common_n=30.0) for place in range(2)))
    found = group(table, stations(), [])[0]
    assert value(found.detection_rate) == pytest.approx(1.0)
    assert value(found.undetected_count) == pytest.approx(0.0, abs=1e-9)
    assert isinstance(found.undetected_minutes, Estimate)
    assert found.undetected_minutes.upper > 0


def test_where_none_may_have_run_without_a_call_all_may_have_been_called() -> None:
    rng = np.random.default_rng(0)
    few = {"detected_n": 400.0, "detected_common_n": 400.0, "undetected_n": 3.0, "undetected_common_n": 3.0}
    found = group(cells(cell(0, 0, "a", None, rng, **few)), stations(0, noise_n=8.0), [])[0]
    assert isinstance(found.undetected_common, Estimate)
    assert isinstance(found.detection_rate, Estimate)
    assert found.undetected_common.lower == 0.0
    assert found.detection_rate.upper == 1.0
    many = few | {"undetected_n": 60.0, "undetected_common_n": 60.0}
    clear = group(cells(cell(0, 0, "a", None, rng, **many)), stations(0), [])[0].detection_rate
    assert isinstance(clear, Estimate)
    assert clear.upper < 0.95


def test_without_calls_no_rate_but_a_count() -> None:
    rng = np.random.default_rng(5)
    found = group(cells(cell(0, 0, "a", None, rng)), stations(0), [], no_calls=NO_CALLS)[0]
    assert found.detection_rate == NO_CALLS
    assert isinstance(found.undetected_count, Estimate)


def test_few_slow_cycles_give_no_rate() -> None:
    row = {"detected_common_n": 4.0, "undetected_common_n": 5.0}
    found = group(cells(cell(0, 0, "a", None, np.random.default_rng(5), **row)), stations(0), [])[0]
    assert isinstance(found.detection_rate, Unavailable)
    assert found.detection_rate.reason.startswith("9 slow cycles")


def test_a_masked_station_says_nothing_not_zero() -> None:
    found = single(masked=True, floor_s=None)
    for name in ("undetected_count", "undetected_minutes", "detected", "detection_rate", "recorded_count"):
        assert isinstance(getattr(found, name), Unavailable), name
    assert found.floor_s == {"min": None, "median": None, "max": None}
    assert found.cycles == 400


def test_a_group_with_one_station_that_can_be_judged_speaks() -> None:
    rng = np.random.default_rng(6)
    table = cells(cell(0, 0, "a", None, rng), cell(1, 0, "a", None, rng, **dict.fromkeys(SUMS, 0.0)))
    found = group(table, stations(0, 1, masked=[False, True], floor_s=[10.0, None]), ["line_id"])[0]
    assert isinstance(found.undetected_count, Estimate)
    assert found.floor_s == {"min": 10.0, "median": 10.0, "max": 10.0}


def test_a_station_that_stands_apart_is_counted_but_not_compared() -> None:
    found = single(common=False)
    assert isinstance(found.undetected_count, Estimate)
    for name in ("detection_rate", "undetected_common"):
        refused = getattr(found, name)
        assert isinstance(refused, Unavailable)
        assert "third of takt" in refused.reason


def test_what_is_withheld_is_withheld_everywhere() -> None:
    refusal = Unavailable(reason="two ways of working", needed="an audit")
    rng = np.random.default_rng(7)
    table = cells(*(cell(place, 0, "a", "P", rng) for place in range(4)))
    for keys in ([], ["station_id"], ["shift", "product_id"]):
        for one in group(table, stations(), keys, withheld=refusal):
            for name in Group.__slots__:
                if name not in {"key", "cycles", "floor_s"}:
                    assert getattr(one, name) is refusal, name


def test_floors_of_a_group_are_those_of_its_stations() -> None:
    rng = np.random.default_rng(8)
    table = cells(*(cell(place, 0, "a", None, rng) for place in range(3)))
    found = group(table, stations(0, 1, 2, floor_s=[4.0, 8.0, 30.0]), [])[0]
    assert found.floor_s == {"min": 4.0, "median": 8.0, "max": 30.0}


def test_no_cells_no_groups() -> None:
    assert group(cells(cell(0, 0, "a", None, np.random.default_rng(0))).clear(), stations(), []) == []
