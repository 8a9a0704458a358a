"""What busy help does to calling, on a whole plant: shares add up, and refusals say why."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from analytics.estimate.fit import count, fit
from analytics.estimate.open_calls import open_times
from analytics.estimate.passes import Prepared, prepare
from analytics.estimate.plant import load_plant
from analytics.estimate.scoring import Scores, score
from analytics.estimate.shifts import ShiftDays, shift_days
from analytics.estimate.walk_away import WalkAway, walk_away
from analytics.results import Estimate, Quantity, Unavailable
from analytics.simulate import SimulatedPlant, simulate
from analytics.warehouse import memory_warehouse
from tests.estimate.given import FAR_AHEAD, LONG_AGO

UNDETECTED = Estimate(value=500.0, lower=450.0, upper=560.0, unit="slow cycles", method="given")
WITHHELD = Unavailable(reason="two ways of working", needed="an audit")


@cache
def drawn() -> tuple[SimulatedPlant, Prepared, Scores, ShiftDays]:
    plant = simulate("busy_help", seed=3, cycles=40_000)
    with memory_warehouse(plant.tables) as con:
        loaded = load_plant(con, LONG_AGO, FAR_AHEAD)
    prepared = prepare(loaded, np.random.default_rng(0))
    shifts = shift_days(loaded, prepared.own.begin_us, np.zeros(loaded.size, dtype=np.int64))
    return plant, prepared, score(prepared, fit(count(prepared))), shifts


def found(
    prepared: Prepared | None = None,
    scores: Scores | None = None,
    *,
    shifts: ShiftDays | None = None,
    undetected: Quantity = UNDETECTED,
    withheld: Unavailable | None = None,
) -> WalkAway | Unavailable:
    _, real, real_scores, real_shifts = drawn()
    scores = scores or real_scores
    return walk_away(
        prepared or real,
        scores,
        scores.slow,
        shifts or real_shifts,
        undetected,
        withheld=withheld,
        rng=np.random.default_rng(0),
    )


def with_calls(calls: pl.DataFrame) -> Prepared:
    """Return the plant with other calls' times; which cycle a call belongs to stays."""
    _, prepared, _, _ = drawn()
    plant = replace(prepared.plant, calls=calls)
    opens, closes, _ = open_times(plant, prepared.deviation, prepared.matching.offset_s)
    return replace(
        prepared, plant=plant, matching=replace(prepared.matching, opens_us=opens, closes_us=closes)
    )


def test_the_share_holds_the_truth_and_both_parts_add_up() -> None:
    plant, _, _, _ = drawn()
    silent = plant.truth.filter((pl.col("own_delay_s") > 15.0) & ~pl.col("called") & ~pl.col("covered"))
    truth = silent["walked_away"].mean()
    said = found()
    assert isinstance(said, WalkAway)
    assert isinstance(said.share, Estimate)
    assert isinstance(said.count, Estimate)
    assert isinstance(said.remaining_share, Estimate)
    assert isinstance(said.remaining_count, Estimate)
    assert said.share.lower <= truth <= said.share.upper
    assert said.share.value == pytest.approx(truth, abs=0.05)
    assert said.share.value + said.remaining_share.value == pytest.approx(1.0)
    assert said.count.value + said.remaining_count.value == pytest.approx(UNDETECTED.value)
    assert said.count.value == pytest.approx(said.share.value * UNDETECTED.value)
    # The error of the count adds to that of the share.
    relative = said.share.lower / said.share.value
    assert said.count.lower / said.count.value < relative


def test_calls_become_rarer_along_the_curve() -> None:
    said = found()
    assert isinstance(said, WalkAway)
    assert [level.open_calls for level in said.curve] == list(range(len(said.curve)))
    rates = [level.call_rate for level in said.curve[:2]]
    assert isinstance(rates[0], Estimate)
    assert isinstance(rates[1], Estimate)
    assert rates[0].value > rates[1].value + 0.1
    assert rates[0].lower < rates[0].value < rates[0].upper
    for level in said.curve:
        assert isinstance(level.slow_cycles, Estimate)
        assert isinstance(level.call_rate, Estimate) == (level.slow_cycles.value >= 10)
    assert said.curve[0].stations > 2


def test_cycles_whose_station_has_a_call_open_stand_apart() -> None:
    _, prepared, scores, _ = drawn()
    said = found()
    assert isinstance(said, WalkAway)
    assert isinstance(said.being_served, Estimate)
    covered = np.nansum(scores.slow[prepared.matching.covered])
    assert said.being_served.value == pytest.approx(covered)
    everyone = replace(prepared.matching, covered=np.ones(prepared.plant.size, dtype=bool))
    refused = found(replace(prepared, matching=everyone))
    assert isinstance(refused, WalkAway)
    assert isinstance(refused.share, Unavailable)
    assert refused.share.reason.startswith("0 slow cycles whose station had no call open")
    assert refused.curve == ()


def test_a_withheld_estimate_and_a_plant_without_calls_have_no_queue() -> None:
    assert found(withheld=WITHHELD) == WITHHELD
    _, prepared, _, _ = drawn()
    none = with_calls(prepared.plant.calls.clear())
    said = found(replace(none, matching=replace(none.matching, closes_us=np.array([], dtype=np.int64))))
    assert isinstance(said, Unavailable)
    assert "no andon calls" in said.reason


def test_without_times_of_answer_and_closing_nobody_knows_the_queue() -> None:
    _, prepared, _, _ = drawn()
    calls = prepared.plant.calls
    nothing = pl.lit(None, dtype=pl.Int64)
    said = found(with_calls(calls.with_columns(acknowledged_us=nothing, resolved_us=nothing)))
    assert isinstance(said, Unavailable)
    assert "not known how many" in said.reason
    assert "resolved_at" in str(said.needed)
    few = pl.when(pl.int_range(pl.len()) % 5 == 0).then("resolved_us")
    said = found(with_calls(calls.with_columns(acknowledged_us=nothing, resolved_us=few)))
    assert isinstance(said, Unavailable)
    assert "only 20%" in said.reason


def test_answers_alone_tell_who_waited() -> None:
    _, prepared, _, _ = drawn()
    calls = prepared.plant.calls.with_columns(resolved_us=pl.lit(None, dtype=pl.Int64))
    said = found(with_calls(calls))
    assert isinstance(said, WalkAway)
    assert isinstance(said.share, Estimate)


def test_help_that_was_never_or_always_busy_leaves_nothing_to_compare() -> None:
    _, prepared, _, _ = drawn()
    calls = prepared.plant.calls
    at_once = with_calls(calls.with_columns(acknowledged_us="raised_us", resolved_us="raised_us"))
    said = found(at_once)
    assert isinstance(said, WalkAway)
    assert isinstance(said.share, Unavailable)
    assert "never seen busy" in said.share.reason
    # One call of each line, raised at no station, that nobody ever closes.
    for_ever = calls.unique("line").with_columns(
        raised_us=pl.lit(0, dtype=pl.Int64),
        acknowledged_us=pl.lit(2**60, dtype=pl.Int64),
        resolved_us=pl.lit(2**60, dtype=pl.Int64),
        station=pl.lit(-1, dtype=pl.Int64),
    )
    said = found(with_calls(pl.concat([calls, for_ever.cast(dict(calls.schema))])))
    assert isinstance(said, WalkAway)
    assert isinstance(said.share, Unavailable)
    assert "nothing to compare" in said.share.reason


def test_what_calls_are_about_weighs_only_as_what_ran_without_one() -> None:
    """Where calls may be about half of the cycles that none labels, the odds of a call are twice as high."""
    _, prepared, scores, _ = drawn()
    named = prepared.matching.called | prepared.matching.covered
    half = replace(prepared.matching, claimed=np.where(named, 0.0, 0.5))
    halved = found(
        replace(prepared, matching=half), replace(scores, undetected=np.where(named, 0.0, scores.slow / 2))
    )
    whole = found()
    assert isinstance(halved, WalkAway)
    assert isinstance(whole, WalkAway)
    for less, more in zip(halved.curve[:2], whole.curve[:2], strict=True):
        assert isinstance(less.call_rate, Estimate)
        assert isinstance(more.call_rate, Estimate)
        odds = [one.value / (1.0 - one.value) for one in (less.call_rate, more.call_rate)]
        assert odds[0] == pytest.approx(2.0 * odds[1], rel=0.1)
    assert isinstance(halved.share, Estimate)
    assert isinstance(whole.share, Estimate)
    assert halved.share.value != whole.share.value


def test_too_few_at_a_queue_are_no_evidence() -> None:
    _, _, scores, _ = drawn()
    rare = replace(scores, slow=np.where(np.arange(scores.slow.size) % 40 == 0, scores.slow, 0.0))
    said = found(scores=rare)
    assert isinstance(said, WalkAway)
    assert isinstance(said.share, Unavailable)
    assert "too few slow cycles while another call was open" in said.share.reason
    assert said.count == said.remaining_share == said.remaining_count == said.share


def test_one_shift_is_no_evidence() -> None:
    _, _, _, shifts = drawn()
    once = ShiftDays(pl.Series(["day"] * len(shifts.shift)), np.zeros_like(shifts.day), "column")
    said = found(shifts=once)
    assert isinstance(said, WalkAway)
    assert isinstance(said.share, Unavailable)
    assert "shifts of a line only" in said.share.reason


def test_a_count_that_is_refused_refuses_its_part() -> None:
    said = found(undetected=WITHHELD)
    assert isinstance(said, WalkAway)
    assert said.count == said.remaining_count == WITHHELD


def test_it_reads_as_the_contract_writes_it() -> None:
    said = found()
    assert isinstance(said, WalkAway)
    section = said.to_json()
    assert section["attributable"]["share"]["unit"].startswith("share")
    assert set(section["curve"][0]) == {"open_calls", "slow_cycles", "call_rate", "shift_days", "stations"}
