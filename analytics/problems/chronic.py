"""Does a station run steadily slower than its standard, or than its target condition?

This gap is chronic: it is in the usual time itself, not in single slow cycles, so the two are never counted
twice. A station and product are *steadily slower* where the median net time of normal, uncalled cycles lies
more than 2 % above the standard and its interval excludes the standard, over the whole period or over at
least three shift-days in a row. The minutes are what the usual time (``expected_s``) exceeds the standard by,
over all cycles worked then.

The target condition (Type 3) is asked only where a standard is declared and held.

Assumes that a standard is the planned time per item, and that a record is one item.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.problems.sequence import STATION
from analytics.problems.standards import (
    DAY,
    WHERE,
    believable,
    shift_day_levels,
    with_standards,
    worked,
)
from analytics.results import Caveat, Estimate, Quantity, Unavailable

MARGIN = 0.02
RUN_OF_DAYS = 3
DRAWS = 400

NO_STANDARD = Unavailable(reason="no standards loaded", needed="standards with standard_cycle_s per station")
NO_TARGET = Unavailable(reason="no target condition declared", needed="standards with target_cycle_s")
NOT_HELD = Unavailable(
    reason="no station with a target condition holds its standard", needed="first hold the standard"
)
MASKED = Unavailable(
    reason="no station has cycles that can be judged", needed="100 usable cycles at a station"
)
UNMATCHED = Unavailable(
    reason="the standards name none of the stations and products in the cycles",
    needed="standards whose station_id and product_id are spelled as in the cycles",
)
ODD = Unavailable(reason="the standards are not believable", needed="standard_cycle_s in seconds per item")


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyGap:
    """One station that runs steadily slower than its standard or its target condition.

    Attributes:
        kind: standard_not_held or target_condition.
        product_id: the product, where it is slower with one of several.
        products: with how many products it is slower, of how many (``of_products``).
        usual_s: median net time where it is slower, seconds, averaged over its cycles.
        declared_s: the standard or the target condition, seconds, averaged alike.
        shift_days: on how many shift-days it is slower, of how many (``of_shift_days``).
        minutes: station-minutes in the period.
    """

    kind: str
    site_id: str | None
    line_id: str | None
    station_id: str
    product_id: str | None
    products: int
    of_products: int
    usual_s: float
    declared_s: float
    cycles: int
    shift_days: int
    of_shift_days: int
    minutes: Estimate

    def words(self) -> str:
        """Say in words and figures what was seen."""
        than = "standard" if self.kind == "standard_not_held" else "target condition"
        products = f", with {self.products} of {self.of_products} products" if self.of_products > 1 else ""
        over = 100 * (self.usual_s / self.declared_s - 1)
        return (
            f"Runs at {self.usual_s:.1f} s against a {than} of {self.declared_s:.1f} s (+{over:.0f} %) on "
            f"{self.shift_days} of {self.of_shift_days} shift-days{products}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChronicGap:
    """The chronic gap of a run: its two sums, what they are made of, and what strains them.

    ``not_held`` has the shift-days on which a station and product do not hold their standard, with it.
    """

    standard_not_held: Quantity
    target_condition: Quantity
    gaps: tuple[SteadyGap, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    not_held: pl.DataFrame | None = None

    def to_json(self) -> dict[str, object]:
        """Return the section ``chronic`` of the report contract."""
        return {
            "standard_not_held": {"minutes": self.standard_not_held.to_json()},
            "target_condition": {"minutes": self.target_condition.to_json()},
        }


def chronic_gap(cycles: pl.DataFrame, standards: pl.DataFrame, *, rng: np.random.Generator) -> ChronicGap:
    """Measure by how much stations run steadily slower than their standards and target conditions.

    Args:
        cycles: the run's cycles (columns of ``sql/run/cycles.sql``).
        standards: the warehouse's standards: site_id, line_id, product_id (each null: every), station_id,
            standard_cycle_s, target_cycle_s, valid_from (null: always).
        rng: source of the bootstrap over shift-days.
    """
    if standards.is_empty() or standards["standard_cycle_s"].drop_nulls().is_empty():
        return ChronicGap(standard_not_held=NO_STANDARD, target_condition=NO_TARGET)
    days = shift_day_levels(cycles)
    if days.is_empty():
        return ChronicGap(standard_not_held=MASKED, target_condition=MASKED)
    days = with_standards(days, standards)
    if days.is_empty():
        return ChronicGap(standard_not_held=UNMATCHED, target_condition=UNMATCHED)
    days, caveats = believable(days)
    if days.is_empty():
        return ChronicGap(standard_not_held=ODD, target_condition=ODD, caveats=caveats)
    days = _steadily_slower(days, "standard_cycle_s", rng)
    total, gaps = _sum_gaps(cycles, days, "standard_not_held", "standard_cycle_s", rng)
    not_held = days.filter("slower").select(*WHERE, *DAY, "standard_cycle_s")
    held = days.filter(~pl.col("slower").any().over(WHERE), pl.col("target_cycle_s").is_not_null())
    if days["target_cycle_s"].drop_nulls().is_empty():
        return ChronicGap(
            standard_not_held=total,
            target_condition=NO_TARGET,
            gaps=gaps,
            caveats=caveats,
            not_held=not_held,
        )
    if held.is_empty():
        return ChronicGap(
            standard_not_held=total, target_condition=NOT_HELD, gaps=gaps, caveats=caveats, not_held=not_held
        )
    held = _steadily_slower(held, "target_cycle_s", rng)
    target, more = _sum_gaps(cycles, held, "target_condition", "target_cycle_s", rng)
    return ChronicGap(
        standard_not_held=total,
        target_condition=target,
        gaps=(*gaps, *more),
        caveats=caveats,
        not_held=not_held,
    )


def _steadily_slower(days: pl.DataFrame, column: str, rng: np.random.Generator) -> pl.DataFrame:
    """Mark the shift-days on which a station and product run steadily slower than what is declared."""
    parts = []
    for part in days.partition_by(WHERE, maintain_order=True):
        ratio = part["usual_s"].to_numpy() / part[column].to_numpy()
        error = part["error_s"].to_numpy() / part[column].to_numpy()
        day_slower = (ratio > 1 + MARGIN) & (ratio - 1.96 * error > 1)
        middle = float(np.median(ratio))
        count = len(ratio)
        draws = np.median(ratio[rng.integers(0, count, (DRAWS, count))], axis=1)
        spread = math.hypot(float(draws.std()), float(np.median(error)) / math.sqrt(count))
        if middle > 1 + MARGIN and middle - 1.96 * spread > 1:
            slower = np.ones(count, dtype=bool)
        else:
            slower = _runs(day_slower)
        parts.append(part.with_columns(pl.Series("slower", slower)))
    return pl.concat(parts)


def _runs(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep only marks that stand at least ``RUN_OF_DAYS`` in a row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    kept = np.zeros(len(marked), dtype=bool)
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        kept[first:last] = last - first >= RUN_OF_DAYS
    return kept


def _sum_gaps(
    cycles: pl.DataFrame, days: pl.DataFrame, kind: str, column: str, rng: np.random.Generator
) -> tuple[Estimate, tuple[SteadyGap, ...]]:
    """Add up what the usual time exceeds the declared one by, on the shift-days marked as slower."""
    slower = days.filter("slower")
    keys = [*WHERE, *DAY]
    excess = (
        cycles.select(*keys, "state", "expected_s")
        .filter(worked())
        .join(slower.select(*keys, column), on=keys, how="inner", nulls_equal=True, maintain_order="left")
        .group_by(keys, maintain_order=True)
        .agg((pl.col("expected_s") - pl.col(column)).clip(lower_bound=0).sum().alias("excess_s"))
    )
    slower = slower.join(excess, on=keys, how="left", nulls_equal=True, maintain_order="left")
    total, draws, gaps = 0.0, np.zeros(DRAWS), []
    for station in slower.partition_by(STATION, maintain_order=True):
        parts = [_bootstrap(part, rng) for part in station.partition_by("product_id", maintain_order=True)]
        minutes, mine = sum(part for part, _ in parts), np.sum([drawn for _, drawn in parts], axis=0)
        total, draws = total + minutes, draws + mine
        gaps.append(_gap(kind, column, station, len(parts), _minutes(minutes, mine)))
    gaps.sort(key=lambda one: -one.minutes.value)
    return _minutes(total, draws), tuple(gaps)


def _gap(kind: str, column: str, station: pl.DataFrame, products: int, minutes: Estimate) -> SteadyGap:
    first = station.row(0, named=True)
    weights = station["cycles_n"].to_numpy()
    return SteadyGap(
        kind=kind,
        site_id=first["site_id"],
        line_id=first["line_id"],
        station_id=first["station_id"],
        product_id=first["product_id"] if products == 1 and first["of_products"] > 1 else None,
        products=products,
        of_products=first["of_products"],
        usual_s=float(np.average(station["usual_s"].to_numpy(), weights=weights)),
        declared_s=float(np.average(station[column].to_numpy(), weights=weights)),
        cycles=int(weights.sum()),
        shift_days=station.select(DAY).n_unique(),
        of_shift_days=first["of_shift_days"],
        minutes=minutes,
    )


def _bootstrap(part: pl.DataFrame, rng: np.random.Generator) -> tuple[float, NDArray[np.float64]]:
    """Return a station and product's minutes and draws of them.

    Shift-days are drawn again, their medians off by their errors; the cycles worked are known, so what is
    drawn is the average gap per cycle.
    """
    excess = part["excess_s"].fill_null(0.0).to_numpy()
    cycles = part["cycles_n"].to_numpy().astype(np.float64)
    days = len(excess)
    weights = rng.multinomial(days, np.full(days, 1 / days), size=DRAWS).astype(np.float64)
    drawn = (weights @ excess) / (weights @ cycles) * cycles.sum()
    off = math.sqrt(float(np.square(cycles * part["error_s"].to_numpy()).sum()))
    drawn = np.maximum(drawn + off * rng.standard_normal(DRAWS), 0.0)
    return float(excess.sum() / 60), drawn / 60


def _minutes(value: float, draws: NDArray[np.float64]) -> Estimate:
    lower, upper = (float(bound) for bound in np.quantile(draws, [0.025, 0.975]))
    return Estimate(
        value=value,
        lower=min(lower, value),
        upper=max(upper, value),
        unit="station-minutes",
        method="usual time less the declared one where steadily slower; bootstrap over shift-days",
    )
