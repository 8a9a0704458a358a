"""Every caveat: a plant that trips it, and one that does not."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

import analytics.caveats
from analytics.caveats import OF_LOADS, Context, caveats
from analytics.estimate.alarms import withheld
from analytics.estimate.fit import count, fit
from analytics.estimate.intervals import estimate_errors
from analytics.estimate.passes import prepare
from analytics.estimate.scoring import score
from analytics.estimate.shifts import shift_days, wall_offset_us
from analytics.estimate.tables import call_table, cycle_table, gap_table, match_detections
from tests.estimate.given import MONDAY, calendar, calls, interval, plant_of, spans

DAY = 86_400.0
REPLICATES = 2


def context(
    *frames: pl.DataFrame,
    timezone: str = "Europe/Berlin",
    sources: tuple[dict, ...] = (),
    **tables: pl.DataFrame,
) -> Context:
    """What the study draws caveats from; the errors with fewer replicates, to be quick."""
    plant = plant_of(*frames, **tables)
    offset = wall_offset_us(plant.end_us, timezone)
    prepared = prepare(plant, np.random.default_rng(0), offset)
    fitted = fit(count(prepared))
    errors = estimate_errors(fitted, np.random.default_rng(1), replicates=REPLICATES)
    scores = score(prepared, fitted)
    shifts = shift_days(plant, prepared.own.begin_us, offset)
    table = cycle_table(prepared, scores, scores.slow, shifts, match_detections(prepared))
    return Context(
        prepared=prepared,
        errors=errors,
        shifts=shifts,
        gaps=gap_table(prepared),
        timezone=timezone,
        sources=list(sources),
        withheld=withheld(prepared, fitted, errors),
        cycles=table,
        calls=call_table(prepared, scores, table),
    )


SIZE = 600
WEEK = [interval(day * DAY, day * DAY + 8 * 3600, "shift", line="L1", name="day") for day in range(6)]


def station(
    name: str = "S1",
    *,
    size: int = SIZE,
    seed: int = 0,
    sigma: float = 2.0,
    every: int = 40,
    days: int = 6,
    **more: Any,
) -> pl.DataFrame:
    """Cycles of a minute from the start of each shift on; each fortieth is slow, delays spread where many."""
    rng = np.random.default_rng([seed, size])
    lengths = 60.0 + sigma * rng.standard_normal(size)
    slow = lengths[20::every]
    slow += 45.0 + 60.0 * rng.random(slow.size) if every < 20 else 45.0
    lengths[20::every] = slow
    of_day = lengths.reshape(days, size // days) + 5.0
    begin = (DAY * np.arange(days)[:, None] + 30.0 + np.cumsum(of_day, axis=1) - of_day).ravel()
    return spans(begin, begin + lengths, station=name, **more)


def seconds(frame: pl.DataFrame) -> list[float]:
    return [(one - MONDAY).total_seconds() for one in frame["started_at"]]


def called(frame: pl.DataFrame, *, late: float = 75.0, every: int = 40, **more: Any) -> pl.DataFrame:
    starts = seconds(frame)
    return calls([starts[row] + late for row in range(20, frame.height, every)], **more)


def in_order(**more: Any) -> dict[str, Any]:
    """A plant that leaves nothing to say but what minutes mean."""
    frame = station(shift="day", product_id="A")
    return {"frames": [frame], "andon_calls": called(frame), "calendar": calendar(*WEEK), **more}


def codes(given: dict[str, Any]) -> dict[str, str]:
    frames = given.pop("frames")
    return {one.code: one.severity for one in caveats(context(*frames, **given))}


def test_a_plant_in_order_has_nothing_to_say_but_what_minutes_mean() -> None:
    assert codes(in_order()) == {"station_minutes": "info"}


def withheld_plant() -> dict[str, Any]:
    return in_order(frames=[station(shift="day", product_id="A", stamp_s=60.0)])


def one_way(size: int = 6000) -> dict[str, Any]:
    """One way of working with much scatter, and as many cycles."""
    frame = station(shift="day", product_id="A", size=size, sigma=6.0)
    return in_order(frames=[frame], andon_calls=called(frame))


def left_open(share: float) -> dict[str, Any]:
    frame = station(shift="day", product_id="A")
    starts = seconds(frame)
    rows = range(20, frame.height, 40)
    open_s = [72_000.0 if number < share * len(rows) else 60.0 for number in range(len(rows))]
    ends = [starts[row] + 75.0 + more for row, more in zip(rows, open_s, strict=True)]
    return in_order(frames=[frame], andon_calls=called(frame, resolved_at=ends))


def quarantined(share: int) -> dict[str, Any]:
    return in_order(sources=({"file": "a.csv", "read": 1000, "quarantined": share},))


def loaded_with(code: str, severity: str) -> dict[str, Any]:
    told = {"code": code, "severity": severity, "message": "As told.", "affects": "times"}
    return in_order(
        sources=({"file": "a.csv", "read": 9, "caveats": [told, {**told, "code": "overlap"}]},) * 3
    )


def clocks_mixed() -> dict[str, Any]:
    return loaded_with("clocks_mixed", "serious")


def hour_shown_twice() -> dict[str, Any]:
    return loaded_with("hour_shown_twice", "warning")


def sheet_passed_over() -> dict[str, Any]:
    return loaded_with("sheet_passed_over", "warning")


def cut_off() -> dict[str, Any]:
    return loaded_with("cut_off", "warning")


def test_what_several_files_said_is_said_once() -> None:
    given = clocks_mixed()
    found = caveats(context(*given.pop("frames"), **given))
    assert [one.message for one in found if one.code == "clocks_mixed"] == [
        "As told. (2 files more like this)"
    ]


def empty_source() -> dict[str, Any]:
    return in_order(sources=({"file": "a.csv", "read": 0, "quarantined": 0},))


def no_andon() -> dict[str, Any]:
    given = in_order()
    del given["andon_calls"]
    return given


def unmatched(share: float) -> dict[str, Any]:
    given = in_order()
    lost = calls([-1e5 - number for number in range(round(15 * share / (1 - share)))], station="elsewhere")
    return given | {"andon_calls": pl.concat([given["andon_calls"], lost])}


def misspelled(count: int) -> dict[str, Any]:
    given = in_order()
    lost = calls([60.0 * number for number in range(count)], station="s-1", line=None)
    return given | {"andon_calls": pl.concat([given["andon_calls"], lost])}


def recorded(name: str) -> dict[str, Any]:
    """A downtime log that spells the station so."""
    return in_order(detections=pl.DataFrame(
        {"source": ["log"], "station_id": [name], "detected_at": [MONDAY]},
        schema_overrides={"detected_at": pl.Datetime("us")},
    ))  # fmt: skip


def ambiguous() -> dict[str, Any]:
    frame = station(shift="day", product_id="A", every=10_000)
    starts = seconds(frame)
    slow = pl.int_range(pl.len()) % 40
    longer = pl.when(slow == 20).then(17_000).when(slow == 21).then(9_000).otherwise(0)
    shift = pl.duration(milliseconds=longer)
    moved = pl.duration(milliseconds=pl.when(slow == 21).then(17_000).otherwise(0))
    double = frame.with_columns(pl.col("started_at") + moved, pl.col("ended_at") + moved + shift)
    return in_order(frames=[double], andon_calls=calls([starts[row + 1] + 70 for row in range(20, SIZE, 40)]))


def clock_off() -> dict[str, Any]:
    return clock(75.0 + 150.0)


def clock(late: float) -> dict[str, Any]:
    frame = station(shift="day", product_id="A", every=20)
    return in_order(frames=[frame], andon_calls=called(frame, late=late, every=20))


def no_zone() -> dict[str, Any]:
    return in_order(timezone="unspecified")


def two_days() -> dict[str, Any]:
    frame = station(shift="day", product_id="A", days=2)
    return in_order(frames=[frame], andon_calls=called(frame))


def no_shifts() -> dict[str, Any]:
    breaks = [interval(day * DAY + 20_000, day * DAY + 20_600, "break", line="L1") for day in range(6)]
    return in_order(frames=[station(product_id="A")], calendar=calendar(*breaks))


def no_calendar_but_breaks() -> dict[str, Any]:
    return in_order(calendar=calendar())


def no_calendar_no_breaks() -> dict[str, Any]:
    begin = np.arange(SIZE) * DAY / 100
    frame = spans(
        begin, begin + 60 + np.random.default_rng(0).standard_normal(SIZE), shift="day", product_id="A"
    )
    return in_order(frames=[frame], calendar=calendar())


def masked() -> dict[str, Any]:
    given = in_order()
    return given | {
        "frames": [*given["frames"], station("S2", size=60, shift="day", product_id="A", line="L2")]
    }


def order(*, told: bool) -> dict[str, Any]:
    given = in_order()
    both = [*given["frames"], station("S2", seed=1, shift="day", product_id="A")]
    layout = pl.DataFrame({"line_id": ["L1"] * 2, "station_id": ["S1", "S2"], "position": [1, 2]})
    return given | {"frames": both} | ({"stations": layout} if told else {})


def completions() -> dict[str, Any]:
    return in_order(frames=[station(shift="day", product_id="A").drop("started_at")])


def stated_with_gaps() -> dict[str, Any]:
    frame = station(shift="day", product_id="A").with_columns(
        cycle_s=(pl.col("ended_at") - pl.col("started_at")).dt.total_milliseconds() / 1000
    )
    late = pl.duration(seconds=pl.when(pl.int_range(pl.len()) % 100 > 50).then(600).otherwise(0))
    return in_order(frames=[frame.drop("started_at").with_columns(pl.col("ended_at") + late)])


def overlapping() -> dict[str, Any]:
    frame = station(shift="day", product_id="A")
    earlier = pl.duration(seconds=pl.when(pl.int_range(pl.len()) % 5 == 0).then(20).otherwise(0))
    return in_order(frames=[frame.with_columns(pl.col("started_at") - earlier)])


def sites(first: str, second: str) -> dict[str, Any]:
    frames = [station(first, site_id="N"), station(second, site_id="S", seed=1)]
    return in_order(frames=frames, andon_calls=called(frames[0], site_id="N"))


def stated_otherwise() -> dict[str, Any]:
    return in_order(frames=[station(shift="day", product_id="A", cycle_s=50.0)])


def mix(rare: int) -> dict[str, Any]:
    product = [f"p{row // 5}" if row < rare else "A" for row in range(SIZE)]
    return in_order(frames=[station(shift="day", product_id=product)])


def few_of_each() -> dict[str, Any]:
    product = [f"p{row // 75}" for row in range(SIZE)]
    return in_order(frames=[station(shift="day", product_id=product)])


def planned() -> dict[str, Any]:
    product = ["A" if row % 300 < 150 else "B" for row in range(SIZE)]
    return in_order(frames=[station(shift="day", product_id=product)])


def too_fast() -> dict[str, Any]:
    frame = station(shift="day", product_id="A")
    late = pl.duration(seconds=pl.when(pl.int_range(pl.len()) % 100 == 50).then(40).otherwise(0))
    return in_order(frames=[frame.with_columns(pl.col("started_at") + late)])


def dense() -> dict[str, Any]:
    return in_order(frames=[station(shift="day", product_id="A", every=10)])


TRIPPED: list[tuple[str, str, Callable[[], dict[str, Any]]]] = [
    ("withheld", "serious", withheld_plant),
    ("calls_left_open", "info", lambda: left_open(0.5)),
    ("timezone_utc", "info", lambda: in_order(timezone="UTC")),
    ("quarantine", "info", lambda: quarantined(5)),
    ("quarantine", "warning", lambda: quarantined(50)),
    ("empty_source", "warning", empty_source),
    ("clocks_mixed", "serious", clocks_mixed),
    ("hour_shown_twice", "warning", hour_shown_twice),
    ("sheet_passed_over", "warning", sheet_passed_over),
    ("cut_off", "warning", cut_off),
    ("runs_no_cycles", "serious", lambda: loaded_with("runs_no_cycles", "serious")),
    ("states_unknown", "warning", lambda: loaded_with("states_unknown", "warning")),
    ("counter_jumped", "info", lambda: loaded_with("counter_jumped", "info")),
    ("downtime_totals", "warning", lambda: loaded_with("downtime_totals", "warning")),
    ("midnight_split", "info", lambda: loaded_with("midnight_split", "info")),
    ("no_andon", "warning", no_andon),
    ("calls_unmatched", "warning", lambda: unmatched(0.25)),
    ("calls_unmatched", "serious", lambda: unmatched(0.75)),
    ("station_of_calls", "warning", lambda: misspelled(2)),
    ("station_of_calls", "serious", lambda: misspelled(30)),
    ("station_of_records", "serious", lambda: recorded("s-1")),
    ("calls_ambiguous", "warning", ambiguous),
    ("clock_offset", "info", clock_off),
    ("timezone_unspecified", "info", no_zone),
    ("short_period", "warning", two_days),
    ("no_shifts", "info", no_shifts),
    ("breaks_found", "warning", no_calendar_but_breaks),
    ("no_calendar", "warning", no_calendar_no_breaks),
    ("masked_stations", "warning", masked),
    ("order_unknown", "serious", lambda: order(told=False)),
    ("completions_only", "serious", completions),
    ("gaps", "info", stated_with_gaps),
    ("overlapping_cycles", "warning", overlapping),
    ("stated_cycle_time", "warning", stated_otherwise),
    ("names_at_several_sites", "warning", lambda: sites("S1", "S1")),
    ("high_mix", "warning", lambda: mix(60)),
    ("high_mix", "serious", lambda: mix(300)),
    ("few_per_product", "warning", few_of_each),
    ("planned_excluded", "info", planned),
    ("too_fast", "warning", too_fast),
    ("dense", "warning", dense),
]


@pytest.mark.parametrize(("code", "severity", "plant"), TRIPPED, ids=[f"{c}-{s}" for c, s, _ in TRIPPED])
def test_a_plant_that_strains_it_trips_it(
    code: str, severity: str, plant: Callable[[], dict[str, Any]]
) -> None:
    assert codes(plant()).get(code) == severity


def small(size: int) -> dict[str, Any]:
    given = in_order()
    more = station("S2", size=size, shift="day", product_id="A", line="L2")
    return given | {"frames": [*given["frames"], more]}


def with_starts() -> dict[str, Any]:
    return in_order(frames=[station(shift="day", product_id="A", cycle_s=60.0)])


SPARED: list[tuple[str, Callable[[], dict[str, Any]]]] = [
    ("withheld", one_way),
    ("withheld", lambda: in_order(frames=[station(shift="day", product_id="A", stamp_s=1.0)])),
    ("quarantine", lambda: quarantined(0)),
    ("no_andon", in_order),
    ("calls_unmatched", lambda: unmatched(0.05)),
    ("station_of_calls", lambda: unmatched(0.75)),
    ("station_of_records", lambda: recorded("S1")),
    ("station_of_records", lambda: recorded("paint shop")),
    ("calls_ambiguous", in_order),
    ("calls_left_open", lambda: left_open(0.0)),
    ("clock_offset", lambda: clock(75.0)),
    ("short_period", in_order),
    ("masked_stations", lambda: small(300)),
    ("names_at_several_sites", lambda: sites("S1", "S2")),
    ("order_unknown", lambda: order(told=True)),
    ("completions_only", in_order),
    ("overlapping_cycles", with_starts),
    ("high_mix", lambda: mix(6)),
    ("few_per_product", lambda: mix(0)),
    ("too_fast", one_way),
    ("dense", lambda: in_order(frames=[station(shift="day", product_id="A", every=30)])),
]
"""Plants on the right side of each alarm's limit."""


@pytest.mark.parametrize(
    ("code", "plant"), SPARED, ids=[f"{code}-{number}" for number, (code, _) in enumerate(SPARED)]
)
def test_a_plant_that_keeps_to_it_does_not_trip_it(code: str, plant: Callable[[], dict[str, Any]]) -> None:
    assert code not in codes(plant())


def test_every_code_has_a_plant_that_trips_it() -> None:
    tree = ast.parse(inspect.getsource(analytics.caveats))
    said = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "_caveat"
        and isinstance(node.args[0], ast.Constant)
    }
    always = {"station_minutes"}
    elsewhere = {*OF_LOADS, "station_of_calls", "station_of_records", "names_at_several_sites"}
    assert (said - always) | elsewhere == {code for code, _, _ in TRIPPED}


def test_the_serious_come_first_and_each_says_what_it_affects() -> None:
    given = withheld_plant() | {"sources": ({"file": "a.csv", "read": 0},)}
    frames = given.pop("frames")
    found = caveats(context(*frames, **given))
    rank = {"serious": 0, "warning": 1, "info": 2}
    assert [rank[one.severity] for one in found] == sorted(rank[one.severity] for one in found)
    assert len({one.code for one in found}) == len(found)
    for one in found:
        assert one.message.endswith((".", ")"))
        assert one.affects
