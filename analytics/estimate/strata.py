"""The estimate in any grouping: by station, line, shift, product, day, or a page's filter.

A run keeps its smallest groups (``cells``): expected counts and minutes with their variance given the model.
Any group is a sum of cells; its interval adds the counting variance, each station's own model error, and
the error that all stations share. Rates are compared at the common floor only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from analytics.estimate.intervals import MINUTES_SHARE, PLANT_ERROR, QUANTILE, interval
from analytics.estimate.sums import minutes_per_cycle, model_error, noise_limit, waiting
from analytics.results import Estimate, Quantity, Unavailable

METHOD = "delay mixture over the station's own noise"
COUNT_UNIT, MINUTES_UNIT, RATE_UNIT = "slow cycles", "station-minutes", "share of slow cycles"
FEWEST_FOR_RATE = 10.0
DETECTED_ERROR = 0.03
NAMES = ("line_id", "station_id")
CELL_KEYS = ("site_id", *NAMES, "product_id", "shift", "shift_day")
SUMS = (
    "cycles",
    "usable_cycles",
    "detected_n",
    "undetected_n",
    "undetected_variance",
    "detected_variance",
    "recorded_n",
    "detected_s",
    "undetected_s",
    "undetected_s_variance",
    "recorded_s",
    "detected_common_n",
    "undetected_common_n",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What the estimate says of one group.

    Attributes:
        key: the values of the grouping columns.
        cycles: cycles in the group.
        detected, undetected_count, undetected_minutes, detected_minutes: at each station's own floor.
        recorded_count, recorded_minutes: of the undetected, seen by another source.
        detection_rate: at the common floor.
        detected_common, undetected_common: slow cycles with and without a call at the common floor, for
            comparisons.
        floor_s: lowest, median and highest floor of its stations; null where all are masked.
    """

    key: dict[str, Any]
    cycles: int
    detected: Quantity
    detected_minutes: Quantity
    undetected_count: Quantity
    undetected_minutes: Quantity
    recorded_count: Quantity
    recorded_minutes: Quantity
    detection_rate: Quantity
    detected_common: Quantity
    undetected_common: Quantity
    floor_s: dict[str, float | None]


def group(
    cells: pl.DataFrame,
    stations: pl.DataFrame,
    keys: Sequence[str],
    *,
    plant_error: float = PLANT_ERROR,
    withheld: Unavailable | None = None,
    no_calls: Unavailable | None = None,
) -> list[Group]:
    """Add cells up by the given columns.

    Args:
        cells: the run's table ``cells`` or a filtered part of it; with ``site_id`` stations of one name at
            different sites are kept apart.
        stations: the run's table ``stations``, with ``site_id`` too if ``cells`` has it.
        keys: columns of ``cells`` to group by; none for everything together.
        plant_error: relative model error that all stations share.
        withheld: why no estimate may be shown at all, if so.
        no_calls: why nothing can be said of calling, if so: what a rate is then.

    Returns:
        One group per combination, in the order of the keys.
    """
    if not cells.height:
        return []
    wanted = list(keys)
    station = [*(["site_id"] if "site_id" in cells.columns else []), *NAMES]
    parts = _per_station(cells, wanted, station).join(
        _facts(stations, station), on=station, how="left", nulls_equal=True, maintain_order="left"
    )
    groups = parts.partition_by(wanted, maintain_order=True) if wanted else [parts]
    return [_group(part, wanted, plant_error, withheld, no_calls) for part in groups]


def _per_station(cells: pl.DataFrame, wanted: list[str], station: list[str]) -> pl.DataFrame:
    """Add cells up per group and station, in one order whatever the threads and the order given."""
    by = [*wanted, *[key for key in station if key not in wanted]]
    rest = [key for key in CELL_KEYS if key not in by and key in cells.columns]
    ordered = cells.sort([*by, *rest], nulls_last=True)
    runs = ordered.select(pl.struct(by).rle_id()).to_series().to_numpy()
    first = np.flatnonzero(np.diff(runs, prepend=-1))
    sums = {name: np.add.reduceat(ordered[name].to_numpy(), first) for name in SUMS}
    return ordered.select(by)[first].with_columns(
        **{name: pl.Series(values) for name, values in sums.items()}
    )


def _facts(stations: pl.DataFrame, station: list[str]) -> pl.DataFrame:
    """What is known of each station; where two share a name and no site is told, the worse of both."""
    return stations.group_by(station).agg(
        pl.col("floor_s", "count_error", "minutes_error").max(),
        pl.col("masked").all(),
        pl.col("common").any(),
        pl.col("waits").any(),
        pl.col("noise_n").sum(),
        pl.col("noise_sd").pow(2).sum().sqrt(),
        station_cycles=pl.col("cycles").sum(),
    )


def _group(
    part: pl.DataFrame,
    keys: list[str],
    plant_error: float,
    withheld: Unavailable | None,
    no_calls: Unavailable | None,
) -> Group:
    key = {name: part[name][0] for name in keys}
    sums = {name: float(part[name].to_numpy().sum()) for name in SUMS}
    floors = part.filter(~pl.col("masked"))["floor_s"].drop_nulls()
    floor_s: dict[str, float | None] = {
        "min": _number(floors.min()),
        "median": _number(floors.median()),
        "max": _number(floors.max()),
    }
    refusal = withheld
    if refusal is None and not floors.len():
        refusal = Unavailable(
            reason="too little usable data at every station of this group",
            needed="a station with at least 100 cycles of one kind of work",
        )
    if refusal is not None:
        return Group(
            key=key,
            cycles=int(sums["cycles"]),
            detected=refusal,
            detected_minutes=refusal,
            undetected_count=refusal,
            undetected_minutes=refusal,
            recorded_count=refusal,
            recorded_minutes=refusal,
            detection_rate=refusal,
            detected_common=refusal,
            undetected_common=refusal,
            floor_s=floor_s,
        )
    noise = noise_limit(part)
    count_error = model_error(part, "undetected_n", "count_error", plant_error)
    minutes_error = model_error(part, "undetected_s", "minutes_error", MINUTES_SHARE * plant_error)
    count = interval(
        sums["undetected_n"],
        count_error,
        variance=sums["undetected_variance"],
        noise=noise,
        unit=COUNT_UNIT,
        method=METHOD,
    )
    per_cycle = minutes_per_cycle(sums["undetected_s"], sums["undetected_n"], part)
    minutes = interval(
        sums["undetected_s"] / 60.0,
        minutes_error,
        variance=sums["undetected_s_variance"] / 3600.0,
        noise=noise,
        unit=MINUTES_UNIT,
        method=METHOD,
        per_cycle=per_cycle,
    )
    if count.lower <= 0:
        # Where there may be no slow cycle at all, there may be no minutes either.
        minutes = replace(minutes, lower=0.0)
    detected = measured(sums["detected_n"], sums["detected_variance"], COUNT_UNIT)
    detected_minutes = measured(sums["detected_s"] / 60.0, 0.0, MINUTES_UNIT)
    refused_minutes = waiting(part)
    return Group(
        key=key,
        cycles=int(sums["cycles"]),
        detected=detected,
        detected_minutes=refused_minutes or detected_minutes,
        undetected_count=count,
        undetected_minutes=refused_minutes or minutes,
        recorded_count=_share_of(count, sums["recorded_n"]),
        recorded_minutes=refused_minutes or _share_of(minutes, sums["recorded_s"] / 60.0),
        detection_rate=no_calls or _rate(part, sums, count_error),
        detected_common=measured(
            sums["detected_common_n"],
            sums["detected_variance"] * _part_of(sums["detected_common_n"], sums["detected_n"]),
            COUNT_UNIT,
        ),
        undetected_common=_common(part, sums, count_error),
        floor_s=floor_s,
    )


def _part_of(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def measured(value: float, variance: float, unit: str) -> Estimate:
    """Slow cycles with a call: nearly counted; uncertain are which cycle the call meant, and the floor."""
    spread = QUANTILE * float(np.sqrt(variance + (DETECTED_ERROR * value) ** 2))
    return Estimate(
        value=value,
        lower=max(0.0, value - spread),
        upper=value + spread,
        unit=unit,
        method="calls matched to cycles",
    )


def _share_of(whole: Estimate, part: float) -> Estimate:
    """Split an estimate: its part keeps the relative interval, and never exceeds the whole."""
    share = min(1.0, max(0.0, part) / whole.value) if whole.value > 0 else 0.0
    return Estimate(
        value=whole.value * share,
        lower=whole.lower * share,
        upper=whole.upper * share if whole.value > 0 else whole.upper,
        level=whole.level,
        unit=whole.unit,
        method=whole.method,
    )


def _common(part: pl.DataFrame, sums: dict[str, float], error: float) -> Quantity:
    if not part["common"].any():
        return Unavailable(
            reason="its floor is above a third of takt, so it is not compared with others",
            needed="steadier cycle times or finer time stamps",
        )
    value = sums["undetected_common_n"]
    ratio = _part_of(value, sums["undetected_n"])
    return interval(
        value,
        error,
        variance=sums["undetected_variance"] * ratio,
        noise=noise_limit(part) * ratio,
        unit=COUNT_UNIT,
        method=METHOD,
    )


def _rate(part: pl.DataFrame, sums: dict[str, float], error: float) -> Quantity:
    """Called ÷ (called + undetected) at the common floor, with an interval on the logit scale."""
    if not part["common"].any():
        return Unavailable(
            reason="its floor is above a third of takt, so it is not compared with others",
            needed="steadier cycle times or finer time stamps",
        )
    called, silent = sums["detected_common_n"], sums["undetected_common_n"]
    total = called + silent
    if total < FEWEST_FOR_RATE:
        return Unavailable(
            reason=f"{total:.0f} slow cycles at the common floor", needed=f"at least {FEWEST_FOR_RATE:.0f}"
        )
    rate = called / total
    # Half a cycle on either side keeps a rate of 0 or 1 from being certain.
    safe = (called + 0.5) / (total + 1.0)
    ratio = _part_of(silent, sums["undetected_n"])
    silent_sd = np.sqrt(
        (error * silent) ** 2 + sums["undetected_variance"] * ratio + noise_limit(part) ** 2 * ratio / 4
    )
    called_sd = np.sqrt((DETECTED_ERROR * called) ** 2 + sums["detected_variance"] + 0.25)
    spread = QUANTILE * float(np.hypot(silent_sd * called, called_sd * silent)) / total**2
    spread /= max(safe * (1 - safe), 1e-6)
    centre = float(np.log(safe / (1 - safe)))
    lower, upper = (1 / (1 + np.exp(-(centre + side * spread))) for side in (-1.0, 1.0))
    unseen = _common(part, sums, error)
    if isinstance(unseen, Estimate) and unseen.lower <= 0.0:
        # Where none may have run without a call, every one may have been called.
        upper = 1.0
    return Estimate(
        value=rate,
        lower=float(min(lower, rate)),
        upper=float(max(upper, rate)),
        unit=RATE_UNIT,
        method="at the common floor",
    )
