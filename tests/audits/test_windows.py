"""Go and see: windows for the coming days, and what was watched matched to the cycles of the next export."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from analytics.audits import windows
from analytics.audits.book import Book
from analytics.audits.evidence import gather
from analytics.audits.hours import starts_on, usual_hours
from analytics.audits.outcome import audit, unwatched
from analytics.errors import UsageError, WalkawayError
from analytics.journal import Draw, Observation
from analytics.period import stored
from analytics.results import Estimate
from tests.audits.plant import NOW, Studied, studied

MONDAY = date(2025, 3, 3)


def ordinary() -> Studied:
    return studied("default", 1, 30_000)


def drawn(given: Studied, count: int, **options: Any) -> list[dict[str, Any]]:
    asked = {"minutes": 60, "observers": 3, "first_day": MONDAY, "timezone": "unspecified", **options}
    hours = usual_hours(given.found.cycles, "unspecified")
    return windows.draw(given.found.cycles, hours, count=count, rng=np.random.default_rng(4), **asked)


def watch(given: Studied, items: list[dict[str, Any]]) -> Book:
    """Let somebody watch every window and note each true interruption, by a watch that is 20 s off."""
    rng = np.random.default_rng(5)
    seen = []
    for number, item in enumerate(items, start=1):
        begin, end = (datetime.fromisoformat(item[name]) for name in ("starts_at", "ends_at"))
        slow = given.truth.filter(
            "slow",
            pl.col("line_id") == item["line_id"],
            pl.col("station_id") == item["station_id"],
            pl.col("ended_at").is_between(begin, end),
        )
        noted = [
            {
                "at": (ended - timedelta(seconds=delay_s + float(rng.uniform(-20, 20)))).isoformat(),
                "seconds": delay_s,
                "called": True,
                "why": None,
            }
            for ended, delay_s in slow.select("ended_at", "own_delay_s").rows()
        ]
        answer = {"watched": True, "interruptions": noted}
        seen.append(Observation(draw_id="A-2", item=number, observer="o1", loaded_at=NOW, answer=answer))
    draw = Draw(draw_id="A-2", created_at=NOW, mode="windows", run_id="run", details={}, items=items)
    return Book(draws=(draw,), observations=tuple(seen))


def test_windows_lie_in_the_lines_own_hours_and_every_station_has_its_turn() -> None:
    given = ordinary()
    items = drawn(given, 90)
    hours = usual_hours(given.found.cycles, "unspecified")
    for item in items:
        start = datetime.fromisoformat(item["from"])
        assert (start.weekday(), start.hour) in hours[item["line_id"]]
    turns = Counter((item["line_id"], item["station_id"]) for item in items)
    assert len(turns) == given.found.cycles.select("line_id", "station_id").n_unique()
    assert max(turns.values()) - min(turns.values()) <= 2
    at_once = Counter(item["from"] for item in items)
    assert max(at_once.values()) <= 3
    assert len({(item["from"], item["station_id"], item["line_id"]) for item in items}) == len(items)


def test_cycles_around_an_interruption_that_could_not_be_read_are_left_open() -> None:
    given = ordinary()
    items = drawn(given, 40)
    whole = watch(given, items)
    number = next(k for k, one in enumerate(whole.observations) if one.answer["interruptions"])
    one = whole.observations[number]
    typo = {"watched": True, "interruptions": [], "unread": [one.answer["interruptions"][0]["at"]]}
    answers = list(whole.observations)
    answers[number] = replace(one, answer=typo)
    partly = replace(whole, observations=tuple(answers))
    seen, left = (windows.watched_cycles(book.of("windows"), given.found) for book in (whole, partly))
    gone = {each.row for each in seen} - {each.row for each in left}
    assert 1 <= len(gone) <= 6
    assert gone & {each.row for each in seen if each.slow}, "what was meant is not taken for ordinary"
    assert len(left) > len(seen) - 7, "the other windows, and the rest of this one, count"


def test_a_weekday_that_the_data_do_not_reach_is_like_the_others() -> None:
    days = [datetime(2026, 3, 2, hour) for hour in range(6, 14)]  # noqa: DTZ001 - a Monday
    cycles = pl.DataFrame({"line_id": ["L1"] * 8, "ended_at": days})
    hours = usual_hours(cycles, "unspecified")
    assert [start.hour for start, _ in starts_on(date(2026, 3, 4), hours, 60)] == list(range(6, 14))
    assert starts_on(date(2026, 3, 7), hours, 60) == []
    assert len(starts_on(date(2026, 3, 2), hours, 30)) == 16


def test_hours_are_those_of_the_wall_and_windows_are_stored_on_the_stored_clock() -> None:
    utc = [datetime(2026, 7, 6, 4, 30)]  # noqa: DTZ001
    hours = usual_hours(pl.DataFrame({"line_id": ["L1"], "ended_at": utc}), "Europe/Berlin")
    assert (0, 6) in hours["L1"]
    assert stored(datetime(2026, 7, 6, 6), "Europe/Berlin") == datetime(2026, 7, 6, 4)  # noqa: DTZ001


def test_a_promise_that_is_tighter_takes_more_hours() -> None:
    given = ordinary()
    share = given.found.share(withheld=False)
    few, many = (windows.hours_for(given.found, width, share) for width in (0.4, 0.2))
    assert 1 <= few < many
    assert windows.half_width_after(given.found, many, share) <= 0.2


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"minutes": 45}, UsageError, "45 minutes"),
        ({"observers": 1, "count": 20_000}, WalkawayError, "do not fit into 120 days"),
    ],
)
def test_windows_that_cannot_be_are_refused(
    options: dict[str, int], error: type[Exception], said: str
) -> None:
    asked = {"count": 10, **options}
    with pytest.raises(error, match=said):
        drawn(ordinary(), **asked)


def test_what_was_watched_is_found_in_the_cycles_of_the_next_export() -> None:
    given = ordinary()
    book = watch(given, drawn(given, 240))
    found = windows.watched_cycles(book.of("windows"), given.found)
    truth = dict(given.truth.select("cycle_id", "slow").rows())
    said = {given.found.cycles["cycle_id"][one.row]: one.slow for one in found}
    right = sum(truth[cycle] == slow for cycle, slow in said.items())
    assert len(said) > 3_000
    assert right / len(said) > 0.998
    slow = [cycle for cycle, is_slow in said.items() if is_slow]
    assert sum(truth[cycle] for cycle in slow) / len(slow) > 0.95


@pytest.mark.parametrize("called_more", [0.0, 0.5])
def test_watching_gives_the_number_though_people_call_more_while_watched(
    called_more: float,
) -> None:
    given = ordinary()
    items = drawn(given, 240)
    book = watch(given, items)
    beside = windows.while_watched(given.cycles, book.of("windows"))
    truth = dict(given.truth.select("cycle_id", "undetected").rows())
    silent = pl.Series([truth[cycle] for cycle in given.cycles["cycle_id"]])
    chosen = beside & silent & pl.Series(np.random.default_rng(6).random(beside.len()) < called_more)
    none = pl.when(chosen).then(0.0).otherwise(pl.col("undetected_probability"))
    cycles = given.cycles.with_columns(called=pl.col("called") | chosen, undetected_probability=none)
    found = audit(cycles, given.stations, given.total(), book)
    count = found.total.undetected_count
    assert isinstance(count, Estimate)
    assert count.lower <= given.true_count() - int(chosen.sum()) <= count.upper
    assert found.section["mode"] == "windows"
    assert found.section["watched_hours"] == 240
    assert "240 hours were watched" in found.section["rests_on"]


def test_watched_cycles_are_left_out_of_the_call_rate() -> None:
    given = ordinary()
    book = watch(given, drawn(given, 60))
    after = unwatched(given.cycles, book)
    gone = given.cycles["common_probability"].is_not_null() & after["common_probability"].is_null()
    assert 0 < gone.sum() < 0.2 * given.cycles.height
    assert after.drop("common_probability").equals(given.cycles.drop("common_probability"))


def test_windows_of_days_that_are_not_loaded_yet_change_nothing() -> None:
    given = ordinary()
    book = watch(given, drawn(given, 30, first_day=date(2027, 3, 1)))
    found = audit(given.cycles, given.stations, given.total(), book)
    assert not found.replaced
    assert "30 hours were watched" in found.section["unavailable"]
    assert gather(book, given.found).reviewed == 0
