"""Which standard holds for which station, product and shift-day, and how fast did they run?

A product's own standard comes before its station's, a line's own before one for every line, a site's own
before one for every site, the latest before earlier ones. Standards that the usual time misses by more than a
factor of three are not believed, and named.
"""

from __future__ import annotations

import polars as pl

from analytics.problems.sequence import STATION
from analytics.results import Caveat

WHERE = [*STATION, "product_id"]
DAY = ["shift_day", "shift"]
BELIEVABLE = 3.0
MEDIAN_ERROR = 1.2533
"""Standard error of a median ÷ that of a mean, for normal scatter."""


def worked() -> pl.Expr:
    """Select cycles that were worked and have a usual time."""
    return ~pl.col("state").is_in(["planned", "masked"]) & pl.col("expected_s").is_not_null()


def shift_day_levels(cycles: pl.DataFrame) -> pl.DataFrame:
    """Return one row per station, product and shift-day: median net time of normal, uncalled cycles."""
    quiet = (pl.col("state") == "normal") & ~pl.col("called").fill_null(value=False)
    return (
        cycles.select(
            *WHERE, *DAY, "state", "called", "started_at", "ended_at", "net_s", "scale_s", "expected_s"
        )
        .filter(worked(), pl.col("shift_day").is_not_null())
        .group_by([*WHERE, *DAY], maintain_order=True)
        .agg(
            pl.coalesce("started_at", "ended_at").min().alias("at"),
            pl.col("net_s").filter(quiet).median().alias("usual_s"),
            quiet.sum().alias("quiet_n"),
            pl.col("scale_s").filter(quiet).median().alias("scale_s"),
            pl.len().alias("cycles_n"),
        )
        .filter(pl.col("quiet_n") > 0)
        .with_columns(error_s=MEDIAN_ERROR * pl.col("scale_s").fill_null(0.0) / pl.col("quiet_n").sqrt())
        .sort([*WHERE, "at"], nulls_last=True)
    )


def with_standards(days: pl.DataFrame, standards: pl.DataFrame) -> pl.DataFrame:
    """Give each shift-day the standard valid then: the product's own before the station's, the latest."""
    declared = standards.select(*WHERE, "standard_cycle_s", "target_cycle_s", "valid_from").rename(
        {"site_id": "for_site", "line_id": "for_line", "product_id": "for_product"}
    )
    return (
        days.join(declared, on="station_id", how="inner", maintain_order="left")
        .filter(
            pl.col("for_site").is_null() | pl.col("for_site").eq_missing(pl.col("site_id")),
            pl.col("for_line").is_null() | pl.col("for_line").eq_missing(pl.col("line_id")),
            pl.col("for_product").is_null() | pl.col("for_product").eq_missing(pl.col("product_id")),
            pl.col("valid_from").is_null() | (pl.col("valid_from").dt.date() <= pl.col("shift_day")),
            pl.col("standard_cycle_s") > 0,
        )
        .sort(
            pl.col("for_product").is_not_null(),
            pl.col("for_line").is_not_null(),
            pl.col("for_site").is_not_null(),
            pl.col("valid_from"),
            nulls_last=False,
            maintain_order=True,
        )
        .group_by([*WHERE, *DAY], maintain_order=True)
        .last()
        .sort([*WHERE, "at"], nulls_last=True)
        .with_columns(
            of_shift_days=pl.struct(DAY).n_unique().over(STATION).cast(pl.Int64),
            of_products=pl.col("product_id").n_unique().over(STATION).cast(pl.Int64),
        )
    )


def believable(days: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Caveat, ...]]:
    """Leave out standards that the usual time misses by more than a factor of three."""
    ratio = (pl.col("usual_s").median() / pl.col("standard_cycle_s").median()).over(WHERE)
    fit = days.with_columns(fits=ratio.is_between(1 / BELIEVABLE, BELIEVABLE))
    odd = fit.filter(~pl.col("fits")).select(STATION).unique()["station_id"].sort().to_list()
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
