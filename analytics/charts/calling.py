"""Sentences on calling: from how many seconds on people call, and what a change in calls comes from.

A change is always two numbers, problems and call rate, and neither is good or bad. Written once, for pages,
reports and terminals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics.charts import words
from analytics.results import Estimate, Quantity, Unavailable, quantity_from_json

Section = Mapping[str, Any]

LEVELS = (
    ("calls_per_1k", "Called, per 1,000 cycles", "calls"),
    ("problems_per_1k", "Slow cycles, per 1,000 cycles", "problems"),
    ("call_rate", "Call rate", "call_rate"),
)
"""What is told of both periods: its name in the contract, in words, and the ratio that belongs to it."""

PARTS = (
    ("calls", "Calls"),
    ("problems", "from problems"),
    ("call_rate", "from the call rate"),
    ("mix", "from moved cycles"),
)
"""The change in calls and its parts."""

COVERED_LEFT_OUT = "cycles under an open call are left out"


def part(section: Section, name: str) -> Quantity:
    """Return one quantity of a section, or why the section is not there."""
    return quantity_from_json(dict(section if "unavailable" in section else section[name]))


def percent(ratio: Quantity) -> str:
    r"""Write a ratio as a change with its interval.

    Example:
        >>> percent(Estimate(value=0.88, lower=0.8, upper=1.03, unit="ratio", method="by hand"))
        '−12\xa0% (−20 to +3\xa0%)'
    """
    if isinstance(ratio, Unavailable):
        return words.reason(ratio)
    return f"{_signed(ratio.value)}\u00a0% ({_signed(ratio.lower)} to {_signed(ratio.upper)}\u00a0%)"


def _signed(ratio: float) -> str:
    rounded = round(100 * (ratio - 1))
    return f"{rounded:+d}".replace("-", "−") if rounded else "0"


def periods(change: Section) -> str:
    """Say which two periods are compared, and how much each holds."""
    earlier, later = (
        f"{one['from']} to {one['to']} ({words.counted(one['shift_days'], 'shift-day')}, "
        f"{words.counted(one['cycles'], 'cycle')})"
        for one in change["periods"]
    )
    return f"{later} against {earlier}"


def verdict(change: Section) -> str:
    """Say what a change in calls comes from: problems, call rate, or neither beyond chance.

    Both numbers stand in the sentence; a larger share called reads "sees more", nothing reads as good or bad.
    """
    problems, rate, mix = (part(change, name) for name in ("problems", "call_rate", "mix"))
    if isinstance(problems, Unavailable) or isinstance(rate, Unavailable):
        reason = words.reason(problems if isinstance(problems, Unavailable) else rate)  # type: ignore[arg-type]
        return f"Not told apart: {reason}."
    told = _WORDS[direction(problems), direction(rate)]
    moved = (
        f" Cycles moved between stations: {percent(mix)} calls by that alone."
        if isinstance(mix, Estimate) and direction(mix)
        else ""
    )
    return f"Problems {percent(problems)}, call rate {percent(rate)}: {told}.{moved}"


def direction(ratio: Estimate) -> int:
    """Return 1 where a ratio is above 1 beyond chance, -1 where below, else 0."""
    return int(ratio.lower > 1.0) - int(ratio.upper < 1.0)


_WORDS = {
    (0, 0): "no change in either beyond chance",
    (-1, 0): "fewer problems, and no change in calling beyond chance",
    (1, 0): "more problems, and no change in calling beyond chance",
    (0, -1): "a smaller share of the problems is called, and no change in problems beyond chance",
    (0, 1): "sees more: a larger share of the problems is called, and no change in problems beyond chance",
    (-1, -1): "fewer problems, and a smaller share of them is called",
    (-1, 1): "fewer problems, and sees more: a larger share of them is called",
    (1, -1): "more problems, and a smaller share of them is called",
    (1, 1): "more problems, and sees more: a larger share of them is called",
}


def seconds_called(curve: Section) -> str:
    """Say from how many seconds on one in two and nine in ten are called."""
    half, most = part(curve, "called_50_s"), part(curve, "called_90_s")
    if half == most and isinstance(half, Unavailable):
        return f"From how many seconds on people call is not told: {words.reason(half)}."
    return f"One in two is called{_from(half)}. Nine in ten{_from(most)}."


def _from(seconds: Quantity) -> str:
    if isinstance(seconds, Unavailable):
        return f": {words.reason(seconds)}"
    return f" from {words.with_interval(seconds)} on"
