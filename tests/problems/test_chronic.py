"""Is the gap to the standard measured where it is, and zero where the standard is held?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from analytics.problems.chronic import ChronicGap, chronic_gap
from analytics.results import Estimate, Unavailable
from tests.problems.plant import EXPECTED_S, FIRST_DAY, run_cycles

DAYS, PER_DAY = 15, 200
CYCLES = DAYS * PER_DAY
NOT_SLOW = np.zeros(CYCLES, dtype=bool)


def _standards(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "site_id": None,
                "line_id": None,
                "product_id": None,
                "target_cycle_s": None,
                "valid_from": None,
                **row,
            }
            for row in rows
        ],
        schema={
            "site_id": pl.String,
            "line_id": pl.String,
            "station_id": pl.String,
            "product_id": pl.String,
            "standard_cycle_s": pl.Float64,
            "target_cycle_s": pl.Float64,
            "valid_from": pl.Datetime("us"),
        },
    )


def _gap(cycles: pl.DataFrame, standards: pl.DataFrame, seed: int = 0) -> ChronicGap:
    return chronic_gap(cycles, standards, rng=np.random.default_rng(seed))


def test_gap_is_recovered_and_covered() -> None:
    """A station 6 s slower than its standard on average, more on some days: minutes = cycles × 6 s."""
    hits = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        level = EXPECTED_S + np.repeat(rng.normal(0, 1.0, DAYS), PER_DAY)
        # The estimate's own usual time is a median of what it saw, a little off.
        cycles = run_cycles(rng, NOT_SLOW, days=DAYS, expected_s=level).with_columns(
            expected_s=pl.col("net_s").median().over("shift_day")
        )
        found = _gap(
            cycles, _standards({"station_id": "S1", "standard_cycle_s": 54.0}), seed
        ).standard_not_held
        assert isinstance(found, Estimate)
        truth = float((level - 54.0).sum()) / 60
        assert found.value == pytest.approx(truth, rel=0.05)
        hits += found.lower <= truth <= found.upper
    assert hits >= 36


@pytest.mark.parametrize("standard_s", [60.0, 61.0, 59.2])
def test_no_gap_where_the_standard_is_held(standard_s: float) -> None:
    """Held, beaten, or missed by less than the margin: zero, over many draws."""
    for seed in range(15):
        cycles = run_cycles(np.random.default_rng(seed), NOT_SLOW, days=DAYS)
        found = _gap(cycles, _standards({"station_id": "S1", "standard_cycle_s": standard_s}), seed)
        assert isinstance(found.standard_not_held, Estimate)
        assert (found.standard_not_held.value, found.standard_not_held.upper) == (0.0, 0.0)
        assert found.gaps == ()


def test_slow_cycles_are_not_counted_twice() -> None:
    """A tenth of the cycles is delayed by half a minute and more; the usual time is on standard."""
    rng = np.random.default_rng(2)
    cycles = run_cycles(rng, rng.random(CYCLES) < 0.1, days=DAYS)
    found = _gap(cycles, _standards({"station_id": "S1", "standard_cycle_s": 60.0}))
    assert isinstance(found.standard_not_held, Estimate)
    assert found.standard_not_held.value == 0.0


def test_a_spell_of_days_is_found_and_a_single_day_is_not() -> None:
    level = np.full(CYCLES, EXPECTED_S)
    level[3 * PER_DAY : 7 * PER_DAY] += 5.0
    level[10 * PER_DAY : 11 * PER_DAY] += 5.0
    cycles = run_cycles(np.random.default_rng(3), NOT_SLOW, days=DAYS, expected_s=level)
    (gap,) = _gap(cycles, _standards({"station_id": "S1", "standard_cycle_s": 60.0})).gaps
    assert (gap.shift_days, gap.of_shift_days) == (4, DAYS)
    assert gap.minutes.value == pytest.approx(4 * PER_DAY * 5 / 60)
    assert "4 of 15 shift-days" in gap.words()


def test_target_counts_only_where_the_standard_is_held() -> None:
    """S1 misses its standard, S2 holds it and misses its target: only S2's target is a Type 3 gap."""
    rng = np.random.default_rng(4)
    cycles = pl.concat([run_cycles(rng, NOT_SLOW, days=DAYS, station_id=name) for name in ("S1", "S2")])
    found = _gap(
        cycles,
        _standards(
            {"station_id": "S1", "standard_cycle_s": 55.0, "target_cycle_s": 50.0},
            {"station_id": "S2", "standard_cycle_s": 60.0, "target_cycle_s": 57.0},
        ),
    )
    assert isinstance(found.standard_not_held, Estimate)
    assert isinstance(found.target_condition, Estimate)
    assert found.standard_not_held.value == pytest.approx(CYCLES * 5 / 60)
    assert found.target_condition.value == pytest.approx(CYCLES * 3 / 60)
    assert [(one.kind, one.station_id) for one in found.gaps] == [
        ("standard_not_held", "S1"),
        ("target_condition", "S2"),
    ]


def test_the_most_specific_and_latest_standard_counts() -> None:
    rng = np.random.default_rng(5)
    cycles = run_cycles(rng, NOT_SLOW, days=DAYS, products=np.repeat(["A", "B"], CYCLES // 2))
    middle = FIRST_DAY + timedelta(days=4)
    standards = _standards(
        {"station_id": "S1", "standard_cycle_s": 40.0},
        {"station_id": "S1", "product_id": "A", "standard_cycle_s": 60.0},
        {"station_id": "S1", "product_id": "A", "standard_cycle_s": 50.0, "valid_from": middle},
        {"station_id": "S1", "product_id": "B", "standard_cycle_s": 60.0},
        {"line_id": "L9", "station_id": "S1", "product_id": "A", "standard_cycle_s": 30.0},
    )
    (gap,) = _gap(cycles, standards).gaps
    assert gap.product_id == "A"
    assert gap.declared_s == pytest.approx(50.0)
    assert gap.minutes.value == pytest.approx((CYCLES // 2 - 4 * PER_DAY) * 10 / 60)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "no standards loaded"),
        ([{"station_id": "S9", "standard_cycle_s": 60.0}], "name none of the stations"),
        ([{"station_id": "S1", "standard_cycle_s": 1.0}], "not believable"),
    ],
)
def test_without_a_usable_standard_there_is_a_reason(rows: list[dict[str, Any]], reason: str) -> None:
    """A standard of one second for a minute's work is in minutes: it is refused and named."""
    cycles = run_cycles(np.random.default_rng(6), NOT_SLOW, days=DAYS)
    found = _gap(cycles, _standards(*rows))
    assert isinstance(found.standard_not_held, Unavailable)
    assert reason in found.standard_not_held.reason
    assert isinstance(found.target_condition, Unavailable)
    assert [one.code for one in found.caveats] == (
        ["standard_not_believable"] if "believable" in reason else []
    )


def test_a_standard_without_target_makes_type_3_unavailable() -> None:
    cycles = run_cycles(np.random.default_rng(7), NOT_SLOW, days=DAYS)
    found = _gap(cycles, _standards({"station_id": "S1", "standard_cycle_s": 50.0}))
    assert isinstance(found.target_condition, Unavailable)
    assert found.target_condition.reason == "no target condition declared"


def test_planned_and_masked_cycles_are_left_out() -> None:
    cycles = run_cycles(np.random.default_rng(8), NOT_SLOW, days=DAYS).with_columns(
        state=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("planned")).otherwise(pl.lit("normal"))
    )
    (gap,) = _gap(cycles, _standards({"station_id": "S1", "standard_cycle_s": 50.0})).gaps
    assert gap.minutes.value == pytest.approx(CYCLES / 2 * 10 / 60)


def test_masked_stations_are_not_blamed_on_the_standards() -> None:
    cycles = run_cycles(np.random.default_rng(9), NOT_SLOW, days=DAYS).with_columns(state=pl.lit("masked"))
    found = _gap(cycles, _standards({"station_id": "S1", "standard_cycle_s": 50.0}))
    assert isinstance(found.standard_not_held, Unavailable)
    assert "can be judged" in found.standard_not_held.reason


def _two_sites() -> pl.DataFrame:
    rng = np.random.default_rng(4)
    return pl.concat(
        [
            run_cycles(rng, NOT_SLOW, days=DAYS, expected_s=expected_s, site_id=site)
            for site, expected_s in (("north", 60.0), ("south", 50.0))
        ]
    )


def test_two_sites_with_the_same_names_are_judged_apart() -> None:
    """A standard of 50 s for every site is held at one and not at the other."""
    found = _gap(_two_sites(), _standards({"station_id": "S1", "standard_cycle_s": 50.0}))
    assert [(one.site_id, one.cycles) for one in found.gaps] == [("north", CYCLES)]
    assert found.gaps[0].minutes.value == pytest.approx(CYCLES * 10 / 60, rel=0.02)


def test_a_sites_own_standard_holds_there_only() -> None:
    every = {"station_id": "S1", "standard_cycle_s": 60.0}
    own = {"site_id": "south", "station_id": "S1", "standard_cycle_s": 45.0}
    for standards in ([own], [own, every], [every, own]):
        found = _gap(_two_sites(), _standards(*standards))
        assert [(one.site_id, one.declared_s) for one in found.gaps] == [("south", 45.0)]
    elsewhere = _gap(_two_sites(), _standards(own | {"site_id": "west"})).standard_not_held
    assert isinstance(elsewhere, Unavailable)
