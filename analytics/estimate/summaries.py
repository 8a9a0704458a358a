"""The run's small tables: stations, fits, pairs, and the cells that pages add up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.estimate.fit import Fit
from analytics.estimate.intervals import Errors
from analytics.estimate.mixture import FLOOR
from analytics.estimate.null import EDGES
from analytics.estimate.own_time import COMPLETION
from analytics.estimate.passes import Prepared
from analytics.estimate.plant import STATION_KEY, Bools, Floats

CALLED_LEAK, WAITING_LEAK = 0.005, 0.0005
"""Share of called and of waiting cycles that may yet be taken for uncalled ones: calls matched to the wrong
cycle, waits that are not seen as such. Earned on plants where every problem is called, or there is none."""
LARGEST_FLOOR_SHARE = 1.0 / 3.0
CELL_KEYS = [*STATION_KEY, "product_id", "shift", "shift_day"]


@dataclass(frozen=True, slots=True)
class CommonFloor:
    """The floor at which stations are compared.

    Attributes:
        seconds: the highest floor of the stations that take part; None where none does.
        takes_part: per station, shape (stations,).
    """

    seconds: float | None
    takes_part: Bools


def station_floors(prepared: Prepared) -> tuple[Floats, Floats]:
    """Median expected time and floor of each station, seconds; nan where masked."""
    size = prepared.plant.stations.height
    usual, floor = np.full(size, np.nan), np.full(size, np.nan)
    for code, part in enumerate(prepared.plant.slices()):
        expected = prepared.expected_s[part]
        if np.isfinite(expected).any():
            usual[code] = np.nanmedian(expected)
        if not prepared.masked_because[code]:
            floor[code] = FLOOR * prepared.baseline.relative_scale[code] * usual[code]
    return usual, floor


def common_floor(prepared: Prepared, takt_s: Floats) -> CommonFloor:
    """Choose the floor at which stations are compared.

    Args:
        prepared: the prepared plant.
        takt_s: takt of each station, shape (stations,); nan where unknown: its usual time is taken.
    """
    usual, floor = station_floors(prepared)
    yardstick = np.where(np.isfinite(takt_s), takt_s, usual)
    with np.errstate(invalid="ignore"):
        takes_part = np.isfinite(floor) & (floor <= LARGEST_FLOOR_SHARE * yardstick)
    seconds = float(np.max(floor[takes_part])) if takes_part.any() else None
    return CommonFloor(seconds, takes_part)


def declared(prepared: Prepared) -> pl.DataFrame:
    """Median standard, target and takt of each station, in the order of station codes."""
    columns = ["standard_cycle_s", "target_cycle_s", "takt_s"]
    stations = prepared.plant.stations.select("station", *STATION_KEY)
    told = prepared.plant.standards.select(
        *[pl.col(name).alias(f"told_{name}") for name in STATION_KEY], *columns
    )
    own = stations.join(told, left_on="station_id", right_on="told_station_id", how="inner")
    whole = told.filter(pl.col("told_station_id").is_null() & pl.col("told_line_id").is_not_null())
    of_line = stations.join(whole, left_on="line_id", right_on="told_line_id", how="inner").with_columns(
        told_line_id=pl.col("line_id")
    )
    found = stations.select("station")
    agree = [
        pl.col(name).is_null() | pl.col(f"told_{name}").is_null() | (pl.col(name) == pl.col(f"told_{name}"))
        for name in ("line_id", "site_id")
    ]
    for suffix, rows in (("", own), ("_line", of_line)):
        medians = rows.filter(*agree).group_by("station").agg(pl.col(columns).median().name.suffix(suffix))
        found = found.join(medians, on="station", how="left")
    return found.sort("station").select(
        [pl.coalesce(name, f"{name}_line").cast(pl.Float64).alias(name) for name in columns]
    )


def station_table(
    prepared: Prepared, fit: Fit, errors: Errors, common: CommonFloor, standards: pl.DataFrame
) -> pl.DataFrame:
    """Return the run's table ``stations``."""
    plant = prepared.plant
    usual, floor = station_floors(prepared)
    size = plant.stations.height
    cycles = np.diff(plant.bounds)
    usable = np.bincount(plant.station[prepared.usable], minlength=size)
    called = np.bincount(plant.station[prepared.matching.called], minlength=size)
    blocked = np.bincount(plant.station, weights=prepared.blocking.weight, minlength=size)
    return plant.stations.select(STATION_KEY).with_columns(
        position=pl.Series([prepared.order.position.get(code) for code in range(size)], dtype=pl.Int32),
        cycles=pl.Series(cycles),
        usable_cycles=pl.Series(usable),
        expected_s=_nulls(usual),
        scale_s=_nulls(prepared.baseline.relative_scale * usual),
        floor_s=_nulls(floor),
        null_location=pl.Series(fit.null.location),
        null_scale=pl.Series(fit.null.scale),
        null_skew=pl.Series(fit.null.skew),
        count_error=pl.Series(np.minimum(errors.station_count, 3.0)),
        minutes_error=pl.Series(np.minimum(errors.station_minutes, 3.0)),
        noise_n=pl.Series(errors.station_noise + CALLED_LEAK * called + WAITING_LEAK * blocked),
        noise_sd=pl.Series(errors.station_noise_sd),
        waits=pl.Series(prepared.own.mode == COMPLETION),
        blocked_share=pl.Series(blocked / np.maximum(cycles, 1)),
        clock_offset_s=pl.Series(prepared.matching.offset_s),
        standard_cycle_s=standards["standard_cycle_s"],
        target_cycle_s=standards["target_cycle_s"],
        takt_s=standards["takt_s"],
        masked=pl.Series([bool(reason) for reason in prepared.masked_because]),
        reason=pl.Series([reason or None for reason in prepared.masked_because], dtype=pl.String),
        common=pl.Series(common.takes_part),
    )


def fit_table(prepared: Prepared, fit: Fit) -> pl.DataFrame:
    """Return the run's table ``station_fit``: what was seen, noise alone, noise and delays."""
    parts = []
    counts = fit.histograms.uncalled
    totals = counts.sum(axis=1)
    noise = fit.mixture.kernel[:, :, 0] * fit.mixture.weights[:, :1] * totals[:, None]
    fitted = fit.mixture.density() * totals[:, None]
    for code, row in enumerate(prepared.plant.stations.iter_rows(named=True)):
        if prepared.masked_because[code]:
            continue
        parts.append(
            pl.DataFrame(
                {
                    "deviation": EDGES,
                    "observed": counts[code],
                    "noise": noise[code],
                    "fitted": fitted[code],
                }
            ).with_columns(
                line_id=pl.lit(row["line_id"], dtype=pl.String),
                station_id=pl.lit(row["station_id"], dtype=pl.String),
            )
        )
    return pl.concat(parts) if parts else pl.DataFrame(schema={"station_id": pl.String})


def pair_table(prepared: Prepared) -> pl.DataFrame:
    """Return the run's table ``pairs``: blocking between neighbours."""
    names = prepared.plant.stations.select("line_id", "station_id").rows()
    rows = [
        {
            "line_id": names[pair.station][0],
            "station_id": names[pair.station][1],
            "next_station_id": ", ".join(names[after][1] for after in pair.downstream),
            "offset_s": pair.offset_s,
            "contrast": pair.contrast,
            "blocked_share": pair.blocked_share,
        }
        for pair in prepared.blocking.pairs
    ]
    return pl.DataFrame(rows) if rows else pl.DataFrame(schema={"station_id": pl.String})


def cell_table(cycles: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    """Return the run's table ``cells``: sums per station, product, shift and shift-day.

    Sums of floats are made in the order of station and time, so that they do not depend on threads.
    """
    detected = pl.Series(prepared.matching.called | prepared.matching.covered)
    # Where the station stands apart it is not compared, so it adds nothing at the common floor.
    frame = cycles.select(
        *CELL_KEYS,
        "slow_probability",
        "undetected_probability",
        "delay_s",
        "common_probability",
        "recorded_by",
    ).with_columns(
        detected=detected,
        # A call that labels nothing slow may be about one of several: each is called in so far.
        called_share=pl.Series(np.where(detected, 1.0, prepared.matching.claimed)),
    )
    slow = pl.col("slow_probability").fill_null(0.0)
    delay = pl.col("delay_s").fill_null(0.0)
    silent = pl.col("undetected_probability").fill_null(0.0)
    common = pl.col("common_probability").fill_null(0.0)
    seen = pl.col("recorded_by").is_not_null()
    called, uncalled = pl.col("called_share"), 1.0 - pl.col("called_share")
    # Given the chance p and the delay counted p·d, the realised delay varies by p(1-p)d² about it.
    length_s = pl.when(slow > 1e-9).then(delay / slow).otherwise(0.0)
    return (
        frame.group_by(CELL_KEYS, maintain_order=True)
        .agg(
            cycles=pl.len().cast(pl.Int64),
            usable_cycles=pl.col("slow_probability").is_not_null().sum().cast(pl.Int64),
            detected_n=(slow * called).sum(),
            undetected_n=silent.sum(),
            undetected_variance=(silent * (1.0 - silent)).sum(),
            detected_variance=(slow * called * (1.0 - slow * called)).sum(),
            recorded_n=silent.filter(seen).sum(),
            detected_s=(delay * called).sum(),
            undetected_s=(delay * uncalled).sum(),
            undetected_s_variance=(length_s**2 * silent * (1.0 - silent)).sum(),
            recorded_s=(delay * uncalled).filter(seen).sum(),
            detected_common_n=(common * called).sum(),
            undetected_common_n=(common * uncalled).sum(),
        )
        .sort(CELL_KEYS, nulls_last=True)
    )


def _nulls(values: Floats) -> pl.Series:
    return pl.Series(values).fill_nan(None)
