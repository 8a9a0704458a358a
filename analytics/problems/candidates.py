"""The patterns looked for at a station: which cycles each names, and what chance says of it.

A cycle is put into a group without looking at whether it is slow itself: products, hours and units after a
changeover are known beforehand; the phase of k and a burst are judged by the *other* slow cycles of the
shift-day. So a group's rate is as high as any other's where there is no pattern.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.problems.chance import Chance, close_chance, group_chance, phase_chance
from analytics.problems.sequence import SLOW, Sequence, starts_of_runs

EVERY = range(2, 25)
AFTER_CHANGEOVER = (1, 3, 5, 10, 20)
RARE_CHANGES = 0.2
WITHIN = (10, 30)
LEAST_EVENTS = 6

Floats = NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class StationCycles:
    """One station's cycles in time order; slow cycles that a pattern has taken are no longer among them."""

    site_id: str | None
    line_id: str | None
    station_id: str
    starts: NDArray[np.int64]
    slow: Floats
    delay_s: Floats
    called: NDArray[np.bool_]
    event: NDArray[np.bool_]
    groups: dict[tuple[str, str], NDArray[np.bool_]] = field(default_factory=dict)

    def day(self) -> NDArray[np.int64]:
        """Return the number of each cycle's shift-day."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def sums(self, inside: Floats, outside: Floats, exposure: Floats) -> tuple[Floats, ...]:
        """Add up per shift-day: slow cycles in and out, delay inside (s), cycles in and out."""
        day, days = self.day(), len(self.starts) - 1
        parts = (self.slow * inside, self.slow * outside, self.delay_s * inside, exposure, 1 - exposure)
        return tuple(np.asarray(np.bincount(day, part, days), dtype=np.float64) for part in parts)

    def take(self, inside: Floats) -> None:
        """Let a pattern have its slow cycles: later patterns no longer see them."""
        left = 1 - inside
        self.slow, self.delay_s = self.slow * left, self.delay_s * left
        self.event = self.event & (inside < SLOW)
        self.groups = {name: member & (inside < 1) for name, member in self.groups.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A pattern that may be there: its kind, its figure (k, units, hour, cycles; a product) and its test."""

    pattern: str
    detail: str
    chance: Chance

    @property
    def strength(self) -> float:
        """How far beyond chance, where p-values are too small to tell candidates apart."""
        return (self.chance.seen - self.chance.expected) / math.sqrt(max(self.chance.expected, 1.0))

    def again(self, station: StationCycles) -> Candidate:
        """Test the candidate once more on the slow cycles that are left."""
        return _candidate(station, self.pattern, self.detail)

    def split(self, station: StationCycles) -> tuple[Floats, Floats, Floats]:
        """Return each cycle's share in the group, its share outside it, and the group's exposure.

        The shares add up to 1 but where nothing can be said (the only slow cycle of a day has no phase).
        """
        if self.pattern == "every_k":
            return _same_phase(station, int(self.detail))
        if self.pattern == "burst":
            inside = _among_others(station, int(self.detail)).astype(np.float64)
        else:
            inside = station.groups[self.pattern, self.detail].astype(np.float64)
        return inside, 1 - inside, inside

    def words(self, *, slow_in: float, slow_out: float, cycles_in: float, cycles_out: float) -> str:
        """Say in words and figures what was seen."""
        inside, outside = _percent(slow_in, cycles_in), _percent(slow_out, cycles_out)
        if self.pattern == "every_k":
            total = slow_in + slow_out
            return (
                f"Every {_ordinal(int(self.detail))} unit: {slow_in:.0f} of {total:.0f} slow cycles fall on "
                f"the same unit in {self.detail}, {total / int(self.detail):.0f} would by chance."
            )
        if self.pattern == "by_product":
            return (
                f"Product {self.detail}: {inside} of its cycles are slow, {outside} of the other products'."
            )
        if self.pattern == "after_changeover":
            first = "First unit" if self.detail == "1" else f"First {self.detail} units"
            return f"{first} after a change of product: {inside} slow, {outside} otherwise."
        if self.pattern == "at_hour":
            hour = int(self.detail)
            return f"From {hour:02d}:00 to {(hour + 1) % 24:02d}:00: {inside} slow, {outside} at other hours."
        return (
            f"In bursts: {inside} of the cycles with two other problems within {self.detail} cycles "
            f"are slow, {outside} of the others."
        )


def station_cycles(seq: Sequence, timezone: str | None) -> Iterator[StationCycles]:
    """Cut the run into stations, each with the groups that are known beforehand.

    Args:
        seq: the run's cycles.
        timezone: IANA zone in which hours are told; None where the time stamps are wall clock already.
    """
    event = starts_of_runs(seq)
    moment = pl.coalesce("started_at", "ended_at")
    if timezone is not None and timezone != "unspecified":
        moment = moment.dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
    hour = seq.frame.select(moment.dt.hour().fill_null(-1).alias("hour"))["hour"].to_numpy()
    product = seq.frame["product_id"]
    for number, (site_id, line_id, station_id) in enumerate(seq.stations.iter_rows()):
        first, last = seq.station_start[number], seq.station_start[number + 1]
        if event[first:last].sum() < LEAST_EVENTS:
            continue
        here = slice(first, last)
        blocks = seq.block_start[(seq.block_start >= first) & (seq.block_start <= last)] - first
        yield StationCycles(
            site_id=site_id,
            line_id=line_id,
            station_id=station_id,
            starts=blocks,
            slow=seq.slow[here],
            delay_s=seq.delay_s[here],
            called=seq.called[here],
            event=event[here],
            groups=_known_groups(product[int(first) : int(last)], hour[here]),
        )


def candidates(station: StationCycles) -> Iterator[Candidate]:
    """Test every pattern that can be asked about at this station."""
    for k in EVERY:
        yield _candidate(station, "every_k", str(k))
    if station.groups:
        chances = group_chance(station.event, np.stack(list(station.groups.values())), station.starts)
        for (pattern, detail), chance in zip(station.groups, chances, strict=True):
            yield Candidate(pattern=pattern, detail=detail, chance=chance)
    for within in WITHIN:
        yield _candidate(station, "burst", str(within))


def _candidate(station: StationCycles, pattern: str, detail: str) -> Candidate:
    if pattern == "every_k":
        chance = phase_chance(station.event, station.starts, int(detail))
    elif pattern == "burst":
        chance = close_chance(station.event, station.starts, int(detail))
    else:
        chance = group_chance(station.event, station.groups[pattern, detail][None, :], station.starts)[0]
    return Candidate(pattern=pattern, detail=detail, chance=chance)


def _known_groups(product: pl.Series, hour: NDArray[np.int8]) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """Return the groups of cycles that are known without looking at slow cycles."""
    groups: dict[tuple[str, str], NDArray[np.bool_]] = {}
    names = product.drop_nulls().unique().sort().to_list()
    if len(names) > 1:
        for name in names:
            groups["by_product", name] = (product == name).fill_null(value=False).to_numpy()
        changed = (product.ne_missing(product.shift(1))).to_numpy().copy()
        changed[0] = False
        if 0 < changed.mean() < RARE_CHANGES:
            last_change = np.maximum.accumulate(np.where(changed, np.arange(len(changed)), -len(changed)))
            since = np.arange(len(changed)) - last_change
            for units in AFTER_CHANGEOVER:
                groups["after_changeover", str(units)] = since < units
    for one in np.unique(hour[hour >= 0]):
        groups["at_hour", str(one)] = hour == one
    return groups


def _same_phase(station: StationCycles, k: int) -> tuple[Floats, Floats, Floats]:
    """Put each cycle in or out of the phase of k on which most other problems of its shift-day fall."""
    day, days = station.day(), len(station.starts) - 1
    phase = (np.arange(len(day)) - station.starts[day]) % k
    at = np.flatnonzero(station.event)
    hits = np.bincount(day[at] * k + phase[at], minlength=days * k).reshape(days, k)
    others = hits[day]  # (cycles, k): each cycle's view of its shift-day, without itself
    others[at, phase[at]] -= 1
    most = others.max(axis=1)
    best = (others == most[:, None]) & (most[:, None] > 0)
    inside = best[np.arange(len(day)), phase] / np.maximum(best.sum(axis=1), 1)
    outside = np.where(most > 0, 1 - inside, 0.0)
    return inside, outside, np.full(len(day), 1 / k)


def _among_others(station: StationCycles, within: int) -> NDArray[np.bool_]:
    """Tell of each cycle whether at least two other problems lie within so many cycles in its shift-day."""
    day = station.day()
    position = np.arange(len(day))
    first = np.maximum(position - within, station.starts[day])
    last = np.minimum(position + within + 1, station.starts[day + 1])
    total = np.concatenate([[0], np.cumsum(station.event)])
    # The cycle's own problem is not among the others, nor is its neighbours' where it only continues theirs.
    near = total[np.minimum(position + 2, last)] - total[np.maximum(position - 1, first)]
    return np.asarray(total[last] - total[first] - near >= 2)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole > 0 else "none"


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 10 <= number % 100 <= 20 else endings.get(number % 10, "th")
    return f"{number}{ending}"
