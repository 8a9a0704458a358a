"""What a station's scaled residuals look like when nothing went wrong: the empirical null.

Assumption: below ``TRUNCATION`` sigmas almost every uncalled, unblocked cycle is undisturbed, so the left
side and the centre of the histogram show the noise alone. Either side of the noise is half of a shifted
lognormal, ``F0(t) = Phi(ln(1 + kappa y) / kappa)`` with ``y = (t - mu) / sigma``; kappa is ``skew`` left of
mu and ``tail`` right of it (0: normal). The two are apart because delays are judged on the right: with one
kappa for both, the left side decides how long the right tail is.

Sources: Efron (2004), JASA 99, 96-104 (empirical null); Efron (2008), Statist. Sci. 23, 1-22 (truncated
maximum likelihood); Fernández and Steel (1998), JASA 93, 359-371 (two halves joined at the mode);
DerSimonian and Laird (1986), Control. Clin. Trials 7, 177-188 (pooling of the shapes).

All functions are batched: ``B`` histograms (stations, or replicates of stations) at once.
"""

from __future__ import annotations

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
TRUNCATION = 2.0

_START = np.array([0.0, 0.0, 0.12, 0.12])  # location, ln scale, skew, tail
_PRIOR_SD = np.array([0.5, 0.4, 0.15, 0.15])
_LOWER, _UPPER = np.array([-3.0, -2.0, -0.6, -0.05]), np.array([3.0, 1.5, 0.9, 0.9])
"""A tail of less than a normal one would end within the histogram, and whatever lies beyond it be a delay."""
_LEAST_SHAPE_SD = 0.03
_MOST_STEPS = 40
_NORMAL = 1e-4
"""Shapes nearer to 0 than this are normal."""


@dataclass(frozen=True, slots=True)
class Null:
    """Fitted noise of ``B`` histograms, in units of the station's scale; shape (B,) each.

    Attributes:
        location: mu.
        scale: sigma, positive.
        skew: kappa of the left side.
        tail: kappa of the right side.
    """

    location: Floats
    scale: Floats
    skew: Floats
    tail: Floats

    def cdf(self, t: Floats) -> Floats:
        """Return F0 at ``t`` (shape (n,)) for every histogram: shape (B, n)."""
        y = (t - self.location[:, None]) / self.scale[:, None]
        return np.asarray(ndtr(_normal_score(y, self.skew[:, None], self.tail[:, None])))

    def take(self, rows: NDArray[np.intp]) -> Null:
        """Return the nulls of some of the histograms."""
        return Null(self.location[rows], self.scale[rows], self.skew[rows], self.tail[rows])

    def mean(self) -> Floats:
        """Return the mean of the noise, shape (B,)."""
        grid = np.linspace(-8.0, 8.0, 641)
        below = np.diff(ndtr(grid))
        middle = 0.5 * (grid[1:] + grid[:-1])
        return np.asarray(self.location + self.scale * (below * _from_score(middle, self)).sum(axis=1))


@dataclass(frozen=True, slots=True)
class ShapePrior:
    """What the stations tell each other of their skew and tail: mean and sd, shape (B, 2) each."""

    mean: Floats
    sd: Floats

    def settled(self, rows: NDArray[np.bool_]) -> ShapePrior:
        """Give some stations a usual shape: where stamps are coarse, the shape that is seen is theirs."""
        if not rows.any():
            return self
        mean, sd = self.mean.copy(), self.sd.copy()
        mean[rows], sd[rows] = _START[2:], _LEAST_SHAPE_SD
        return ShapePrior(mean, sd)


def weak_prior(size: int) -> ShapePrior:
    """Return the prior of stations that know nothing of each other."""
    return ShapePrior(np.tile(_START[2:], (size, 1)), np.tile(_PRIOR_SD[2:], (size, 1)))


def fit_null(
    counts: Floats,
    *,
    blocked: Floats | None = None,
    truncation: float = TRUNCATION,
    prior: ShapePrior | None = None,
) -> Null:
    """Fit the noise to the part of each histogram below the truncation.

    Args:
        counts: uncalled, unblocked cycles per bin, shape (B, BINS).
        blocked: blocked (left-censored) cycles per bin, shape (B, BINS): noise of at most what was seen.
        truncation: upper end of the part taken as noise, sigmas.
        prior: of skew and tail; default a weak one.

    Returns:
        The fitted noise of each histogram.

    Source: truncated maximum likelihood as in Efron (2008), section 4; Fisher scoring, damped where a step
    would not improve the objective.
    """
    used, edges = _below(counts, blocked, truncation)
    centre, precision = _penalty(prior or weak_prior(counts.shape[0]))
    theta = np.clip(centre, _LOWER, _UPPER)
    value = _objective(theta, used, edges, centre, precision)
    damping = np.full(counts.shape[0], 1e-3)
    active = np.ones(counts.shape[0], dtype=bool)
    for _ in range(_MOST_STEPS):
        rows = np.flatnonzero(active)
        if rows.size == 0:
            break
        gradient, information = _scores(theta[rows], used[rows], edges)
        gradient -= precision[rows] * (theta[rows] - centre[rows])
        step = _damped_step(gradient, information, precision[rows], damping[rows])
        trial = np.clip(theta[rows] + step, _LOWER, _UPPER)
        found = _objective(trial, used[rows], edges, centre[rows], precision[rows])
        better = found > value[rows]
        gain = np.where(better, found - value[rows], 0.0)
        theta[rows[better]] = trial[better]
        value[rows[better]] = found[better]
        damping[rows] = np.where(better, damping[rows] * 0.2, damping[rows] * 8.0)
        active[rows[(better & (gain < 1e-7)) | (damping[rows] > 1e8)]] = False
    return Null(theta[:, 0].copy(), np.exp(theta[:, 1]), theta[:, 2].copy(), theta[:, 3].copy())


def pool_shapes(
    counts: Floats, null: Null, *, blocked: Floats | None = None, truncation: float = TRUNCATION
) -> ShapePrior:
    """Return the prior of skew and tail that the stations give each other.

    DerSimonian-Laird over stations, each with the variance that the Fisher information leaves to the shape
    once location, scale and the other shape are fitted too.
    """
    size = counts.shape[0]
    if size < 2:
        return weak_prior(size)
    theta = np.column_stack([null.location, np.log(null.scale), null.skew, null.tail])
    _, information = _scores(theta, *_below(counts, blocked, truncation))
    # A station with hardly any cycles tells nothing: its variance is as good as infinite, not singular.
    information[:, np.arange(4), np.arange(4)] += 1e-3
    variance = np.einsum("bii->bi", np.linalg.inv(information))[:, 2:]
    mean, sd = np.empty((size, 2)), np.empty((size, 2))
    for shape, values in enumerate((null.skew, null.tail)):
        mean[:, shape], sd[:, shape] = _pooled(values, variance[:, shape])
    return ShapePrior(mean, sd)


def _below(counts: Floats, blocked: Floats | None, truncation: float) -> tuple[Floats, Floats]:
    """Counts below the truncation, seen and censored, shape (B, 2, last); and the edges of those bins."""
    last = round((truncation - LOWEST) / BIN_WIDTH)
    censored = np.zeros_like(counts) if blocked is None else blocked
    return np.stack([counts[:, :last], censored[:, :last]], axis=1), EDGES[: last + 1]


def _pooled(values: Floats, variance: Floats) -> tuple[float, float]:
    """DerSimonian-Laird: mean of a quantity that differs between stations, and sd of a further station."""
    weight = 1.0 / variance
    mean = float(np.sum(weight * values) / np.sum(weight))
    heterogeneity = float(np.sum(weight * (values - mean) ** 2))
    scaling = float(np.sum(weight) - np.sum(weight**2) / np.sum(weight))
    between = max(0.0, (heterogeneity - (values.size - 1)) / max(scaling, 1e-12))
    weight = 1.0 / (variance + between)
    mean = float(np.sum(weight * values) / np.sum(weight))
    return mean, max(float(np.sqrt(between + 1.0 / np.sum(weight))), _LEAST_SHAPE_SD)


def _penalty(prior: ShapePrior) -> tuple[Floats, Floats]:
    """Centre and precision of the normal prior of all four parameters, shape (B, 4) each."""
    size = prior.mean.shape[0]
    centre = np.concatenate([np.zeros((size, 2)), prior.mean], axis=1)
    sd = np.concatenate([np.tile(_PRIOR_SD[:2], (size, 1)), prior.sd], axis=1)
    return centre, sd**-2.0


def _normal_score(y: Floats, skew: Floats, tail: Floats) -> Floats:
    """Turn standardised noise into a standard normal: ln(1 + kappa y) / kappa on either side."""
    kappa = np.where(y < 0.0, skew, tail)
    safe = np.where(np.abs(kappa) < _NORMAL, _NORMAL, kappa)
    with np.errstate(divide="ignore", invalid="ignore"):
        bent = np.log(np.maximum(1.0 + safe * y, 1e-300)) / safe
    return np.asarray(np.where(np.abs(kappa) < _NORMAL, y, bent))


def _from_score(z: Floats, null: Null) -> Floats:
    """Undo :func:`_normal_score`: standardised noise at each normal score, shape (B, n)."""
    kappa = np.where(z < 0.0, null.skew[:, None], null.tail[:, None])
    safe = np.where(np.abs(kappa) < _NORMAL, _NORMAL, kappa)
    return np.asarray(np.where(np.abs(kappa) < _NORMAL, z, np.expm1(safe * z) / safe))


def _cdf(theta: Floats, edges: Floats) -> Floats:
    y = (edges - theta[:, 0:1]) / np.exp(theta[:, 1:2])
    return np.asarray(ndtr(_normal_score(y, theta[:, 2:3], theta[:, 3:4])))


def _objective(theta: Floats, counts: Floats, edges: Floats, centre: Floats, precision: Floats) -> Floats:
    """Penalised truncated log-likelihood of each histogram, shape (B,); ``counts`` as of :func:`_below`."""
    cdf = _cdf(theta, edges)
    mass = np.maximum(np.diff(cdf, axis=1), 1e-12)
    total = np.maximum(cdf[:, -1:], 1e-12)
    at_most = np.maximum(cdf[:, 1:], 1e-12)
    likelihood = np.sum(counts[:, 0] * np.log(mass / total) + counts[:, 1] * np.log(at_most / total), axis=1)
    return np.asarray(likelihood - 0.5 * np.sum(precision * (theta - centre) ** 2, axis=1))


def _scores(theta: Floats, counts: Floats, edges: Floats) -> tuple[Floats, Floats]:
    """Gradient (B, 4) of the truncated log-likelihood, and its Fisher information (B, 4, 4)."""
    scale = np.exp(theta[:, 1:2])
    y = (edges - theta[:, 0:1]) / scale
    left = y < 0.0
    kappa = np.where(left, theta[:, 2:3], theta[:, 3:4])
    safe = np.where(np.abs(kappa) < _NORMAL, _NORMAL, kappa)
    z = _normal_score(y, theta[:, 2:3], theta[:, 3:4])
    inside = np.maximum(1.0 + safe * y, 1e-9)
    density = np.exp(-0.5 * np.minimum(z**2, 1400.0)) / np.sqrt(2.0 * np.pi)
    bend = np.where(np.abs(kappa) < _NORMAL, -0.5 * y**2, (y / inside - z) / safe)
    by_shape = density * bend
    slope = np.stack(
        [
            -density / inside / scale,
            -density * y / inside,
            np.where(left, by_shape, 0.0),
            np.where(left, 0.0, by_shape),
        ],
        axis=1,
    )
    cdf = ndtr(z)
    mass = np.maximum(np.diff(cdf, axis=1), 1e-12)
    total = np.maximum(cdf[:, -1:], 1e-12)
    # d ln(mass / total): what each bin's share of the truncated part gains by each parameter.
    whole = slope[:, :, -1:] / total[:, None, :]
    seen = np.diff(slope, axis=2) / mass[:, None, :] - whole
    censored = slope[:, :, 1:] / np.maximum(cdf[:, None, 1:], 1e-12) - whole
    gradient = np.einsum("bpn,bn->bp", seen, counts[:, 0]) + np.einsum("bpn,bn->bp", censored, counts[:, 1])
    expected = counts[:, 0].sum(axis=1, keepdims=True) * mass / total
    information = np.einsum("bpn,bqn->bpq", seen * expected[:, None, :], seen)
    information += np.einsum("bpn,bqn->bpq", censored * counts[:, 1][:, None, :], censored)
    return np.asarray(gradient), np.asarray(information)


def _damped_step(gradient: Floats, information: Floats, precision: Floats, damping: Floats) -> Floats:
    """Ascent step of Levenberg and Marquardt: (I + P + damping D) step = gradient."""
    matrix = information.copy()
    index = np.arange(matrix.shape[1])
    matrix[:, index, index] += precision
    matrix[:, index, index] *= 1.0 + damping[:, None]
    step = np.linalg.solve(matrix, gradient[:, :, None])[:, :, 0]
    return np.asarray(np.clip(step, -0.5, 0.5))
