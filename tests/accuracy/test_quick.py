"""The promises of every change, on four plants with fixed seeds (whole study: python -m tests.accuracy)."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from tests.accuracy.judge import judge

SEEDS = {"default": 1, "nothing_wrong": 2, "everything_called": 3, "no_andon": 4}
NEAR = 0.10


@cache
def study(scenario: str) -> dict[str, Any]:
    """Study each plant once; only the default plant is put to the peers too."""
    return judge(scenario, SEEDS[scenario], with_peers=scenario == "default")


@pytest.mark.parametrize("what", ["count", "minutes"])
def test_undetected_is_within_ten_percent_and_inside_its_interval(what: str) -> None:
    found = study("default")[what]
    assert found["truth"] > 500
    assert abs(found["ratio"] - 1.0) <= NEAR
    assert found["covers"]
    assert found["lower"] < found["value"] < found["upper"]


@pytest.mark.parametrize("scenario", ["nothing_wrong", "everything_called"])
def test_where_nothing_is_undetected_next_to_nothing_is_reported(scenario: str) -> None:
    found = study(scenario)["count"]
    assert found["truth"] == 0
    assert found["value"] <= 20
    assert found["lower"] == 0
    assert found["upper"] > 0


@pytest.mark.parametrize("what", ["count", "minutes", "total"])
def test_without_an_andon_everything_ran_without_a_call(what: str) -> None:
    found = study("no_andon")[what]
    assert abs(found["ratio"] - 1.0) <= NEAR
    assert found["covers"]


def test_the_ranking_is_good_and_better_than_every_peer() -> None:
    record = study("default")
    assert record["precision"] >= 0.92
    for name, peer in record["peers"].items():
        assert record["precision"] > peer["precision"], name


def test_stated_probabilities_are_true() -> None:
    bins = {one["low"]: one for one in study("default")["calibration"]}
    assert 0.72 <= bins[0.8]["true"] <= 0.98
    assert bins[0.95]["true"] >= 0.95
    assert bins[0.0]["true"] <= 0.002


def test_most_calls_find_their_cycle() -> None:
    assert study("default")["right_calls"] >= 0.95


def test_nothing_is_withheld_on_an_ordinary_plant() -> None:
    for scenario in SEEDS:
        assert "withheld" not in study(scenario)["count"], scenario
