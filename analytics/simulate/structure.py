"""A plant's structure: its lines and stations, drawn once per seed from the ranges of a spec.

Question: what does this one plant look like? Everything here is fixed over the period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.simulate.spec import Habit, Noise, PlantSpec, Range

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; arrays are per station unless said otherwise, times in seconds."""

    line_id: str
    station_ids: tuple[str, ...]
    product_ids: tuple[str, ...]
    takt_s: float
    usual_s: Floats
    scatter: Floats
    noise: tuple[Noise, ...]
    tail: Floats
    modes_apart: Floats
    shift_factor: Floats  # (stations, shifts)
    product_factor: Floats  # (stations, products)
    changeover_s: Floats
    warm_up: float
    warm_up_s: float
    drift: Floats
    buffers: Ints  # (stations - 1,)
    handling_s: Floats
    habit: Habit
    problem_rate: Floats
    minor_median_s: Floats
    minor_spread: Floats
    call_level: Floats  # (stations, shifts): logit for a 30 s delay with nobody waiting
    call_by_delay: float
    call_by_queue: float
    leaders: int
    answer_s: float
    repair_s: float
    clock_offset_s: float


def draw_lines(spec: PlantSpec, rng: np.random.Generator) -> list[Line]:
    """Draw the plant's lines."""
    count = int(rng.integers(spec.lines[0], spec.lines[1] + 1))
    share = float(rng.uniform(*spec.problems.share))
    return [_draw_line(spec, rng, index, share) for index in range(count)]


def between(rng: np.random.Generator, bounds: Range, size: int, *, log: bool = False) -> Floats:
    """Draw uniformly (or log-uniformly) between two bounds."""
    if log:
        return np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]), size))
    return rng.uniform(bounds[0], bounds[1], size)


def _draw_line(spec: PlantSpec, rng: np.random.Generator, index: int, share: float) -> Line:
    work, calls, problems = spec.work, spec.calls, spec.problems
    stations = int(rng.integers(spec.stations[0], spec.stations[1] + 1))
    products = int(rng.integers(spec.mix.products[0], spec.mix.products[1] + 1))
    shifts = len(spec.hours.shifts)
    name = chr(ord("A") + index)
    takt_s = float(rng.uniform(*work.takt_s))
    usual_s = takt_s * between(rng, work.load, stations)
    uneven = np.exp(rng.normal(0.0, problems.unevenness, stations))
    level = (
        rng.uniform(*calls.level)
        + rng.normal(0.0, calls.by_station, (stations, 1))
        + rng.normal(0.0, calls.by_shift, (1, shifts))
    )
    return Line(
        line_id=f"line-{name}",
        station_ids=tuple(f"{name}{10 * (station + 1):03d}" for station in range(stations)),
        product_ids=tuple(f"{name}-P{product + 1}" for product in range(products)),
        takt_s=takt_s,
        usual_s=usual_s,
        scatter=between(rng, work.scatter, stations, log=True),
        noise=tuple(work.noises[int(pick)] for pick in rng.integers(0, len(work.noises), stations)),
        tail=between(rng, work.tail, stations),
        modes_apart=between(rng, work.modes_apart, stations),
        shift_factor=np.exp(rng.normal(0.0, work.shift_effect, (stations, shifts))),
        product_factor=_balanced(rng.normal(0.0, work.product_effect, (stations, products))),
        changeover_s=usual_s * between(rng, spec.mix.changeover, stations),
        warm_up=float(rng.uniform(*work.warm_up)),
        warm_up_s=float(rng.uniform(*work.warm_up_s)),
        drift=between(rng, work.drift, stations) * (rng.random(stations) < work.drifting_stations),
        buffers=rng.integers(spec.coupling.buffers[0], spec.coupling.buffers[1] + 1, max(stations - 1, 0)),
        handling_s=between(rng, spec.coupling.handling_s, stations),
        habit=spec.hours.habits[int(rng.integers(0, len(spec.hours.habits)))],
        problem_rate=share * uneven / uneven.mean(),
        minor_median_s=between(rng, problems.minor_median_s, stations),
        minor_spread=between(rng, problems.minor_spread, stations),
        call_level=level,
        call_by_delay=float(rng.uniform(*calls.by_delay)),
        call_by_queue=float(rng.uniform(*calls.by_queue)),
        leaders=int(rng.integers(calls.leaders[0], calls.leaders[1] + 1)),
        answer_s=float(rng.uniform(*calls.answer_median_s)),
        repair_s=float(rng.uniform(*calls.repair_median_s)),
        clock_offset_s=float(rng.uniform(*calls.clock_offset_s) * rng.choice((-1.0, 1.0))),
    )


def _balanced(effect: Floats) -> Floats:
    """Turn effects into factors whose largest stays within 5 % above the usual cycle (lines are balanced)."""
    return np.exp(np.clip(effect, -0.25, 0.05))
