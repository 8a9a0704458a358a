"""Does a station run steadily slower than its standard, or than its target condition?

This gap is chronic: it is in the usual time itself, not in single slow cycles, so the two are never counted
twice. A station and product are *steadily slower* where the median net time of normal, uncalled cycles lies
more than 2 % above the standard and its interval excludes the standard, over the whole period or over at
least three shift-days in a row. The minutes are what the usual time (``expected_s``) exceeds the standard by,
over all cycles worked then.

The target condition (Type 3) is asked only where a standard is declared and held.

Assumes that a standard is the planned time per item and that a record is one item; standards that the usual
time misses by more than a factor of three are not believed, and named.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.results import Caveat, Estimate, Quantity, Unavailable

MARGIN = 0.02
RUN_OF_DAYS = 3
BELIEVABLE = 3.0
DRAWS = 400
_MEDIAN_ERROR = 1.2533
_STATION = ["line_id", "station_id"]
_WHERE = [*_STATION, "product_id"]
_DAY = ["shift_day", "shift"]


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
    """The chronic gap of a run: its two sums, what they are made of, and what strains them."""

    standard_not_held: Quantity
    target_condition: Quantity
    gaps: tuple[SteadyGap, ...] = ()
    caveats: tuple[Caveat, ...] = ()

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
        standards: the warehouse's standards: line_id, station_id, product_id (null: every), standard_cycle_s,
            target_cycle_s, valid_from (null: always).
        rng: source of the bootstrap over shift-days.
    """
    missing = Unavailable(reason="no standards loaded", needed="standards with standard_cycle_s per station")
    no_target = Unavailable(reason="no target condition declared", needed="standards with target_cycle_s")
    if standards.is_empty() or standards["standard_cycle_s"].drop_nulls().is_empty():
        return ChronicGap(standard_not_held=missing, target_condition=no_target)
    days = _with_standards(_days(cycles), standards)
    if days.is_empty():
        unmatched = Unavailable(
            reason="the standards name none of the stations and products in the cycles",
            needed="standards whose station_id and product_id are spelled as in the cycles",
        )
        return ChronicGap(standard_not_held=unmatched, target_condition=unmatched)
    days, caveats = _believable(days)
    if days.is_empty():
        odd = Unavailable(
            reason="the standards are not believable", needed="standard_cycle_s in seconds per item"
        )
        return ChronicGap(standard_not_held=odd, target_condition=odd, caveats=caveats)
    days = _steadily_slower(days, "standard_cycle_s", rng)
    total, gaps = _sum_gaps(cycles, days, "standard_not_held", "standard_cycle_s", rng)
    held = days.filter(~pl.col("slower").any().over(_WHERE), pl.col("target_cycle_s").is_not_null())
    if days["target_cycle_s"].drop_nulls().is_empty():
        return ChronicGap(standard_not_held=total, target_condition=no_target, gaps=gaps, caveats=caveats)
    if held.is_empty():
        not_held = Unavailable(
            reason="no station with a target condition holds its standard", needed="first hold the standard"
        )
        return ChronicGap(standard_not_held=total, target_condition=not_held, gaps=gaps, caveats=caveats)
    held = _steadily_slower(held, "target_cycle_s", rng)
    target, more = _sum_gaps(cycles, held, "target_condition", "target_cycle_s", rng)
    return ChronicGap(standard_not_held=total, target_condition=target, gaps=(*gaps, *more), caveats=caveats)


def _worked() -> pl.Expr:
    return ~pl.col("state").is_in(["planned", "masked"]) & pl.col("expected_s").is_not_null()


def _days(cycles: pl.DataFrame) -> pl.DataFrame:
    """Return one row per station, product and shift-day: median net time of normal, uncalled cycles."""
    quiet = (pl.col("state") == "normal") & ~pl.col("called").fill_null(value=False)
    return (
        cycles.filter(_worked(), pl.col("shift_day").is_not_null())
        .group_by([*_WHERE, *_DAY], maintain_order=True)
        .agg(
            pl.coalesce("started_at", "ended_at").min().alias("at"),
            pl.col("net_s").filter(quiet).median().alias("usual_s"),
            quiet.sum().alias("quiet_n"),
            pl.col("scale_s").filter(quiet).median().alias("scale_s"),
            pl.len().alias("cycles_n"),
        )
        .filter(pl.col("quiet_n") > 0)
        .with_columns(error_s=_MEDIAN_ERROR * pl.col("scale_s").fill_null(0.0) / pl.col("quiet_n").sqrt())
        .sort([*_WHERE, "at"], nulls_last=True)
    )


def _with_standards(days: pl.DataFrame, standards: pl.DataFrame) -> pl.DataFrame:
    """Give each shift-day the standard valid then: the product's own before the station's, the latest."""
    declared = standards.select(*_WHERE, "standard_cycle_s", "target_cycle_s", "valid_from").rename(
        {"line_id": "for_line", "product_id": "for_product"}
    )
    return (
        days.join(declared, on="station_id", how="inner", maintain_order="left")
        .filter(
            pl.col("for_line").is_null() | pl.col("for_line").eq_missing(pl.col("line_id")),
            pl.col("for_product").is_null() | pl.col("for_product").eq_missing(pl.col("product_id")),
            pl.col("valid_from").is_null() | (pl.col("valid_from").dt.date() <= pl.col("shift_day")),
            pl.col("standard_cycle_s") > 0,
        )
        .sort(
            pl.col("for_product").is_not_null(),
            pl.col("for_line").is_not_null(),
            pl.col("valid_from"),
            nulls_last=False,
            maintain_order=True,
        )
        .group_by([*_WHERE, *_DAY], maintain_order=True)
        .last()
        .sort([*_WHERE, "at"], nulls_last=True)
        .with_columns(
            of_shift_days=pl.struct(_DAY).n_unique().over(_STATION).cast(pl.Int64),
            of_products=pl.col("product_id").n_unique().over(_STATION).cast(pl.Int64),
        )
    )


def _believable(days: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Caveat, ...]]:
    """Leave out standards that the usual time misses by more than a factor of three."""
    ratio = (pl.col("usual_s").median() / pl.col("standard_cycle_s").median()).over(_WHERE)
    fit = days.with_columns(fits=ratio.is_between(1 / BELIEVABLE, BELIEVABLE))
    odd = fit.filter(~pl.col("fits"))["station_id"].unique().sort().to_list()
    if not odd:
        return days, ()
    listed = ", ".join(odd[:5]) + (" …" if len(odd) > 5 else "")
    caveat = Caveat(
        code="standard_not_believable",
        severity="warning",
        message=(
            f"The standard of {len(odd)} stations ({listed}) differs from the usual time by more than "
            f"a factor of {BELIEVABLE:g}; it is left out. Are standards in seconds per item?"
        ),
        affects="chronic",
    )
    return fit.filter("fits").drop("fits"), (caveat,)


def _steadily_slower(days: pl.DataFrame, column: str, rng: np.random.Generator) -> pl.DataFrame:
    """Mark the shift-days on which a station and product run steadily slower than what is declared."""
    parts = []
    for part in days.partition_by(_WHERE, maintain_order=True):
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
    keys = [*_WHERE, *_DAY]
    excess = (
        cycles.filter(_worked())
        .join(slower.select(*keys, column), on=keys, how="inner", nulls_equal=True, maintain_order="left")
        .group_by(keys, maintain_order=True)
        .agg((pl.col("expected_s") - pl.col(column)).clip(lower_bound=0).sum().alias("excess_s"))
    )
    slower = slower.join(excess, on=keys, how="left", nulls_equal=True, maintain_order="left")
    total, draws, gaps = 0.0, np.zeros(DRAWS), []
    for station in slower.partition_by(_STATION, maintain_order=True):
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
        line_id=first["line_id"],
        station_id=first["station_id"],
        product_id=first["product_id"] if products == 1 and first["of_products"] > 1 else None,
        products=products,
        of_products=first["of_products"],
        usual_s=float(np.average(station["usual_s"].to_numpy(), weights=weights)),
        declared_s=float(np.average(station[column].to_numpy(), weights=weights)),
        cycles=int(weights.sum()),
        shift_days=station.select(_DAY).n_unique(),
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
