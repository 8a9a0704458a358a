"""What a cycle usually takes at its own station, and how much it scatters.

ln(net) is centred step by step: median by station and product, by station and shift, by the minutes since a
break (warm-up), and a rolling median along the station's sequence. The scale is measured on the left of the
median, because delays only ever add time. Nothing here compares with a standard: that is the chronic gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints, Plant

FEWEST_OF_PRODUCT = 30
FEWEST_OF_SHIFT = 60
WARM_UP_BIN_S, WARM_UP_BINS = 120.0, 5
FEWEST_WARM_UP = 200
WINDOW = 121
FEWEST_IN_WINDOW = 15
LEFT_QUANTILE = 0.1587
SCALE_FLOOR_STAMPS = 0.75
"""Sigma is at least so many widths of the time stamps: below that, quantisation is all the scatter."""
WIDEST_STATED_S, STATED_SHARE = 1.0, 0.02
LEAST_RELATIVE_SCALE = 0.005
"""Nor is it below half a percent of the cycle: a press that repeats to 0.1 % drifts by more than its scatter,
and nobody makes a countermeasure for a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Expected time and scatter of every cycle.

    Attributes:
        expected_s: usual net time, shape (n,); nan where the product is too rare here to say.
        scale_s: one sigma of the station's own scatter at this cycle, shape (n,).
        relative_scale: sigma as a share of the expected time, shape (stations,).
        deviation: (net - expected) / scale, shape (n,), nan where unknown.
        enough: whether the station has enough cycles of this product, shape (n,).
        coarse: whether a station's scatter is that of its time stamps, shape (stations,).
    """

    expected_s: Floats
    scale_s: Floats
    relative_scale: Floats
    deviation: Floats
    enough: Bools
    coarse: Bools


def stamp_resolution(plant: Plant) -> Floats:
    """Return the width of each station's time stamps, seconds, shape (stations,)."""
    widths = np.empty(plant.stations.height)
    for code, part in enumerate(plant.slices()):
        end = plant.end_us[part]
        widths[code] = 1e-6
        for width_us in (60_000_000, 1_000_000, 100_000, 10_000, 1_000):
            if np.mean(end % width_us == 0) >= 0.98:
                widths[code] = width_us / SECOND_US
                break
        stated = plant.stated_s[part]
        if np.isfinite(stated).mean() >= 0.5:
            # A length that the machine states does not carry the stamps' rounding.
            usual = float(np.nanmedian(stated))
            widths[code] = min(widths[code], WIDEST_STATED_S, STATED_SHARE * max(usual, 0.0) + 1e-6)
    return widths


def dither(plant: Plant, width_s: Floats, rng: np.random.Generator) -> Floats:
    """Draw seconds that spread each duration over its stamp's width, so that medians are not quantised."""
    return np.asarray(rng.uniform(-0.5, 0.5, plant.size) * width_s[plant.station], dtype=np.float64)


def fit_baseline(
    plant: Plant, net_s: Floats, usable: Bools, since_break_s: Floats, width_s: Floats
) -> Baseline:
    """Fit the usual time of every cycle.

    Args:
        plant: the plant.
        net_s: net seconds (dithered), shape (n,); nan where unknown.
        usable: cycles that may teach: undisturbed by breaks, blocking and changeovers, shape (n,).
        since_break_s: seconds since the last break ended at the cycle's start, shape (n,); inf if none.
        width_s: stamp resolution of each station, shape (stations,).
    """
    teach = usable & np.isfinite(net_s) & (net_s > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        log_net = np.log(np.where(net_s > 0, net_s, np.nan))
    warm = np.where(
        since_break_s < WARM_UP_BIN_S * WARM_UP_BINS,
        np.minimum(since_break_s, 1e9) // WARM_UP_BIN_S,
        WARM_UP_BINS,
    )
    frame = pl.DataFrame(
        {
            "station": plant.station,
            "product": plant.product,
            "shift": plant.shift,
            "warm": warm.astype(np.int64),
            "teach": teach,
            "log_net": log_net,
        }
    )
    centre, count = _median_over(frame, log_net, teach, ["station", "product"])
    enough = count >= FEWEST_OF_PRODUCT
    residual = log_net - centre
    for keys, fewest in ((["station", "shift"], FEWEST_OF_SHIFT), (["warm"], FEWEST_WARM_UP)):
        taught = teach & enough
        middle, count = _median_over(frame, residual, taught, keys)
        step = np.where(count >= fewest, np.nan_to_num(middle), 0.0)
        if keys == ["warm"]:
            step = np.where(warm < WARM_UP_BINS, step, 0.0)
        centre, residual = centre + step, residual - step
    slow_change = _rolling(plant, residual, teach & enough)
    expected = np.where(enough, np.exp(centre + slow_change), np.nan)
    relative, coarse = relative_scale(plant, net_s, expected, teach & enough, width_s)
    scale = relative[plant.station] * expected
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = (net_s - expected) / scale
    return Baseline(expected, scale, relative, deviation, enough, coarse)


def relative_scale(
    plant: Plant, net_s: Floats, expected_s: Floats, teach: Bools, width_s: Floats
) -> tuple[Floats, Bools]:
    """Measure each station's scatter on the left of its median, as a share of the expected time.

    Returns:
        The scatter, and whether it is that of the time stamps; shape (stations,) each.
    """
    result = np.full(plant.stations.height, np.nan)
    coarse = np.zeros(plant.stations.height, dtype=bool)
    for code, part in enumerate(plant.slices()):
        keep = teach[part]
        if not keep.any():
            continue
        ratio = net_s[part][keep] / expected_s[part][keep] - 1.0
        left = float(np.median(ratio) - np.quantile(ratio, LEFT_QUANTILE))
        usual = float(np.median(expected_s[part][keep]))
        rounding = SCALE_FLOOR_STAMPS * width_s[code] / usual
        result[code] = max(left, rounding, LEAST_RELATIVE_SCALE)
        coarse[code] = rounding >= left
    return result, coarse


def _median_over(frame: pl.DataFrame, values: Floats, teach: Bools, keys: list[str]) -> tuple[Floats, Ints]:
    """Median of the teaching values in each cycle's group, and how many taught."""
    with_values = frame.select(keys).with_columns(
        value=pl.Series(values), teach=pl.Series(teach), row=pl.int_range(pl.len())
    )
    medians = (
        with_values.filter(pl.col("teach"))
        .group_by(keys)
        .agg(middle=pl.col("value").median(), taught=pl.len())
    )
    joined = with_values.join(medians, on=keys, how="left").sort("row")
    middle = joined["middle"].fill_null(float("nan")).to_numpy()
    return middle, joined["taught"].fill_null(0).to_numpy().astype(np.int64)


def _rolling(plant: Plant, residual: Floats, teach: Bools) -> Floats:
    """Rolling median of the teaching residuals along each station, carried to the others."""
    result = np.zeros(plant.size)
    for part in plant.slices():
        rows = np.flatnonzero(teach[part])
        if rows.size < 2 * FEWEST_IN_WINDOW:
            continue
        medians = (
            pl.Series(residual[part][rows])
            .rolling_median(WINDOW, min_samples=FEWEST_IN_WINDOW, center=True)
            .fill_null(strategy="forward")
            .fill_null(strategy="backward")
            .to_numpy()
        )
        size = part.stop - part.start
        nearest = np.clip(np.searchsorted(rows, np.arange(size)), 0, rows.size - 1)
        result[part] = medians[nearest]
    return result
