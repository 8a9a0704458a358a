"""Fewer calls: fewer problems, or less calling? The change between two periods, split into its causes.

Called slow cycles per cycle are a sum over stations of (share of all cycles) × (slow cycles per cycle) ×
(called, of the slow); :mod:`analytics.estimate.shapley` splits the change over the three. Everything is
counted at the common floor of both periods.

Intervals: the shift-days of each period drawn anew, stations of a shift-day together; the model's error
moves both periods alike, but for a part that is each period's own.

Assumption: delays are as long as before. Shorter ones are called less often, so that a call rate can fall
because problems got shorter: the detection curve tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from analytics.estimate.resampling import Floats, shift_day_weights
from analytics.estimate.shapley import split_change
from analytics.estimate.strata import DETECTED_ERROR, RATE_UNIT
from analytics.results import TOO_EARLY, Estimate, Quantity, Unavailable

REPLICATES = 400
LEAST_SHIFT_DAYS = 5
LEAST_SLOW = 20.0
LEAST_CALLED = 5.0
PERIOD_ERROR = 0.03
"""Relative error of a period's uncalled slow cycles that the other period does not share."""
PER_1K = "slow cycles per 1,000 cycles"
RATIO = "ratio, later to earlier period"
METHOD = "Shapley split over stations, shift-days resampled"
STATION = ("line_id", "station_id")
CHANGE_STREAM = 8
"""The random stream of a change: a page that splits the period anew draws what the run drew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One of the two periods.

    Attributes:
        from_day, to_day: first and last shift-day, both included.
        shift_days, cycles: how many; cycles at the stations that are compared.
        calls_per_1k, problems_per_1k: slow cycles called, and all slow cycles, per 1,000 cycles.
        call_rate: share called.
    """

    from_day: date
    to_day: date
    shift_days: int
    cycles: int
    calls_per_1k: Quantity
    problems_per_1k: Quantity
    call_rate: Quantity

    def to_json(self) -> dict[str, Any]:
        """Return the period as the report contract writes it."""
        return {
            "from": self.from_day.isoformat(),
            "to": self.to_day.isoformat(),
            "shift_days": self.shift_days,
            "cycles": self.cycles,
            "calls_per_1k": self.calls_per_1k.to_json(),
            "problems_per_1k": self.problems_per_1k.to_json(),
            "call_rate": self.call_rate.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changed from the earlier to the later period, as ratios: problems × call rate × mix = calls."""

    periods: tuple[Period, Period]
    common_floor_s: float
    calls: Quantity
    problems: Quantity
    call_rate: Quantity
    mix: Quantity

    def to_json(self) -> dict[str, Any]:
        """Return the change as the report contract writes it."""
        return {
            "periods": [period.to_json() for period in self.periods],
            "common_floor_s": self.common_floor_s,
            "calls": self.calls.to_json(),
            "problems": self.problems.to_json(),
            "call_rate": self.call_rate.to_json(),
            "mix": self.mix.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """Cycles, called and uncalled slow cycles per station, shape (R, stations) each; row 0 as seen."""

    cycles: Floats
    called: Floats
    silent: Floats


def halfway(shift_days: Sequence[date]) -> date:
    """Return the first day of the later half of these shift-days (one entry a shift and day, any order)."""
    days = sorted(shift_days)
    return days[len(days) // 2]


def change(
    cells: pl.DataFrame,
    stations: pl.DataFrame,
    split: date | None,
    *,
    common_floor_s: float | None,
    shared_error: float,
    rng: np.random.Generator,
) -> Change | Unavailable:
    """Split the change in calls between two periods into problems, call rate and mix.

    Args:
        cells: the run's table ``cells``, or a filtered part of it.
        stations: the run's table ``stations``.
        split: first day of the later period; None halves the shift-days.
        common_floor_s: the floor at which all is counted.
        shared_error: relative model error that all stations share, one sigma.
        rng: random numbers of the bootstrap.

    Returns:
        The change, or why there is none.
    """
    compared = cells.join(
        stations.filter("common").select(STATION),
        on=list(STATION),
        how="semi",
        nulls_equal=True,
        maintain_order="left",
    )
    if common_floor_s is None or not compared.height:
        return Unavailable(
            reason="no station's floor is low enough to compare",
            needed="steadier cycle times or finer stamps",
        )
    at = split or halfway(compared.select("shift", "shift_day").unique()["shift_day"].to_list())
    parts = [compared.filter(pl.col("shift_day") < at), compared.filter(pl.col("shift_day") >= at)]
    early = _too_early(parts, at)
    if early is not None:
        return early
    errors = _model_errors(stations, shared_error, rng)
    first, second = (_resampled(part, errors, rng) for part in parts)
    few = _few_calls(first, second)
    told: dict[str, Quantity] = (
        dict.fromkeys(("calls", "problems", "call_rate", "mix"), few)
        if few is not None
        else {name: _ratio(effect) for name, effect in _split(first, second).items()}
    )
    return Change(
        periods=(_period(parts[0], first), _period(parts[1], second)), common_floor_s=common_floor_s, **told
    )


def _too_early(parts: list[pl.DataFrame], at: date) -> Unavailable | None:
    """Refuse periods that are too short, saying how many more shift-days each takes."""
    for name, part in zip(("earlier", "later"), parts, strict=True):
        days = _shift_days(part)
        slow = sum(float(part[name].sum()) for name in ("detected_common_n", "undetected_common_n"))
        more = max(LEAST_SHIFT_DAYS - days, 0)
        if slow < LEAST_SLOW and days:
            more = max(more, int(np.ceil(days * (LEAST_SLOW - slow) / max(slow, 1.0))))
        if more:
            return Unavailable(
                reason=f"too early: the {name} period (split at {at}) holds {_counted(days, 'shift-day')} "
                f"with {slow:.0f} slow cycles at the common floor",
                needed=f"{_counted(more, 'more shift-day')}, or another split: each period takes "
                f"{LEAST_SHIFT_DAYS} shift-days and {LEAST_SLOW:.0f} slow cycles",
                code=TOO_EARLY,
            )
    return None


def _few_calls(first: _Sums, second: _Sums) -> Unavailable | None:
    """Refuse the split, not the two levels, where hardly anything was called in a period."""
    before, after = float(first.called[0].sum()), float(second.called[0].sum())
    if min(before, after) >= LEAST_CALLED:
        return None
    return Unavailable(
        reason=f"{before:.0f} slow cycles were called in the earlier and {after:.0f} in the later period, "
        f"a split takes {LEAST_CALLED:.0f} in each",
        needed="periods with more calls",
    )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _shift_days(part: pl.DataFrame) -> int:
    return part.select("shift", "shift_day").unique().height


def _model_errors(stations: pl.DataFrame, shared: float, rng: np.random.Generator) -> pl.DataFrame:
    """Draw what the model may be wrong by at each station: the same in both periods. One column a station.

    Where two sites use the same names, both stations are as wrong as the worse.
    """
    stations = stations.group_by(STATION, maintain_order=True).agg(pl.col("count_error").max())
    own = np.sqrt(np.maximum(stations["count_error"].fill_null(0.5).to_numpy() ** 2 - shared**2, 0.0))
    drawn = shared * rng.standard_normal((REPLICATES, 1)) + own * rng.standard_normal((REPLICATES, own.size))
    factors = np.vstack([np.zeros((1, own.size)), drawn])
    return stations.select(STATION).with_columns(factor=pl.Series(np.exp(factors.T)))


def _resampled(part: pl.DataFrame, errors: pl.DataFrame, rng: np.random.Generator) -> _Sums:
    """Add a period up by station, as seen and in every replicate of its shift-days."""
    where = part.join(
        errors.select(STATION).with_row_index("at"),
        on=list(STATION),
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )["at"].to_numpy()
    days = part.select(pl.struct("shift", "shift_day").rank("dense") - 1).to_series().to_numpy()
    size, stations = int(days.max()) + 1, errors.height
    place = days.astype(np.int64) * stations + where.astype(np.int64)

    def table(column: str) -> Floats:
        flat = np.bincount(place, weights=part[column].to_numpy(), minlength=size * stations)
        return np.asarray(flat.astype(np.float64).reshape(size, stations))

    draw = np.vstack([np.ones((1, size)), shift_day_weights(size, REPLICATES, rng)])
    own = np.exp(PERIOD_ERROR * rng.standard_normal((REPLICATES + 1, 1)))
    label = np.exp(DETECTED_ERROR / np.sqrt(2.0) * rng.standard_normal((REPLICATES + 1, 1)))
    own[0] = label[0] = 1.0
    factor = np.stack(errors["factor"].to_list()).T
    return _Sums(
        cycles=draw @ table("usable_cycles"),
        called=label * (draw @ table("detected_common_n")),
        silent=own * factor * (draw @ table("undetected_common_n")),
    )


def _split(first: _Sums, second: _Sums) -> dict[str, Floats]:
    """Return the logarithm of each ratio, shape (R,) each."""
    total, parts = split_change(_factors(first, second), _factors(second, first))
    return {"calls": total} | dict(zip(("mix", "problems", "call_rate"), parts, strict=True))


def _factors(mine: _Sums, other: _Sums) -> tuple[Floats, Floats, Floats]:
    """Return share of cycles, slow per cycle, call rate by station; where unknown, the other period's."""
    slow, other_slow = mine.called + mine.silent, other.called + other.silent
    return (
        mine.cycles / mine.cycles.sum(axis=1, keepdims=True),
        _divided(slow, mine.cycles, _divided(other_slow, other.cycles, np.zeros_like(slow))),
        _divided(mine.called, slow, _divided(other.called, other_slow, np.zeros_like(slow))),
    )


def _divided(above: Floats, below: Floats, otherwise: Floats) -> Floats:
    return np.where(below > 0.0, above / np.where(below > 0.0, below, 1.0), otherwise)


def _ratio(effect: Floats) -> Estimate:
    low, high = np.quantile(effect[1:], [0.025, 0.975])
    value = effect[0]
    return Estimate(
        value=float(np.exp(value)),
        lower=float(np.exp(min(low, value))),
        upper=float(np.exp(max(high, value))),
        unit=RATIO,
        method=METHOD,
    )


def _period(part: pl.DataFrame, sums: _Sums) -> Period:
    cycles, called, silent = (table.sum(axis=1) for table in (sums.cycles, sums.called, sums.silent))
    slow = called + silent
    return Period(
        from_day=part["shift_day"].min(),  # type: ignore[arg-type]
        to_day=part["shift_day"].max(),  # type: ignore[arg-type]
        shift_days=_shift_days(part),
        cycles=int(cycles[0]),
        calls_per_1k=_level(1000.0 * called / cycles, PER_1K, least=3690.0 / cycles[0]),
        problems_per_1k=_level(1000.0 * slow / cycles, PER_1K),
        call_rate=_level(called / slow, RATE_UNIT, least=3.69 / slow[0]),
    )


def _level(values: Floats, unit: str, least: float = 0.0) -> Estimate:
    """Return a level with its interval; the upper end is at least what nothing seen would leave open."""
    low, high = np.quantile(values[1:], [0.025, 0.975])
    value = float(values[0])
    most = 1.0 if unit == RATE_UNIT else np.inf
    return Estimate(
        value=value,
        lower=float(min(low, value)),
        upper=float(min(max(high, value, least), most)),
        unit=unit,
        method="at the common floor, shift-days resampled",
    )
