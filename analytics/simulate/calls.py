"""Andon calls: who calls, when help answers, and what the log makes of it.

Question: which problems are called? People call with a probability that rises with the delay and falls with
the number of calls already open on the line (balking, METHODS: walk away); a station whose call is still open
does not call again (covered). Team leaders are servers: calls wait for a free one.

Assumptions: delays are given; help does not shorten them. A call stays open until its problem is over.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.simulate.draw import Units
from analytics.simulate.hours import Schedule
from analytics.simulate.serial import Times
from analytics.simulate.spec import Calls
from analytics.simulate.structure import Line

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NO_TRACE = ("quality", "safety", "material")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLog:
    """The calls of one line; arrays (calls,), seconds, on the true clock.

    Attributes:
        unit, station: the cycle the call is about (unit -1: about none).
        logged_station: the station the log names.
        raised, acknowledged, resolved: times.
        kind: process, quality, safety or material.
        called: a call about a problem was raised in this cycle, shape (units, stations).
        covered: the station's call was open when the expected time ran out, same shape.
    """

    unit: Ints
    station: Ints
    logged_station: Ints
    raised: Floats
    acknowledged: Floats
    resolved: Floats
    kind: list[str]
    called: Bools
    covered: Bools


def draw_calls(
    calls: Calls, line: Line, units: Units, times: Times, schedule: Schedule, rng: np.random.Generator
) -> CallLog:
    """Go through the line's problems in order of time and decide which are called."""
    shape = units.delay_s.shape
    called = np.zeros(shape, dtype=np.bool_)
    covered = np.zeros(shape, dtype=np.bool_)
    if not calls.andon:
        nothing = np.zeros(0)
        none = np.zeros(0, dtype=np.int64)
        return CallLog(
            unit=none, station=none, logged_station=none, raised=nothing, acknowledged=nothing,
            resolved=nothing, kind=[], called=called, covered=covered,
        )  # fmt: skip
    desk = _Desk(line, rng)
    events = _problem_events(units, times) + _other_events(calls, shape, times, rng)
    events.sort()
    over = _problem_ends(units, times)
    done: set[int] = set()
    for onset, unit, station, kind in events:
        expected_end = float(times.start[unit, station] + times.expected_s[unit, station])
        if kind != "process":
            desk.raise_call(onset, unit, station, kind, until=onset)
            continue
        problem = int(units.problem[unit, station])
        delay = float(units.delay_s[unit, station])
        if problem in done or desk.open_until[station] > expected_end:
            continue
        logit = (
            line.call_level[station, schedule.shift[times.piece[unit, station]]]
            + line.call_by_delay * np.log(delay / 30.0)
            - line.call_by_queue * desk.waiting(onset, station)
        )
        if calls.always or rng.random() < 1.0 / (1.0 + np.exp(-logit)):
            late = rng.random() < calls.late
            hand = min(float(rng.lognormal(np.log(8.0), 0.6)), 0.9 * delay)
            raised = onset + (delay + float(rng.uniform(5.0, 40.0)) if late else hand)
            desk.raise_call(raised, unit, station, kind, until=over[problem])
            called[unit, station] = True
            done.add(problem)
    return desk.log(calls, called, covered, times)


class _Desk:
    """The team leaders and the calls before them, while the simulation runs."""

    def __init__(self, line: Line, rng: np.random.Generator) -> None:
        self.line, self.rng = line, rng
        self.free = [0.0] * max(line.leaders, 1)
        self.open_until = [-1.0] * len(line.station_ids)
        self.open_calls: list[tuple[float, float, int]] = []  # resolved, raised, station
        self.rows: list[tuple[int, int, float, float, float, str]] = []

    def waiting(self, now: float, station: int) -> int:
        """Count the calls open on the line at other stations."""
        while self.open_calls and self.open_calls[0][0] <= now:
            heapq.heappop(self.open_calls)
        return sum(1 for _, raised, where in self.open_calls if where != station and raised <= now)

    def raise_call(self, raised: float, unit: int, station: int, kind: str, until: float) -> None:
        """Log a call and let the first free team leader answer it."""
        leader = heapq.heappop(self.free)
        walk = float(self.rng.lognormal(np.log(self.line.answer_s), 0.5))
        answered = max(raised, leader) + walk
        repaired = float(self.rng.lognormal(np.log(self.line.repair_s), 0.6))
        resolved = max(answered + 3.0, until) + repaired
        heapq.heappush(self.free, resolved)
        self.open_until[station] = max(self.open_until[station], resolved)
        heapq.heappush(self.open_calls, (resolved, raised, station))
        self.rows.append((unit, station, raised, answered, resolved, kind))

    def log(self, calls: Calls, called: Bools, covered: Bools, times: Times) -> CallLog:
        """Put the calls in arrays, misplace some, and mark the cycles that they cover."""
        unit = np.array([row[0] for row in self.rows], dtype=np.int64)
        station = np.array([row[1] for row in self.rows], dtype=np.int64)
        raised = np.array([row[2] for row in self.rows], dtype=np.float64)
        resolved = np.array([row[4] for row in self.rows], dtype=np.float64)
        kind = [row[5] for row in self.rows]
        stations = called.shape[1]
        expected_end = times.start + times.expected_s
        for where in range(stations):
            mine = station == where
            order = np.argsort(raised[mine])
            opened = raised[mine][order]
            closed = np.maximum.accumulate(resolved[mine][order]) if len(order) else opened
            before = np.searchsorted(opened, expected_end[:, where], side="right") - 1
            is_open = (before >= 0) & (len(order) > 0)
            if len(order):
                is_open &= closed[np.maximum(before, 0)] > expected_end[:, where]
            covered[:, where] = is_open & ~called[:, where]
        logged = station.copy()
        moved = self.rng.random(len(station)) < calls.misplaced
        logged[moved] = np.clip(station[moved] + self.rng.choice((-1, 1), int(moved.sum())), 0, stations - 1)
        about = np.where(np.array([name == "process" for name in kind], dtype=np.bool_), unit, -1)
        about = np.where((about >= 0) & called[np.maximum(unit, 0), station], unit, -1)
        return CallLog(
            unit=about,
            station=station,
            logged_station=logged,
            raised=raised,
            acknowledged=np.array([row[3] for row in self.rows], dtype=np.float64),
            resolved=resolved,
            kind=["process" if name == "spurious" else name for name in kind],
            called=called,
            covered=covered,
        )


def _problem_events(units: Units, times: Times) -> list[tuple[float, int, int, str]]:
    """Return (onset, unit, station, "process") of every delayed cycle."""
    unit, station = np.nonzero(units.delay_s > 0.0)
    into = (unit * 7919 + station * 104729) % 97 / 97.0  # where in the work it happens: anywhere
    onset = times.start[unit, station] + (0.1 + 0.8 * into) * times.in_control_s[unit, station]
    return [
        (float(when), int(who), int(where), "process")
        for when, who, where in zip(onset, unit, station, strict=True)
    ]


def _problem_ends(units: Units, times: Times) -> dict[int, float]:
    """Return when each problem was over: the end of the work of its last cycle."""
    unit, station = np.nonzero(units.problem >= 0)
    finished = times.leave[unit, station] - times.blocked_s[unit, station]
    over: dict[int, float] = {}
    for problem, when in zip(units.problem[unit, station].tolist(), finished.tolist(), strict=True):
        over[problem] = max(over.get(problem, 0.0), when)
    return over


def _other_events(
    calls: Calls, shape: tuple[int, ...], times: Times, rng: np.random.Generator
) -> list[tuple[float, int, int, str]]:
    """Return calls about nothing that takes time: quality, safety, material; and calls by mistake."""
    cycles = shape[0] * shape[1]
    events: list[tuple[float, int, int, str]] = []
    amounts = {kind: rng.uniform(*calls.no_trace_per_1k) / 3.0 / 1000.0 for kind in NO_TRACE}
    amounts["spurious"] = calls.spurious * 0.01
    for kind, rate in amounts.items():
        for cycle in rng.integers(0, max(cycles, 1), int(rng.poisson(rate * cycles))):
            unit, station = int(cycle) // shape[1], int(cycle) % shape[1]
            when = times.start[unit, station] + rng.random() * times.in_control_s[unit, station]
            events.append((float(when), unit, station, kind))
    return events
