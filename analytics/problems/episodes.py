"""From slow cycles to problems: how often does one cause run over several cycles?

A problem that lasts gets one call but slows several cycles. Merging every run of neighbours would also merge
chance neighbours where slow cycles are frequent, so the share that continues is counted beyond chance: with
P1 the chance that the cycle after a slow one is slow and q the same 30 to 60 cycles later, the continuation
is c = (P1 - q) / (1 - q), and problems = slow cycles x (1 - c).

For the undetected a call anywhere in a problem makes it called: a link that joins a cycle without a call to a
slow cycle with one takes that cycle out of the undetected problems as well.

Assumes that a problem is over within 30 cycles. Judging a doubtful neighbour of a slow cycle again by how
often slow follows slow (expectation-maximization) was tried: it took 2 to 11 % too many cycles out.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.problems.sequence import SLOW, Sequence, sequence
from analytics.results import Estimate

LATER_FROM, LATER_TO = 30, 60
"""Cycles ahead at which a slow cycle is one by chance alone."""

MODEL_ERROR = 0.1
"""Relative error of problems ÷ slow cycles beyond its sampling error: up to so much on simulated plants."""
_LARGEST_ERROR = 0.5
_ALL = ("slow_cycles", "continuation")
_PLACE = ("line_id", "station_id", "product_id", "shift", "shift_day", "started_at")


def continuation(cycles: pl.DataFrame) -> pl.DataFrame:
    """Estimate per station which share of its slow cycles only continues the problem of the one before.

    Args:
        cycles: the run's cycles (columns of ``sql/run/cycles.sql``).

    Returns:
        One row per station: site_id, line_id, station_id, slow_cycles and undetected_cycles (expected
        numbers), continuation (share, 0 to 1, shrunk to the line), continuation_error (one sigma of the
        station's own estimate), undetected_continuation and undetected_continuation_error (the same for the
        cycles without a call: links to called cycles count as well).

    Source:
        Links beyond chance as in the module's docstring; shrinkage after DerSimonian and Laird (1986).
    """
    seq = sequence(cycles)
    called = seq.slow - seq.undetected
    later, has_later = _later_mean(seq, seq.slow)
    later_called, _ = _later_mean(seq, called)
    linked = seq.follows() & seq.known & (_next(seq.known.astype(np.float64)) > 0)
    both = seq.slow * _next(seq.slow)
    both_called = called * _next(called)

    every = _links(seq, seq.slow, linked=linked, met=both, has_later=has_later, by_chance=seq.slow * later)
    silent = _links(
        seq,
        seq.undetected,
        linked=linked,
        met=both - both_called,
        has_later=has_later,
        by_chance=seq.slow * later - called * later_called,
    )
    count = len(seq.station_start) - 1
    station = np.repeat(np.arange(count), np.diff(seq.station_start))
    line = seq.stations.select(pl.struct("site_id", "line_id").rle_id()).to_series().to_numpy()
    return seq.stations.with_columns(
        slow_cycles=np.bincount(station, seq.slow, count),
        undetected_cycles=np.bincount(station, seq.undetected, count),
        continuation=_shrink(*every, line),
        continuation_error=every[1],
        undetected_continuation=_shrink(*silent, line),
        undetected_continuation_error=silent[1],
    )


def problem_count(
    slow: Estimate, linked: pl.DataFrame, *, of: Literal["undetected", "all"] = "undetected"
) -> Estimate:
    """Turn a number of slow cycles into a number of problems.

    Args:
        slow: slow cycles of the stations in ``linked`` together.
        linked: the rows of ``continuation`` for those stations.
        of: "undetected" where ``slow`` counts those without a call (problems without any call come out),
            "all" where it counts every slow cycle.

    Returns:
        Problems; the interval joins that of the count and that of the continuation.
    """
    cycles, share = ("undetected_cycles", "undetected_continuation") if of == "undetected" else _ALL
    weights = linked[cycles].to_numpy()
    total = float(weights.sum())
    shares = weights / total if total > 0 else np.zeros(len(weights))
    joined = float(shares @ linked[share].to_numpy())
    variance = float(np.square(shares * linked[f"{share}_error"].to_numpy()).sum())
    error = math.sqrt(variance + (MODEL_ERROR * joined) ** 2)
    lowest, highest = max(0.0, joined - 1.96 * error), min(1.0, joined + 1.96 * error)
    value = slow.value * (1 - joined)
    return Estimate(
        value=value,
        lower=_wider(value, slow.value, slow.lower, (1 - joined), (1 - highest)),
        upper=_wider(value, slow.value, slow.upper, (1 - joined), (1 - lowest)),
        level=slow.level,
        unit="problems",
        method="slow cycles × (1 − continuation beyond chance)",
    )


def label_episodes(cycles: pl.DataFrame) -> pl.Series:
    """Number the episodes: slow cycles (probability 0.5 or more) of one station that follow each other.

    Args:
        cycles: the run's cycles, in any order.

    Returns:
        ``episode_id`` per row of ``cycles``, numbered from 1 by station and time; null outside episodes.
    """
    seq = sequence(cycles)
    slow = seq.slow >= SLOW
    before = np.zeros(len(slow), dtype=bool)
    before[1:] = slow[:-1] & seq.follows()[:-1]
    number = np.cumsum(slow & ~before)
    labels = np.zeros(len(slow), dtype=np.int64)
    labels[seq.row] = np.where(slow, number, 0)
    return pl.Series("episode_id", labels).replace(0, None)


def episode_table(cycles: pl.DataFrame) -> pl.DataFrame:
    """List the episodes for export: one row per problem that can be pointed at.

    Args:
        cycles: the run's cycles.

    Returns:
        episode_id, line_id, station_id, product_id, shift, shift_day, started_at, ended_at, slow_cycles,
        delay_s, called (a call anywhere in it), calls, recorded_by; by station and time.
    """
    labelled = cycles.with_columns(label_episodes(cycles)).filter(pl.col("episode_id").is_not_null())
    return (
        labelled.sort("episode_id", "ended_at")
        .group_by("episode_id", maintain_order=True)
        .agg(
            *(pl.col(key).first() for key in _PLACE),
            pl.col("ended_at").last(),
            pl.len().cast(pl.Int64).alias("slow_cycles"),
            pl.col("delay_s").sum(),
            (pl.col("called").fill_null(value=False) | (pl.col("state") == "covered")).any().alias("called"),
            pl.col("call_id").drop_nulls().n_unique().cast(pl.Int64).alias("calls"),
            pl.col("recorded_by").drop_nulls().first(),
        )
    )


def _wider(value: float, centre: float, bound: float, share: float, other_share: float) -> float:
    """Join two relative errors on the log scale; a bound at zero stays there."""
    if bound <= 0 or other_share <= 0:
        return 0.0
    if centre <= 0 or share <= 0:
        return bound * other_share
    distance = math.hypot(math.log(bound / centre), math.log(other_share / share))
    return value * math.exp(
        math.copysign(distance, bound - centre if bound != centre else other_share - share)
    )


def _later_mean(seq: Sequence, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Average the values 30 to 60 cycles ahead in the same block; also tell where there are any."""
    count = len(values)
    end = seq.block_start[1:][seq.block] if count else np.zeros(0, dtype=np.int64)
    first = np.minimum(np.arange(count) + LATER_FROM, end)
    last = np.minimum(np.arange(count) + LATER_TO + 1, end)
    totals = np.concatenate([[0.0], np.cumsum(values * seq.known)])
    numbers = np.concatenate([[0], np.cumsum(seq.known)])
    there = numbers[last] - numbers[first]
    mean = (totals[last] - totals[first]) / np.maximum(there, 1)
    return mean, there > 0


def _next(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the following cycle's value; nothing follows the last."""
    return np.append(values[1:], [0.0] * min(1, len(values)))


def _links(
    seq: Sequence,
    weight: NDArray[np.float64],
    *,
    linked: NDArray[np.bool_],
    met: NDArray[np.float64],
    has_later: NDArray[np.bool_],
    by_chance: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return c = (P1 - q) / (1 - q) per station, before shrinkage, and its standard error over shift-days."""
    blocks, stations = len(seq.block_start) - 1, len(seq.station_start) - 1

    def by_block(values: NDArray[np.float64], where: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(seq.block, values * where, blocks), dtype=np.float64)

    def by_station(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(seq.block_station, values, stations), dtype=np.float64)

    next_slow, next_any = by_block(met, linked), by_block(weight, linked)
    later_slow, later_any = by_block(by_chance, has_later), by_block(weight, has_later)
    any_next = by_station(next_any)
    known = any_next > 1e-9
    total = np.where(known, any_next, 1.0)
    p1 = by_station(next_slow) / total
    chances = by_station(later_any)
    chances = np.where(chances > 1e-9, chances, np.inf)  # no cycle 30 ahead anywhere: chance is taken as nil
    q = np.minimum(by_station(later_slow) / chances, 0.9)
    value = (p1 - q) / (1 - q)

    of = seq.block_station
    residual_next = (next_slow - p1[of] * next_any) / total[of]
    residual_later = (later_slow - q[of] * later_any) / chances[of]
    influence = residual_next / (1 - q[of]) - residual_later * ((1 - p1) / (1 - q) ** 2)[of]
    shift_days = by_station((next_any > 0).astype(np.float64))
    spread = by_station(influence**2) * shift_days / np.maximum(shift_days - 1, 1)
    smoothed = np.clip((p1 * any_next + 0.5) / (any_next + 1), 0.0, 1.0)
    binomial = smoothed * (1 - smoothed) / np.maximum(any_next, 1.0) / (1 - q) ** 2
    error = np.sqrt(np.maximum(spread, binomial))
    return np.where(known, value, 0.0), np.where(known, np.minimum(error, _LARGEST_ERROR), _LARGEST_ERROR)


def _shrink(
    values: NDArray[np.float64], errors: NDArray[np.float64], line: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Draw each station's value towards its line's mean by as much as its error exceeds the line's spread."""
    drawn = np.zeros(len(values))
    for one in np.unique(line):
        here = line == one
        value, variance = values[here], errors[here] ** 2
        weight = 1 / variance
        mean = float((weight * value).sum() / weight.sum())
        excess = float((weight * (value - mean) ** 2).sum()) - (len(value) - 1)
        scale = float(weight.sum() - (weight**2).sum() / weight.sum())
        between = max(0.0, excess / scale) if scale > 1e-12 else 0.0
        weight = 1 / (variance + between)
        mean = float((weight * value).sum() / weight.sum())
        drawn[here] = (between * value + variance * mean) / (between + variance)
    return np.clip(drawn, 0.0, 1.0)
