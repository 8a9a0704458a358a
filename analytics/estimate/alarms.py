"""When the number is withheld: the data do not look like one usual time plus delays."""

from __future__ import annotations

import numpy as np

from analytics.estimate.fit import Fit
from analytics.estimate.intervals import Errors
from analytics.estimate.mixture import above_floor
from analytics.estimate.passes import Prepared
from analytics.estimate.several_parts import BLIND, ONE_ROW_A_CYCLE
from analytics.results import Unavailable

LARGEST_VARIATION = 0.15
MOST_NOISE, MOST_NOISE_SHARE = 20.0, 0.0015
"""Slow cycles that noise alone could show, as a number and as a share of the cycles judged."""
APART = "start times or serial numbers; or a line of its own for each station that no other one feeds"
LEAST_USABLE_SHARE = 0.2
FEW_OF_PRODUCT, MOST_OF_FEW = 100, 0.25
"""A job shop: so many of the cycles are of products made fewer than so many times at their station."""


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
        blind = [reason for reason in reasons if reason.endswith(BLIND)]
        reason = (blind or reasons)[0]
        needed = "a station with at least 100 cycles of one kind of work"
        if blind:
            needed = ONE_ROW_A_CYCLE
        elif reason.startswith("completions only"):
            needed = APART
        return Unavailable(reason=f"no station can be judged: {reason}", needed=needed)
    if usable < LEAST_USABLE_SHARE:
        return Unavailable(
            reason=f"only {usable:.0%} of the cycles can be judged: too few alike (same station and product)",
            needed="at least 30 cycles of a product at a station, for most cycles",
        )
    few = _share_of_few(prepared)
    if few > MOST_OF_FEW:
        return Unavailable(
            reason=(
                f"a job shop: {few:.0%} of the cycles are of products made fewer than {FEW_OF_PRODUCT} times "
                "at their station, so that what is usual for them is hardly known"
            ),
            needed="a longer period, products grouped by how long they take, or an audit of past cycles",
        )
    above = fit.mixture.posterior() @ above_floor()
    count = float(np.sum(above * fit.histograms.uncalled))
    if errors.variation > LARGEST_VARIATION and count > errors.plant_noise:
        return Unavailable(
            reason=(
                "the usual cycle times do not look like one way of working plus delays (several methods or "
                f"products under one name): the count changes by {errors.variation:.0%} with how it is fitted"
            ),
            needed="an audit of past cycles (walkaway audit draw), or cycles split by method or product",
        )
    judged = float(fit.histograms.uncalled.sum())
    if errors.plant_noise > max(MOST_NOISE, MOST_NOISE_SHARE * judged):
        return Unavailable(
            reason=(
                f"noise alone could pass for {errors.plant_noise:.0f} slow cycles here: the usual times have "
                "so long a tail (two ways of working?) that delays do not stand out from it"
            ),
            needed="an audit of past cycles (walkaway audit draw), or cycles split by method",
        )
    return None


def _share_of_few(prepared: Prepared) -> float:
    """Share of the judged cycles whose product was made only a few times at their station."""
    plant = prepared.plant
    judged = prepared.usable
    _, group, sizes = np.unique(
        plant.station[judged] * (len(plant.products) + 1) + plant.product[judged] + 1,
        return_inverse=True,
        return_counts=True,
    )
    return float(np.mean(sizes[group] < FEW_OF_PRODUCT)) if group.size else 0.0
