"""Structure of the second family of plants: units that flow through steps, machine by machine.

Question: does the estimate hold on plants that it was not built on? This family shares the calendar and the
calls with the first one, but neither its way of moving units (events instead of a recursion) nor its
distributions (``flow_draw``), and its stamps are whole seconds.

Assumptions: steps in a row, each with one machine or two in parallel; optionally two branches that merge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.simulate.spec import PlantSpec
from analytics.simulate.structure import Andon, Layout, between, draw_andon, drift_times

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TWO_WAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the flow.

    Attributes:
        machines: indices of its stations.
        following: index of the next step, None at the end.
        room: units that fit between the previous step and this one, travelling ones included.
        travel_s: time from this step to the next one.
        source: units are released here.
    """

    machines: tuple[int, ...]
    following: int | None
    room: int
    travel_s: float
    source: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLine:
    """One line of the second family; arrays are per station unless said otherwise."""

    layout: Layout
    andon: Andon
    steps: tuple[Step, ...]
    product_ranges: tuple[tuple[int, int], ...]  # products released at each source
    scatter: Floats
    shape: Ints  # 0 Weibull-like, 1 sum of triangular elements, 2 two ways of working
    modes_apart: Floats
    drift: Floats
    drift_from: Floats
    drift_over: Floats
    wear: Floats
    tool_life: Ints
    shift_factor: Floats  # (stations, shifts)
    changeover_s: Floats  # 0 where a step handles every product without a change
    finishes: bool  # units are finished in the break
    minutes_fresh: float
    warm_up: float
    problem_rate: Floats
    bad_product: int  # the one whose problems they all are, where the spec says so
    delay_s: Floats
    delay_shape: Floats


def draw_flow_lines(spec: PlantSpec, rng: np.random.Generator) -> list[FlowLine]:
    """Draw the lines of a plant of the second family."""
    count = int(rng.integers(spec.lines[0], spec.lines[1] + 1))
    share = float(rng.uniform(*spec.problems.share))
    return [_draw_line(spec, rng, chr(ord("R") + index), share) for index in range(count)]


def _draw_line(spec: PlantSpec, rng: np.random.Generator, name: str, share: float) -> FlowLine:
    steps_count = int(rng.integers(spec.stations[0], spec.stations[1] + 1))
    takt_s = float(rng.uniform(*spec.work.takt_s))
    steps, loads = _draw_steps(spec, rng, steps_count)
    stations = len(loads)
    per_source = int(rng.integers(spec.mix.products[0], spec.mix.products[1] + 1))
    sources = sum(step.source for step in steps)
    ranges = tuple((number * per_source, (number + 1) * per_source) for number in range(sources))
    effect = np.clip(rng.normal(0.0, spec.work.product_effect, (stations, sources * per_source)), -0.2, 0.04)
    usual_s = takt_s * np.array(loads)[:, None] * np.exp(effect)
    shifts = len(spec.hours.shifts)
    mixed = _after_merge(steps)
    single = np.array([0.0 if station in mixed else 1.0 for station in range(stations)])
    uneven = rng.uniform(0.3, 1.7, stations)
    own = rng.spawn(1)[0]
    spread_of_shifts = 1.2 * spec.work.shift_effect
    return FlowLine(
        layout=_layout(name, steps, usual_s, takt_s),
        andon=draw_andon(spec.calls, stations, shifts, rng),
        steps=steps,
        product_ranges=ranges,
        scatter=between(rng, spec.work.scatter, stations),
        shape=rng.integers(0, 2, stations)
        if "bimodal" not in spec.work.noises
        else np.full(stations, TWO_WAYS),
        modes_apart=between(own, spec.work.modes_apart, stations),
        drift=between(own, spec.work.drift, stations) * (own.random(stations) < spec.work.drifting_stations),
        **drift_times(spec.work, stations, own),
        wear=between(own, spec.work.wear, stations),
        tool_life=own.integers(spec.work.tool_life[0], spec.work.tool_life[1] + 1, stations),
        bad_product=int(own.integers(0, sources * per_source)),
        shift_factor=1.0 + rng.uniform(-spread_of_shifts, spread_of_shifts, (stations, shifts)),
        changeover_s=single * usual_s.mean(axis=1) * between(rng, spec.mix.changeover, stations),
        finishes=bool(rng.random() < 0.5),
        minutes_fresh=float(rng.uniform(3.0, 8.0)),
        warm_up=float(rng.uniform(*spec.work.warm_up)),
        problem_rate=share * uneven / uneven.mean() / (1.0 + 2.5 * spec.problems.run_on),
        delay_s=between(rng, spec.problems.minor_median_s, stations),
        delay_shape=rng.uniform(1.2, 3.0, stations),
    )


def _draw_steps(
    spec: PlantSpec, rng: np.random.Generator, count: int
) -> tuple[tuple[Step, ...], list[float]]:
    """Draw steps and, per station, its usual cycle ÷ takt (of two machines each may take twice as long)."""
    coupling = spec.coupling
    steps: list[Step] = []
    loads: list[float] = []
    side = 2 if coupling.merge else 0  # the second branch: two steps of half the pace, into step `side`
    main = [index for index in range(count) if not coupling.merge or index >= side]
    following: dict[int, int | None] = {}
    sources = {0}
    if coupling.merge:
        # Steps 0, 1 are one branch, `count`, `count + 1` the other; both end in step 2.
        following = {0: 1, 1: 2, count: count + 1, count + 1: 2}
        sources = {0, count}
    for index in main:
        following[index] = index + 1 if index + 1 < count else None
    total = count + side
    for index in range(total):
        branch = coupling.merge and (index < side or index >= count)
        twin = not branch and index not in sources and rng.random() < coupling.parallel
        first = len(loads)
        load = float(rng.uniform(*spec.work.load)) * (2.0 if twin or branch else 1.0)
        loads += [load] * (2 if twin else 1)
        steps.append(
            Step(
                machines=tuple(range(first, len(loads))),
                following=following[index],
                room=int(rng.integers(coupling.buffers[0], coupling.buffers[1] + 1)) + 1,
                travel_s=float(rng.uniform(*coupling.transfer_s)),
                source=index in sources,
            )
        )
    return tuple(steps), loads


def _after_merge(steps: tuple[Step, ...]) -> set[int]:
    """Return the stations that see the products of more than one source."""
    reached: dict[int, int] = {}
    for index, step in enumerate(steps):
        if step.source:
            at: int | None = index
            while at is not None:
                reached[at] = reached.get(at, 0) + 1
                at = steps[at].following
    return {machine for index, seen in reached.items() if seen > 1 for machine in steps[index].machines}


def _layout(name: str, steps: tuple[Step, ...], usual_s: Floats, takt_s: float) -> Layout:
    """Name the stations; a step of two machines is a parallel group, whose first machine is named as next."""
    names: dict[int, str] = {}
    groups: dict[int, str | None] = {}
    positions: dict[int, int] = {}
    for index, step in enumerate(steps):
        for place, machine in enumerate(step.machines):
            twin = len(step.machines) > 1
            names[machine] = f"{name}-{10 * (index + 1):02d}{'ab'[place] if twin else ''}"
            groups[machine] = f"{name}-{10 * (index + 1):02d}" if twin else None
            positions[machine] = index + 1
    following: dict[int, str | None] = {}
    for step in steps:
        after = None if step.following is None else names[steps[step.following].machines[0]]
        for machine in step.machines:
            following[machine] = after
    order = sorted(names)
    return Layout(
        line_id=f"line-{name}",
        station_ids=tuple(names[machine] for machine in order),
        product_ids=tuple(f"{name}-P{product + 1}" for product in range(usual_s.shape[1])),
        takt_s=takt_s,
        usual_s=usual_s,
        positions=tuple(positions[machine] for machine in order),
        following=tuple(following[machine] for machine in order),
        parallel=tuple(groups[machine] for machine in order),
    )
