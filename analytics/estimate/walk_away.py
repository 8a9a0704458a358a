"""Do people walk away from the andon because help is busy?

Call rates by the number of calls open elsewhere on the line, and the part of what ran without a call that
would have been called had none been open: quicker help or more team leaders would close that part, and not
the rest. Slow cycles whose own station has a call open are *being served*: they are neither called again nor
walked away from, and stand apart.

Published are the curve and the share. The slope on the queue is not: it is flattened by what is not known of
the moment at which a person looked up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analytics.estimate.intervals import PLANT_ERROR
from analytics.estimate.open_calls import Queue, queue_at
from analytics.estimate.passes import Prepared
from analytics.estimate.plant import MISSING, Bools, Floats, Ints, no_calls_here
from analytics.estimate.scoring import Scores
from analytics.estimate.shifts import ShiftDays
from analytics.estimate.strata import COUNT_UNIT, measured
from analytics.estimate.walk_away_curve import Level, call_curve
from analytics.estimate.walk_away_share import QueueShare, Share, SlowCycles, queue_share, shift_phase
from analytics.results import Caveat, Estimate, Quantity, Unavailable

METHOD = "calls by the number already open on the line, at equal delay, station, shift and hour"
SHARE_UNIT = "share of slow cycles without a call"
LEAST_CHANCE = 0.02
FEWEST_AT_QUEUE, FEWEST_SHIFT_DAYS = 10.0, 6
LEAST_ENDS = 0.5
MUCH_EXPLAINED, ALL_EXPLAINED = 0.6, 0.9
LARGE_DIFFERENCE = 0.03
TIED = Unavailable(
    reason="how many calls are open follows from station, shift and hour here, so busy help cannot be told "
    "from what else differs between them",
    needed="a period in which help was more and less busy at the same stations and shifts",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkAway:
    """What busy help does to calling.

    Attributes:
        curve: call rates by open calls.
        share, count: of what ran without a call, the part that would have been called had no other call
            been open.
        remaining_share, remaining_count: the part that would not.
        unadjusted_share: the share as it would be without regard to station, shift and hour.
        being_served: slow cycles whose own station had a call open; counted as called.
        caveats: what stands in the way of taking the share for an effect of the queue.
    """

    curve: tuple[Level, ...]
    share: Quantity
    count: Quantity
    remaining_share: Quantity
    remaining_count: Quantity
    unadjusted_share: Quantity
    being_served: Quantity
    caveats: tuple[Caveat, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the section as the report contract writes it."""
        return {
            "curve": [level.to_json() for level in self.curve],
            "attributable": {"count": self.count.to_json(), "share": self.share.to_json()},
            "remaining": {"count": self.remaining_count.to_json(), "share": self.remaining_share.to_json()},
            "unadjusted_share": self.unadjusted_share.to_json(),
            "being_served": self.being_served.to_json(),
        }


def walk_away(
    prepared: Prepared,
    scores: Scores,
    at_common: Floats,
    shifts: ShiftDays,
    undetected: Quantity,
    *,
    plant_error: float = PLANT_ERROR,
    withheld: Unavailable | None = None,
    rng: np.random.Generator,
) -> WalkAway | Unavailable:
    """Estimate how much of what ran without a call did so because help was busy.

    Args:
        prepared: the prepared plant.
        scores: chances per cycle.
        at_common: chance of an own delay of at least the common floor, shape (n,), nan where not compared.
        shifts: shift and shift-day of every cycle.
        undetected: slow cycles that ran without a call.
        plant_error: relative model error of that count.
        withheld: why no estimate may be shown at all, if so.
        rng: random numbers of the interval.
    """
    refusal = withheld or no_calls_here(prepared.plant.calls) or _unknown_queue(prepared)
    if refusal is not None:
        return refusal
    matching = prepared.matching
    judged = (
        prepared.usable
        & (np.nan_to_num(scores.slow) >= LEAST_CHANCE)
        & (prepared.blocking.weight < 0.5)
        & ~matching.covered
    )
    rows = np.flatnonzero(judged)
    queue = queue_at(
        prepared.plant,
        rows,
        prepared.own.begin_us,
        prepared.expected_s,
        matching.opens_us,
        matching.closes_us,
        matching.call_of_cycle,
    )
    rows, queue = rows[~queue.own_open], _only(queue, ~queue.own_open)
    cycles = _slow_cycles(prepared, scores, shifts, rows, queue)
    found = _too_little(cycles, queue.halfway) or queue_share(cycles, rng)
    if isinstance(found, QueueShare) and found.explained > ALL_EXPLAINED:
        found = TIED
    share = found if isinstance(found, Unavailable) else _share(found.adjusted)
    rest = share if isinstance(share, Unavailable) else _rest(share)
    return WalkAway(
        curve=call_curve(cycles, queue.halfway, (at_common * (1.0 - matching.claimed))[rows], plant_error),
        share=share,
        count=_part(share, undetected),
        remaining_share=rest,
        remaining_count=_part(rest, undetected),
        unadjusted_share=found if isinstance(found, Unavailable) else _share(found.unadjusted),
        being_served=_served(prepared, scores),
        caveats=() if isinstance(found, Unavailable) else tuple(_caveats(found)),
    )


def _unknown_queue(prepared: Prepared) -> Unavailable | None:
    """Say why nobody can know how many calls were open, or None."""
    calls, ends = prepared.plant.calls, prepared.matching.closes_us
    needed = "acknowledged_at or resolved_at in the andon export"
    if (ends == MISSING).any():
        return Unavailable(
            reason="the calls have no time at which they were answered or closed, so it is not known how "
            "many were open",
            needed=needed,
        )
    told = max(1.0 - calls[name].null_count() / calls.height for name in ("resolved_us", "acknowledged_us"))
    if told < LEAST_ENDS:
        return Unavailable(
            reason=f"only {told:.0%} of the calls have a time at which they were answered or closed",
            needed=f"{needed} for at least {LEAST_ENDS:.0%} of the calls",
        )
    return None


def _only(queue: Queue, rows: Bools) -> Queue:
    return Queue(halfway=queue.halfway[rows], mean=queue.mean[rows], own_open=queue.own_open[rows])


def _slow_cycles(
    prepared: Prepared, scores: Scores, shifts: ShiftDays, rows: Ints, queue: Queue
) -> SlowCycles:
    plant, called = prepared.plant, prepared.matching.called[rows]
    phase = shift_phase(plant.line, shifts.shift, shifts.day, prepared.own.begin_us, rows)
    return SlowCycles(
        called=called,
        weight=np.where(called, scores.slow[rows], scores.undetected[rows]),
        excess_s=prepared.net.net_s[rows] - prepared.expected_s[rows],
        queue=queue.mean,
        station=plant.station[rows],
        line=plant.line[rows],
        shift_day=phase["shift_day"].to_numpy(),
        plant_shift_day=phase["plant_shift_day"].to_numpy(),
        shift=phase["shift"].to_numpy(),
        hours=phase["hours"].to_numpy(),
    )


def _too_little(cycles: SlowCycles, open_calls: Ints) -> Unavailable | None:
    """Say why the share cannot be told from these cycles, or None."""
    busy, weight, called = open_calls > 0, cycles.weight, cycles.called
    if weight.sum() < FEWEST_AT_QUEUE:
        return Unavailable(
            reason=f"{weight.sum():.0f} slow cycles whose station had no call open",
            needed=f"at least {FEWEST_AT_QUEUE:.0f} (are calls closed in the log?)",
        )
    if not busy.any():
        return Unavailable(
            reason="no slow cycle ran while a call was open elsewhere on its line: help was never seen busy",
            needed="a longer period",
        )
    free, at_queue, silent = (float(weight[part].sum()) for part in (~busy, busy & called, busy & ~called))
    if free < FEWEST_AT_QUEUE:
        return Unavailable(
            reason="a call was open elsewhere on the line at almost every slow cycle, so there is nothing to "
            "compare with",
            needed=f"at least {FEWEST_AT_QUEUE:.0f} slow cycles with no other call open (are calls closed in "
            "the log?)",
        )
    if min(at_queue, silent) < FEWEST_AT_QUEUE:
        return Unavailable(
            reason=f"too few slow cycles while another call was open: {at_queue:.0f} called, {silent:.0f} "
            "without a call",
            needed=f"at least {FEWEST_AT_QUEUE:.0f} of each",
        )
    shift_days = np.unique(cycles.shift_day).size
    if shift_days < FEWEST_SHIFT_DAYS:
        return Unavailable(
            reason=f"{shift_days} shifts of a line only", needed=f"at least {FEWEST_SHIFT_DAYS}"
        )
    return None


def _share(found: Share) -> Estimate:
    """Publish a share: what was fitted below 0 reads 0, nobody walks away a negative number of times."""
    return Estimate(
        value=min(max(found.value, 0.0), 1.0),
        lower=min(max(found.lower, 0.0), 1.0),
        upper=min(max(found.upper, 0.0), 1.0),
        unit=SHARE_UNIT,
        method=METHOD,
    )


def _rest(share: Estimate) -> Estimate:
    return replace(share, value=1.0 - share.value, lower=1.0 - share.upper, upper=1.0 - share.lower)


def _part(share: Quantity, whole: Quantity) -> Quantity:
    """Return a share of an estimated count; the errors of both add up in squares."""
    if isinstance(whole, Unavailable):
        return whole
    if isinstance(share, Unavailable):
        return share
    value = share.value * whole.value
    below = np.hypot((share.value - share.lower) * whole.value, share.value * (whole.value - whole.lower))
    above = np.hypot((share.upper - share.value) * whole.value, share.value * (whole.upper - whole.value))
    return replace(
        whole,
        value=value,
        lower=max(0.0, value - float(below)),
        upper=value + float(above),
        method=METHOD,
    )


def _served(prepared: Prepared, scores: Scores) -> Estimate:
    chance = np.nan_to_num(scores.slow)[prepared.matching.covered & prepared.usable]
    return measured(float(chance.sum()), float(np.sum(chance * (1.0 - chance))), COUNT_UNIT)


def _caveats(found: QueueShare) -> Iterator[Caveat]:
    if found.explained > MUCH_EXPLAINED:
        yield Caveat(
            code="walk_away_tied",
            severity="warning",
            message=f"How many calls are open follows by {found.explained:.0%} from station, shift and hour: "
            "what keeps people from calling then, busy help or something else, can hardly be told apart.",
            affects="walk_away",
        )
    if abs(found.adjusted.value - found.unadjusted.value) > LARGE_DIFFERENCE:
        yield Caveat(
            code="walk_away_confounded",
            severity="warning",
            message="Busy help goes together with station, shift or hour here. Without regard to them "
            f"{max(found.unadjusted.value, 0.0):.0%} of what ran without a call would be put down to busy "
            f"help; with them it is {max(found.adjusted.value, 0.0):.0%}. Something else may still differ.",
            affects="walk_away",
        )
    if found.adjusted.upper < 0:
        yield Caveat(
            code="walk_away_inverse",
            severity="info",
            message="Calls are more frequent while other calls are open: something raises both. What busy "
            "help keeps from being called is put at 0.",
            affects="walk_away",
        )
