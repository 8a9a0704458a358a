"""A serial line with finite buffers: when every unit starts and leaves at every station.

Question: given the work, when does it happen? Recursion of a tandem queue with blocking after service
(e.g. Buzacott & Shanthikumar 1993, *Stochastic Models of Manufacturing Systems*, ch. 5):
start = max(arrived, station free), leave = max(finished, room downstream). Room appears when the unit
``buffer + 1`` places ahead leaves the next station, so a blocked unit's end equals an end downstream.

Assumptions: work is done in working hours; a unit that meets a break is finished in it (up to ``patience_s``,
where that is the line's habit) or waits it out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.simulate.draw import Units
from analytics.simulate.hours import Schedule
from analytics.simulate.structure import Line

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When it happened; arrays (units, stations), seconds since midnight of the first day.

    Attributes:
        start: the unit's work begins.
        leave: the unit leaves, after any waiting for room downstream.
        in_control_s: what the work took without a problem, changeover and warm-up included.
        expected_s: the same without chance.
        paused_s: breaks and free time inside the cycle in which nothing was done.
        blocked_s: waiting for room, breaks left out.
        piece: the piece of working time in which the cycle began.
    """

    start: Floats
    leave: Floats
    in_control_s: Floats
    expected_s: Floats
    paused_s: Floats
    blocked_s: Floats
    piece: Ints


def run_line(
    line: Line, units: Units, schedule: Schedule, crew: Floats, patience_s: float, quantum_s: float = 0.0
) -> Times:
    """Let the units flow through the line.

    Args:
        line: the line.
        units: its work.
        schedule: working hours.
        crew: factor of each working piece and station, shape (pieces, stations).
        patience_s: the most work done in a break to finish a unit.
        quantum_s: in-control times are multiples of this where it is positive.
    """
    count, stations = units.delay_s.shape
    release = schedule.wall(np.arange(count) * line.takt_s).tolist()
    starts_at, ends_at, fresh = schedule.starts.tolist(), schedule.ends.tolist(), schedule.fresh.tolist()
    last = len(starts_at) - 1
    finish_early = patience_s if line.habit == "finish" else 0.0
    factor = (line.shift_factor[:, schedule.shift].T * crew).tolist()
    raise_by, fades = line.warm_up, line.warm_up_s
    fields: list[list[list[float]]] = [[[0.0] * count for _ in range(stations)] for _ in range(6)]
    begin, gone, took, usual, paused, waited = fields
    pieces = [[0] * count for _ in range(stations)]
    expected = [units.expected_s[:, s].tolist() for s in range(stations)]
    noise = [units.noise[:, s].tolist() for s in range(stations)]
    extra = [units.changeover_s[:, s].tolist() for s in range(stations)]
    delay = [units.delay_s[:, s].tolist() for s in range(stations)]
    room = [int(size) + 1 for size in line.buffers]
    handling = line.handling_s.tolist()
    free = [0.0] * stations
    piece = [0] * stations
    for i in range(count):
        at = release[i]
        for s in range(stations):
            start = free[s]
            if at > start:
                start = at
            p = piece[s]
            while p < last and start >= ends_at[p]:
                p += 1
            piece[s] = p
            if start < starts_at[p]:
                start = starts_at[p]
            # What the work takes, now that the time of day is known.
            age = start - fresh[p]
            warm = 1.0 + raise_by * math.exp(-age / fades) if age < 1500.0 else 1.0
            plain = expected[s][i] * factor[p][s] * warm
            work = plain * noise[s][i]
            if quantum_s > 0.0:
                work = round(work / quantum_s) * quantum_s
            work += extra[s][i]
            end = start + work + delay[s][i]
            # Breaks and the end of the day.
            rest = 0.0
            q = p
            while q < last and end > ends_at[q]:
                over = end - ends_at[q]
                gap = starts_at[q + 1] - ends_at[q]
                if gap > 0.0 and not (over <= finish_early and over < gap):
                    rest += gap
                    end += gap
                elif gap > 0.0:
                    break
                q += 1
            out = end
            if s < stations - 1 and i >= room[s]:
                ahead = gone[s + 1][i - room[s]]
                if ahead > out:
                    out = ahead
            begin[s][i], gone[s][i], took[s][i] = start, out, work
            usual[s][i], paused[s][i], waited[s][i] = plain + extra[s][i], rest, out - end
            pieces[s][i] = p
            free[s] = out + handling[s]
            at = out
    arrays = [np.array(field).T.reshape(count, stations) for field in fields]
    idle = _idle_between(schedule, arrays[1] - arrays[5], arrays[1])
    return Times(
        start=arrays[0],
        leave=arrays[1],
        in_control_s=arrays[2],
        expected_s=arrays[3],
        paused_s=arrays[4] + idle,
        blocked_s=np.maximum(arrays[5] - idle, 0.0),
        piece=np.array(pieces).T.reshape(count, stations),
    )


def _idle_between(schedule: Schedule, begin: Floats, end: Floats) -> Floats:
    """Return how much of each interval (s) lies outside working time."""
    edges = np.column_stack([schedule.starts, schedule.ends]).ravel()
    worked = schedule.ends - schedule.starts
    done = np.repeat(np.concatenate([[0.0], np.cumsum(worked)]), 2)[1:-1]

    def clock(times: Floats) -> Floats:
        return np.interp(times, edges, done)

    return np.where(end > begin, (end - begin) - (clock(end) - clock(begin)), 0.0)
