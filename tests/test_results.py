"""Estimates that cannot lose their interval."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.results import Caveat, Estimate, Unavailable, quantity_from_json

finite = st.floats(min_value=-1e12, max_value=1e12)


@given(st.lists(finite, min_size=3, max_size=3))
def test_whatever_is_in_order_survives_json_unchanged(numbers: list[float]) -> None:
    lower, value, upper = sorted(numbers)
    estimate = Estimate(value=value, lower=lower, upper=upper, unit="slow cycles", method="mixture")

    assert quantity_from_json(json.loads(json.dumps(estimate.to_json()))) == estimate


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", ["value", "lower", "upper"])
def test_a_number_that_is_not_finite_is_refused(field: str, broken: float) -> None:
    numbers = {"value": 1.0, "lower": 0.0, "upper": 2.0, field: broken}

    with pytest.raises(ValueError, match="must be finite"):
        Estimate(**numbers, unit="slow cycles", method="mixture")


@pytest.mark.parametrize(("lower", "value", "upper"), [(2.0, 1.0, 3.0), (0.0, 4.0, 3.0)])
def test_a_value_outside_its_interval_is_refused(lower: float, value: float, upper: float) -> None:
    with pytest.raises(ValueError, match="must lie in its interval"):
        Estimate(value=value, lower=lower, upper=upper, unit="slow cycles", method="mixture")


def test_json_never_shows_a_bound_beyond_the_value_by_rounding() -> None:
    value = 0.1 + 0.2
    estimate = Estimate(value=value, lower=value + 1e-17, upper=0.3, unit="share", method="m")

    shown = estimate.to_json()

    assert shown["lower"] <= shown["value"] <= shown["upper"]


def test_a_refusal_keeps_its_reason_and_what_is_needed() -> None:
    refusal = Unavailable(reason="no standards were loaded", needed="the table standards")

    assert refusal.to_json() == {"unavailable": "no standards were loaded", "needed": "the table standards"}
    assert quantity_from_json(refusal.to_json()) == refusal


def test_results_cannot_be_changed() -> None:
    caveat = Caveat(code="no_calendar", severity="warning", message="Breaks are guessed.", affects="minutes")

    with pytest.raises(AttributeError):
        caveat.message = "All is well."  # type: ignore[misc]
    assert caveat.to_json()["severity"] == "warning"
