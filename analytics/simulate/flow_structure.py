"""Structure and draws of the second family of plants: units that flow through steps, machine by machine.

Question: does the estimate hold on plants that it was not built on? This family shares the calendar and the
calls with the first one, but neither its way of moving units (events instead of a recursion) nor its
distributions: chance is Weibull-like or a sum of triangular elements, delays are gamma or shifted
exponential, problems start with the machine's own cycles, and stamps are whole seconds.

Assumptions: steps in a row, each with one machine or two in parallel; optionally two branches that merge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.simulate.draw import spread
from analytics.simulate.happened import KINDS
from analytics.simulate.spec import PlantSpec, Problems
from analytics.simulate.structure import Andon, Layout, between, draw_andon

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineWork:
    """What one machine will meet, cycle by cycle of its own.

    Attributes:
        noise: factor of chance, about 1.
        pace: factor of the usual time: drift and wear.
        delay_s, problem, kind: as in ``Happened``, all (cycles,).
        only: the delay comes about with this product only, -1 for any, shape (cycles,).
        early: … only soon after a change of product, shape (cycles,).
    """

    noise: Floats
    pace: Floats
    delay_s: Floats
    problem: Ints
    kind: Ints
    only: Ints
    early: Bools


def draw_flow_lines(spec: PlantSpec, rng: np.random.Generator) -> list[FlowLine]:
    """Draw the lines of a plant of the second family."""
    count = int(rng.integers(spec.lines[0], spec.lines[1] + 1))
    share = float(rng.uniform(*spec.problems.share))
    return [_draw_line(spec, rng, chr(ord("R") + index), share) for index in range(count)]


def draw_machine_work(
    spec: PlantSpec, line: FlowLine, cycles: int, rng: np.random.Generator
) -> list[MachineWork]:
    """Draw what every machine of a line will meet in so many cycles of its own."""
    work: list[MachineWork] = []
    total, own = 0, rng.spawn(1)[0]
    for station in range(len(line.layout.station_ids)):
        apart = float(line.modes_apart[station])
        deviation = _standard_noise(int(line.shape[station]), cycles, rng, apart=apart)
        noise = np.maximum(1.0 + float(line.scatter[station]) * deviation, 0.4)
        life = int(line.tool_life[station])
        worn = line.wear[station] * (np.arange(cycles) % life) / life
        pace = 1.0 + line.drift[station] * np.linspace(0.0, 1.0, cycles) + worn
        delays, problems = _draw_delays(spec.problems, line, station, cycles, rng=rng, own=own)
        problem = np.where(delays["problem"] >= 0, delays["problem"] + total, -1)
        work.append(MachineWork(noise=noise, pace=pace, **(delays | {"problem": problem})))
        total += problems
    return work


def _draw_delays(
    spec: Problems,
    line: FlowLine,
    station: int,
    cycles: int,
    *,
    rng: np.random.Generator,
    own: np.random.Generator,
) -> tuple[dict[str, Any], int]:
    """Draw one machine's delays (fields of ``MachineWork``), and how many problems they are."""
    rate, products = float(line.problem_rate[station]), line.layout.usual_s.shape[1]
    plain = rng.random(cycles) < min(rate * (products if spec.one_product else 1), 0.9)
    pattern, only = _patterns(spec, rate, cycles, products, own)
    if spec.one_product:
        only = np.full(cycles, line.bad_product)
    at = np.flatnonzero(plain | (pattern >= 0))
    length = np.ones(at.size, dtype=np.int64)
    runs = rng.random(at.size) < spec.run_on
    length[runs] = rng.integers(spec.run_on_cycles[0], spec.run_on_cycles[1] + 1, int(runs.sum()))
    touched, owner = spread(at, length, cycles)
    shape, mean_s = float(line.delay_shape[station]), float(line.delay_s[station])
    drawn = rng.gamma(shape, mean_s / shape, touched.size)
    broken = (rng.random(at.size) < spec.breakdowns)[owner]
    drawn = np.where(broken, rng.uniform(120.0, 900.0, touched.size), drawn + 0.15 * mean_s)
    delay_s = np.zeros(cycles)
    problem = np.full(cycles, -1, dtype=np.int64)
    kind = np.full(cycles, -1, dtype=np.int64)
    delay_s[touched] = np.minimum(drawn, spec.longest_s)
    problem[touched] = owner
    kind[touched] = np.where(broken, KINDS.index("breakdown"), KINDS.index("minor_stop"))
    kind = np.where((pattern >= 0) & (problem >= 0), pattern, kind)
    early = kind == KINDS.index("after_changeover")
    fields = {"delay_s": delay_s, "problem": problem, "kind": kind, "only": only, "early": early}
    return fields, at.size


def _patterns(
    problems: Problems, rate: float, cycles: int, products: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return where a recurring problem is due (its kind, -1: none) and with which product."""
    kind = np.full(cycles, -1, dtype=np.int64)
    only = np.full(cycles, -1, dtype=np.int64)
    if rate <= 0.0:
        return kind, only
    if rng.random() < problems.every_kth:
        kind[int(rng.integers(0, 20)) :: int(rng.integers(20, 60))] = KINDS.index("every_kth")
    if rng.random() < problems.by_product:
        due = rng.random(cycles) < 3.0 * rate
        kind[due], only[due] = KINDS.index("by_product"), int(rng.integers(0, products))
    if rng.random() < problems.after_changeover:
        kind[rng.random(cycles) < 0.3] = KINDS.index("after_changeover")
    if rng.random() < problems.bursts:
        for start in rng.integers(0, cycles, max(1, cycles // 1500)):
            stretch = np.arange(start, min(start + int(rng.integers(15, 40)), cycles))
            kind[stretch[rng.random(stretch.size) < 0.2]] = KINDS.index("burst")
    return kind, only


def _standard_noise(shape: int, size: int, rng: np.random.Generator, *, apart: float) -> Floats:
    """Return deviations with mean 0 and sd 1 (two ways of working: of one), a little skewed."""
    if shape == TWO_WAYS:
        return rng.normal(size=size) + apart * (rng.random(size) < 0.3)
    if shape == 0:
        drawn = rng.weibull(2.6, size)
        return (drawn - 0.888) / 0.367
    elements = rng.triangular(0.0, 0.3, 1.0, (size, 4)).sum(axis=1)
    return np.asarray((elements - 4.0 * 1.3 / 3.0) / (2.0 * np.sqrt(0.79 / 18.0)))


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
