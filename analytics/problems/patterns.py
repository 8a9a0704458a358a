"""Which slow cycles recur in a pattern (Type 2)?

At every k-th unit, by product, on the first units after a changeover, at an hour, in bursts.

Each candidate is tested against chance within station and shift-day (``chance``), corrected for the others of
its kind there (every 2nd unit, every 3rd …); all kinds at all stations together are under false-discovery
control. Where several patterns of one station explain the same slow cycles, the strongest takes them and the
others are asked again about the rest, so that every minute is counted once.

The size of a pattern is what exceeds the rate of the cycles outside it in the same shift-days (Mantel and
Haenszel 1959, pooled over shift-days); its interval is a bootstrap over shift-days.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.problems.candidates import Candidate, StationCycles, candidates, station_cycles
from analytics.problems.chance import discoveries
from analytics.problems.sequence import SLOW, sequence
from analytics.results import Estimate

RATE = 0.05
"""Share of false patterns among those reported."""
LENIENT_RATE = 0.2
"""The same for patterns that are merely likely."""
LEAST_EXCESS = 3.0
LEAST_LIFT = {"burst": 2.0}
"""How many times the rate outside it a pattern's own must be: a rate that drifts over a shift is no burst."""
LEAST_LIFT_ELSE = 1.3
LARGEST_LIFT = 1000.0
DRAWS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A recurring pattern at one station.

    Attributes:
        pattern: every_k, by_product, after_changeover, at_hour or burst.
        detail: k, the product, the number of units, the hour, the cycles within.
        p_value: chance of so much by luck, after false-discovery control.
        certain: it holds even when any false pattern in the run at all is to be avoided (Bonferroni, 5 %).
        slow_cycles: beyond the rate outside the pattern.
        minutes: station-minutes of delay in them.
        calls: andon calls in the group's slow cycles.
        group_slow_cycles: all slow cycles of the group, of which ``calls`` were called.
        draws: bootstrap draws of the minutes, to add patterns up; shape (DRAWS,).
    """

    pattern: str
    detail: str
    site_id: str | None
    line_id: str | None
    station_id: str
    product_id: str | None
    evidence: str
    p_value: float
    certain: bool
    slow_cycles: float
    minutes: Estimate
    calls: int
    group_slow_cycles: float
    draws: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """All recurring patterns of a run, no minute in two of them.

    Attributes:
        found: most minutes first.
        tests: how many kinds of pattern were asked about, over all stations.
        likely: how many patterns there are when a fifth of those reported may be false.
        weeks: length of the period, weeks.
    """

    found: tuple[Pattern, ...]
    tests: int
    likely: int
    weeks: float

    def minutes(self) -> Estimate:
        """Return the station-minutes in all patterns together, each counted once."""
        value = sum(one.minutes.value for one in self.found)
        draws = np.sum([one.draws for one in self.found], axis=0) if self.found else np.zeros(1)
        lower, upper = np.quantile(draws, [0.025, 0.975])
        return Estimate(
            value=value,
            lower=min(float(lower), value),
            upper=max(float(upper), value),
            unit="station-minutes",
            method="beyond the rate outside the patterns; bootstrap over shift-days",
        )


def find_patterns(
    cycles: pl.DataFrame, *, rng: np.random.Generator, timezone: str | None = None, rate: float = RATE
) -> Patterns:
    """Find the patterns in which slow cycles recur.

    Args:
        cycles: the run's cycles (columns of ``sql/run/cycles.sql``).
        rng: source of the bootstrap draws.
        timezone: IANA zone of the plant where the time stamps are UTC; None where they are wall clock.
        rate: largest share of false patterns among those found.
    """
    stations = list(station_cycles(sequence(cycles), timezone))
    weeks = _weeks(cycles)
    tested = [[(one, _corrected(one, mine)) for one in mine] for mine in map(list, map(candidates, stations))]
    families = {
        (number, one.pattern): min(p for other, p in mine if other.pattern == one.pattern)
        for number, mine in enumerate(tested)
        for one, _ in mine
    }
    if not families:
        return Patterns(found=(), tests=0, likely=0, weeks=weeks)
    adjusted = dict(zip(families, discoveries(np.array(list(families.values()))), strict=True))
    threshold = max((p for key, p in families.items() if adjusted[key] <= rate), default=-1.0)
    lenient = max((p for key, p in families.items() if adjusted[key] <= LENIENT_RATE), default=-1.0)
    found: list[Pattern] = []
    likely = 0
    for number, (station, mine) in enumerate(zip(stations, tested, strict=True)):
        asked = [one for one, p in mine if p <= lenient]
        counts = Counter(one.pattern for one, _ in mine)
        for one in sorted(asked, key=lambda one: _order(one, counts)):
            # Earlier, stronger patterns have taken their slow cycles: is there still one in the rest?
            again = one.again(station)
            p = again.chance.p_value * counts[one.pattern]
            pattern = _measure(station, again, rng) if p <= lenient else None
            if pattern is None:
                continue
            likely += 1
            station.take(again.split(station)[0])
            if p <= threshold:
                level = min(1.0, max(adjusted[number, one.pattern], p))
                found.append(replace(pattern, p_value=level, certain=p * len(families) <= rate))
    found.sort(key=lambda one: (-one.minutes.value, one.station_id, one.pattern))
    return Patterns(found=tuple(found), tests=len(families), likely=max(likely, len(found)), weeks=weeks)


def _order(one: Candidate, counts: Counter[str]) -> tuple[bool, float, float]:
    """Ask the strongest first, bursts last: every other pattern comes in bursts too and says more."""
    return one.pattern == "burst", one.chance.p_value * counts[one.pattern], -one.strength


def _corrected(one: Candidate, all_here: list[Candidate]) -> float:
    """Return a candidate's p-value, corrected for the others of its kind at the station (Bonferroni)."""
    return min(1.0, one.chance.p_value * sum(other.pattern == one.pattern for other in all_here))


def _measure(station: StationCycles, one: Candidate, rng: np.random.Generator) -> Pattern | None:
    """Return the pattern's size, or None where it is too small to matter."""
    inside, outside, exposure = one.split(station)
    slow_in, slow_out, delay_in, cycles_in, cycles_out = station.sums(inside, outside, exposure)
    lift = _lift(slow_in, slow_out, cycles_in, cycles_out, np.ones((1, len(slow_in))))[0]
    excess = slow_in.sum() * (1 - 1 / lift)
    if excess < LEAST_EXCESS or lift < LEAST_LIFT.get(one.pattern, LEAST_LIFT_ELSE):
        return None
    days = len(slow_in)
    weights = rng.multinomial(days, np.full(days, 1 / days), size=DRAWS).astype(np.float64)
    lifts = _lift(slow_in, slow_out, cycles_in, cycles_out, weights)
    draws = np.maximum(weights @ delay_in * (1 - 1 / lifts), 0.0) / 60
    value = float(delay_in.sum() * (1 - 1 / lift) / 60)
    lower, upper = (float(bound) for bound in np.quantile(draws, [0.025, 0.975]))
    calls = round(float((inside * station.called * (station.slow >= SLOW)).sum()))
    return Pattern(
        pattern=one.pattern,
        detail=one.detail,
        site_id=station.site_id,
        line_id=station.line_id,
        station_id=station.station_id,
        product_id=one.detail if one.pattern == "by_product" else None,
        evidence=one.words(
            slow_in=slow_in.sum(),
            slow_out=slow_out.sum(),
            cycles_in=cycles_in.sum(),
            cycles_out=cycles_out.sum(),
        ),
        p_value=one.chance.p_value,
        certain=False,
        slow_cycles=float(excess),
        minutes=Estimate(
            value=value,
            lower=min(lower, value),
            upper=max(upper, value),
            unit="station-minutes",
            method="beyond the rate outside the pattern; bootstrap over shift-days",
        ),
        calls=calls,
        group_slow_cycles=max(float(slow_in.sum()), float(calls)),
        draws=tuple(draws.tolist()),
    )


def _lift(
    slow_in: NDArray[np.float64],
    slow_out: NDArray[np.float64],
    cycles_in: NDArray[np.float64],
    cycles_out: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the rate in the group over the rate outside it, pooled over shift-days, per row of weights."""
    size = np.maximum(cycles_in + cycles_out, 1.0)
    above = weights @ (slow_in * cycles_out / size)
    below = weights @ (slow_out * cycles_in / size)
    above = np.maximum(above, 1e-9)
    return above / np.maximum(below, above / LARGEST_LIFT)


def _weeks(cycles: pl.DataFrame) -> float:
    """Return the length of the period in weeks of as many days as the plant was seen to work in one.

    Five days from Monday to Friday are a week, and so are seven: a week is never more than was seen of it.
    """
    days = cycles["shift_day"].drop_nulls().unique()
    return days.len() / days.dt.weekday().n_unique() if days.len() else 1.0
