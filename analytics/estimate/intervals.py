"""How wrong the fit may be: relative errors per station and for the plant, and whether zero is possible.

Three parts, added in squares on the logarithmic scale: how far refitted replicates are from what the true
noise and delays would say of the same cycles; the spread over other truncations of the noise fit; and a
model error that no replicate can show, because the replicates come from the model. What single cycles do by
chance is added where they are summed. Where the count could as well have come from noise alone (replicates
with every delay above the floor taken away), the lower end is zero.

Source: parametric bootstrap as in Efron and Tibshirani (1993), chapters 6 and 13; the model errors were
earned in the accuracy study.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimate.delay_prior import pool_delays
from analytics.estimate.fit import Fit
from analytics.estimate.fit import fit as fit_all
from analytics.estimate.long_tail import long_tail_counts
from analytics.estimate.mixture import GRID, Mixture, above_floor, fit_mixture
from analytics.estimate.null import HIGHEST, ShapePrior, fit_null
from analytics.estimate.plant import Floats
from analytics.results import LEVEL, Estimate

PLANT_ERROR, STATION_ERROR, DENSE_ERROR = 0.04, 0.08, 0.06
MINUTES_SHARE = 0.8
"""What of a model error reaches the minutes: most of them lie in long delays, which nobody mistakes."""
DENSE_SHARE = 0.05
OTHER_TRUNCATIONS = (1.5, 2.5)
REPLICATES = 24
ROWS_AT_ONCE = 512
QUANTILE = 1.96
POISSON_ZERO = 3.69
"""Upper 97.5 % limit of a Poisson mean after nothing was seen."""
BEYOND_SIGMAS = 1.5 * HIGHEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Relative errors (one sigma, log scale) and what noise alone would give.

    Attributes:
        station_count, station_minutes: shape (stations,).
        shared: what all stations share of it, for sums over stations.
        variation: ln-spread over other truncations, plant level.
        station_noise: count that noise alone gives per station, with a long tail where that is likely.
        station_noise_sd: its standard deviation, shape (stations,).
        plant_noise: most that noise as fitted gives the plant (97.5 %), without the long tail.
    """

    station_count: Floats
    station_minutes: Floats
    shared: float
    variation: float
    station_noise: Floats
    station_noise_sd: Floats
    plant_noise: float


def estimate_errors(fit: Fit, rng: np.random.Generator, replicates: int = REPLICATES) -> Errors:
    """Measure the errors of a fit.

    Args:
        fit: the fitted stations.
        rng: random numbers of the replicates.
        replicates: how many replicates of every station.
    """
    n, _ = _counts(fit)
    totals = fit.histograms.uncalled.sum(axis=1)
    got, real, got_s, real_s = _replicate(fit, totals, rng, replicates, keep_above=True)
    noise, _, _, _ = _replicate(fit, totals, rng, replicates, keep_above=False)
    variants = np.stack([n] + [_counts(fit_all(fit.histograms, truncation=c))[0] for c in OTHER_TRUNCATIONS])
    with np.errstate(divide="ignore", invalid="ignore"):
        station_variation = np.where(n > 1.0, np.std(np.log(np.maximum(variants, 0.5)), axis=0, ddof=1), 0.0)
    plant_totals = np.maximum(variants.sum(axis=1), 0.5)
    variation = float(np.std(np.log(plant_totals), ddof=1)) if n.sum() > 1.0 else 0.0
    dense = float(n.sum()) > DENSE_SHARE * float(np.maximum(totals.sum(), 1.0))
    plant_error = DENSE_ERROR if dense else PLANT_ERROR
    shared = np.sqrt(plant_error**2 + variation**2 + _common(got, real) ** 2)
    return Errors(
        station_count=np.sqrt(_relative(got, real) ** 2 + station_variation**2 + STATION_ERROR**2),
        station_minutes=np.sqrt(
            _relative(got_s, real_s) ** 2
            + MINUTES_SHARE**2 * station_variation**2
            + (MINUTES_SHARE * STATION_ERROR) ** 2
        ),
        shared=float(min(shared, 0.5)),
        variation=variation,
        station_noise=np.maximum(noise.mean(axis=0), long_tail_counts(fit.histograms.uncalled)),
        station_noise_sd=noise.std(axis=0),
        plant_noise=float(np.quantile(noise.sum(axis=1), 0.975)),
    )


def interval(
    value: float,
    relative: float,
    *,
    variance: float = 0.0,
    noise: float = 0.0,
    unit: str,
    method: str,
    per_cycle: float = 1.0,
) -> Estimate:
    """Put a value and its errors together.

    Args:
        value: count or minutes.
        relative: relative error of the model, one sigma.
        variance: variance of the realised value given the model, in the value's unit squared.
        noise: what noise alone could give, in counts; a smaller value has 0 as its lower end.
        unit: of the value.
        method: the estimator in a few words.
        per_cycle: the value's size per cycle (minutes per slow cycle), to turn counts into it.
    """
    value = max(value, 0.0)
    count = value / per_cycle if per_cycle > 0 else value
    spread = np.sqrt(relative**2 + variance / max(value, 1e-9) ** 2) if value > 0 else 0.0
    if count < 1e-9:
        return Estimate(
            value=0.0, lower=0.0, upper=POISSON_ZERO * per_cycle + noise * per_cycle, unit=unit, method=method
        )
    factor = float(np.exp(QUANTILE * min(spread, 3.0)))
    lower, upper = value / factor, value * factor
    floor_upper = (count + QUANTILE * np.sqrt(count + noise) + POISSON_ZERO) * per_cycle
    if count <= max(noise, 1.0) or count < 4.0:
        lower, upper = 0.0, max(min(upper, 2 * floor_upper), floor_upper)
    return Estimate(value=value, lower=lower, upper=upper, level=LEVEL, unit=unit, method=method)


def _counts(fit: Fit) -> tuple[Floats, Floats]:
    """Delays at or above the floor among the uncalled: count and sum in sigmas, per station."""
    above = above_floor()
    return _sums(fit.mixture.posterior(), fit.histograms.uncalled, above)


def _sums(posterior: Floats, counts: Floats, above: Floats) -> tuple[Floats, Floats]:
    lengths = np.where(np.isinf(GRID), BEYOND_SIGMAS, GRID)
    expected = np.einsum("bnk,bn->bk", posterior, counts)
    return expected @ above, expected @ (above * lengths)


def _replicate(
    fit: Fit, totals: Floats, rng: np.random.Generator, replicates: int, *, keep_above: bool
) -> tuple[Floats, Floats, Floats, Floats]:
    """Draw plants from the fit and fit them again.

    Returns:
        Counts and sums of delay as estimated, and as the drawn histograms would give with the true noise and
        delays, shape (replicates, stations) each. What single cycles do by chance is in neither.
    """
    above = above_floor()
    weights = fit.mixture.weights.copy()
    if not keep_above:
        weights[:, 0] += weights @ above
        weights *= 1.0 - above
    prior = fit.shapes
    shift = rng.normal(size=replicates)
    lengths = np.where(np.isinf(GRID), BEYOND_SIGMAS, GRID)
    joint = fit.mixture.kernel * weights[:, None, :]
    chance = joint.sum(axis=2)
    slow = joint @ above / np.maximum(chance, 1e-300)
    slow_length = joint @ (above * lengths) / np.maximum(chance, 1e-300)
    start = _spread(weights)
    # What the stations lend each other in the plant that is drawn; where it has no delays, nothing.
    lent = np.zeros_like(weights)
    if keep_above:
        lent = pool_delays(Mixture(weights=weights, kernel=fit.mixture.kernel), chance * totals[:, None])
    results = []
    # Several replicates are fitted at once: a fit's cost lies in its steps more than in its rows.
    parts = min(replicates, -(-replicates * totals.size // ROWS_AT_ONCE))
    for draws in np.array_split(np.arange(replicates), parts):
        drawn = rng.poisson(np.tile(chance * totals[:, None], (draws.size, 1)))
        counts = drawn.astype(np.float64)
        # The pooled shapes are themselves uncertain, and the same for all stations.
        moved = [prior.mean + shift[draw] * np.minimum(prior.sd, 0.03) for draw in draws]
        null = fit_null(counts, prior=ShapePrior(np.concatenate(moved), np.tile(prior.sd, (draws.size, 1))))
        mixture = fit_mixture(
            counts,
            null,
            start=np.tile(start, (draws.size, 1)),
            prior=np.tile(lent, (draws.size, 1)),
        )
        n, s = _sums(mixture.posterior(), counts, above)
        true_n = (counts * np.tile(slow, (draws.size, 1))).sum(axis=1)
        true_s = (counts * np.tile(slow_length, (draws.size, 1))).sum(axis=1)
        results.append([column.reshape(draws.size, totals.size) for column in (n, true_n, s, true_s)])
    got, real, got_s, real_s = (np.concatenate(column) for column in zip(*results, strict=True))
    return got, real, got_s, real_s


def _spread(weights: Floats) -> Floats:
    """Starting weights near the truth, with a little mass everywhere so that EM can move."""
    mixed = 0.9 * weights + 0.1 * np.concatenate([[0.97], np.full(GRID.size - 1, 0.03 / (GRID.size - 1))])
    return np.asarray(mixed / mixed.sum(axis=1, keepdims=True))


def _relative(got: Floats, real: Floats) -> Floats:
    """Root mean square error of each station's replicates, relative to what was real."""
    usual = np.maximum(real.mean(axis=0), 1.0)
    return np.asarray(np.sqrt(np.mean((got - real) ** 2, axis=0)) / usual)


def _common(got: Floats, real: Floats) -> float:
    """Relative error of the replicates' totals beyond what independent stations would add up to."""
    total = max(float(real.sum(axis=1).mean()), 1.0)
    whole = np.mean((got - real).sum(axis=1) ** 2)
    return float(np.sqrt(max(whole - np.mean((got - real) ** 2, axis=0).sum(), 0.0)) / total)
