"""Would chance alone have put so many slow cycles there? Tests that only move cycles within their shift-day.

Three questions, each conditional on how many slow cycles every shift-day had, so that a bad day is never
taken for a pattern:

* a group said beforehand (a product, an hour, the units after a changeover): the slow cycles of each shift-
day are
  turned around in a circle against the group. The distribution over all turns is exact and keeps how slow
  cycles cluster in time, which free shuffling would destroy.
* the same phase of k: pairs of slow cycles a multiple of k apart.
* close together: pairs of slow cycles within so many cycles.

The number of pairs has mean and variance in closed form where positions are drawn without replacement; its
tail is taken from a Pearson type III curve with the same three moments. Many tests are controlled together
after Benjamini and Hochberg (1995).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma, norm

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """What was seen, what chance gives on average, and the chance of so much or more."""

    seen: float
    expected: float
    p_value: float


def group_chance(event: Bools, members: Bools, starts: Ints) -> list[Chance]:
    """Test whether the events fall on the cycles of each of several groups more often than chance.

    Args:
        event: slow cycles (first of their run) of one station in time order; shape (n,).
        members: cycles of each group; shape (groups, n).
        starts: first cycle of each shift-day and, last, n; shape (shift-days + 1,).

    Returns:
        Per group: events in it, in shift-days that have cycles in and out of it; exact over all turns.
    """
    groups = len(members)
    seen, expected = np.zeros(groups, dtype=np.int64), np.zeros(groups)
    distributions = [np.ones(1)] * groups
    for first, last in itertools.pairwise(starts.tolist()):
        places = np.flatnonzero(event[first:last])
        size = last - first
        mixed = np.flatnonzero(members[:, first:last].any(axis=1) & ~members[:, first:last].all(axis=1))
        if not len(places) or not len(mixed):
            continue
        twice = np.tile(members[mixed, first:last].astype(np.int32), 2)
        turned = np.zeros((len(mixed), size), dtype=np.int32)
        for place in places:
            turned += twice[:, place : place + size]
        seen[mixed] += turned[:, 0]
        expected[mixed] += turned.mean(axis=1)
        for group, counts in zip(mixed, turned, strict=True):
            distributions[group] = np.convolve(distributions[group], np.bincount(counts) / size)
    return [
        Chance(seen=float(hits), expected=float(mean), p_value=min(1.0, float(distribution[hits:].sum())))
        for hits, mean, distribution in zip(seen, expected, distributions, strict=True)
    ]


def phase_chance(event: Bools, starts: Ints, k: int) -> Chance:
    """Test whether events of one shift-day are a multiple of k cycles apart more often than chance.

    Args:
        event: first cycles of runs of slow cycles; no two follow each other directly.
        starts: as in ``group_chance``.
        k: cycles from one to the next, at least 2.
    """
    sizes, events, block, place = _places(event, starts)
    same = np.bincount(block * k + place % k, minlength=len(sizes) * k).reshape(-1, k)
    pairs = events * (events - 1) / 2
    whole, rest = np.divmod(sizes, k)
    together = rest * (whole + 1) * whole + (k - rest) * whole * (whole - 1)
    # Neighbours were merged into runs, so pairs one cycle apart cannot occur.
    share = together / np.maximum((sizes - 1) * (sizes - 2), 1)
    third = events * (events - 1) * (events - 2) / 6
    triangle = (k - 1) / k**3
    return _pairs_tail((same * (same - 1) / 2).sum(), pairs, np.minimum(share, 1.0), third * triangle)


def close_chance(event: Bools, starts: Ints, within: int) -> Chance:
    """Test whether events of one shift-day are within so many cycles of each other more often than chance.

    Args:
        event: first cycles of runs of slow cycles; no two follow each other directly.
        starts: as in ``group_chance``.
        within: cycles, at least 2; shift-days shorter than four times that are left out.
    """
    sizes, events, block, place = _places(event, starts)
    long = sizes >= 4 * within
    key = starts[:-1][block] * 2 + place  # shift-days lie further apart than their own length
    head = place < within
    circle = np.sort(np.concatenate([key, (key + sizes[block])[head]]))  # a day's end meets its start
    ahead = np.searchsorted(circle, key + within, side="right") - np.searchsorted(circle, key, side="right")
    seen = float(ahead[long[block]].sum())
    pairs = np.where(long, events * (events - 1) / 2, 0.0)
    share = np.where(long, 2 * (within - 1) / np.maximum(sizes - 3, 1), 0.0)
    third = np.where(long, events * (events - 1) * (events - 2) / 6, 0.0)
    return _pairs_tail(seen, pairs, share, third * (0.75 * share**2 - share**3))


def discoveries(p_values: Floats) -> Floats:
    """Adjust p-values so that those up to any rate hold a share of false ones of at most that rate.

    Source:
        Benjamini and Hochberg (1995), *JRSS B* 57, 289-300.
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * count / np.arange(1, count + 1)
    adjusted = np.empty(count)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def _places(event: Bools, starts: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Return each block's size and number of events, and each event's block and place in it."""
    sizes = np.diff(starts)
    at = np.flatnonzero(event)
    block = np.searchsorted(starts, at, side="right") - 1
    return sizes, np.bincount(block, minlength=len(sizes)), block, at - starts[block]


def _pairs_tail(seen: float, pairs: Floats, share: Floats, triangles: Floats) -> Chance:
    """Return the chance of so many matching pairs, from their first three moments."""
    mean = float((pairs * share).sum())
    variance = float((pairs * share * (1 - share)).sum())
    if variance <= 0:
        return Chance(seen=seen, expected=mean, p_value=1.0)
    moment = float((pairs * share * (1 - share) * (1 - 2 * share)).sum() + 6 * triangles.sum())
    skew = moment / variance**1.5
    z = (seen - 0.5 - mean) / variance**0.5
    if skew <= 1e-6:
        return Chance(seen=seen, expected=mean, p_value=float(norm.sf(z)))
    shape = 4 / skew**2
    return Chance(seen=seen, expected=mean, p_value=float(gamma.sf(shape + z * shape**0.5, shape)))
