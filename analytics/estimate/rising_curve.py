"""A share that rises with the logarithm of a size between two levels: penalised likelihood, in batches.

``p(x) = low + (high - low) / (1 + exp(-slope (x - middle)))``, the four-parameter logistic curve of bioassay
and psychometrics. Written with ``low = s(a)``, ``high = low + (1 - low) s(b)``, ``slope = exp(g)`` and ``s``
the logistic function, every (a, b, middle, g) is a curve; normal penalties on the four keep what the data
leave open within bounds that are wide.

Assumption: the share does not fall with the size; the caller checks that.

Sources: Finney (1971), Probit Analysis, ch. 7 (natural response); Wichmann and Hill (2001), Perception &
Psychophysics 63, 1293-1313 (both levels free, penalised); Fisher scoring with Levenberg's damping.

Batched: ``B`` samples on the same ``K`` sizes; parameters are rows (a, b, middle, g).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]

PRIOR_MEAN: Floats = np.array([-2.7, 2.7, 0.0, np.log(1.5)])
"""Centres of the penalties; the middle's is relative to the mean size."""
PRIOR_SD: Floats = np.array([1.8, 1.8, 2.0, 0.75])
"""Low level 0.2 to 70 %, high level 30 to 99.8 %, middle within a factor of 50, slope 0.35 to 6.5 (95 %)."""

STEPS = 40
_TINY = 1e-9
_SETTLED = 1e-6


def levels(curves: Floats) -> tuple[Floats, Floats]:
    """Return the low and the high level of each curve, shape (B,) each."""
    low = expit(curves[..., 0])
    return low, low + (1.0 - low) * expit(curves[..., 1])


def share(curves: Floats, size: Floats) -> Floats:
    """Return the share at each size: curves (B, 4), log sizes (K,) → (B, K)."""
    low, high = (level[:, None] for level in levels(curves))
    steps = np.exp(curves[:, 3:]) * (size - curves[:, 2:3])
    return np.asarray(low + (high - low) * expit(steps))


def reached(curves: Floats, wanted: float) -> Floats:
    """Return the log size at which a share is reached, shape (B,): -inf always, inf never."""
    low, high = levels(curves)
    part = (wanted - low) / np.maximum(high - low, _TINY)
    inside = np.clip(part, _TINY, 1.0 - _TINY)
    at = curves[:, 2] + np.log(inside / (1.0 - inside)) / np.exp(curves[:, 3])
    return np.where(part <= 0.0, -np.inf, np.where(part >= 1.0, np.inf, at))


def fit_rising(size: Floats, hits: Floats, total: Floats, centre: Floats, start: Floats) -> Floats:
    """Fit a curve to each sample.

    Args:
        size: log sizes, shape (K,).
        hits: weight of those that responded, shape (B, K).
        total: weight of all, shape (B, K), nowhere less than ``hits``.
        centre: centres of the penalties, shape (B, 4).
        start: curves to begin with, shape (B, 4).

    Returns:
        The curves, shape (B, 4).
    """
    curves = start.copy()
    damping = np.full(curves.shape[0], 1e-3)
    best = _penalised(size, hits, total, centre, curves)
    open_ = np.arange(curves.shape[0])
    for _ in range(STEPS):
        if not open_.size:
            break
        h, n, c, now = hits[open_], total[open_], centre[open_], curves[open_]
        slope, information = _scores(size, h, n, c, now)
        scale = np.einsum("bii->bi", information)
        damped = information + np.einsum("bi,ij->bij", damping[open_, None] * scale, np.eye(4))
        step = np.linalg.solve(damped, slope[:, :, None])[:, :, 0]
        moved = now + np.clip(step, -2.0, 2.0)
        value = _penalised(size, h, n, c, moved)
        better = value >= best[open_]
        gain = value - best[open_]
        curves[open_[better]] = moved[better]
        best[open_[better]] = value[better]
        damping[open_] = np.where(better, damping[open_] * 0.2, damping[open_] * 8.0)
        done = (better & (gain < _SETTLED)) | (damping[open_] > 1e8)
        open_ = open_[~done]
    return curves


def fit_best(size: Floats, hits: Floats, total: Floats) -> Floats:
    """Fit each sample from several starts and keep the likeliest: (B, K) → (B, 4)."""
    mean = (total @ size) / np.maximum(total.sum(axis=1), _TINY)
    centre = centres(mean)
    found, values = [], []
    for away in (-1.0, 0.0, 1.0):
        for steepness in (-0.5, 0.7):
            start = centre + np.array([0.0, -1.0, away, steepness])
            curves = fit_rising(size, hits, total, centre, start)
            found.append(curves)
            values.append(_penalised(size, hits, total, centre, curves))
    chosen = np.argmax(np.stack(values), axis=0)
    return np.asarray(np.stack(found)[chosen, np.arange(mean.size)])


def centres(mean: Floats) -> Floats:
    """Return the centres of the penalties for samples of these mean log sizes: (B,) → (B, 4)."""
    centre = np.tile(PRIOR_MEAN, (mean.size, 1))
    centre[:, 2] += mean
    return centre


def _penalised(size: Floats, hits: Floats, total: Floats, centre: Floats, curves: Floats) -> Floats:
    p = np.clip(share(curves, size), _TINY, 1.0 - _TINY)
    fit = (hits * np.log(p) + (total - hits) * np.log1p(-p)).sum(axis=1)
    return np.asarray(fit - 0.5 * (((curves - centre) / PRIOR_SD) ** 2).sum(axis=1))


def _scores(
    size: Floats, hits: Floats, total: Floats, centre: Floats, curves: Floats
) -> tuple[Floats, Floats]:
    """Return slope (B, 4) and expected information (B, 4, 4) of the penalised log likelihood."""
    low, reach = expit(curves[:, :1]), expit(curves[:, 1:2])
    slope = np.exp(curves[:, 3:])
    steps = slope * (size - curves[:, 2:3])
    rise = expit(steps)
    p = np.clip(low + (1.0 - low) * reach * rise, _TINY, 1.0 - _TINY)
    middle = (1.0 - low) * reach * rise * (1.0 - rise)
    by = np.stack(
        [
            low * (1.0 - low) * (1.0 - reach * rise),
            (1.0 - low) * reach * (1.0 - reach) * rise,
            -middle * slope,
            middle * steps,
        ],
        axis=1,
    )
    spread = p * (1.0 - p)
    gradient = np.einsum("bik,bk->bi", by, (hits - total * p) / spread)
    information = np.matmul(by * (total / spread)[:, None, :], by.transpose(0, 2, 1))
    gradient -= (curves - centre) / PRIOR_SD**2
    return gradient, information + np.diag(1.0 / PRIOR_SD**2)
