"""A serial line with finite buffers: when every unit starts and leaves at every station.

Question: given the work, when does it happen? Recursion of a tandem queue with blocking after service
(e.g. Buzacott & Shanthikumar 1993, *Stochastic Models of Manufacturing Systems*, ch. 5):
start = max(arrived, station free), leave = max(finished, room downstream). Room appears when the unit
``buffer + 1`` places ahead leaves the next station, so a blocked unit's end equals an end downstream; where
units travel, room appears when that one has gone, so the two ends differ by its travel time.

Assumptions: work is done in working hours; a unit that meets a break is finished in it (up to the patience,
where that is the line's habit) or waits it out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.simulate.draw import Units
from analytics.simulate.happened import Happened
from analytics.simulate.hours import Schedule
from analytics.simulate.structure import SerialLine

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What depends on the time of day.

    Attributes:
        crew: factor of each working piece and station, shape (pieces, stations).
        patience_s: the most work done in a break to finish a unit, where that is the habit.
        quantum_s: in-control times are multiples of this where it is positive.
    """

    crew: Floats
    patience_s: float
    quantum_s: float = 0.0


def run_line(line: SerialLine, units: Units, schedule: Schedule, pace: Pace) -> Happened:
    """Let the units flow through the line."""
    count = units.delay_s.shape[0]
    steps, last_step = line.steps, len(line.steps) - 1
    release = schedule.wall(np.arange(count, dtype=np.float64) * line.layout.takt_s).tolist()
    clock = Clock(schedule, pace.patience_s if line.habit == "finish" else 0.0)
    ends_at, starts_at, fresh = clock.ends, clock.starts, schedule.fresh.tolist()
    last = len(ends_at) - 1
    factor = (line.shift_factor[:, schedule.shift].T * pace.crew).tolist()
    raise_by, fades, quantum = line.warm_up, line.warm_up_s, pace.quantum_s
    begin, gone, took, usual, rested, waited, pieces = ([[0.0] * count for _ in steps] for _ in range(7))
    where = [[0] * count for _ in steps]
    expected, noise = units.expected_s.T.tolist(), units.noise.T.tolist()
    change, delay = units.changeover_s.T.tolist(), units.delay_s.T.tolist()
    products, batches = units.product.tolist(), units.batch.tolist()
    room, travel, handling = _rooms(line), line.travel_s.tolist(), line.handling_s.tolist()
    free, piece, made = [0.0] * len(handling), [0] * len(handling), [-1] * len(handling)
    for i in range(count):
        at = release[i]
        for k, machines in enumerate(steps):
            s = machines[0]
            if len(machines) > 1:
                s = machines[i % 2] if k < line.branches else min(machines, key=free.__getitem__)
            p = piece[s]
            start = max(at, free[s])
            while p < last and start >= ends_at[p]:
                p += 1
            piece[s] = p
            start = max(start, starts_at[p])
            # What the work takes, now that the time of day is known.
            age = start - fresh[p]
            plain = expected[s][i] * factor[p][s]
            if age < 1500.0:
                plain *= 1.0 + raise_by * math.exp(-age / fades)
            work = plain * noise[s][i]
            if quantum > 0.0:
                work = round(work / quantum) * quantum
            extra = change[s][batches[i]] if made[s] != products[i] else 0.0
            made[s] = products[i]
            work += extra
            end, rest = clock.finish(start + work + delay[s][i], p)
            out = end
            if k < last_step and i >= room[k]:
                out = max(end, gone[k + 1][i - room[k]] + travel[k + 1])
            begin[k][i], gone[k][i], took[k][i], pieces[k][i], where[k][i] = start, out, work, p, s
            usual[k][i], rested[k][i], waited[k][i] = plain + extra, rest, out - end
            free[s] = out + travel[k] + handling[s]
            at = out + travel[k]

    def flat(columns: list[list[float]]) -> Floats:
        return np.array(columns, dtype=np.float64).T.ravel()

    unit, station = np.repeat(np.arange(count), len(steps)), np.array(where).T.ravel()
    leaving, waiting = flat(gone), flat(waited)
    idle = schedule.idle_between(leaving - waiting, leaving)
    return Happened(
        unit=unit,
        station=station,
        product=units.product[unit],
        batch=units.batch[unit],
        start=flat(begin),
        end=leaving,
        in_control_s=flat(took),
        expected_s=flat(usual),
        delay_s=units.delay_s[unit, station],
        problem=units.problem[unit, station],
        kind=units.kind[unit, station],
        paused_s=flat(rested) + idle,
        blocked_s=np.maximum(waiting - idle, 0.0),
        piece=flat(pieces).astype(np.int64),
    )


def _rooms(line: SerialLine) -> list[int]:
    """Return how many units ahead the one went whose leaving the next step makes room, per step but the last.

    Two machines hold one unit more; of two branches every other unit counts.
    """
    return [
        int(size) + len(line.steps[step + 1]) if step >= line.branches else 2 * (int(size) + 1)
        for step, size in enumerate(line.buffers)
    ]


class Clock:
    """Working hours as plain lists, for the inner loops."""

    def __init__(self, schedule: Schedule, patience_s: float) -> None:
        self.starts: list[float] = schedule.starts.tolist()
        self.ends: list[float] = schedule.ends.tolist()
        self.patience_s = patience_s

    def finish(self, end: float, piece: int) -> tuple[float, float]:
        """Return when work is done that would end at ``end`` without breaks, and the pauses in it (s)."""
        ends, starts = self.ends, self.starts
        last = len(ends) - 1
        rest = 0.0
        while piece < last and end > ends[piece]:
            over = end - ends[piece]
            gap = starts[piece + 1] - ends[piece]
            if gap > 0.0:
                if over <= self.patience_s and over < gap:
                    break
                rest += gap
                end += gap
            piece += 1
        return end, rest
