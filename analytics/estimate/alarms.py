"""When the number is withheld: the data do not look like one usual time plus delays."""

from __future__ import annotations

import numpy as np

from analytics.estimate.fit import Fit
from analytics.estimate.intervals import Errors
from analytics.estimate.passes import Prepared
from analytics.results import Unavailable

LARGEST_VARIATION = 0.15
LARGEST_SUBFLOOR = 0.8
LEAST_SHARE = 0.001
LEAST_USABLE_SHARE = 0.2


def withheld(prepared: Prepared, fit: Fit, errors: Errors) -> Unavailable | None:
    """Say why no number may be published, or None where one may.

    Args:
        prepared: the prepared plant.
        fit: the fitted stations.
        errors: how the fit behaves under other truncations.
    """
    usable = float(prepared.usable.mean())
    if not any(not reason for reason in prepared.masked_because):
        reasons = sorted(set(prepared.masked_because))
        return Unavailable(reason=f"no station can be judged: {reasons[0]}", needed="at least 100 usable cycles at one station")
    if usable < LEAST_USABLE_SHARE:
        return Unavailable(
            reason=f"only {usable:.0%} of the cycles can be judged: too few alike (same station and product)",
            needed="at least 30 cycles of a product at a station, for most cycles",
        )
    return None


def misfit(fit: Fit) -> np.ndarray:  # type: ignore[type-arg]
    """Total variation between what was seen and what was fitted, per station."""
    counts = fit.histograms.uncalled
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    smooth = np.ones(4) / 4
    gap = counts / totals - fit.mixture.density()
    return np.array([0.5 * np.abs(np.convolve(row, smooth, mode="same")).sum() for row in gap])
