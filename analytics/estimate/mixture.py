"""How much delay is mixed into the noise: nonparametric maximum likelihood over a grid of delays.

A cycle's scaled residual is noise plus a delay of its own, ``t = noise + delta``. The delays' distribution is
estimated on a fixed grid. Identifying assumption: no delays strictly between zero and ``SMALLEST`` sigmas;
what lies there cannot be told from noise. A blocked cycle is left-censored: its own time was at most what
was seen.

Sources: Kiefer and Wolfowitz (1956), Ann. Math. Statist. 27, 887-906; EM on binned counts as in Laird
(1978), JASA 73, 805-811.

Batched like :mod:`analytics.estimate.null`: ``B`` histograms at once, ``K`` grid points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.estimate.null import BINS, EDGES, HIGHEST, Null

Floats = NDArray[np.float64]

SMALLEST = 2.25
FLOOR = 4.0
"""The floor in sigmas of the station's own scatter: delays from here up are counted."""

GRID: Floats = np.concatenate(
    [[0.0], np.arange(SMALLEST, 8.0, 0.25), np.geomspace(8.25, HIGHEST - 0.5, 6), [np.inf]]
)
"""Delays of the mixture in sigmas; the first is "no delay", the last "beyond the histogram".

The points lie closer than the noise is wide: on a coarse grid the delays just above the floor are taken for
those just below it, which made counts some percent low where delays are tiny or stations noisy."""

CELLS: Floats = np.concatenate(
    [[-np.inf, SMALLEST - 0.125], 0.5 * (GRID[1:-2] + GRID[2:-1]), [HIGHEST, np.inf]]
)
"""Ends of the cells that the points of the grid stand for, shape (K + 1,): of the delays at a point that is
just at a floor half are below it."""

STEPS = 100
"""EM steps: a likelihood maximised to its end puts the delays into a few spikes, and errs by a third more
on the count. Stopping early keeps them spread out, as they begin."""

CLEARLY_OUT, MOST_AT_START = 3.0, 0.03

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Mixture:
    """Fitted delays of ``B`` histograms.

    Attributes:
        weights: share of cycles with each delay of ``GRID``, shape (B, K), rows sum to 1.
        kernel: chance of each bin given each delay, shape (B, BINS, K).
    """

    weights: Floats
    kernel: Floats

    def posterior(self) -> Floats:
        """Chance of each delay given the bin, shape (B, BINS, K); rows sum to 1."""
        joint = self.kernel * self.weights[:, None, :]
        return np.asarray(joint / np.maximum(joint.sum(axis=2, keepdims=True), 1e-300))

    def posterior_censored(self) -> Floats:
        """The same for a blocked cycle, of which only "at most this bin" is known."""
        joint = np.cumsum(self.kernel, axis=1) * self.weights[:, None, :]
        return np.asarray(joint / np.maximum(joint.sum(axis=2, keepdims=True), 1e-300))

    def density(self) -> Floats:
        """Fitted chance of each bin, shape (B, BINS)."""
        return np.asarray(np.einsum("bnk,bk->bn", self.kernel, self.weights))


def delay_kernel(null: Null) -> Floats:
    """Return the chance of each bin given each delay of ``GRID``: shape (B, BINS, K)."""
    kernel = np.empty((null.location.size, BINS, GRID.size))
    for k, delay in enumerate(GRID):
        if np.isinf(delay):
            kernel[:, :, k] = 0.0
            kernel[:, -1, k] = 1.0
            continue
        cdf = null.cdf(EDGES - delay)
        kernel[:, :-1, k] = np.diff(cdf, axis=1)
        kernel[:, 0, k] += cdf[:, 0]
        kernel[:, -1, k] = 1.0 - cdf[:, -1]
    return np.maximum(kernel, 1e-300)


def fit_mixture(
    counts: Floats,
    null: Null,
    *,
    blocked: Floats | None = None,
    steps: int = STEPS,
    start: Floats | None = None,
    prior: Floats | None = None,
) -> Mixture:
    """Fit the distribution of delays to each histogram by EM.

    Args:
        counts: cycles per bin, shape (B, BINS).
        null: the noise of each histogram.
        blocked: blocked (left-censored) cycles per bin, shape (B, BINS).
        steps: number of EM steps.
        start: weights to begin with, shape (B, K); default :func:`_spread_out`.
        prior: cycles in advance with each delay, shape (B, K); default none.

    Returns:
        The mixture; weights of histograms without any cycle stay at the start.
    """
    kernel = delay_kernel(null)
    size = counts.shape[0]
    start = _spread_out(counts) if start is None else start
    weights = start.copy()
    known = np.zeros_like(weights) if prior is None else prior
    for low in range(0, size, _CHUNK):
        part = slice(low, min(low + _CHUNK, size))
        rows, seen = kernel[part], counts[part]
        if blocked is not None and blocked[part].any():
            rows = np.concatenate([rows, np.cumsum(kernel[part], axis=1)], axis=1)
            seen = np.concatenate([seen, blocked[part]], axis=1)
        weights[part] = _expectation_maximisation(rows, seen, weights[part], known[part], steps)
    return Mixture(weights=weights, kernel=kernel)


def _spread_out(counts: Floats) -> Floats:
    """Weights to begin with: as many delays as cycles lie beyond three sigmas, all lengths alike.

    Blocked cycles hardly contradict a delay, so that what they begin with is what many of them keep.
    """
    beyond = counts[:, EDGES >= CLEARLY_OUT].sum(axis=1) + 1.0
    delayed = np.minimum(beyond / np.maximum(counts.sum(axis=1), 1.0), MOST_AT_START)
    weights = np.repeat((delayed / (GRID.size - 1))[:, None], GRID.size, axis=1)
    weights[:, 0] = 1.0 - delayed
    return weights


def _expectation_maximisation(
    rows: Floats, counts: Floats, weights: Floats, prior: Floats, steps: int
) -> Floats:
    """EM for mixing weights under a Dirichlet prior; each step is two batched matrix products."""
    totals = np.maximum(counts.sum(axis=1, keepdims=True) + prior.sum(axis=1, keepdims=True), 1e-12)
    present = counts.any(axis=0)
    rows, counts = np.ascontiguousarray(rows[:, present]), counts[:, present]
    turned = np.ascontiguousarray(rows.transpose(0, 2, 1))
    empty = counts.sum(axis=1) == 0
    for _ in range(steps):
        fitted = np.matmul(rows, weights[:, :, None])[:, :, 0]
        ratio = counts / np.maximum(fitted, 1e-300)
        with_delay = weights * np.matmul(turned, ratio[:, :, None])[:, :, 0] + prior
        weights = np.where(empty[:, None], weights, with_delay / totals)
    return weights


def cell_of(threshold: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Return the cell that each threshold (sigmas) lies in, and the share of the cell that is beyond it."""
    cell = np.minimum(np.searchsorted(CELLS, threshold, side="right") - 1, GRID.size - 1)
    upper = CELLS[cell + 1]
    with np.errstate(invalid="ignore"):
        beyond = (upper - threshold) / (upper - CELLS[cell])
    # Of the delays beyond the histogram no more is known than that.
    return cell, np.where(np.isinf(upper), np.isfinite(threshold).astype(np.float64), beyond)


def above(threshold: Floats) -> Floats:
    """Return the share of each cell's delays that are at least as long as each threshold: shape (n, K)."""
    cell, beyond = cell_of(threshold)
    points = np.arange(GRID.size)
    shares = (points > cell[:, None]).astype(np.float64)
    shares[np.arange(cell.size), cell] = beyond
    return shares


def above_floor() -> Floats:
    """Return the share of each cell's delays that are at or above the floor, shape (K,)."""
    return np.asarray(above(np.array([FLOOR]))[0])
