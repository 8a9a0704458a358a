"""A line simulated event by event: units travel, wait for room, share machines, merge.

Question: when does every unit arrive at and leave every machine? A machine takes a unit as soon as one is
there and it is clear; a finished unit leaves when the next step has room for it, else the machine is blocked.
A machine is clear again once the unit has gone: the travel time later. So blocking shows as a nearly constant
*offset* between two ends, not as their equality.

Assumptions: units are taken in order of arrival; work rests in breaks (``serial.Clock``), taking does not.
"""

from __future__ import annotations

import heapq
from collections import deque

import numpy as np
import numpy.typing as npt

from analytics.simulate.draw import draw_batches
from analytics.simulate.flow_draw import MachineWork, draw_machine_work
from analytics.simulate.flow_structure import FlowLine
from analytics.simulate.happened import Happened
from analytics.simulate.hours import Schedule
from analytics.simulate.serial import Clock
from analytics.simulate.spec import PlantSpec

Floats = npt.NDArray[np.float64]

_ARRIVE, _FINISH, _CLEAR = 0, 1, 2
SOON = 5
"""Cycles after a change of product in which the first units' problems come about."""


def run_flow(spec: PlantSpec, line: FlowLine, hours: Schedule, rng: np.random.Generator) -> Happened:
    """Draw the work of a line and let its units flow."""
    floor = _Floor(spec, line, hours, rng)
    floor.release(spec, hours, rng)
    floor.run()
    return floor.happened(hours)


class _Floor:
    """The state of the line while its events are worked off."""

    def __init__(self, spec: PlantSpec, line: FlowLine, hours: Schedule, rng: np.random.Generator) -> None:
        self.line, self.rng = line, rng
        per_machine = int(hours.working_s / line.layout.takt_s) + 1
        self.work: list[MachineWork] = draw_machine_work(spec, line, per_machine, rng)
        self.noise = [work.noise.tolist() for work in self.work]
        self.delay = [work.delay_s.tolist() for work in self.work]
        self.pace = [work.pace.tolist() for work in self.work]
        self.only = [work.only.tolist() for work in self.work]
        self.early = [work.early.tolist() for work in self.work]
        self.quantum_s = spec.work.quantum_s
        self.clock = Clock(hours, spec.hours.patience_s if line.finishes else 0.0)
        self.fresh = hours.fresh.tolist()
        self.factor = (line.shift_factor[:, hours.shift] * _crews(spec, line, hours, rng)).tolist()
        self.usual = line.layout.usual_s.tolist()
        stations = len(self.work)
        self.done = [0] * stations
        self.piece = [0] * stations
        self.last_product = [-1] * stations
        self.since_change = [0] * stations
        self.idle = [deque(step.machines) for step in line.steps]
        self.waiting: list[deque[int]] = [deque() for _ in line.steps]
        self.coming = [0] * len(line.steps)
        self.blocked: list[deque[tuple[int, int, int]]] = [deque() for _ in line.steps]
        self.jitter = rng.normal(0.0, 0.08, 4096).tolist()
        self.product: list[int] = []
        self.batch: list[int] = []
        self.events: list[tuple[float, int, int, int, int]] = []  # when, order, what, step, machine or unit
        self.order = 0
        self.rows: list[tuple[int, int, int, float, float, float, float, int]] = []
        self.open: dict[int, tuple[int, float, float, float, float, float, int]] = {}
        self.ends: list[tuple[float, float]] = []

    def release(self, spec: PlantSpec, hours: Schedule, rng: np.random.Generator) -> None:
        """Put the units on the floor at the pace of takt, each source its own products."""
        sources = [index for index, step in enumerate(self.line.steps) if step.source]
        pace_s = self.line.layout.takt_s * len(sources)
        for number, step in enumerate(sources):
            units = max(1, int(hours.working_s / pace_s * 0.99))
            first, beyond = self.line.product_ranges[number]
            product, batch, _ = draw_batches(spec.mix, beyond - first, units, rng)
            when = hours.wall((np.arange(units, dtype=np.float64) + 0.5 * number) * pace_s)
            base = len(self.product)
            self.product += (product + first).tolist()
            self.batch += (batch + 5_000 * number).tolist()
            for offset, at in enumerate(when.tolist()):
                self.coming[step] += 1
                self._plan(at, _ARRIVE, step, base + offset)

    def run(self) -> None:
        """Work off the events in order of time."""
        while self.events:
            now, _, what, step, which = heapq.heappop(self.events)
            if what == _ARRIVE:
                self.coming[step] -= 1
                self.waiting[step].append(which)
                self._take(step, now)
            elif what == _FINISH:
                self._finish(step, which, now)
            else:
                self.idle[step].append(which)
                self._take(step, now)

    def _plan(self, when: float, what: int, step: int, which: int) -> None:
        self.order += 1
        heapq.heappush(self.events, (when, self.order, what, step, which))

    def _take(self, step: int, now: float) -> None:
        """Let idle machines of a step take the units that wait."""
        while self.idle[step] and self.waiting[step]:
            machine, unit = self.idle[step].popleft(), self.waiting[step].popleft()
            if not self.line.steps[step].source and self.blocked[step]:
                self._leave(*self.blocked[step].popleft(), now)
            self._start(step, machine, unit, now)

    def _start(self, step: int, machine: int, unit: int, now: float) -> None:
        """Begin the work on a unit and plan its end."""
        clock, cycle, product = self.clock, self.done[machine], self.product[unit]
        piece, last = self.piece[machine], len(clock.ends) - 1
        while piece < last and now >= clock.ends[piece]:
            piece += 1
        self.piece[machine] = piece
        begin = max(now, clock.starts[piece])
        usual = self.usual[machine][product] * self.factor[machine][piece]
        usual *= self.pace[machine][cycle % len(self.pace[machine])]
        age = (begin - self.fresh[piece]) / 60.0
        usual *= 1.0 + self.line.warm_up * max(0.0, 1.0 - age / self.line.minutes_fresh)
        work = usual * self.noise[machine][cycle % len(self.noise[machine])]
        if self.quantum_s > 0.0:
            work = round(work / self.quantum_s) * self.quantum_s
        self.since_change[machine] += 1
        if self.last_product[machine] not in {product, -1}:
            change = float(self.line.changeover_s[machine])
            usual += change
            work += change * float(self.rng.uniform(0.75, 1.25))
            self.since_change[machine] = 0
        self.last_product[machine] = product
        delay = self._delay(machine, cycle, product)
        end, rest = clock.finish(begin + work + delay, piece)
        self.done[machine] += 1
        self.open[machine] = (unit, now, work, usual, rest + begin - now, end, cycle)
        self._plan(end, _FINISH, step, machine)

    def _delay(self, machine: int, cycle: int, product: int) -> float:
        """Return the delay (s) that is due, if it comes about with this product, this soon after a change."""
        if cycle >= len(self.delay[machine]):
            return 0.0
        other = self.only[machine][cycle] not in {product, -1}
        late = self.early[machine][cycle] and not 0 < self.since_change[machine] < SOON
        if other or late:
            self.delay[machine][cycle] = 0.0
        return float(self.delay[machine][cycle])

    def _finish(self, step: int, machine: int, now: float) -> None:
        """Let a finished unit leave if the next step has room."""
        following = self.line.steps[step].following
        if following is not None:
            there = self.line.steps[following]
            full = len(self.waiting[following]) + self.coming[following] >= there.room
            if full or self.blocked[following]:
                self.blocked[following].append((step, machine, following))
                return
        self._leave(step, machine, following, now)

    def _leave(self, step: int, machine: int, following: int | None, now: float) -> None:
        """Send the unit on; the machine is clear when it has gone."""
        unit, taken, work, usual, rest, end, cycle = self.open.pop(machine)
        self.rows.append((unit, machine, cycle, taken, now, work, usual, self.piece[machine]))
        self.ends.append((rest, end))
        travel = self.line.steps[step].travel_s
        travel = max(0.0, travel + (self.jitter[self.order % 4096] if travel > 0.0 else 0.0))
        if following is not None:
            self.coming[following] += 1
            self._plan(now + travel, _ARRIVE, following, unit)
        self._plan(now + travel, _CLEAR, step, machine)

    def happened(self, hours: Schedule) -> Happened:
        """Return the cycles in order of their ends."""
        columns = [np.array(column) for column in zip(*self.rows, strict=True)]
        unit, station, cycle, start, end, work, usual, piece = columns
        rest, finished = (np.array(column) for column in zip(*self.ends, strict=True))
        idle = hours.idle_between(finished, end)
        delay = np.zeros(unit.size)
        problem, kind = np.full(unit.size, -1), np.full(unit.size, -1)
        for machine, work_there in enumerate(self.work):
            came = np.array(self.delay[machine])
            here = np.flatnonzero((station == machine) & (cycle < came.size))
            here = here[came[cycle[here]] > 0.0]
            delay[here] = came[cycle[here]]
            problem[here] = work_there.problem[cycle[here]]
            kind[here] = work_there.kind[cycle[here]]
        return Happened(
            unit=unit,
            station=station,
            product=np.array(self.product)[unit],
            batch=np.array(self.batch)[unit],
            start=start,
            end=end,
            in_control_s=work,
            expected_s=usual,
            delay_s=delay,
            problem=problem,
            kind=kind,
            paused_s=rest + idle,
            blocked_s=np.maximum(end - finished - idle, 0.0),
            piece=piece,
        )


def _crews(spec: PlantSpec, line: FlowLine, hours: Schedule, rng: np.random.Generator) -> Floats:
    """Return the factor of the crew at each station in each piece of working time."""
    shift_day = hours.day * len(hours.names) + hours.shift
    stations = len(line.layout.station_ids)
    effect = rng.spawn(1)[0].normal(0.0, spec.work.crew_effect, (stations, int(shift_day.max()) + 1))
    return np.asarray(np.exp(effect)[:, shift_day])
