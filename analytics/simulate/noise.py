"""Chance: how in-control work scatters around its usual time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analytics.simulate.spec import Noise

Floats = npt.NDArray[np.float64]


def draw_noise(
    noise: Noise,
    scatter: float,
    size: int,
    rng: np.random.Generator,
    *,
    tail: float = 0.4,
    apart: float = 3.5,
) -> Floats:
    """Draw chance factors around 1 with the given standard deviation.

    Args:
        noise: the distribution's family.
        scatter: standard deviation, share of the usual cycle.
        size: how many.
        rng: source of randomness.
        tail: ex-Gaussian: share of the standard deviation that is exponential.
        apart: bimodal: distance of the two work methods, in standard deviations of one.
    """
    if noise == "gamma":
        shape = 1.0 / scatter**2
        return rng.gamma(shape, 1.0 / shape, size)
    if noise == "lognormal":
        width = np.sqrt(np.log1p(scatter**2))
        return rng.lognormal(0.0, width, size)
    z = rng.normal(size=size)
    if noise == "ex_gaussian":
        z = np.sqrt(1.0 - tail**2) * z + tail * (rng.exponential(size=size) - 1.0)
    elif noise == "skewed":
        lean = 0.8
        z = lean * np.abs(z) + np.sqrt(1.0 - lean**2) * rng.normal(size=size)
        z = (z - lean * np.sqrt(2.0 / np.pi)) / np.sqrt(1.0 - 2.0 * lean**2 / np.pi)
    elif noise == "bimodal":
        z = z + apart * (rng.random(size) < 0.3)
    return np.maximum(1.0 + scatter * z, 0.3)
