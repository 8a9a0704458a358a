"""The reduce step: histograms of the scaled residual in, noise and delays of every station out.

Its cost depends on the number of stations, not of cycles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.estimate.delay_prior import pool_delays
from analytics.estimate.mixture import Mixture, fit_mixture
from analytics.estimate.null import (
    BIN_WIDTH,
    BINS,
    LOWEST,
    TRUNCATION,
    Null,
    ShapePrior,
    fit_null,
    pool_shapes,
)
from analytics.estimate.passes import USUAL, Prepared
from analytics.estimate.plant import Bools, Floats, Ints

WIDEST_NOISE = 2.5
"""Noise of so many times the measured scatter: the scatter was not the station's own."""
HIDDEN = "it waits for the next station so often that its own usual time is hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Histograms:
    """Cycles per station and bin, shape (stations, BINS) each.

    Attributes:
        uncalled: neither called nor covered, weighted by the chance of not being blocked.
        blocked: the same cycles weighted by the chance of being blocked.
        called: called or covered, and slow or not.
        coarse: whether a station's scatter is that of its time stamps, shape (stations,); None: no station's.
    """

    uncalled: Floats
    blocked: Floats
    called: Floats
    coarse: Bools | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Fitted stations.

    Attributes:
        histograms: what was fitted.
        null: noise per station.
        shapes: what the stations tell each other of the noise's shape.
        mixture: delays per station.
        called: delays of the called cycles, one for all stations: a mixture of one histogram.
    """

    histograms: Histograms
    null: Null
    shapes: ShapePrior
    mixture: Mixture
    called: Mixture


def bin_of(deviation: Floats) -> Ints:
    """Return the bin of each scaled residual; the last bin is everything beyond the histogram."""
    with np.errstate(invalid="ignore"):
        index = np.floor((np.nan_to_num(deviation, nan=0.0) - LOWEST) / BIN_WIDTH)
    return np.clip(index, 0, BINS - 1).astype(np.int64)


def count(prepared: Prepared) -> Histograms:
    """Count usable cycles of the usual kind per station and bin."""
    stations = prepared.plant.stations.height
    keep = prepared.usable & (prepared.kind == USUAL) & (prepared.deviation > LOWEST)
    detected = prepared.matching.called | prepared.matching.covered
    weight = prepared.blocking.weight

    def table(rows: Bools, weights: Floats) -> Floats:
        key = prepared.plant.station[rows] * BINS + bin_of(prepared.deviation[rows])
        flat = np.bincount(key, weights=weights[rows], minlength=stations * BINS)
        return flat.astype(np.float64).reshape(stations, BINS)

    return Histograms(
        uncalled=table(keep & ~detected, 1.0 - weight),
        blocked=table(keep & ~detected, weight),
        called=table(keep & detected, np.ones(weight.size)),
        coarse=prepared.baseline.coarse,
    )


def fit_stations(prepared: Prepared) -> tuple[Prepared, Fit]:
    """Fit every station, and mask those whose noise is far wider than the scatter they are measured by.

    Where nearly every cycle waited, the few that did not are no sample of the rest: the floor would be many
    times too low, and noise pass for delays.
    """
    fitted = fit(count(prepared))
    hidden = (fitted.null.scale > WIDEST_NOISE) & np.array([not why for why in prepared.masked_because])
    if not hidden.any():
        return prepared, fitted
    because = [HIDDEN if one else why for one, why in zip(hidden, prepared.masked_because, strict=True)]
    usable = prepared.usable & ~hidden[prepared.plant.station]
    rest = replace(prepared, usable=usable, masked_because=because)
    return rest, fit(count(rest))


def fit(histograms: Histograms, *, truncation: float = TRUNCATION) -> Fit:
    """Fit noise (its shape pooled over stations), then delays (their lengths pooled), per station."""
    uncalled, blocked = histograms.uncalled, histograms.blocked
    null = fit_null(uncalled, blocked=blocked, truncation=truncation)
    shapes = pool_shapes(uncalled, null, blocked=blocked, truncation=truncation)
    if histograms.coarse is not None:
        shapes = shapes.settled(histograms.coarse)
    null = fit_null(uncalled, blocked=blocked, truncation=truncation, prior=shapes)
    alone = fit_mixture(uncalled, null, blocked=blocked)
    delays = pool_delays(alone, uncalled)
    start = delays / delays.sum(axis=1, keepdims=True)
    mixture = fit_mixture(uncalled, null, blocked=blocked, start=start, prior=delays)
    typical = Null(
        np.array([np.median(null.location)]),
        np.array([np.median(null.scale)]),
        np.array([np.median(null.skew)]),
        np.array([np.median(null.tail)]),
    )
    called = fit_mixture(histograms.called.sum(axis=0, keepdims=True), typical)
    return Fit(histograms=histograms, null=null, shapes=shapes, mixture=mixture, called=called)
