"""Call rates by the number of calls that were open elsewhere on the line, at the common floor.

As they are, without regard to station, shift and delay: what a person on the floor would see. Intervals let
whole shift-days differ, and hold the model error of what ran without a call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.estimate.intervals import QUANTILE
from analytics.estimate.plant import Floats, Ints
from analytics.estimate.strata import COUNT_UNIT, DETECTED_ERROR, FEWEST_FOR_RATE, RATE_UNIT
from analytics.estimate.walk_away_share import SlowCycles
from analytics.results import Estimate, Quantity, Unavailable

METHOD = "at the common floor, by calls open elsewhere on the line"
MOST_OPEN = 3
"""The curve's last level holds this many open calls and more."""
REAL = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Slow cycles at one number of open calls, at the common floor.

    Attributes:
        open_calls: calls open elsewhere on the line; the last level holds more as well.
        slow_cycles: how many slow cycles, called or not.
        call_rate: the share of them that was called.
        shift_days, stations: how many it pools.
    """

    open_calls: int
    slow_cycles: Quantity
    call_rate: Quantity
    shift_days: int
    stations: int

    def to_json(self) -> dict[str, Any]:
        """Return the point as the report contract writes it."""
        return {
            "open_calls": self.open_calls,
            "slow_cycles": self.slow_cycles.to_json(),
            "call_rate": self.call_rate.to_json(),
            "shift_days": self.shift_days,
            "stations": self.stations,
        }


def call_curve(
    cycles: SlowCycles, open_calls: Ints, at_common: Floats, plant_error: float
) -> tuple[Level, ...]:
    """Count slow cycles by open calls, and the share of them that was called.

    Args:
        cycles: the slow cycles.
        open_calls: calls open elsewhere on the line at half of the usual time, shape (rows,).
        at_common: chance of an own delay of at least the common floor, shape (rows,), nan where not compared.
        plant_error: relative model error of what ran without a call.

    Returns:
        One level per number of open calls that occurs, from 0 on.
    """
    weight = np.nan_to_num(at_common)
    known, level = np.isfinite(at_common), np.minimum(open_calls, MOST_OPEN)
    found = []
    for number in range(MOST_OPEN + 1):
        here = np.flatnonzero(known & (level == number))
        if not here.size:
            continue
        called, silent = weight[here] * cycles.called[here], weight[here] * ~cycles.called[here]
        real = weight[here] >= REAL
        found.append(
            Level(
                open_calls=number,
                slow_cycles=_counted(called, silent, plant_error),
                call_rate=_call_rate(called, silent, cycles.shift_day[here], plant_error),
                shift_days=int(np.unique(cycles.plant_shift_day[here][real]).size),
                stations=int(np.unique(cycles.station[here][real]).size),
            )
        )
    return tuple(found)


def _counted(called: Floats, silent: Floats, plant_error: float) -> Estimate:
    total, chances = float(called.sum() + silent.sum()), called + silent
    spread = QUANTILE * float(
        np.sqrt(
            np.sum(chances * (1.0 - chances))
            + (plant_error * silent.sum()) ** 2
            + (DETECTED_ERROR * called.sum()) ** 2
        )
    )
    return Estimate(
        value=total, lower=max(0.0, total - spread), upper=total + spread, unit=COUNT_UNIT, method=METHOD
    )


def _call_rate(called: Floats, silent: Floats, shift_day: Ints, plant_error: float) -> Quantity:
    """Called ÷ all, with an interval on the logit scale that lets whole shift-days differ."""
    a, b = float(called.sum()), float(silent.sum())
    total = a + b
    if total < FEWEST_FOR_RATE:
        return Unavailable(
            reason=f"fewer than {FEWEST_FOR_RATE:.0f} slow cycles at the common floor",
            needed="a longer period",
        )
    rate, safe = a / total, (a + 0.5) / (total + 1.0)
    by_day = np.bincount(shift_day, weights=called - rate * (called + silent))
    between = float(np.sum(by_day**2)) / total**2
    binomial = safe * (1.0 - safe) / total
    model = (np.hypot(plant_error, DETECTED_ERROR) * safe * (1.0 - safe)) ** 2
    spread = QUANTILE * float(np.sqrt(max(between, binomial) + model)) / (safe * (1.0 - safe))
    lower, upper = (
        1.0 / (1.0 + np.exp(-(np.log(safe / (1.0 - safe)) + side * spread))) for side in (-1.0, 1.0)
    )
    return Estimate(
        value=rate,
        lower=float(min(lower, rate)),
        upper=float(max(upper, rate)),
        unit=RATE_UNIT,
        method=METHOD,
    )
