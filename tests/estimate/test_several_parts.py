"""Records of several parts: which hide single cycles, and which are one cycle all the same."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.estimate.passes import prepare
from analytics.estimate.several_parts import COUNTS, RUNS, SHOTS, SINGLE, several_parts
from tests.estimate.given import cycles, plant_of, spans

RNG = np.random.default_rng(2026)
N = 300


def test_one_part_a_record_and_nothing_stated_are_single_cycles() -> None:
    told = plant_of(
        cycles(RNG.normal(60, 2, N), station="S1"),
        cycles(RNG.normal(60, 2, N), station="S2", quantity=np.ones(N)),
    )
    several = several_parts(told)
    assert several.kind.tolist() == [SINGLE, SINGLE]
    assert not several.apart.any()
    assert several.over(["", "few"]) == ["", "few"]


def test_cavities_that_share_a_stamp_change_nothing() -> None:
    lengths = RNG.normal(60, 2, N)
    both = plant_of(cycles(lengths, quantity=np.ones(N)), cycles(lengths, quantity=np.ones(N)))
    assert both.size == N
    assert set(both.cycles["quantity"]) == {2.0}
    assert several_parts(both).kind.tolist() == [SINGLE]


def test_runs_take_longer_the_more_parts_they_hold() -> None:
    parts = RNG.integers(10, 200, N).astype(float)
    several = several_parts(plant_of(cycles(parts * RNG.normal(30, 2, N), quantity=parts)))
    assert several.kind.tolist() == [RUNS]
    assert several.parts.tolist() == [float(np.median(parts))]
    assert "single cycles cannot be seen" in several.over([""])[0]


@pytest.mark.parametrize("minutes", [1, 5, 60])
def test_counts_last_all_the_same(minutes: int) -> None:
    begins = 60.0 * minutes * np.arange(N)
    parts = RNG.poisson(12, N).astype(float)
    several = several_parts(plant_of(spans(begins, begins + 60 * minutes, quantity=parts)))
    assert several.kind.tolist() == [COUNTS]


def test_counts_with_mostly_nothing_are_counts_too() -> None:
    begins = 60.0 * np.arange(N)
    several = several_parts(plant_of(spans(begins, begins + 60, quantity=RNG.poisson(0.4, N).astype(float))))
    assert several.kind.tolist() == [COUNTS]


@pytest.mark.parametrize(
    "parts",
    [np.full(N, 8.0), np.where(RNG.random(N) < 0.4, 7.0, 8.0), RNG.integers(12, 17, N).astype(float)],
    ids=["all cavities", "one cavity blocked now and then", "several blocked"],
)
def test_shots_are_single_cycles_however_many_cavities_give_a_part(parts: np.ndarray) -> None:
    several = several_parts(plant_of(cycles(RNG.normal(43.7, 0.6, N), quantity=parts)))
    assert several.kind.tolist() == [SHOTS]
    assert several.over([""]) == [""]
    assert not several.apart.any()


def test_a_rejected_part_counts_as_none_and_is_a_cycle() -> None:
    good = np.where(RNG.random(N) < 0.15, 0.0, 1.0)
    several = several_parts(plant_of(cycles(RNG.normal(60, 2, N), quantity=good)))
    assert several.kind.tolist() == [SINGLE]
    assert not several.apart.any()


def test_a_record_of_more_parts_than_usual_is_not_judged() -> None:
    parts = np.ones(N)
    parts[100] = 4.0
    lengths = RNG.normal(60, 2, N)
    lengths[100] *= 4
    prepared = prepare(plant_of(cycles(lengths, gap=0.0, quantity=parts)), np.random.default_rng(0))
    assert not prepared.usable[100]
    assert prepared.usable.mean() > 0.95


def test_stations_are_told_apart() -> None:
    parts = RNG.integers(10, 200, N).astype(float)
    plant = plant_of(
        cycles(RNG.normal(60, 2, N), station="A"),
        cycles(parts * RNG.normal(30, 2, N), station="B", quantity=parts),
    )
    prepared = prepare(plant, np.random.default_rng(0))
    assert prepared.masked_because[0] == ""
    assert "records of runs" in prepared.masked_because[1]
    assert not prepared.usable[plant.station == 1].any()
