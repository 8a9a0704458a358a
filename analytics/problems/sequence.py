"""The run's cycles as arrays in the order in which each station made them.

Every question about problems (do slow cycles follow each other, do they recur at every k-th unit) is one
about neighbours, so it is asked of arrays sorted by station and time and cut into *blocks*: one station, one
shift-day. Nothing is ever compared across the edge of a block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

STATION = ["site_id", "line_id", "station_id"]
SHIFT_DAY = ["shift_day", "shift"]
COLUMNS = (
    *STATION,
    *SHIFT_DAY,
    "product_id",
    "started_at",
    "ended_at",
    "slow_probability",
    "undetected_probability",
    "delay_s",
    "called",
)
SLOW = 0.5
"""A cycle is taken as slow, where a yes or no is needed, from this probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """Cycles in station and time order; all arrays have one element per cycle unless said otherwise.

    Attributes:
        frame: the cycles in this order, with those of ``COLUMNS`` that were given.
        row: place of each cycle in the frame that was given.
        known: false where the cycle is masked (no statement about it).
        slow: chance of an own delay of at least the floor, called or not; 0 where masked.
        undetected: the same for cycles that no call belongs to.
        delay_s: expected delay at or above the floor, seconds.
        called: an andon call belongs to the cycle.
        block: number of the block (station and shift-day).
        block_start: first cycle of each block and, last, the number of cycles; shape (blocks + 1,).
        block_station: number of the block's station; shape (blocks,).
        station_start: first cycle of each station and, last, the number of cycles; shape (stations + 1,).
        stations: site_id, line_id and station_id, one row per station.
    """

    frame: pl.DataFrame
    row: NDArray[np.int64]
    known: NDArray[np.bool_]
    slow: NDArray[np.float64]
    undetected: NDArray[np.float64]
    delay_s: NDArray[np.float64]
    called: NDArray[np.bool_]
    block: NDArray[np.int64]
    block_start: NDArray[np.int64]
    block_station: NDArray[np.int64]
    station_start: NDArray[np.int64]
    stations: pl.DataFrame

    def follows(self) -> NDArray[np.bool_]:
        """Tell of each cycle whether the next one belongs to the same block; the last one is false."""
        same = np.zeros(len(self.row), dtype=bool)
        same[:-1] = self.block[1:] == self.block[:-1]
        return same


def sequence(cycles: pl.DataFrame) -> Sequence:
    """Sort the run's cycles (columns of ``sql/run/cycles.sql``) by station and time.

    Args:
        cycles: at least site_id, line_id, station_id, shift, shift_day, ended_at, slow_probability,
            undetected_probability, delay_s, called; in any order.
    """
    order = [*STATION, *SHIFT_DAY, "ended_at"]
    wanted = cycles.select([column for column in COLUMNS if column in cycles.columns])
    frame = wanted.with_row_index("given_row").sort(order, maintain_order=True, nulls_last=True)
    station_start = _starts(frame, STATION)
    block_start = _starts(frame, [*STATION, *SHIFT_DAY])
    sizes = np.diff(block_start)
    return Sequence(
        row=frame["given_row"].to_numpy().astype(np.int64),
        frame=frame.drop("given_row"),
        known=frame["slow_probability"].is_not_null().to_numpy(),
        slow=_numbers(frame, "slow_probability"),
        undetected=_numbers(frame, "undetected_probability"),
        delay_s=_numbers(frame, "delay_s"),
        called=frame["called"].fill_null(value=False).to_numpy(),
        block=np.repeat(np.arange(len(sizes)), sizes),
        block_start=block_start,
        block_station=np.searchsorted(station_start, block_start[:-1], side="right") - 1,
        station_start=station_start,
        stations=frame.select(STATION)[station_start[:-1].tolist()],
    )


def starts_of_runs(seq: Sequence) -> NDArray[np.bool_]:
    """Tell of each cycle whether it is slow (from ``SLOW``) and the one before it, in its block, is not."""
    slow = seq.slow >= SLOW
    after_slow = np.zeros(len(slow), dtype=bool)
    after_slow[1:] = slow[:-1] & seq.follows()[:-1]
    return np.asarray(slow & ~after_slow)


def _numbers(frame: pl.DataFrame, column: str) -> NDArray[np.float64]:
    return frame[column].cast(pl.Float64).fill_null(0.0).to_numpy()


def _starts(frame: pl.DataFrame, keys: list[str]) -> NDArray[np.int64]:
    """Return where a new combination of the keys begins in a sorted frame and, last, its height."""
    if frame.is_empty():
        return np.zeros(1, dtype=np.int64)
    changed = frame.select(
        pl.any_horizontal(pl.col(key).ne_missing(pl.col(key).shift(1)) for key in keys).alias("changed")
    )["changed"].to_numpy()
    changed[:1] = True
    return np.append(np.flatnonzero(changed), frame.height).astype(np.int64)
