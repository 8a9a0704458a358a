"""Has a station grown slower for good, since when, and by how much?

The station's level is the median of ln(net time) over blocks of 60 cycles, freed of what products and shifts
take (fitted together with the level, so that neither a changed mix nor a drift passes for the other). PELT
(Killick, Fearnhead and Eckley 2012, *JASA* 107) finds where the level changes. A drift is a rise of at least
5 % over the level before its onset that lasts to the end: the level is then flat, and from the onset on a
step, a slope or both, by least squares. A rise that falls back is no drift: a tool was changed, or a bad week
ended.

Against a fixed early level (the 25 % level, say) a drift that starts with the data would be measured at half
of its minutes; against the level before its onset it is measured whole.

Assumes that products and shifts differ by factors, and that one of the products was made before and after.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BLOCK = 60
FEWEST_BLOCKS, MOST_BLOCKS = 16, 160
THRESHOLD = 0.05
SHORTEST_SHARE, SHORTEST_BLOCKS = 0.10, 8
"""For so long at least half of the rise must have lasted."""
SEGMENT = 5
PENALTY = 6.0
"""Of a change, in squares of the blocks' own scatter times ln(blocks); crews and days wander too."""
WANDER = 0.01
"""Levels wander by so much from crew to crew and day to day without any drift."""
KNOTS, SMALLEST_CELL = 8, 3
FALLS_BACK = 0.5
"""A fall of so large a part of the rise means that it came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A station's level over time, in blocks of equally many cycles.

    Attributes:
        value: ln level less its median, shape (B,).
        block: block of each cycle, shape (n,).
        noise: standard deviation of a block's level.
    """

    value: Floats
    block: Ints
    noise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A lasting rise of the level.

    Attributes:
        onset: the first block of the rise (0: since the data begin).
        before: ln level before it.
        rise: ln rise over it per block, as fitted, shape (B,); 0 before the onset.
        reached: ln rise over the last quarter of the stretch.
        design: least squares of the fit, shape (B, k); its first column is the level before.
    """

    onset: int
    before: float
    rise: Floats
    reached: float
    design: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CameBack:
    """A rise that fell back.

    Attributes:
        highest: block at which the level was highest.
        swing: how far that stretch lay above the lowest one before it, ln.
    """

    highest: int
    swing: float


def level_of(net_s: Floats, product: Ints, shift: Ints) -> Level | None:
    """Return a station's level, freed of products and shifts; None where there are too few cycles.

    Args:
        net_s: net time of normal cycles in order of time, seconds, positive, shape (n,).
        product: code of each cycle's product, shape (n,).
        shift: code of each cycle's shift, shape (n,).
    """
    size = net_s.size
    blocks = min(size // BLOCK, MOST_BLOCKS)
    if blocks < FEWEST_BLOCKS:
        return None
    length = size // blocks
    block = np.minimum(np.arange(size) // length, blocks - 1)
    log = np.log(net_s)
    ordered = (log - _effects(log, block, product, shift))[: blocks * length].reshape(blocks, length)
    value = np.median(ordered, axis=1)
    steps = np.diff(value)
    noise = float(1.4826 * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2.0))
    return Level(value=value - np.median(value), block=block, noise=float(np.hypot(noise, WANDER)))


def _effects(log: Floats, block: Ints, product: Ints, shift: Ints) -> Floats:
    """Return what product and shift add to each cycle's ln time, beside a level that bends slowly.

    Least squares over the medians of cells (block, product, shift): were products centred first, batches that
    happen to be made late would take a part of the drift with them.
    """
    _, products = np.unique(product, return_inverse=True)
    _, shifts = np.unique(shift, return_inverse=True)
    many, turns, blocks = int(products.max()) + 1, int(shifts.max()) + 1, int(block[-1]) + 1
    cell = (block * many + products) * turns + shifts
    order = np.lexsort((log, cell))
    edges = np.flatnonzero(np.diff(cell[order], prepend=-1, append=-1))
    sizes, ordered, first = np.diff(edges), log[order], order[edges[:-1]]
    centre = (ordered[edges[:-1] + (sizes - 1) // 2] + ordered[edges[:-1] + sizes // 2]) / 2.0
    knots = np.linspace(0, blocks - 1, min(KNOTS, blocks // SEGMENT))
    hats = np.maximum(1.0 - np.abs(block[first][:, None] - knots) / (knots[1] - knots[0]), 0.0)
    others = (products[first][:, None] == np.arange(1, many), shifts[first][:, None] == np.arange(1, turns))
    design = np.column_stack([hats, *others]).astype(np.float64)
    root = np.sqrt(np.where(sizes >= SMALLEST_CELL, sizes, 0.0))
    found, *_ = np.linalg.lstsq(design * root[:, None], centre * root, rcond=None)
    added = found[knots.size :]
    of_product = np.concatenate([[0.0], added[: many - 1]])
    of_shift = np.concatenate([[0.0], added[many - 1 :]])
    return np.asarray(of_product[products] + of_shift[shifts])


def find_drift(level: Level) -> Drift | CameBack | None:
    """Return the lasting rise of a station's level, or the one that fell back, if any."""
    changes = _changes(level)
    means = np.array([level.value[a:b].mean() for a, b in itertools.pairwise(changes)])
    if means.size < 2:
        return None
    drift = _rise(level, changes)
    if drift is not None and _lasts(drift, level, changes, means):
        return drift
    risen = means - np.minimum.accumulate(means)
    top = int(np.argmax(risen))
    if risen[top] >= np.log1p(THRESHOLD) and means[top] - means[-1] >= FALLS_BACK * risen[top]:
        return CameBack(highest=int(changes[top]), swing=float(risen[top]))
    return None


def _changes(level: Level) -> Ints:
    """Return the first block of every stretch of one level, and the number of blocks, by PELT."""
    from ruptures import KernelCPD

    scaled = (level.value / level.noise)[:, None]
    found = (
        KernelCPD(kernel="linear", min_size=SEGMENT).fit(scaled).predict(pen=PENALTY * np.log(len(scaled)))
    )
    return np.array([0, *found], dtype=np.int64)


def _rise(level: Level, changes: Ints) -> Drift | None:
    """Fit a rise to the end from every possible onset about PELT's changes; None below the threshold."""
    blocks = level.value.size
    onsets = {0} | {
        onset
        for before, after in zip(changes[:-2], changes[2:], strict=True)
        for onset in range(before, after)
        if SEGMENT <= onset <= blocks - _shortest(blocks)
    }
    best: Drift | None = None
    least = np.inf
    for onset in sorted(onsets):
        design = _design(blocks, onset)
        fitted, *_ = np.linalg.lstsq(design, level.value, rcond=None)
        # A free step beside the slope costs a parameter; so does the choice of an onset.
        cost = float(np.square(level.value - design @ fitted).sum()) / level.noise**2
        cost += (2.0 if onset else 0.0) * np.log(blocks)
        if cost < least:
            rise = design[:, 1:] @ fitted[1:]
            last = rise[blocks - max((blocks - onset) // 4, 2) :]
            least = cost
            best = Drift(
                onset=onset, before=float(fitted[0]), rise=rise, reached=float(last.mean()), design=design
            )
    # A slope is at its height only at the very end: there it must reach the threshold.
    if best is None or best.rise[-1] < np.log1p(THRESHOLD):
        return None
    return best


def _shortest(blocks: int) -> int:
    return max(SHORTEST_BLOCKS, math.ceil(SHORTEST_SHARE * blocks))


def _design(blocks: int, onset: int) -> Floats:
    """Return level, step and slope from an onset on; a slope alone where there is nothing before it."""
    after = np.arange(blocks) >= onset
    slope = np.where(after, np.arange(blocks) - onset, 0) / blocks
    columns = [np.ones(blocks), slope] if onset == 0 else [np.ones(blocks), after, slope]
    return np.column_stack(columns).astype(np.float64)


def _lasts(drift: Drift, level: Level, changes: Ints, means: Floats) -> bool:
    """Tell whether a rise has lasted, stands above all that was before, and never fell back."""
    risen = level.value[drift.onset :] - drift.before > drift.reached / 2.0
    if risen.sum() < _shortest(level.value.size):
        return False
    starts = changes[:-1]
    height = drift.reached
    earlier = means[: np.searchsorted(starts, max(drift.onset, 1), side="left")]
    higher_before = earlier.size > 1 and earlier[:-1].max() - drift.before > FALLS_BACK * height
    after = means[max(np.searchsorted(starts, drift.onset, side="left") - 1, 0) :]
    falls = np.maximum.accumulate(after) - after
    return not higher_before and bool(falls.max() < FALLS_BACK * height)
