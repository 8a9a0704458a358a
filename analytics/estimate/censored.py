"""What unblocked cycles tell of those that were blocked.

A blocked cycle's own time is left-censored: at most what was seen. Where many are blocked, those that were
not are the longer ones, and their median is too high. The reverse Kaplan-Meier estimator gives each
unblocked cycle the weight of the blocked ones that it stands for, on the assumption that when room is made
next door has nothing to do with how long the work took.

Source: Ware and DeMets (1976), Biometrics 32, 459-463 (product limit from the right, for left-censored
values).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from analytics.estimate.plant import Bools, Floats, Ints

LEAST_BLOCKED = 0.02
"""Below this share the blocked ones are left out: they hardly move a median."""


def stand_in_weights(values: Floats, clear: Bools) -> Floats:
    """Return the weight of each value once the blocked ones are stood for; the sum is their number.

    Args:
        values: what was seen, shape (n,).
        clear: which of them were not blocked, shape (n,); at least one.

    Returns:
        Weights, shape (n,): 0 where blocked, 1 where nothing is.
    """
    # At risk of being seen at v is every value of at most v; a blocked one as long is among them.
    order = np.lexsort((clear, values))
    share = clear[order] / np.arange(1, values.size + 1)
    with np.errstate(divide="ignore"):
        survived = np.cumsum(np.log1p(-share)[::-1])[::-1]
    above = np.exp(np.concatenate([survived[1:], [0.0]]))
    weight = np.empty(values.size)
    weight[order] = above * share
    return np.asarray(weight * (values.size / weight.sum()))


def stand_ins(rows: Ints, group: Ints, values: Floats, clear: Bools) -> Ints:
    """Return teaching rows, each as often as it stands for others, in the order of the rows.

    Args:
        rows: rows that could teach, blocked ones among them, ascending, shape (m,).
        group: what is alike among them (station and product), shape (m,).
        values: what was seen, shape (m,).
        clear: which were not blocked, shape (m,).

    Returns:
        As many rows per group as it has clear ones, drawn evenly along its sequence.
    """
    taught = [rows[:0]]
    order = np.argsort(group, kind="stable")
    bounds = np.flatnonzero(np.diff(group[order], prepend=-1, append=-1)) if rows.size else rows[:0]
    for start, stop in pairwise(bounds):
        mine = order[start:stop]
        free = clear[mine]
        count = int(free.sum())
        if count < mine.size * (1.0 - LEAST_BLOCKED) and count > 0:
            place = np.cumsum(stand_in_weights(values[mine], free))
            steps = (np.arange(count) + 0.5) * (place[-1] / count)
            taught.append(rows[mine[np.searchsorted(place, steps)]])
        else:
            taught.append(rows[mine[free]])
    return np.sort(np.concatenate(taught))
