"""From slow cycles to problems: how often does one cause run over several cycles?

A problem that lasts gets one call but slows several cycles. Merging every run of neighbours would also merge
chance neighbours where slow cycles are frequent, and would part a problem in which a cycle stays below the
floor. So the share c that only continues a problem is counted beyond chance (``links``), from chances that
know their neighbours (``neighbours``), and problems = slow cycles x (1 - c).

For the undetected a call anywhere in a problem makes it called: an undetected cycle that is linked to a
called one is taken out of the undetected problems as well, slow or not that one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.problems.links import Continuation, silent_links, slow_links
from analytics.problems.neighbours import judge_again
from analytics.problems.sequence import SLOW, sequence
from analytics.results import Estimate

MODEL_ERROR, LEAST_REST = 0.06, 0.1
"""Error of the continuation c beyond its sampling error, as a share of √(c (1 − c)): on simulated plants.

The rest 1 − c counts as at least a tenth: of long problems nearly every cycle continues one, and the few that
do not are as likely links that were missed."""
_PLACE = ("line_id", "station_id", "product_id", "shift", "shift_day", "started_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuations:
    """How far cycles continue problems: of all slow cycles, and of those without a call."""

    slow: Continuation
    undetected: Continuation


def continuation(cycles: pl.DataFrame, delayed: NDArray[np.float64] | None = None) -> Continuations:
    """Estimate which share of the slow cycles only continues the problem of another.

    Args:
        cycles: the run's cycles (columns of ``sql/run/cycles.sql``).
        delayed: chance of any own delay, however short, per row of ``cycles``, nan where unknown; default:
            none is shorter than the floor.

    Returns:
        The continuation of the slow cycles and of the undetected ones (links to called cycles count as
        well). Cycles of which nothing is known are passed over: their neighbours are each other's.
    """
    least = pl.col("slow_probability") if delayed is None else pl.Series(delayed).fill_nan(None)
    known = cycles.with_columns(delayed=least).filter(pl.col("slow_probability").is_not_null())
    seq = sequence(known)
    slow = judge_again(seq, known["delayed"].fill_null(0.0).to_numpy()[seq.row])
    nobody = seq.undetected > 0.0
    unseen = (seq.slow > 0.0) & ~nobody & ~seq.called  # slow or not, its station's call was open
    # A call may be about a cycle that it does not label: then only a share of it ran without one.
    silent = np.divide(seq.undetected, seq.slow, out=np.zeros_like(slow), where=seq.slow > 0.0)
    undetected = silent * slow
    noticed = np.where(seq.called, 1.0, slow - undetected)
    return Continuations(
        slow=slow_links(seq, slow),
        undetected=silent_links(seq, undetected, noticed, being_served=unseen.astype(np.float64)),
    )


def problem_count(slow: Estimate, continues: Continuation) -> Estimate:
    """Turn a number of slow cycles into a number of problems.

    Args:
        slow: slow cycles.
        continues: which share of them continues a problem; of the undetected ones where ``slow`` counts
            those (problems without any call come out), else of all.

    Returns:
        Problems; the interval joins that of the count and that of the continuation.
    """
    share = continues.share
    model_error = MODEL_ERROR * math.sqrt(share * max(1 - share, LEAST_REST))
    error = math.hypot(continues.error, model_error)
    lowest, highest = max(0.0, share - 1.96 * error), min(1.0, share + 1.96 * error)
    value = slow.value * (1 - share)
    return Estimate(
        value=value,
        lower=_wider(value, slow.value, slow.lower, (1 - share), (1 - highest)),
        upper=_wider(value, slow.value, slow.upper, (1 - share), (1 - lowest)),
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
