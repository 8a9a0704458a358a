"""What each station of a serial line would do with each unit, drawn before anything flows.

Question: how long is the work, and what goes wrong? All arrays are (units, stations) of one line.

Assumptions: the in-control time is usual × chance (shift, crew, warm-up and waiting are added when the time
of day is known); a problem adds its delay to the cycles it touches and is independent of chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.simulate.happened import KINDS
from analytics.simulate.noise import draw_noise
from analytics.simulate.spec import Mix, PlantSpec, Problems
from analytics.simulate.structure import SerialLine, drift_progress

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

BREAKDOWN = KINDS.index("breakdown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The line's work, unit by unit.

    Attributes:
        product: index of the product, shape (units,).
        batch: number of the batch, shape (units,).
        expected_s: what the work takes without chance, shape (units, stations).
        noise: factor of chance, about 1, same shape.
        changeover_s: extra of a machine's first unit of a batch, shape (batches, stations).
        delay_s: extra by a problem of this station, same shape.
        problem: number of the problem, -1 for none, same shape.
        kind: index into ``KINDS``, -1 for none, same shape.
    """

    product: Ints
    batch: Ints
    expected_s: Floats
    noise: Floats
    changeover_s: Floats
    delay_s: Floats
    problem: Ints
    kind: Ints


def draw_units(spec: PlantSpec, line: SerialLine, units: int, rng: np.random.Generator) -> Units:
    """Draw the work of one line over the whole period."""
    product, batch, first = draw_batches(spec.mix, len(line.layout.product_ids), units, rng)
    stations = len(line.layout.station_ids)
    noise = np.empty((units, stations))
    for station in range(stations):
        noise[:, station] = draw_noise(
            line.noise[station],
            float(line.scatter[station]),
            units,
            rng,
            tail=float(line.tail[station]),
            apart=float(line.modes_apart[station]),
        )
    progress = drift_progress(line.drift_from, line.drift_over, units)
    worn = (np.arange(units)[:, None] % line.tool_life) / line.tool_life
    changeover_s = np.zeros((int(batch[-1]) + 1, stations))
    changed = batch[first]
    scatter = rng.normal(0.0, spec.mix.changeover_scatter, (len(changed), stations))
    changeover_s[changed] = line.changeover_s * np.exp(scatter)
    delay_s, problem, kind = _draw_problems(spec.problems, line, product, first, rng)
    return Units(
        product=product,
        batch=batch,
        expected_s=line.layout.usual_s.T[product] * (1.0 + line.drift * progress + line.wear * worn),
        noise=noise,
        changeover_s=changeover_s,
        delay_s=delay_s,
        problem=problem,
        kind=kind,
    )


def draw_batches(mix: Mix, products: int, units: int, rng: np.random.Generator) -> tuple[Ints, Ints, Bools]:
    """Return product and batch of every unit, and which units are the first after a change of product."""
    product = np.empty(units, dtype=np.int64)
    batch = np.empty(units, dtype=np.int64)
    first = np.zeros(units, dtype=np.bool_)
    at, number, last = 0, 0, -1
    while at < units:
        size = max(1, int(np.exp(rng.uniform(np.log(mix.batch[0]), np.log(mix.batch[1])))))
        choice = int(rng.integers(0, products))
        if choice == last and products > 1:
            choice = (choice + 1) % products
        product[at : at + size] = choice
        batch[at : at + size] = number
        first[at] = at > 0 and choice != last
        at, number, last = at + size, number + 1, choice
    return product, batch, first


def spread(at: Ints, length: Ints, units: int) -> tuple[Ints, Ints]:
    """Let problems run over several cycles.

    Args:
        at: first cycle of each problem, in order.
        length: how many cycles each runs over.
        units: how many cycles there are.

    Returns:
        The touched cycles, and which problem each belongs to; the earlier problem keeps a cycle.
    """
    ends = np.cumsum(length)
    within = np.arange(int(length.sum())) - np.repeat(ends - length, length)
    touched = np.repeat(at, length) + within
    owner = np.repeat(np.arange(len(at)), length)
    inside = touched < units
    cycles, kept = np.unique(touched[inside], return_index=True)
    return cycles, owner[inside][kept]


def _draw_problems(
    problems: Problems, line: SerialLine, product: Ints, first: Bools, rng: np.random.Generator
) -> tuple[Floats, Ints, Ints]:
    """Draw delay (s), number of the problem, and kind of every (unit, station)."""
    units, stations = len(product), len(line.layout.station_ids)
    delay_s = np.zeros((units, stations))
    number = np.full((units, stations), -1, dtype=np.int64)
    kinds = np.full((units, stations), -1, dtype=np.int64)
    if problems.share[1] <= 0.0:
        return delay_s, number, kinds
    since_change = np.arange(units) - np.maximum.accumulate(np.where(first, np.arange(units), 0))
    longer = problems.run_on * (sum(problems.run_on_cycles) / 2.0 - 1.0)
    total, products = 0, len(line.layout.product_ids)
    bad = int(rng.spawn(1)[0].integers(0, products))
    for station in range(stations):
        rate = float(line.problem_rate[station]) / (1.0 + longer)
        if problems.one_product:
            kind = _kinds_of(problems, min(rate * products, 0.9), product, since_change, rng)
            kind[product != bad] = -1
        else:
            kind = _kinds_of(problems, rate, product, since_change, rng)
        at = np.flatnonzero(kind >= 0)
        length = np.ones(len(at), dtype=np.int64)
        runs = (rng.random(len(at)) < problems.run_on) & (kind[at] != BREAKDOWN)
        length[runs] = rng.integers(problems.run_on_cycles[0], problems.run_on_cycles[1] + 1, int(runs.sum()))
        touched, owner = spread(at, length, units)
        broken = kind[at] == BREAKDOWN
        median = np.where(broken, problems.breakdown_median_s, line.minor_median_s[station])
        drawn = median[owner] * np.exp(rng.normal(0.0, line.minor_spread[station], len(owner)))
        delay_s[touched, station] = np.minimum(drawn, problems.longest_s)
        number[touched, station] = total + owner
        kinds[touched, station] = kind[at][owner]
        total += len(at)
    return delay_s, number, kinds


def _kinds_of(
    problems: Problems, rate: float, product: Ints, since_change: Ints, rng: np.random.Generator
) -> Ints:
    """Return where a problem starts at one station and of what kind (-1: none)."""
    units = len(product)
    kind = np.full(units, -1, dtype=np.int64)
    plain = rng.random(units) < rate
    serious = rng.random(int(plain.sum())) < problems.breakdowns
    kind[plain] = np.where(serious, BREAKDOWN, KINDS.index("minor_stop"))
    if rng.random() < problems.every_kth:
        every = int(rng.integers(20, 60))
        hit = (np.arange(units) % every == int(rng.integers(0, every))) & (rng.random(units) < 0.6)
        kind[hit] = KINDS.index("every_kth")
    if rng.random() < problems.by_product:
        bad = int(rng.integers(0, int(product.max(initial=0)) + 1))
        kind[(product == bad) & (rng.random(units) < 3.0 * rate)] = KINDS.index("by_product")
    if rng.random() < problems.after_changeover:
        early = (since_change < 5) & (since_change > 0)
        kind[early & (rng.random(units) < 0.3)] = KINDS.index("after_changeover")
    if rng.random() < problems.bursts:
        for start in rng.integers(0, max(units, 1), max(1, units // 1500)):
            stretch = np.arange(start, min(start + int(rng.integers(15, 40)), units))
            kind[stretch[rng.random(len(stretch)) < 0.2]] = KINDS.index("burst")
    return kind
