"""What the report says of busy help: call rates by open calls, and what quicker help would close.

A rate shows only where it pools at least five shift-days and two stations. Spare response is never read as
too many team leaders: it is room for a more sensitive andon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from analytics.charts import words
from analytics.estimate.walk_away_curve import MOST_OPEN
from analytics.results import Estimate, Quantity, Unavailable, quantity_from_json

LEAST_DAYS, LEAST_STATIONS = 5, 2
LITTLE = 0.1
"""Up to this share nothing found means that there is little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of the curve.

    Attributes:
        label: "0", "1" … "3+": how many other calls were open.
        name: the same in words.
        open_calls: how many, the last point more as well.
        rate: share of the slow cycles that was called; withheld where it pools too few.
        slow_cycles: how many slow cycles it rests on.
    """

    label: str
    name: str
    open_calls: int
    rate: Quantity
    slow_cycles: Quantity


def points(
    report: Mapping[str, Any], *, shift_days: int = LEAST_DAYS, stations: int = LEAST_STATIONS
) -> list[Point]:
    """Return the curve; points that pool too few shift-days or stations are withheld."""
    found = []
    for level in report["walk_away"].get("curve", []):
        rate = quantity_from_json(level["call_rate"])
        pooled = level.get("shift_days", 0) >= shift_days and level.get("stations", 0) >= stations
        if isinstance(rate, Estimate) and not pooled:
            rate = Unavailable(reason=f"pools fewer than {shift_days} shift-days or {stations} stations")
        number = level["open_calls"]
        more = number == MOST_OPEN
        found.append(
            Point(
                label=f"{number}+" if more else str(number),
                name=_name(number, more=more),
                open_calls=number,
                rate=rate,
                slow_cycles=quantity_from_json(level["slow_cycles"]),
            )
        )
    return found


def sentences(report: Mapping[str, Any], curve: list[Point]) -> list[str]:
    """Say what busy help does to calling, for a reader who has one minute.

    Args:
        report: the report contract.
        curve: the points that may be shown.
    """
    section = report["walk_away"]
    share, count = _quantity(section, "attributable", "share"), _quantity(section, "attributable", "count")
    said = []
    if isinstance(share, Unavailable):
        said.append(f"Whether busy help keeps people from calling is not said: {words.reason(share)}.")
    elif share.lower > 0:
        said += [*_rarer(curve), _closes(share, count)]
    else:
        said.append(_no_sign(share))
    served = _quantity(section, "being_served")
    if isinstance(served, Estimate) and served.value >= 1:
        said.append(
            f"Apart from these, {words.number(served.value, 1.0)} slow cycles ran while their own station's "
            "call was open: they were being served, and count as called."
        )
    return said


def _rarer(curve: list[Point]) -> list[str]:
    """Compare the call rate with no other call open to that with most open, where it falls."""
    known = [(point, point.rate) for point in curve if isinstance(point.rate, Estimate)]
    if len(known) < 2 or known[0][0].open_calls > 0 or known[-1][1].value >= known[0][1].value:
        return []
    (_, free), (busiest, busy) = known[0], known[-1]
    told = (
        "When help is busy, calls become rarer: with no other call open on the line "
        f"{words.with_interval(free)} of the slow cycles are called, with {busiest.name} "
        f"{words.with_interval(busy)}."
    )
    return [told]


def _no_sign(share: Estimate) -> str:
    most = words.share(share.upper)
    if share.upper > LITTLE:
        return (
            f"Whether busy help keeps people from calling cannot be told yet: between 0 and {most} of what "
            f"{words.MISSED} would have been called had no other call been open."
        )
    return (
        f"No sign that busy help keeps people from calling: at most {most} of what {words.MISSED} would have "
        "been called had no other call been open. More team leaders would hardly close the gap; where "
        "response has time to spare, that is room for a more sensitive andon."
    )


def _closes(share: Estimate, count: Quantity) -> str:
    """Say what part of the gap more team leaders would close, and what part they would not."""
    many = (
        f", some {words.number(count.value, 1.0)} slow cycles "
        f"({words.number(count.lower, 1.0)}–{words.number(count.upper, 1.0)}),"
        if isinstance(count, Estimate)
        else ""
    )
    rest = replace(share, value=1.0 - share.value, lower=1.0 - share.upper, upper=1.0 - share.lower)
    return (
        f"About {words.with_interval(share)} of what {words.MISSED}{many} would have been called had no "
        "other call been open: quicker help or more team leaders would close that part. "
        f"The other {words.with_interval(rest)} would have run without a call all the same."
    )


def _name(open_calls: int, *, more: bool) -> str:
    if not open_calls:
        return "no other call open"
    if more:
        return f"{open_calls} or more other calls open"
    return f"{words.counted(open_calls, 'other call')} open"


def _quantity(section: Mapping[str, Any], *path: str) -> Quantity:
    """Read an estimate of the section; a refused section refuses what is in it, an older run lacks it."""
    at: Any = section
    for name in path:
        if "unavailable" in at or name not in at:
            break
        at = at[name]
    given = dict(at)
    if "unavailable" in given or "value" in given:
        return quantity_from_json(given)
    return Unavailable(reason="this run does not hold it")
