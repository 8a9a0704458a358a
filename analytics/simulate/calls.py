"""Andon calls: who calls, and when help answers.

Question: which problems are called? People call with a probability that rises with the delay and falls with
the number of calls already open at the line's other stations (balking); a station whose call is still open
does not call again (covered). Team leaders are servers: a call waits for a free one. Whether a person would
have called with nobody waiting is decided by the same draw, so it is known who walked away.

Assumptions: delays are given, help does not shorten them; a call stays open until its problem is over.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.simulate.happened import Happened
from analytics.simulate.hours import Schedule
from analytics.simulate.spec import Calls
from analytics.simulate.structure import Andon

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WITHOUT_TRACE = ("quality", "safety", "material")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call on the true clock (s). ``cycle`` is -1 where it is about no slow cycle."""

    cycle: int
    station: int
    kind: str
    raised: float
    acknowledged: float
    resolved: float


@dataclass(frozen=True, slots=True)
class CallLog:
    """The calls of one line, and what they mean for its cycles.

    Attributes:
        calls: in order of decision.
        called: a call about the cycle's problem was raised in it, shape (cycles,).
        covered: not called, but the station's call was open when the expected time ran out, shape (cycles,).
        open_calls: at other stations of the line when somebody decided whether to call; nan: nobody did.
        chance, chance_alone: of a call then, and had no other call been open; nan likewise.
        walked_away: not called, but would have been with no other call to be seen, shape (cycles,).
    """

    calls: list[Call]
    called: Bools
    covered: Bools
    open_calls: Floats
    chance: Floats
    chance_alone: Floats
    walked_away: Bools


def draw_calls(
    spec: Calls, andon: Andon, happened: Happened, hours: Schedule, *, rng: np.random.Generator
) -> CallLog:
    """Go through a line's problems in order of time and decide which are called."""
    called, walked_away = np.zeros((2, happened.size), dtype=np.bool_)
    waiting, chance, alone = (np.full(happened.size, np.nan) for _ in range(3))
    if not spec.andon:
        return CallLog([], called, called.copy(), waiting, chance, alone, walked_away)
    stations = andon.level.shape[0]
    desk = _Desk(spec, andon, rng)
    out_of_time = happened.start + happened.expected_s
    over = _problem_ends(happened)
    answered: set[int] = set()
    for onset, cycle, kind in sorted(_slow(happened, hours, rng) + _others(spec, happened, rng)):
        station, shift = int(happened.station[cycle]), int(hours.shift[happened.piece[cycle]])
        if kind:
            desk.take(-1, station, shift, kind, onset, onset)
            continue
        problem, delay_s = int(happened.problem[cycle]), float(happened.delay_s[cycle])
        if problem in answered or desk.open_until(station) > out_of_time[cycle]:
            continue
        logit = andon.level[station, shift] + andon.by_delay * math.log(delay_s / 30.0)
        waiting[cycle] = desk.seen(onset, station)
        alone[cycle] = _chance(logit)
        chance[cycle] = _chance(logit - andon.by_queue * waiting[cycle])
        draw = -1.0 if spec.always else rng.random()
        if draw < chance[cycle]:
            if rng.random() < spec.late:
                raised = onset + delay_s + rng.uniform(5.0, 40.0)
            else:
                raised = onset + min(rng.lognormal(math.log(8.0), 0.6), 0.9 * delay_s)
            desk.take(cycle, station, shift, "process", float(raised), over[problem])
            called[cycle] = True
            answered.add(problem)
        else:
            walked_away[cycle] = draw < alone[cycle]
    covered = _open_at(desk.calls, happened.station, out_of_time, stations) & ~called
    return CallLog(desk.calls, called, covered, waiting, chance, alone, walked_away & ~covered)


def _chance(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))


class _Desk:
    """The team leaders and the calls before them, while the simulation runs."""

    def __init__(self, spec: Calls, andon: Andon, rng: np.random.Generator) -> None:
        self._spec, self._andon, self._rng = spec, andon, rng
        self._leaders = [0.0] * max(andon.leaders, 1)
        self._open: list[tuple[float, float, int]] = []  # no longer seen, raised, station
        self._until: dict[int, float] = {}
        self.calls: list[Call] = []

    def open_until(self, station: int) -> float:
        """Return when the station's last call is closed (s)."""
        return self._until.get(station, -math.inf)

    def seen(self, now: float, station: int) -> int:
        """Count the calls that are seen at the line's other stations."""
        while self._open and self._open[0][0] <= now:
            heapq.heappop(self._open)
        return sum(1 for _, raised, where in self._open if where != station and raised <= now)

    def take(self, cycle: int, station: int, shift: int, kind: str, raised: float, until: float) -> None:
        """Log a call; the first free team leader answers it and closes it once its problem is over."""
        takes = float(self._andon.help_takes[shift])
        walk = takes * float(self._rng.lognormal(math.log(self._andon.answer_s), 0.5))
        work = takes * float(self._rng.lognormal(math.log(self._andon.repair_s), 0.6))
        acknowledged = max(raised, heapq.heappop(self._leaders)) + walk
        resolved = max(acknowledged + 3.0, until) + work
        heapq.heappush(self._leaders, resolved)
        gone = acknowledged if self._spec.seen == "unanswered" else resolved
        heapq.heappush(self._open, (gone, raised, station))
        self._until[station] = max(self.open_until(station), resolved)
        kept = "process" if kind == "spurious" else kind
        self.calls.append(
            Call(
                cycle=cycle,
                station=station,
                kind=kept,
                raised=raised,
                acknowledged=acknowledged,
                resolved=resolved,
            )
        )


def _slow(happened: Happened, hours: Schedule, rng: np.random.Generator) -> list[tuple[float, int, str]]:
    """Return (onset, cycle, "") of every delayed cycle; the delay begins anywhere in its work."""
    cycles = np.flatnonzero(happened.delay_s > 0.0)
    into = rng.uniform(0.1, 0.9, cycles.size) * happened.in_control_s[cycles]
    start = happened.start[cycles]
    finished = happened.end[cycles] - happened.blocked_s[cycles] - 0.5 * happened.delay_s[cycles]
    onset = hours.wall(hours.worked(start) + into)
    onset = np.where((onset < start) | (onset > finished), start + into, onset)
    return [(when, cycle, "") for when, cycle in zip(onset.tolist(), cycles.tolist(), strict=True)]


def _others(spec: Calls, happened: Happened, rng: np.random.Generator) -> list[tuple[float, int, str]]:
    """Return calls about nothing that takes time: quality, safety, material; and calls by mistake."""
    events: list[tuple[float, int, str]] = []
    rates = {kind: rng.uniform(*spec.no_trace_per_1k) / len(WITHOUT_TRACE) for kind in WITHOUT_TRACE}
    rates["spurious"] = spec.spurious_per_1k
    for kind, per_1k in rates.items():
        amount = int(rng.poisson(per_1k * happened.size / 1000.0))
        cycles = rng.integers(0, max(happened.size, 1), amount)
        when = happened.start[cycles] + rng.random(amount) * happened.in_control_s[cycles]
        events += [(at, cycle, kind) for at, cycle in zip(when.tolist(), cycles.tolist(), strict=True)]
    return events


def _problem_ends(happened: Happened) -> dict[int, float]:
    """Return when each problem was over: the end of the work of its last cycle."""
    cycles = np.flatnonzero(happened.problem >= 0)
    finished = happened.end[cycles] - happened.blocked_s[cycles]
    over: dict[int, float] = {}
    for problem, when in zip(happened.problem[cycles].tolist(), finished.tolist(), strict=True):
        over[problem] = max(over.get(problem, -math.inf), when)
    return over


def _open_at(calls: list[Call], station: Ints, at: Floats, stations: int) -> Bools:
    """Tell for each (station, time) whether one of the station's calls was open."""
    is_open = np.zeros(at.shape, dtype=np.bool_)
    for where in range(stations):
        mine = sorted((call.raised, call.resolved) for call in calls if call.station == where)
        if not mine:
            continue
        raised = np.array([pair[0] for pair in mine])
        closed = np.maximum.accumulate(np.array([pair[1] for pair in mine]))
        here = np.flatnonzero(station == where)
        last = np.searchsorted(raised, at[here], side="right") - 1
        is_open[here] = (last >= 0) & (closed[np.maximum(last, 0)] > at[here])
    return is_open
