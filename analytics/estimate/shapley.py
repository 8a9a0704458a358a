"""How much of a change in a sum of products comes from each of its three factors.

A sum over stations of one × two × three changes. Changing one factor after the other gives each a part that
depends on the order; Shapley's value is the mean over all orders, so that neither period is privileged and
nothing is left over. On the logarithmic scale (each part divided by the logarithmic mean of the two sums) the
parts add up to the logarithm of the ratio of the sums: the ratios multiply.

Sources: Shorrocks (2013), J. Econ. Inequal. 11, 99-126 (Shapley decomposition); Ang (2005), Energy Policy 33,
867-871 (logarithmic mean).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Factors = tuple[Floats, Floats, Floats]


def split_change(before: Factors, after: Factors) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    """Split the change in a sum of products over its factors.

    Args:
        before: the three factors, shape (R, stations) each.
        after: the same later.

    Returns:
        The logarithm of the ratio of the sums, shape (R,), and the three parts that add up to it; not finite
        where a sum is zero.

    Example:
        >>> one, half = np.ones((1, 1)), np.full((1, 1), 0.5)
        >>> total, parts = split_change((one, one, one), (one, half, one))
        >>> [round(float(np.exp(part[0])), 3) for part in (total, *parts)]
        [0.5, 1.0, 0.5, 1.0]
    """
    first, second, third = (_part(before, after, which) for which in range(3))
    start = (before[0] * before[1] * before[2]).sum(axis=1)
    whole = first + second + third
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.log(start + whole) - np.log(start)
        mean = np.where(np.abs(total) > 1e-12, whole / total, start)
        return total, (first / mean, second / mean, third / mean)


def _part(before: Factors, after: Factors, which: int) -> Floats:
    """Return Shapley's value of one factor, added up over stations, shape (R,)."""
    one, two = (at for at in range(3) if at != which)
    same = before[one] * before[two] + after[one] * after[two]
    crossed = before[one] * after[two] + after[one] * before[two]
    return np.asarray(((after[which] - before[which]) * (same / 3.0 + crossed / 6.0)).sum(axis=1))
