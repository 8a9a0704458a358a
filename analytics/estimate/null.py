"""What a station's scaled residuals look like when nothing went wrong: the empirical null.

Assumption: below ``TRUNCATION`` sigmas almost every uncalled, unblocked cycle is undisturbed, so the left
side and the centre of the histogram show the noise alone. The noise is a shifted lognormal,
``F0(t) = Phi(ln(1 + kappa y) / kappa)`` with ``y = (t - mu) / sigma`` (kappa = 0: normal), fitted by
truncated maximum likelihood with weak penalties.

Sources: Efron (2004), JASA 99, 96-104 (empirical null); Efron (2008), Statist. Sci. 23, 1-22 (truncated
maximum likelihood); DerSimonian and Laird (1986), Control. Clin. Trials 7, 177-188 (pooling of kappa).

All functions are batched: ``B`` histograms (stations, or replicates of stations) at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

BIN_WIDTH = 0.125
LOWEST, HIGHEST = -6.0, 12.0
EDGES: Floats = np.arange(LOWEST, HIGHEST + BIN_WIDTH / 2, BIN_WIDTH)
"""Edges of the bins of the scaled residual; the bin after the last edge is the overflow."""
BINS = len(EDGES)
"""Number of bins, the overflow included."""
TRUNCATION = 2.5

_LOCATION_SD, _LOG_SCALE_SD, _SKEW_MEAN, _SKEW_SD = 0.5, 0.4, 0.12, 0.15
_START = np.array([0.0, 0.0, 0.12])
_STEP = np.array([1e-3, 1e-3, 2e-3])
_MOST_STEPS = 40


@dataclass(frozen=True, slots=True)
class Null:
    """Fitted noise of ``B`` histograms, in units of the station's scale.

    Attributes:
        location: mu, shape (B,).
        scale: sigma, shape (B,), positive.
        skew: kappa, shape (B,).
    """

    location: Floats
    scale: Floats
    skew: Floats

    def cdf(self, t: Floats) -> Floats:
        """Return F0 at ``t`` (shape (n,)) for every histogram: shape (B, n)."""
        return shifted_lognormal_cdf(t, self.location[:, None], self.scale[:, None], self.skew[:, None])

    def take(self, rows: NDArray[np.intp]) -> Null:
        """Return the nulls of some of the histograms."""
        return Null(self.location[rows], self.scale[rows], self.skew[rows])


def shifted_lognormal_cdf(
    t: Floats, location: Floats | float, scale: Floats | float, skew: Floats | float
) -> Floats:
    """Return the distribution function of the shifted lognormal; skew 0 is the normal limit."""
    y = (t - location) / scale
    skew = np.asarray(skew, dtype=np.float64)
    safe = np.where(np.abs(skew) < 1e-4, 1e-4, skew)
    inside = 1.0 + safe * y
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.log(np.maximum(inside, 1e-300)) / safe
    return np.asarray(ndtr(np.where(np.abs(skew) < 1e-4, y, z)), dtype=np.float64)


def fit_null(
    counts: Floats,
    *,
    truncation: float = TRUNCATION,
    skew_prior: tuple[Floats, Floats] | None = None,
) -> Null:
    """Fit the noise to the part of each histogram below the truncation.

    Args:
        counts: uncalled, unblocked cycles per bin, shape (B, BINS).
        truncation: upper end of the part taken as noise, sigmas.
        skew_prior: mean and standard deviation of kappa, each shape (B,); default 0.12 and 0.15.

    Returns:
        The fitted noise of each histogram.

    Source: truncated maximum likelihood as in Efron (2008), section 4; Newton steps with
    finite differences, damped where they would not improve the objective.
    """
    size = counts.shape[0]
    mean, sd = skew_prior or (np.full(size, _SKEW_MEAN), np.full(size, _SKEW_SD))
    last = round((truncation - LOWEST) / BIN_WIDTH)
    used, edges = np.ascontiguousarray(counts[:, :last]), EDGES[: last + 1]

    def objective(theta: Floats, rows: NDArray[np.intp]) -> Floats:
        return _objective(theta, used[rows], edges, mean[rows], sd[rows])

    theta = np.tile(_START, (size, 1))
    rows = np.arange(size)
    value = objective(theta, rows)
    damping = np.full(size, 1e-3)
    active = np.ones(size, dtype=bool)
    for _ in range(_MOST_STEPS):
        rows = np.flatnonzero(active)
        if rows.size == 0:
            break
        gradient, hessian = _derivatives(objective, theta[rows], rows, value[rows])
        step = _damped_step(gradient, hessian, damping[rows])
        trial = theta[rows] + step
        trial[:, 1] = np.clip(trial[:, 1], -2.0, 1.5)
        trial[:, 2] = np.clip(trial[:, 2], -0.6, 0.9)
        found = objective(trial, rows)
        better = found > value[rows]
        gain = np.where(better, found - value[rows], 0.0)
        theta[rows[better]] = trial[better]
        value[rows[better]] = found[better]
        damping[rows] = np.where(better, damping[rows] * 0.2, damping[rows] * 8.0)
        active[rows[(better & (gain < 1e-7)) | (damping[rows] > 1e8)]] = False
    return Null(theta[:, 0].copy(), np.exp(theta[:, 1]), theta[:, 2].copy())


def pool_skew(counts: Floats, null: Null, *, truncation: float = TRUNCATION) -> tuple[Floats, Floats]:
    """Return the prior of kappa that the stations give each other: mean and sd, each shape (B,).

    DerSimonian-Laird over stations, each with its variance from the curvature of the likelihood at
    kappa plus and minus 0.08; the prior's sd is never below 0.03.
    """
    last = round((truncation - LOWEST) / BIN_WIDTH)
    used, edges = counts[:, :last], EDGES[: last + 1]
    size = counts.shape[0]
    wide = (np.full(size, _SKEW_MEAN), np.full(size, 10.0))
    theta = np.column_stack([null.location, np.log(null.scale), null.skew])
    values = []
    for shift in (-0.08, 0.0, 0.08):
        moved = theta.copy()
        moved[:, 2] += shift
        values.append(_objective(moved, used, edges, *wide))
    curvature = -(values[0] - 2 * values[1] + values[2]) / 0.08**2
    variance = 1.0 / np.maximum(curvature, 1.0)
    # The curvature at fixed location and scale is too sharp: the three trade against each other.
    variance = variance * 2.0
    weight = 1.0 / variance
    mean = float(np.sum(weight * null.skew) / np.sum(weight))
    if size < 2:
        return np.full(size, _SKEW_MEAN), np.full(size, _SKEW_SD)
    heterogeneity = float(np.sum(weight * (null.skew - mean) ** 2))
    scaling = float(np.sum(weight) - np.sum(weight**2) / np.sum(weight))
    between = max(0.0, (heterogeneity - (size - 1)) / max(scaling, 1e-12))
    weight = 1.0 / (variance + between)
    mean = float(np.sum(weight * null.skew) / np.sum(weight))
    sd = max(float(np.sqrt(between + 1.0 / np.sum(weight))), 0.03)
    return np.full(size, mean), np.full(size, sd)


def _objective(theta: Floats, counts: Floats, edges: Floats, mean: Floats, sd: Floats) -> Floats:
    """Penalised truncated log-likelihood of each histogram, shape (B,)."""
    cdf = shifted_lognormal_cdf(edges, theta[:, 0:1], np.exp(theta[:, 1:2]), theta[:, 2:3])
    mass = np.maximum(np.diff(cdf, axis=1), 1e-12)
    total = np.maximum(cdf[:, -1:], 1e-12)
    likelihood = np.sum(counts * np.log(mass / total), axis=1)
    penalty = 0.5 * (
        (theta[:, 0] / _LOCATION_SD) ** 2
        + (theta[:, 1] / _LOG_SCALE_SD) ** 2
        + ((theta[:, 2] - mean) / sd) ** 2
    )
    return np.asarray(likelihood - penalty)


def _derivatives(
    objective: Callable[[Floats, NDArray[np.intp]], Floats],
    theta: Floats,
    rows: NDArray[np.intp],
    value: Floats,
) -> tuple[Floats, Floats]:
    """Gradient (B, 3) and Hessian (B, 3, 3) by central differences."""
    size = theta.shape[0]
    gradient, hessian = np.empty((size, 3)), np.empty((size, 3, 3))
    for i in range(3):
        up, down = theta.copy(), theta.copy()
        up[:, i] += _STEP[i]
        down[:, i] -= _STEP[i]
        high, low = objective(up, rows), objective(down, rows)
        gradient[:, i] = (high - low) / (2 * _STEP[i])
        hessian[:, i, i] = (high - 2 * value + low) / _STEP[i] ** 2
        for j in range(i):
            both, neither = theta.copy(), theta.copy()
            both[:, i] += _STEP[i]
            both[:, j] += _STEP[j]
            neither[:, i] -= _STEP[i]
            neither[:, j] -= _STEP[j]
            lone_up, lone_down = theta.copy(), theta.copy()
            lone_up[:, i] += _STEP[i]
            lone_up[:, j] -= _STEP[j]
            lone_down[:, i] -= _STEP[i]
            lone_down[:, j] += _STEP[j]
            mixed = (
                objective(both, rows)
                + objective(neither, rows)
                - objective(lone_up, rows)
                - objective(lone_down, rows)
            )
            hessian[:, i, j] = hessian[:, j, i] = mixed / (4 * _STEP[i] * _STEP[j])
    return gradient, hessian


def _damped_step(gradient: Floats, hessian: Floats, damping: Floats) -> Floats:
    """Ascent step of Levenberg: (-H + damping D) step = gradient, D the diagonal's size."""
    negative = -hessian
    diagonal = np.abs(np.einsum("bii->bi", negative)) + 1.0
    index = np.arange(3)
    negative[:, index, index] += damping[:, None] * diagonal
    values, vectors = np.linalg.eigh(negative)
    values = np.maximum(values, 1e-3 * np.max(np.abs(values), axis=1, keepdims=True))
    inner = np.einsum("bij,bi->bj", vectors, gradient) / values
    step = np.einsum("bij,bj->bi", vectors, inner)
    return np.asarray(np.clip(step, -0.5, 0.5))
