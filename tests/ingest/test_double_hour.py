"""The night on which summer time ends: an hour is shown twice, and every cycle of it happened once."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.ingest.conftest import Load, Rows

Written = Callable[..., Path]

ZONE = "Europe/Berlin"
BEGIN = datetime(2025, 10, 25, 22, 0, tzinfo=UTC)  # midnight there; the clock is put back at 01:00 UTC


def records(stations: int = 2, begin: datetime = BEGIN) -> list[str]:
    """Return five hours of cycles, one a minute and station, as a wall clock tells them."""

    def wall(moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo(ZONE)):%Y-%m-%d %H:%M:%S}"

    starts = [begin + timedelta(minutes=minute) for minute in range(300)]
    return [
        f"S{one},{wall(start)},{wall(start + timedelta(seconds=58))},U{number}"
        for number, start in enumerate(starts)
        for one in range(stations)
    ]


def loaded(load: Load, rows: Rows, path: Path) -> tuple[list[datetime], list[str]]:
    outcome = load(path, timezone=ZONE)
    cycles = rows("cycles").filter(rows("cycles")["station_id"] == "S0").sort("ended_at")
    lasted = (cycles["ended_at"] - cycles["started_at"]).dt.total_seconds()
    assert set(lasted) == {58}
    return cycles["started_at"].to_list(), [caveat.code for caveat in outcome.caveats]


@pytest.mark.parametrize("order", ["upwards", "downwards", "by station"])
def test_every_cycle_lies_where_it_was(order: str, written: Written, load: Load, rows: Rows) -> None:
    lines = {"upwards": records(), "downwards": records()[::-1], "by station": sorted(records())}[order]
    if order == "by station":
        lines = [line for one in "01" for line in records() if line.startswith(f"S{one}")]
    starts, told = loaded(load, rows, written("\n".join(["station_id,started_at,ended_at,serial", *lines])))
    assert starts == [(BEGIN + timedelta(minutes=minute)).replace(tzinfo=None) for minute in range(300)]
    assert "hour_shown_twice" not in told


def test_two_autumns_are_two_hours(written: Written, load: Load, rows: Rows) -> None:
    second = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    lines = [*records(1), *(line.replace(",U", ",V") for line in records(1, second))]
    starts, told = loaded(load, rows, written("\n".join(["station_id,started_at,ended_at,serial", *lines])))
    assert starts == [
        (begin + timedelta(minutes=minute)).replace(tzinfo=None)
        for begin in (BEGIN, second)
        for minute in range(300)
    ]
    assert "hour_shown_twice" not in told


def test_where_no_order_tells_that_is_said(written: Written, load: Load, rows: Rows) -> None:
    lines = random.Random(1).sample(records(1), 300)
    outcome = load(written("\n".join(["station_id,started_at,ended_at,serial", *lines])), timezone=ZONE)
    (said,) = [caveat for caveat in outcome.caveats if caveat.code == "hour_shown_twice"]
    assert said.message.startswith("240 times in cycles.csv")


def test_a_station_that_was_seen_in_one_showing_only_is_left_as_it_is(
    written: Written, load: Load, rows: Rows
) -> None:
    lines = [line for line in records(1) if " 01:" in line or " 03:" in line] + [
        "S0,2025-10-26 02:10:00,2025-10-26 02:10:58,X"
    ]
    outcome = load(
        written("\n".join(["station_id,started_at,ended_at,serial", *sorted(lines)])), timezone=ZONE
    )
    assert "hour_shown_twice" not in [caveat.code for caveat in outcome.caveats]
    assert datetime(2025, 10, 26, 0, 10) in rows("cycles")["started_at"].to_list()  # noqa: DTZ001
