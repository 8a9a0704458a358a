"""Which slow cycles does each source hold, and what do they say together of those that no source holds?

The andon calls are the first list, another source the second: the one that shares most slow cycles with the
calls, chosen before anybody looks at its odds ratio. Lists are truncated (a downtime log holds stops from a
threshold on), so the population is only what lies above the threshold of both: the delay that nine in ten of
the cycles on each list exceed, whole seconds. Left out are stations whose floor lies above it, and those that
a source does not cover: silent where at least three entries would be expected. Left out, too, are cycles
whose station's call was already open: they are seen, and nobody could have called again.

The number is a cross-check of what the cycle times show: these see slow cycles without any list. What the
range exceeds them by is what no source at all would have seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from analytics.estimate.capture import UNIT, Lists
from analytics.estimate.fit import Fit
from analytics.estimate.intervals import Errors, interval
from analytics.estimate.passes import Prepared
from analytics.estimate.plant import Bools, Floats, Ints, no_calls_here
from analytics.estimate.scoring import Scores, exceedance
from analytics.estimate.shifts import ShiftDays
from analytics.estimate.summaries import station_floors
from analytics.estimate.sums import model_error
from analytics.estimate.tables import LIKELY, Recorded
from analytics.estimate.unseen import Unseen, held_by_neither, odds_ratio
from analytics.results import Estimate, Quantity, Unavailable

CALLS = "andon calls"
TRUNCATED_SHARE = 0.10
SURELY_SEEN = 3.0
THRESHOLD_ERROR = 0.05
"""Of what cycle times show beyond a threshold, one sigma: waits that lift a shorter delay over it."""
NO_OTHER = Unavailable(
    reason="not estimable: it takes a second source that sees problems independently",
    needed="a downtime log, maintenance tickets, quality rejects or machine alarms",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCheck:
    """One source beside the andon calls.

    Attributes:
        source: its name.
        held: slow cycles at or above the threshold that it holds.
        overlap: of these, how many the calls hold too.
        odds_ratio: of this source given a call, at equal delay.
        threshold_s: the shortest delay of the population.
    """

    source: str
    held: float
    overlap: float
    odds_ratio: Quantity
    threshold_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenByNone:
    """The rung of what no source holds.

    Attributes:
        count: slow cycles that no source holds, a range, or why there is none.
        second: the source beside the calls.
        threshold_s: the shortest delay of the population.
        stations: how many stations both sources cover.
        unseen: what the two lists say.
        visible: of the slow cycles that no source holds, how many cycle times show.
        beyond: what the range exceeds them by.
        checks: every source beside the calls, most shared first.
    """

    count: Quantity
    second: str | None = None
    threshold_s: float | None = None
    stations: int = 0
    unseen: Unseen | None = None
    visible: Quantity | None = None
    beyond: Quantity | None = None
    checks: tuple[SourceCheck, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return ``demand.seen_by_no_source`` of the report contract."""
        told: dict[str, Any] = {"count": self.count.to_json()}
        if self.unseen is None or self.visible is None or self.beyond is None:
            return told
        told["evidence"] = {
            "first": CALLS,
            "second": self.second,
            "threshold_s": self.threshold_s,
            "stations": self.stations,
            "overlap": self.unseen.overlap,
            "odds_ratio": self.unseen.odds_ratio.to_json(),
            "chapman": self.unseen.chapman.to_json(),
            "huggins_alho": self.unseen.huggins_alho.to_json(),
            "chao": self.unseen.chao.to_json(),
            "visible_in_cycle_time": self.visible.to_json(),
            "beyond_cycle_time": self.beyond.to_json(),
            "sources": [
                {
                    "source": check.source,
                    "held": check.held,
                    "overlap": check.overlap,
                    "odds_ratio": check.odds_ratio.to_json(),
                    "threshold_s": check.threshold_s,
                }
                for check in self.checks
            ],
        }
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """The calls and one source over the stations that both cover."""

    source: str
    lists: Lists
    rows: Ints
    stations: int


def seen_by_none(
    prepared: Prepared,
    fit: Fit,
    scores: Scores,
    errors: Errors,
    recorded: Recorded,
    shifts: ShiftDays,
    *,
    withheld: Unavailable | None,
    rng: np.random.Generator,
) -> SeenByNone:
    """Estimate the slow cycles that no source holds, or say why not.

    Args:
        prepared: the prepared plant.
        fit: the fitted stations.
        scores: chances and delays per cycle.
        errors: how wrong the fit may be.
        recorded: what other sources saw.
        shifts: shift and shift-day of every cycle.
        withheld: why nothing may be said of slow cycles at all, if so.
        rng: source of the bootstrap.
    """
    held = held_by_source(prepared, recorded)
    if not held:
        return SeenByNone(count=NO_OTHER)
    refusal = no_calls_here(prepared.plant.calls) or withheld
    if refusal is not None:
        return SeenByNone(count=refusal)
    pairs = [_pair(name, rows, prepared, fit, scores, shifts) for name, rows in held.items()]
    known = [pair for pair in pairs if pair is not None]
    if not known:
        return SeenByNone(count=Unavailable(reason="not estimable: overlap 0", needed=NO_OTHER.needed))
    known.sort(key=lambda pair: (-pair.lists.overlap, pair.source))
    chosen = known[0]
    unseen = held_by_neither(chosen.lists, (CALLS, f"“{chosen.source}”"), rng)
    others = np.zeros(prepared.plant.size, dtype=bool)
    for name, rows in held.items():
        others |= rows if name != chosen.source else False
    neither = ~chosen.lists.first & ~chosen.lists.second
    elsewhere = chosen.lists.amount(neither & others[chosen.rows])
    left = neither & ~others[chosen.rows]
    visible = _visible(chosen, left, prepared.plant.station, errors)
    count = _without(unseen.count, elsewhere)
    return SeenByNone(
        count=count,
        second=chosen.source,
        threshold_s=chosen.lists.threshold_s,
        stations=chosen.stations,
        unseen=unseen,
        visible=visible,
        beyond=_beyond(count, visible),
        checks=tuple(_check(pair) for pair in known),
    )


def held_by_source(prepared: Prepared, recorded: Recorded) -> dict[str, Bools]:
    """Return which cycles each source besides the calls holds, shape (n,), by its name."""
    names = prepared.plant.detections["source"].fill_null("another source")
    held: dict[str, Bools] = {}
    for name in names.unique().sort().to_list():
        cycle = recorded.cycle_of_detection[(names == name).to_numpy()]
        rows = np.zeros(prepared.plant.size, dtype=bool)
        rows[cycle[cycle >= 0]] = True
        if rows.any():
            held[str(name)] = rows
    return held


def _pair(
    name: str, second: Bools, prepared: Prepared, fit: Fit, scores: Scores, shifts: ShiftDays
) -> _Pair | None:
    """Put a source beside the calls; None where one of them holds no slow cycle."""
    plant = prepared.plant
    first = prepared.matching.called
    delay_s = np.nan_to_num(prepared.net.net_s - prepared.expected_s, nan=0.0)
    slow = np.nan_to_num(scores.slow, nan=0.0)
    likely = slow >= LIKELY
    if not (first & likely).any() or not (second & likely).any():
        return None
    shortest = [np.quantile(delay_s[rows & likely], TRUNCATED_SHARE) for rows in (first, second)]
    threshold_s = float(math.ceil(max(shortest)))
    _, floor = station_floors(prepared)
    with np.errstate(invalid="ignore"):
        judged = np.isfinite(floor) & (floor <= threshold_s)
    covered = judged & _covered(plant.station, first, slow) & _covered(plant.station, second, slow)
    with np.errstate(invalid="ignore", divide="ignore"):
        sigmas = np.nan_to_num(threshold_s / prepared.scale_s, nan=np.inf)
    chance, _ = exceedance(prepared, fit, sigmas)
    could_be_called = prepared.usable & ~prepared.matching.covered
    chance = np.where(could_be_called & covered[plant.station], chance, 0.0)
    rows = np.flatnonzero(chance > 1e-4)
    if not rows.size:
        return None
    cluster = plant.station[rows] * np.int64(1_000_000) + shifts.day[rows].astype(np.int64)
    return _Pair(
        source=name,
        lists=Lists(
            delay_s=delay_s[rows],
            weight=chance[rows],
            first=first[rows],
            second=second[rows],
            cluster=cluster,
            threshold_s=threshold_s,
        ),
        rows=rows,
        stations=int(covered.sum()),
    )


def _visible(pair: _Pair, left: Bools, station: Ints, errors: Errors) -> Estimate:
    """Return how many of the slow cycles that no source holds the cycle times show."""
    weight = np.where(left, pair.lists.weight, 0.0)
    per_station = np.bincount(station[pair.rows], weights=weight, minlength=errors.station_count.size)
    part = pl.DataFrame({"n": per_station, "error": errors.station_count})
    return interval(
        float(weight.sum()),
        math.hypot(model_error(part, "n", "error", errors.shared), THRESHOLD_ERROR),
        variance=float(np.sum(weight * (1.0 - weight))),
        unit=UNIT,
        method=f"delay mixture, delays of {pair.lists.threshold_s:.0f} s or more",
    )


def _covered(station: Ints, rows: Bools, slow: Floats) -> Bools:
    """Tell which stations a source covers: it holds something there, or would hardly be expected to."""
    size = int(station.max()) + 1
    holds = np.bincount(station[rows], minlength=size)
    weight = np.bincount(station, weights=slow, minlength=size)
    rate = float(np.sum(slow[rows])) / max(float(weight[holds > 0].sum()), 1e-9)
    return np.asarray((holds > 0) | (rate * weight < SURELY_SEEN))


def _check(pair: _Pair) -> SourceCheck:
    return SourceCheck(
        source=pair.source,
        held=pair.lists.amount(pair.lists.second),
        overlap=pair.lists.overlap,
        odds_ratio=odds_ratio(pair.lists),
        threshold_s=pair.lists.threshold_s,
    )


def _without(count: Quantity, elsewhere: float) -> Quantity:
    """Take out what a third source holds: it is seen."""
    if isinstance(count, Unavailable):
        return count
    return Estimate(
        value=max(count.value - elsewhere, 0.0),
        lower=max(count.lower - elsewhere, 0.0),
        upper=max(count.upper - elsewhere, 0.0),
        unit=count.unit,
        method=count.method,
    )


def _beyond(count: Quantity, visible: Estimate) -> Quantity:
    """Return what the range exceeds the cycle times by, end against end."""
    if isinstance(count, Unavailable):
        return count
    return Estimate(
        value=max(count.value - visible.value, 0.0),
        lower=max(count.lower - visible.upper, 0.0),
        upper=max(count.upper - visible.lower, 0.0),
        unit=count.unit,
        method="the range less what cycle times show",
    )
