"""How many slow cycles noise with a long tail could show: human work times often have an exponential tail.

Below two and a half sigmas a lognormal and an ex-Gaussian (a normal plus an exponential) look alike; beyond
four they differ tenfold. A station cannot tell them apart, all stations of a plant together can. Where the
exponential tail explains the plant's noise at least as well, what it alone would put beyond the floor may
be noise, and a count of no more says nothing.

Assumption: one kind of noise per plant. Source: Luce (1986), Response Times, chapter 3 (the ex-Gaussian).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import log_ndtr, ndtr

from analytics.estimate.mixture import FLOOR
from analytics.estimate.null import BIN_WIDTH, EDGES, LOWEST
from analytics.estimate.plant import Floats

TRUNCATION = 2.5
FEWEST = 100.0
Cdf = Callable[[Floats, Floats], Floats]

_STEP, _MOST_STEPS = 1e-4, 25
_LOWER, _UPPER = np.array([-3.0, -2.0, -4.0]), np.array([3.0, 1.5, 2.0])


def ex_gaussian(theta: Floats, edges: Floats) -> Floats:
    """Distribution function of ``sigma (Z + K E)`` about ``mu``; theta: mu, ln sigma, ln K, shape (B, 3)."""
    u = (edges - theta[:, 0:1]) / np.exp(theta[:, 1:2])
    ratio = np.exp(theta[:, 2:3])
    tail = np.exp(np.minimum(0.5 / ratio**2 - u / ratio + log_ndtr(u - 1.0 / ratio), 0.0))
    return np.asarray(np.clip(ndtr(u) - tail, 0.0, 1.0))


def lognormal(theta: Floats, edges: Floats) -> Floats:
    """Distribution function of the shifted lognormal; theta: mu, ln sigma, ln kappa, shape (B, 3)."""
    kappa = np.exp(theta[:, 2:3])
    inside = 1.0 + kappa * (edges - theta[:, 0:1]) / np.exp(theta[:, 1:2])
    return np.asarray(ndtr(np.log(np.maximum(inside, 1e-300)) / kappa))


def long_tail_counts(counts: Floats) -> Floats:
    """Return how many cycles noise alone may show beyond the floor, were its tail exponential.

    Args:
        counts: uncalled, unblocked cycles per bin, shape (B, BINS).

    Returns:
        Expected cycles per station, shape (B,); zeros where the plant's noise speaks against such a tail.
    """
    last = round((TRUNCATION - LOWEST) / BIN_WIDTH)
    used, edges = counts[:, :last], EDGES[: last + 1]
    enough = used.sum(axis=1) >= FEWEST
    expected = np.zeros(counts.shape[0])
    if not enough.any():
        return expected
    tail, fits = _fitted(ex_gaussian, used[enough], edges, np.array([-0.4, -0.1, -0.8]))
    _, other = _fitted(lognormal, used[enough], edges, np.array([0.0, 0.0, -2.1]))
    if fits.sum() < other.sum():
        return expected
    cdf = ex_gaussian(tail, np.array([TRUNCATION, FLOOR]))
    expected[enough] = used[enough].sum(axis=1) * (1.0 - cdf[:, 1]) / np.maximum(cdf[:, 0], 1e-9)
    return expected


def _fitted(cdf: Cdf, counts: Floats, edges: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Fit by penalised truncated likelihood (damped Fisher scoring); theta and log-likelihoods."""
    theta = np.tile(start, (counts.shape[0], 1))
    precision = np.array([0.5, 0.4, 0.5]) ** -2.0
    value = _likelihood(cdf, theta, counts, edges) - 0.5 * ((theta - start) ** 2 @ precision)
    damping = np.full(counts.shape[0], 1e-3)
    index = np.arange(start.size)
    for _ in range(_MOST_STEPS):
        gradient, information = _scores(cdf, theta, counts, edges)
        gradient -= precision * (theta - start)
        information[:, index, index] = (information[:, index, index] + precision) * (1.0 + damping[:, None])
        step = np.clip(np.linalg.solve(information, gradient[:, :, None])[:, :, 0], -0.5, 0.5)
        trial = np.clip(theta + step, _LOWER, _UPPER)
        found = _likelihood(cdf, trial, counts, edges) - 0.5 * ((trial - start) ** 2 @ precision)
        better = found > value
        theta, value = np.where(better[:, None], trial, theta), np.where(better, found, value)
        damping = np.where(better, damping * 0.2, damping * 8.0)
    return theta, _likelihood(cdf, theta, counts, edges)


def _likelihood(cdf: Cdf, theta: Floats, counts: Floats, edges: Floats) -> Floats:
    reached = cdf(theta, edges)
    share = np.maximum(np.diff(reached, axis=1), 1e-12) / np.maximum(reached[:, -1:], 1e-12)
    return np.asarray(np.sum(counts * np.log(share), axis=1))


def _scores(cdf: Cdf, theta: Floats, counts: Floats, edges: Floats) -> tuple[Floats, Floats]:
    """Gradient (B, 3) and Fisher information (B, 3, 3), by central differences."""
    slopes = []
    for parameter in range(theta.shape[1]):
        step = np.zeros(theta.shape[1])
        step[parameter] = _STEP
        slopes.append((cdf(theta + step, edges) - cdf(theta - step, edges)) / (2 * _STEP))
    slope = np.stack(slopes, axis=1)
    reached = cdf(theta, edges)
    mass = np.maximum(np.diff(reached, axis=1), 1e-12)
    total = np.maximum(reached[:, -1:], 1e-12)
    gain = np.diff(slope, axis=2) / mass[:, None, :] - slope[:, :, -1:] / total[:, None, :]
    expected = counts.sum(axis=1, keepdims=True) * mass / total
    return (
        np.asarray(np.einsum("bpn,bn->bp", gain, counts)),
        np.asarray(np.einsum("bpn,bqn->bpq", gain * expected[:, None, :], gain)),
    )
