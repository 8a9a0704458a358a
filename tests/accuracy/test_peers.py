"""The peers do what their names say, on times that can be checked by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.simulate import simulate
from tests.accuracy.peers import RESIDUAL, RULES, TOLD, Station, net_cycle_s, run_peers

TIMES = np.concatenate([np.linspace(58.0, 62.0, 401), [70.0, 75.0, 91.0, 300.0]])
STATION = Station(cycle_s=TIMES, standard_s=np.full(TIMES.size, 60.0))


@pytest.mark.parametrize(
    ("name", "flagged"),
    [
        ("1.2 × standard", [75.0, 91.0, 300.0]),
        ("1.5 × standard", [91.0, 300.0]),
        ("1.5 × median", [91.0, 300.0]),
        ("mean + 3 sigma", [300.0]),
        ("Tukey", [70.0, 75.0, 91.0, 300.0]),
        ("MAD z > 3.5", [70.0, 75.0, 91.0, 300.0]),
    ],
)
def test_rules_of_thumb_flag_what_they_say(name: str, flagged: list[float]) -> None:
    flags, score = RULES[name](STATION)
    assert TIMES[flags].tolist() == flagged
    assert np.argsort(score, kind="stable")[-2:].tolist() == [403, 404]


def test_a_forest_flags_five_percent_at_most_and_only_slow_ones() -> None:
    flags, _ = RULES["IsolationForest 5 %"](STATION)
    assert 4 <= flags.sum() <= 0.05 * TIMES.size + 1
    assert TIMES[flags].min() > 60.0
    assert {300.0, 91.0} <= set(TIMES[flags].tolist())


def test_without_a_standard_its_rules_flag_nothing() -> None:
    unknown = Station(cycle_s=TIMES, standard_s=np.full(TIMES.size, np.nan))
    assert not RULES["1.2 × standard"](unknown)[0].any()


@pytest.mark.parametrize("scenario", ["default", "flow_handover"])
def test_peers_get_cycle_times_without_breaks(scenario: str) -> None:
    plant = simulate(scenario, seed=4, cycles=8_000)
    true = plant.truth.select(
        pl.col("in_control_s") + pl.col("own_delay_s") + pl.col("blocked_s")
    ).to_series()
    difference = net_cycle_s(plant.tables) - true.to_numpy()
    assert difference.max() <= 1.0
    # What people finished in a break is lost to whoever takes every break off.
    assert (difference < -1.0).mean() < 0.02


def test_only_the_fair_rivals_are_told_of_blocking() -> None:
    plant = simulate("coupled", seed=4, cycles=8_000)
    blocked = plant.truth["blocked_s"].to_numpy() > 0.0
    cycles = blocked.size
    row = np.arange(cycles)
    scored = pl.DataFrame(
        {
            "deviation": np.where(row % 100 == 0, 9.0, np.sin(row)),
            "excess_s": np.full(cycles, 5.0),
            "called": row % 200 == 0,
            "state": np.where(blocked, "blocked", "normal"),
        }
    )
    found = run_peers(plant.tables, blocked, scored)
    assert not (found[TOLD].flagged & blocked).any()
    assert (found["MAD z > 3.5"].flagged & blocked).any()
    assert found[RESIDUAL].flagged.any()
    assert np.array_equal(found[RESIDUAL].flagged, (row % 200 == 100) & ~blocked)


def test_outlier_detectors_know_the_longest_cycles() -> None:
    for name in ("LocalOutlierFactor", "ECOD"):
        flags, score = RULES[name](STATION)
        assert {91.0, 300.0} <= set(TIMES[flags].tolist()), name
        assert TIMES[flags].min() > 60.0, name
        assert score[403:].min() > np.median(score), name


def test_a_tail_scores_by_its_size() -> None:
    """ECOD of 100 different values: the longest scores ln 100, the second longest ln 50."""
    times = np.arange(1.0, 101.0) ** 2
    score = Station(cycle_s=times, standard_s=times).tails
    assert score[-1] == pytest.approx(np.log(100.0))
    assert score[-2] == pytest.approx(np.log(50.0))
