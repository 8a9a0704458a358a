"""How many slow cycles ran without a call, once people have looked at a sample of the cycles?

In each stratum the share of slow cycles is recalibrated from what the model says, on a grid and without
random numbers:

    logit theta_h = a + b logit p_h + e_h,   a ~ N(0, 1.5), b ~ N(1, 0.5), e_h ~ Laplace(0.7)

p_h is the model's mean chance, or, as a second reading between which the observations choose, what smooth
delays would give (``audit_strata.smooth_chance``). The second one rescues plants whose noise is misread (two
ways of working): there the model takes every shorter delay for noise.

Assumes that within a stratum the cycles looked at are like the others, and that observers err alike.

Source: recalibration in the logit as in Cox (1958, Biometrika 45); ratio estimation as in Cochran (1977),
chapter 6; observers' errors after Hui and Walter (1980, Biometrics 36).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammainc, logit

from analytics.estimate.audit_strata import STRATA, Strata
from analytics.estimate.observers import Accuracy
from analytics.estimate.plant import Bools, Floats, Ints
from analytics.results import LEVEL

CHANCE_CLIP = 1e-4
SHIFT_SD, SLOPE_SD, LEFT_OVER = 1.5, 0.5, 0.7
SECOND_READING = 0.2
"""Prior weight of the reading from smooth delays."""
FEWEST_SECONDS = 10
MIX_ERROR, UNMEASURED_ERROR = 0.05, 0.10
"""Relative error of the minutes: by which cycles of a stratum are slow, which the model alone can say; and by
how long a delay is, where nobody measured it."""

_SHIFTS = np.linspace(-3.0, 3.0, 21) * SHIFT_SD
_SLOPES = np.linspace(0.1, 2.3, 12)
_LOGITS = np.linspace(-12.0, 12.0, 97)
_COMPONENTS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen, one entry for each kind of answer; arrays have shape (m,).

    Attributes:
        stratum: number of the stratum.
        yes: how many observers saw an own delay of at least the floor (without a call, in a record review).
        reviews: how many observers looked.
        cycles: how many cycles were answered so.
        watched: seen by watching a station.
    """

    stratum: Ints
    yes: Ints
    reviews: Ints
    cycles: Floats
    watched: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A posterior: mean and the interval's ends."""

    value: float
    lower: float
    upper: float

    @property
    def half_width(self) -> float:
        """Half the interval, relative to the value."""
        return (self.upper - self.lower) / 2 / max(self.value, 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibrated:
    """What an audit makes of the model.

    Attributes:
        count: slow cycles without a call.
        minutes: station-minutes in them.
        share: posterior mean share of slow cycles per stratum, shape (STRATA,).
        sensitivity, specificity: of one observer; None where observers are taken as right.
    """

    count: Spread
    minutes: Spread
    share: Floats
    sensitivity: Spread | None
    specificity: Spread | None


def recalibrate(
    strata: Strata,
    seen: Seen,
    accuracy: Accuracy,
    *,
    length: float = 1.0,
    length_error: float = 0.0,
    silent: float = 1.0,
) -> Recalibrated:
    """Put the model and what was seen together.

    Args:
        strata: the cycles without a call.
        seen: what was seen.
        accuracy: how often an observer is right.
        length: measured delay ÷ the model's, of the slow cycles seen.
        length_error: relative standard error of that.
        silent: slow cycles without a call while watched ÷ those without a call otherwise (people call more
            while somebody stands beside them, so that fewer stay silent), in (0, 1].
    """
    kernel, prior = _prior(strata)
    grid = (accuracy.weight.size, prior.size)
    evidence, shares = np.zeros(grid), np.zeros((accuracy.weight.size, STRATA))
    mean_n, variance_n, mean_s, variance_s = (np.zeros(grid) for _ in range(4))
    size, spread = length * strata.seconds / 60.0, length * strata.seconds_sd / 60.0
    known, left = _known(strata, seen) if accuracy.perfect else (np.zeros(STRATA), strata.size)
    for index, (sensitivity, specificity) in enumerate(
        zip(accuracy.sensitivity.tolist(), accuracy.specificity.tolist(), strict=True)
    ):
        log_likelihood = _log_likelihood(seen, sensitivity, specificity, silent)
        mass, first, second = _moments(kernel, log_likelihood)
        evidence[index] = np.log(prior) + np.log(mass).sum(axis=1) + log_likelihood.max(axis=1).sum()
        shares[index] = _weights(evidence[index]) @ first
        expected = known + left * first
        variance = left**2 * (second - first**2) + left * (first - second)
        mean_n[index], variance_n[index] = expected.sum(axis=1), variance.sum(axis=1)
        mean_s[index], variance_s[index] = expected @ size, variance @ size**2 + expected @ spread**2
    weight = _weights(evidence + np.log(accuracy.weight)[:, None])
    observers = weight.sum(axis=1)
    minutes = _mixture(mean_s, variance_s, weight, strata.below_s / 60.0)
    return Recalibrated(
        count=_mixture(mean_n, variance_n, weight, strata.below_n),
        minutes=_wider(minutes, length_error),
        share=observers @ shares,
        sensitivity=None if accuracy.perfect else _spread_of(accuracy.sensitivity, observers),
        specificity=None if accuracy.perfect else _spread_of(accuracy.specificity, observers),
    )


def expected_half_width(strata: Strata, reviewed: Floats, share: Floats, accuracy: Accuracy) -> float:
    """Return the half-width of the count that an audit may be expected to give, relative to the count.

    Args:
        strata: the cycles without a call.
        reviewed: cycles looked at in each stratum, shape (STRATA,).
        share: expected share of slow cycles, shape (STRATA,).
        accuracy: how often an observer is right.
    """
    number = np.arange(STRATA)
    seen = Seen(
        stratum=np.concatenate([number, number]),
        yes=np.repeat([1, 0], STRATA),
        reviews=np.ones(2 * STRATA, dtype=np.int64),
        cycles=np.concatenate([reviewed * share, reviewed * (1 - share)]),
        watched=np.zeros(2 * STRATA, dtype=bool),
    )
    return recalibrate(strata, seen, accuracy).count.half_width


def measured_length(observed_s: Floats, model_s: Floats, weight: Floats) -> tuple[float, float]:
    """Return measured delay ÷ the model's, and its relative error (combined ratio estimate).

    Args:
        observed_s: seconds as measured, shape (m,).
        model_s: the model's mean delay of the same slow cycles, shape (m,).
        weight: cycles that each stands for, shape (m,).
    """
    if observed_s.size < FEWEST_SECONDS:
        return 1.0, UNMEASURED_ERROR
    total = float(weight @ model_s)
    ratio = float(weight @ observed_s) / total
    error = float(np.sqrt(np.sum((weight * (observed_s - ratio * model_s)) ** 2))) / total
    return ratio, float(np.hypot(error / max(ratio, 1e-9), MIX_ERROR))


def _prior(strata: Strata) -> tuple[Floats, Floats]:
    """Return the prior of the shares given each node, (STRATA, nodes, logits), and the nodes' weights."""
    shift, slope = (grid.ravel() for grid in np.meshgrid(_SHIFTS, _SLOPES, indexing="ij"))
    weight = np.exp(-((shift / SHIFT_SD) ** 2) / 2 - ((slope - 1.0) / SLOPE_SD) ** 2 / 2)
    readings = np.clip(np.stack([strata.chance, strata.smooth]), CHANCE_CLIP, 1 - CHANCE_CLIP)
    centre = shift[:, None] + slope[:, None] * logit(readings)[:, None, :]
    by_stratum = centre.reshape(-1, STRATA).T
    kernel = np.exp(-np.abs(_LOGITS - by_stratum[:, :, None]) / LEFT_OVER)
    kernel /= np.maximum(kernel.sum(axis=2, keepdims=True), 1e-300)
    both = np.concatenate([(1 - SECOND_READING) * weight, SECOND_READING * weight])
    return kernel, both / both.sum()


def _moments(kernel: Floats, log_likelihood: Floats) -> tuple[Floats, Floats, Floats]:
    """Return evidence, mean share and mean squared share given each node, (nodes, STRATA) each."""
    theta = expit(_LOGITS)
    likelihood = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
    powers = likelihood[:, :, None] * np.stack([np.ones_like(theta), theta, theta**2], axis=1)
    mass, first, second = np.moveaxis(kernel @ powers, (0, 2), (2, 0))
    mass = np.maximum(mass, 1e-300)
    return mass, first / mass, second / mass


def _log_likelihood(seen: Seen, sensitivity: float, specificity: float, silent: float) -> Floats:
    """Return the log-likelihood of every share, shape (STRATA, logits)."""
    theta = expit(_LOGITS)
    total = np.zeros((STRATA, theta.size))
    for number, yes, reviews, cycles, watched in zip(
        seen.stratum, seen.yes, seen.reviews, seen.cycles, seen.watched, strict=True
    ):
        rarer = silent if watched else 1.0
        slow = theta * rarer / (1 - theta + theta * rarer)
        no = reviews - yes
        chance = slow * sensitivity**yes * (1 - sensitivity) ** no
        chance = chance + (1 - slow) * (1 - specificity) ** yes * specificity**no
        total[number] += cycles * np.log(np.maximum(chance, 1e-300))
    return total


def _known(strata: Strata, seen: Seen) -> tuple[Floats, Floats]:
    """Return slow cycles seen in the records, and the cycles nobody looked at, per stratum."""
    own = ~seen.watched
    yes = np.bincount(seen.stratum[own], (seen.cycles * (seen.yes > 0))[own], STRATA).astype(np.float64)
    looked = np.bincount(seen.stratum[own], seen.cycles[own], STRATA).astype(np.float64)
    return yes, np.maximum(strata.size - looked, 0.0)


def _weights(log_weight: Floats) -> Floats:
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum())


def _mixture(mean: Floats, variance: Floats, weight: Floats, added: float) -> Spread:
    """Mean and interval of a mixture of gamma distributions with these means and variances."""
    mean, variance, weight = _merged(mean.ravel(), variance.ravel(), weight.ravel())
    middle = np.maximum(mean, 1e-9)
    variance = np.maximum(variance, 1e-9 * middle**2 + 1e-12)
    shape, sd = np.maximum(middle**2 / variance, 1e-6), np.sqrt(variance)
    at = np.linspace(max(0.0, float(np.min(middle - 6 * sd))), float(np.max(middle + 8 * sd)) + 1e-6, 1001)
    below = weight @ gammainc(shape[:, None], (shape / middle)[:, None] * at)
    tail = (1 - LEVEL) / 2
    lower, upper = (added + float(np.interp(q, below, at)) for q in (tail, 1 - tail))
    # The mean, not the median: what is skewed at every plant must not add up to a bias over plants.
    value = min(max(added + float(weight @ mean), lower), upper)
    return Spread(value=value, lower=lower, upper=upper)


def _merged(mean: Floats, variance: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Join components of nearly the same mean, keeping the mixture's mean and variance."""
    order = np.argsort(mean, kind="stable")
    order = order[weight[order] > 0]
    mean, variance, weight = mean[order], variance[order], weight[order] / weight.sum()
    group = np.minimum(np.cumsum(weight) * _COMPONENTS, _COMPONENTS - 1).astype(np.int64)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    total = np.add.reduceat(weight, first)
    middle = np.add.reduceat(weight * mean, first) / total
    square = np.add.reduceat(weight * (variance + mean**2), first) / total
    return middle, np.maximum(square - middle**2, 0.0), total


def _wider(given: Spread, relative_error: float) -> Spread:
    """Add a relative error to an interval, on the logarithmic scale."""
    if given.value <= 0 or relative_error <= 0:
        return given
    down = np.hypot(np.log(max(given.lower, 1e-3 * given.value) / given.value), 1.96 * relative_error)
    up = np.hypot(np.log(given.upper / given.value), 1.96 * relative_error)
    lower = 0.0 if given.lower <= 0 else given.value * float(np.exp(-down))
    return Spread(value=given.value, lower=lower, upper=given.value * float(np.exp(up)))


def _spread_of(values: Floats, weight: Floats) -> Spread:
    """Mean and interval of a distribution over grid values; the ends lie half a cell further out."""
    grid, place = np.unique(values, return_inverse=True)
    mean = float(values @ weight)
    if grid.size == 1:
        return Spread(value=mean, lower=mean, upper=mean)
    below = np.cumsum(np.bincount(place, weight))
    tail = (1 - LEVEL) / 2
    edges = np.concatenate([grid[:1], (grid[1:] + grid[:-1]) / 2, grid[-1:]])
    first, last = (int(np.searchsorted(below, q)) for q in (tail, 1 - tail - 1e-9))
    return Spread(value=mean, lower=min(float(edges[first]), mean), upper=max(float(edges[last + 1]), mean))
