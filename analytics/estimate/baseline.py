"""What a cycle usually takes at its own station, and how much it scatters.

ln(net) is centred step by step: median by station and product, by station and shift, by the minutes since a
break (warm-up), and a rolling median along the station's sequence. The scale is measured on the left of the
median, because delays only ever add time. Nothing here compares with a standard: that is the chronic gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.estimate.censored import stand_ins
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
    """

    expected_s: Floats
    scale_s: Floats
    relative_scale: Floats
    deviation: Floats
    enough: Bools


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
    plant: Plant, net_s: Floats, usable: Bools, clear: Bools, since_break_s: Floats, width_s: Floats
) -> Baseline:
    """Fit the usual time of every cycle.

    Args:
        plant: the plant.
        net_s: net seconds (dithered), shape (n,); nan where unknown.
        usable: cycles that could teach: undisturbed by breaks and changeovers, shape (n,).
        clear: cycles that were not blocked, shape (n,); they stand for the others.
        since_break_s: seconds since the last break ended at the cycle's start, shape (n,); inf if none.
        width_s: stamp resolution of each station, shape (stations,).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        log_net = np.log(np.where(net_s > 0, net_s, np.nan))
    warm = np.where(
        since_break_s < WARM_UP_BIN_S * WARM_UP_BINS,
        np.minimum(since_break_s, 1e9) // WARM_UP_BIN_S,
        WARM_UP_BINS,
    )
    group = plant.station * (len(plant.products) + 1) + plant.product + 1
    rows = np.flatnonzero(usable & np.isfinite(log_net))
    taught = stand_ins(rows, group[rows], log_net[rows], clear[rows])
    frame = pl.DataFrame(
        {
            "station": plant.station,
            "product": plant.product,
            "shift": plant.shift,
            "warm": warm.astype(np.int64),
        }
    )
    centre, count = _median_over(frame, log_net, taught, ["station", "product"])
    enough = count >= FEWEST_OF_PRODUCT
    taught = taught[enough[taught]]
    residual = log_net - centre
    for keys, fewest in ((["station", "shift"], FEWEST_OF_SHIFT), (["warm"], FEWEST_WARM_UP)):
        middle, count = _median_over(frame, residual, taught, keys)
        step = np.where(count >= fewest, np.nan_to_num(middle), 0.0)
        if keys == ["warm"]:
            step = np.where(warm < WARM_UP_BINS, step, 0.0)
        centre, residual = centre + step, residual - step
    slow_change = _rolling(plant, residual, taught)
    expected = np.where(enough, np.exp(centre + slow_change), np.nan)
    relative = relative_scale(plant, net_s, expected, taught, width_s)
    scale = relative[plant.station] * expected
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = (net_s - expected) / scale
    return Baseline(expected, scale, relative, deviation, enough)


def relative_scale(plant: Plant, net_s: Floats, expected_s: Floats, taught: Ints, width_s: Floats) -> Floats:
    """Measure each station's scatter on the left of its median, as a share of the expected time.

    ``taught`` are the teaching rows, each as often as it teaches.
    """
    result = np.full(plant.stations.height, np.nan)
    for code, rows in enumerate(_by_station(plant, taught)):
        if not rows.size:
            continue
        ratio = net_s[rows] / expected_s[rows] - 1.0
        left = float(np.median(ratio) - np.quantile(ratio, LEFT_QUANTILE))
        usual = float(np.median(expected_s[rows]))
        result[code] = max(left, SCALE_FLOOR_STAMPS * width_s[code] / usual, LEAST_RELATIVE_SCALE)
    return result


def _by_station(plant: Plant, taught: Ints) -> list[Ints]:
    """Split ascending rows at the stations' bounds."""
    return np.split(taught, np.searchsorted(taught, plant.bounds[1:-1]))


def _median_over(frame: pl.DataFrame, values: Floats, taught: Ints, keys: list[str]) -> tuple[Floats, Ints]:
    """Median of the teaching values in each cycle's group, and how many taught."""
    medians = (
        frame.select(keys)[taught]
        .with_columns(value=pl.Series(values[taught]))
        .group_by(keys)
        .agg(middle=pl.col("value").median(), taught=pl.len())
    )
    joined = frame.select(keys).join(medians, on=keys, how="left", maintain_order="left")
    middle = joined["middle"].fill_null(float("nan")).to_numpy()
    return middle, joined["taught"].fill_null(0).to_numpy().astype(np.int64)


def _rolling(plant: Plant, residual: Floats, taught: Ints) -> Floats:
    """Rolling median of the teaching residuals along each station, carried to the others."""
    result = np.zeros(plant.size)
    for part, rows in zip(plant.slices(), _by_station(plant, taught), strict=True):
        if rows.size < 2 * FEWEST_IN_WINDOW:
            continue
        medians = (
            pl.Series(residual[rows])
            .rolling_median(_window(rows), min_samples=FEWEST_IN_WINDOW, center=True)
            .fill_null(strategy="forward")
            .fill_null(strategy="backward")
            .to_numpy()
        )
        size = part.stop - part.start
        nearest = np.clip(np.searchsorted(rows, part.start + np.arange(size)), 0, rows.size - 1)
        result[part] = medians[nearest]
    return result


def _window(rows: Ints) -> int:
    """Widen the window where rows teach for many: repeats tell nothing new."""
    _, repeats = np.unique(rows, return_counts=True)
    effective = rows.size / float(np.sum(repeats.astype(np.float64) ** 2))
    return min(int(WINDOW / max(effective, 1e-3)) | 1, rows.size | 1)
