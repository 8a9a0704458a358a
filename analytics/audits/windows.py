"""Go and see: stations are watched at drawn times, and what was noted is matched to cycles afterwards.

Nobody can watch a past cycle. Every station-hour has the same chance to be drawn, so that cycles within a
stratum are alike whether watched or not. People call more while somebody stands beside them: how often a
watched cycle was slow counts, how often it was called does not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from analytics.audits.hours import Hours, starts_on
from analytics.audits.population import Population
from analytics.errors import UsageError, WalkawayError
from analytics.estimate.audit import expected_half_width
from analytics.estimate.observers import unknown_accuracy
from analytics.estimate.plant import STATION_KEY, Floats
from analytics.journal import Draw, Observation
from analytics.period import stored

MINUTES = 60
ALLOWED_MINUTES = (15, 20, 30, 60)
HALF_WIDTH = 0.15
MOST_HOURS = 2000.0
MOST_DAYS = 120
CLOCK_S = 60
"""A watch and the system's clock may differ by so much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One cycle that somebody watched.

    Attributes:
        row: its row in the population's cycles.
        observer: a token.
        slow: an interruption of at least the floor was noted in it.
        seconds: how long, where slow.
        at: when it was loaded.
    """

    row: int
    observer: str
    slow: bool
    seconds: float | None
    at: datetime


def check_minutes(minutes: int) -> None:
    """Refuse windows of another length than a sheet is made for.

    Raises:
        UsageError: another length than 15, 20, 30 or 60 minutes.
    """
    if minutes not in ALLOWED_MINUTES:
        raise UsageError(
            f"Windows of {minutes} minutes are not drawn.",
            hint=f"Choose from {', '.join(map(str, ALLOWED_MINUTES))}.",
        )


def station_hours(cycles: pl.DataFrame) -> float:
    """Return in how many hours stations finished cycles: what a rate per watched hour is measured by."""
    return float(cycles.select(*STATION_KEY, pl.col("ended_at").dt.truncate("1h")).unique().height)


def half_width_after(found: Population, hours: float, share: Floats) -> float:
    """Return the relative half-width of the count that so many watched hours should give."""
    per_hour = found.strata.size / max(station_hours(found.cycles), 1.0)
    watched = np.minimum(per_hour * hours, found.strata.size)
    return expected_half_width(found.strata, watched, share, unknown_accuracy())


def hours_for(found: Population, half_width: float, share: Floats) -> float:
    """Return the observer-hours that a promised relative half-width of the count needs.

    Raises:
        WalkawayError: not even 2,000 hours are expected to keep it, or no station is judged.
    """
    if not found.strata.size.sum():
        raise WalkawayError(
            "There is nothing to watch: no station could be judged.",
            hint="Masked stations cannot be audited: load finer time stamps or a longer period.",
        )
    if half_width_after(found, MOST_HOURS, share) > half_width:
        raise WalkawayError(
            f"Not even {MOST_HOURS:,.0f} hours of watching are expected to give ±{half_width:.0%} here.",
            hint="Ask for a wider --half-width, or review past cycles: walkaway audit draw --mode records.",
        )
    low, high = 0.5, MOST_HOURS
    while high / low > 1.03:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if half_width_after(found, middle, share) <= half_width else (middle, high)
    return float(np.ceil(high))


def draw(
    cycles: pl.DataFrame,
    hours: Hours,
    *,
    count: int,
    minutes: int,
    observers: int,
    first_day: date,
    timezone: str,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Draw windows for the coming days, every station as often as the others.

    Args:
        cycles: judged cycles of the run, for the stations and their floors.
        hours: when each line usually runs.
        count: how many windows.
        minutes: length of a window; must divide the hour.
        observers: how many people watch at the same time, each one station.
        first_day: from which day on.
        timezone: the plant's zone.
        rng: draws them.

    Raises:
        UsageError: another length than 15, 20, 30 or 60 minutes.
        WalkawayError: so many windows do not fit into 120 days.
    """
    check_minutes(minutes)
    places = _places(cycles)
    slots: list[tuple[datetime, list[str | None]]] = []
    for ahead in range(MOST_DAYS):
        slots += starts_on(first_day + timedelta(days=ahead), hours, minutes)
        if len(slots) * observers >= count:
            break
    else:
        raise WalkawayError(
            f"{count:,} windows do not fit into {MOST_DAYS} days with {observers} watching at a time.",
            hint="Give more --observers, or a wider --half-width.",
        )
    seats = np.sort(rng.choice(len(slots) * observers, count, replace=False)) // observers
    turns: Counter[int] = Counter()
    taken: set[tuple[int, int]] = set()
    items = []
    for seat in seats.tolist():
        start, lines = slots[seat]
        free = [
            number
            for number, place in enumerate(places)
            if place["line_id"] in lines and (seat, number) not in taken
        ]
        if not free:
            continue
        fewest = min(turns[number] for number in free)
        chosen = int(rng.choice([number for number in free if turns[number] == fewest]))
        turns[chosen] += 1
        taken.add((seat, chosen))
        items.append(_item(places[chosen], start, start + timedelta(minutes=minutes), timezone))
    return items


def watched_cycles(pairs: list[tuple[Draw, list[Observation]]], found: Population) -> list[Watched]:
    """Find the cycles that ran wholly within a watched window, and what was noted in each.

    An interruption belongs to the cycle that it overlaps most and whose delay it explains best, clocks being
    a minute off at most; several in one cycle add up. Cycles around one that could not be read are left open.
    """
    answers: list[Watched] = []
    cycles = _stamped(found.cycles)
    for draw_, seen in pairs:
        for one in seen:
            if not one.answer.get("watched"):
                continue
            item = draw_.items[one.item - 1]
            inside = _inside(cycles, item)
            noted: dict[int, float] = {}
            for interruption in one.answer["interruptions"]:
                row = _touched(inside, interruption)
                if row is not None:
                    noted[row] = noted.get(row, 0.0) + float(interruption["seconds"])
            doubtful = _around(inside, one.answer.get("unread", []))
            for row, floor_s in inside.filter(~doubtful).select("row", "floor_s").iter_rows():
                length_s = noted.get(row, 0.0)
                slow = length_s >= floor_s
                answers.append(
                    Watched(
                        row=row,
                        observer=one.observer,
                        slow=slow,
                        seconds=length_s if slow else None,
                        at=one.loaded_at,
                    )
                )
    return answers


def while_watched(cycles: pl.DataFrame, pairs: list[tuple[Draw, list[Observation]]]) -> pl.Series:
    """Tell which of a run's cycles touch a watched window of their station."""
    stamped = _stamped(cycles)
    touched: set[int] = set()
    for draw_, seen in pairs:
        for number in {one.item for one in seen if one.answer.get("watched")}:
            item = draw_.items[number - 1]
            touched.update(
                _at_station(stamped, item)
                .filter(
                    (pl.col("begin") < _stamp(item["ends_at"]))
                    & (pl.col("ended_at") > _stamp(item["starts_at"]))
                )["row"]
                .to_list()
            )
    return pl.Series(np.isin(np.arange(cycles.height), list(touched)))


def _places(cycles: pl.DataFrame) -> list[dict[str, Any]]:
    floors = cycles.group_by(STATION_KEY).agg(pl.col("floor_s").median())
    return floors.sort(STATION_KEY, nulls_last=True).to_dicts()


def _item(place: dict[str, Any], start: datetime, end: datetime, timezone: str) -> dict[str, Any]:
    return {
        **{key: place[key] for key in STATION_KEY},
        "floor_s": place["floor_s"],
        "from": start.isoformat(),
        "to": end.isoformat(),
        "starts_at": stored(start, timezone).isoformat(),
        "ends_at": stored(end, timezone).isoformat(),
    }


def _stamped(cycles: pl.DataFrame) -> pl.DataFrame:
    """Add row numbers and a beginning, by the cycle's length where no start is known."""
    length = pl.duration(microseconds=(pl.col("cycle_s").fill_null(0.0) * 1e6).cast(pl.Int64))
    return cycles.with_row_index("row").with_columns(
        pl.col("row").cast(pl.Int64), begin=pl.col("started_at").fill_null(pl.col("ended_at") - length)
    )


def _stamp(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _at_station(cycles: pl.DataFrame, item: dict[str, Any]) -> pl.DataFrame:
    """Return the cycles of an item's station; none where it tells no site and several have such a station."""
    told = [key for key in STATION_KEY if key in item]
    found = cycles.filter(pl.col(key).eq_missing(pl.lit(item[key], dtype=pl.String)) for key in told)
    return found if "site_id" in told or found["site_id"].n_unique() <= 1 else found.clear()


def _inside(cycles: pl.DataFrame, item: dict[str, Any]) -> pl.DataFrame:
    begin, end = _stamp(item["starts_at"]), _stamp(item["ends_at"])
    return _at_station(cycles, item).filter((pl.col("begin") >= begin) & (pl.col("ended_at") <= end))


def _around(inside: pl.DataFrame, stamps: list[str]) -> pl.Series:
    """Tell which cycles ran within a minute of any of the given times."""
    slack = timedelta(seconds=CLOCK_S)
    near = np.zeros(inside.height, dtype=bool)
    for at in map(_stamp, stamps):
        near |= ((inside["begin"] <= at + slack) & (inside["ended_at"] >= at - slack)).to_numpy()
    return pl.Series(near)


def _touched(inside: pl.DataFrame, interruption: dict[str, Any]) -> int | None:
    at = _stamp(interruption["at"])
    slack = timedelta(seconds=CLOCK_S)
    until = at + timedelta(seconds=float(interruption["seconds"]))
    near = inside.filter((pl.col("begin") <= until + slack) & (pl.col("ended_at") >= at - slack))
    if not near.height:
        return None
    shared = pl.min_horizontal(pl.col("ended_at"), pl.lit(until)) - pl.max_horizontal(
        pl.col("begin"), pl.lit(at)
    )
    length_s = max(float(interruption["seconds"]), 1.0)
    excess = pl.col("excess_s").clip(lower_bound=1.0)
    explained = pl.min_horizontal(excess, pl.lit(length_s)) / pl.max_horizontal(excess, pl.lit(length_s))
    fit = (shared.dt.total_milliseconds() / 1000.0 / length_s).clip(-1.0, 1.0) + explained
    return int(near.with_columns(fit=fit).sort("fit", "row", descending=[True, False])["row"][0])
