"""A plant's structure: its lines and stations, drawn once per seed from the ranges of a spec.

Question: what does this one plant look like? Everything here is fixed over the period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.simulate.spec import Calls, Habit, Noise, PlantSpec, Range, Work

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BRANCH_STEPS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the plant's own master data know of a line.

    Attributes:
        usual_s: usual cycle, shape (stations, products), seconds.
        following: the next station of each, None at the end.
        parallel: name of the group of stations that share the work, None for most.
    """

    line_id: str
    station_ids: tuple[str, ...]
    product_ids: tuple[str, ...]
    takt_s: float
    usual_s: Floats
    positions: tuple[int, ...]
    following: tuple[str | None, ...]
    parallel: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Andon:
    """The line's habits of calling and helping.

    Attributes:
        level: logit of calling about a 30 s delay with nobody waiting, shape (stations, shifts).
        by_delay: slope on ln(delay ÷ 30 s).
        by_queue: drop per call that is seen to keep help busy on the line.
        help_takes: answer and repair take so many times as long, shape (shifts,).
        clock_offset_s: andon clock less cycle clock on the first midnight, shape (stations,).
        clock_drift_s: what it gains in a day.
    """

    level: Floats
    by_delay: float
    by_queue: float
    help_takes: Floats
    leaders: int
    answer_s: float
    repair_s: float
    clock_offset_s: Floats
    clock_drift_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialLine:
    """One serial line; arrays are per station unless said otherwise, times in seconds."""

    layout: Layout
    andon: Andon
    scatter: Floats
    noise: tuple[Noise, ...]
    tail: Floats
    modes_apart: Floats
    shift_factor: Floats  # (stations, shifts)
    changeover_s: Floats
    warm_up: float
    warm_up_s: float
    drift: Floats
    drift_from: Floats
    drift_over: Floats
    wear: Floats
    tool_life: Ints
    steps: tuple[tuple[int, ...], ...]  # the machines of each step
    branches: int  # so many first steps are two branches: a unit keeps to its machine there
    buffers: Ints  # (steps - 1,)
    travel_s: Floats  # to the next step, per step
    handling_s: Floats
    habit: Habit
    problem_rate: Floats
    minor_median_s: Floats
    minor_spread: Floats


def draw_lines(spec: PlantSpec, rng: np.random.Generator) -> list[SerialLine]:
    """Draw the serial lines of a plant."""
    count = int(rng.integers(spec.lines[0], spec.lines[1] + 1))
    share = float(rng.uniform(*spec.problems.share))
    return [_draw_line(spec, rng, index, share) for index in range(count)]


def between(rng: np.random.Generator, bounds: Range, size: int, *, log: bool = False) -> Floats:
    """Draw uniformly (or log-uniformly) between two bounds."""
    if log:
        return np.asarray(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]), size)))
    return rng.uniform(bounds[0], bounds[1], size)


def drift_times(work: Work, stations: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Draw when drifts begin and over how much of the rest they grow; nothing is drawn where all do alike."""
    return {
        name: between(rng, bounds, stations) if bounds[0] < bounds[1] else np.full(stations, bounds[0])
        for name, bounds in (("drift_from", work.drift_from), ("drift_over", work.drift_over))
    }


def drift_progress(drift_from: Floats, drift_over: Floats, cycles: int) -> Floats:
    """Return how far each station's drift has come at each cycle, 0 to 1, shape (cycles, stations)."""
    since = np.linspace(0.0, 1.0, cycles)[:, None] - drift_from
    return np.clip(since / np.maximum(drift_over * (1.0 - drift_from), 1e-9), 0.0, 1.0)


def draw_andon(calls: Calls, stations: int, shifts: int, rng: np.random.Generator) -> Andon:
    """Draw how people of a line call and how team leaders answer."""
    level = (
        rng.uniform(*calls.level)
        + rng.normal(0.0, calls.by_station, (stations, 1))
        + rng.normal(0.0, calls.by_shift, (1, shifts))
    )
    level[:, -1] += calls.last_shift_level
    help_takes = np.ones(shifts)
    help_takes[-1] = calls.last_shift_help
    clocks = rng.spawn(1)[0]
    return Andon(
        level=level,
        by_delay=float(rng.uniform(*calls.by_delay)),
        by_queue=float(rng.uniform(*calls.by_queue)),
        help_takes=help_takes,
        leaders=int(rng.integers(calls.leaders[0], calls.leaders[1] + 1)),
        answer_s=float(rng.uniform(*calls.answer_median_s)),
        repair_s=float(rng.uniform(*calls.repair_median_s)),
        clock_offset_s=float(rng.uniform(*calls.clock_offset_s) * rng.choice((-1.0, 1.0)))
        + clocks.normal(0.0, calls.clock_by_station_s, stations),
        clock_drift_s=float(clocks.uniform(*calls.clock_drift_s) * clocks.choice((-1.0, 1.0))),
    )


def _draw_line(spec: PlantSpec, rng: np.random.Generator, index: int, share: float) -> SerialLine:
    work, problems = spec.work, spec.problems
    steps, branches = _draw_steps(spec, rng)
    stations = sum(len(machines) for machines in steps)
    shifts = len(spec.hours.shifts)
    layout = _draw_layout(spec, rng, chr(ord("A") + index), steps, branches)
    usual_s = layout.usual_s.mean(axis=1)
    uneven = np.exp(rng.normal(0.0, problems.unevenness, stations))
    return SerialLine(
        layout=layout,
        andon=draw_andon(spec.calls, stations, shifts, rng),
        scatter=between(rng, work.scatter, stations, log=True),
        noise=tuple(work.noises[int(pick)] for pick in rng.integers(0, len(work.noises), stations)),
        tail=between(rng, work.tail, stations),
        modes_apart=between(rng, work.modes_apart, stations),
        shift_factor=np.exp(rng.normal(0.0, work.shift_effect, (stations, shifts))),
        changeover_s=usual_s * between(rng, spec.mix.changeover, stations),
        warm_up=float(rng.uniform(*work.warm_up)),
        warm_up_s=float(rng.uniform(*work.warm_up_s)),
        drift=between(rng, work.drift, stations) * (rng.random(stations) < work.drifting_stations),
        **drift_times(work, stations, rng),
        wear=between(rng, work.wear, stations),
        tool_life=rng.integers(work.tool_life[0], work.tool_life[1] + 1, stations),
        steps=steps,
        branches=branches,
        buffers=rng.integers(spec.coupling.buffers[0], spec.coupling.buffers[1] + 1, max(len(steps) - 1, 0)),
        travel_s=between(rng.spawn(1)[0], spec.coupling.transfer_s, len(steps)),
        handling_s=between(rng, spec.coupling.handling_s, stations),
        habit=spec.hours.habits[int(rng.integers(0, len(spec.hours.habits)))],
        problem_rate=share * uneven / uneven.mean(),
        minor_median_s=between(rng, problems.minor_median_s, stations),
        minor_spread=between(rng, problems.minor_spread, stations),
    )


def _draw_steps(spec: PlantSpec, rng: np.random.Generator) -> tuple[tuple[tuple[int, ...], ...], int]:
    """Draw the machines of each step, and how many first steps are two branches."""
    count = int(rng.integers(spec.stations[0], spec.stations[1] + 1))
    branches = BRANCH_STEPS if spec.coupling.merge else 0
    twin = rng.spawn(1)[0].random(count) < spec.coupling.parallel
    twin[:branches] = True
    steps, first = [], 0
    for two in twin.tolist():
        steps.append(tuple(range(first, first + 1 + two)))
        first += 1 + two
    return tuple(steps), branches


def _draw_layout(
    spec: PlantSpec, rng: np.random.Generator, name: str, steps: tuple[tuple[int, ...], ...], branches: int
) -> Layout:
    """Draw stations and usual cycles, balanced against takt; of two machines each takes twice as long."""
    stations = sum(len(machines) for machines in steps)
    products = int(rng.integers(spec.mix.products[0], spec.mix.products[1] + 1))
    takt_s = float(rng.uniform(*spec.work.takt_s))
    usual_s = takt_s * between(rng, spec.work.load, stations)
    # The slowest product stays within 5 % above the usual cycle, or the line could not hold its takt.
    effect = np.clip(rng.normal(0.0, spec.work.product_effect, (stations, products)), -0.25, 0.05)
    ids, groups, positions = [], [], []
    for step, machines in enumerate(steps):
        base = f"{name}{10 * (step + 1):03d}"
        for place, machine in enumerate(machines):
            usual_s[machine] *= len(machines)
            ids.append(base + ("ab"[place] if len(machines) > 1 else ""))
            groups.append(base if len(machines) > 1 and step >= branches else None)
            positions.append(step + 1)
    # Of two machines in parallel the first stands for both; a branch goes on in its own.
    following = [
        ids[steps[step + 1][place if step + 1 < branches else 0]] if step + 1 < len(steps) else None
        for step, machines in enumerate(steps)
        for place in range(len(machines))
    ]
    return Layout(
        line_id=f"line-{name}",
        station_ids=tuple(ids),
        product_ids=tuple(f"{name}-P{product + 1}" for product in range(products)),
        takt_s=takt_s,
        usual_s=usual_s[:, None] * np.exp(effect),
        positions=tuple(positions),
        following=tuple(following),
        parallel=tuple(groups),
    )
