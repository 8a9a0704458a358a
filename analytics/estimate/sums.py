"""How wrong a sum over stations may be: what noise could give, the model's error, where minutes are refused.

Every function takes the group's rows, one per station, with the station's facts joined to its sums.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.estimate.intervals import QUANTILE
from analytics.results import Unavailable

LARGEST_WAITING_SHARE = 0.1


def waiting(part: pl.DataFrame) -> Unavailable | None:
    """Refuse minutes where cycles hold the wait for the next unit as well."""
    cycles = part["cycles"].to_numpy()
    waits = cycles[part["waits"].fill_null(value=False).to_numpy()].sum()
    if waits <= LARGEST_WAITING_SHARE * cycles.sum():
        return None
    return Unavailable(
        reason="completions without starts or units: a cycle there holds the wait for the next unit too",
        needed="start times, or the serial numbers of the units",
    )


def noise_limit(part: pl.DataFrame) -> float:
    """Most that noise alone could give here (97.5 %), by the share of each station's cycles in the group."""
    share = (part["cycles"] / part["station_cycles"]).to_numpy()
    mean = float(np.sum(part["noise_n"].fill_null(0.0).to_numpy() * share))
    variance = float(np.sum(part["noise_sd"].fill_null(0.0).to_numpy() ** 2 * share))
    return mean + QUANTILE * float(np.sqrt(variance))


def model_error(part: pl.DataFrame, value: str, error: str, shared: float) -> float:
    """Relative error of the sum by the model: the shared part, and each station's own, weighted."""
    values = part[value].to_numpy()
    total = float(values.sum())
    if total < 1e-9:
        return shared
    own = np.sqrt(np.maximum(part[error].fill_null(0.5).to_numpy() ** 2 - shared**2, 0.0))
    return float(np.sqrt(shared**2 + np.sum((own * values) ** 2) / total**2))


def minutes_per_cycle(seconds: float, count: float, part: pl.DataFrame) -> float:
    """Minutes of one slow cycle; where there are hardly any, one and a half floors."""
    if count >= 4.0:
        return seconds / count / 60.0
    floor = part["floor_s"].drop_nulls().median()
    return 1.5 * float(floor if isinstance(floor, int | float) else 30.0) / 60.0
