"""What each station would do with each unit: in-control work and problems, drawn before anything flows.

Question: how long is the work, and what goes wrong? All arrays are (units, stations) of one line.

Assumptions: the in-control time is usual × product × noise (shift, crew, warm-up and waiting are added when
the time of day is known); a problem adds its delay to the cycles it touches and is independent of the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analytics.simulate.spec import Mix, Noise, PlantSpec, Problems
from analytics.simulate.structure import Line

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

KINDS = ("minor_stop", "breakdown", "every_kth", "by_product", "after_changeover", "burst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The line's work, unit by unit.

    Attributes:
        product: index of the product, shape (units,).
        batch: number of the batch, shape (units,).
        first: first unit of its batch, shape (units,).
        expected_s: what the work takes here without noise, shape (units, stations).
        noise: factor of chance, mean about 1, same shape.
        changeover_s: extra of first units, same shape.
        delay_s: extra by a problem of this station, same shape.
        problem: number of the problem, -1 for none, same shape.
        kind: index into ``KINDS``, -1 for none, same shape.
    """

    product: Ints
    batch: Ints
    first: Bools
    expected_s: Floats
    noise: Floats
    changeover_s: Floats
    delay_s: Floats
    problem: Ints
    kind: Ints


def draw_units(spec: PlantSpec, line: Line, units: int, rng: np.random.Generator) -> Units:
    """Draw the work of one line over the whole period."""
    product, batch, first = _batches(spec.mix, len(line.product_ids), units, rng)
    stations = len(line.station_ids)
    expected_s = line.usual_s[None, :] * line.product_factor.T[product]
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
    expected_s *= 1.0 + line.drift[None, :] * np.linspace(0.0, 1.0, max(units, 1))[:units, None]
    changeover_s = np.zeros((units, stations))
    firsts = np.flatnonzero(first)
    changeover_s[firsts] = line.changeover_s * np.exp(
        rng.normal(0.0, spec.mix.changeover_scatter, (len(firsts), stations))
    )
    delay_s, problem, kind = draw_problems(spec.problems, line, product, first, rng)
    return Units(
        product=product,
        batch=batch,
        first=first,
        expected_s=expected_s,
        noise=noise,
        changeover_s=changeover_s,
        delay_s=delay_s,
        problem=problem,
        kind=kind,
    )


def draw_noise(
    noise: Noise,
    scatter: float,
    size: int,
    rng: np.random.Generator,
    *,
    tail: float = 0.4,
    apart: float = 3.5,
) -> Floats:
    """Draw chance factors around 1 with the given standard deviation.

    Args:
        noise: the distribution's family.
        scatter: standard deviation, share of the usual cycle.
        size: how many.
        rng: source of randomness.
        tail: ex-Gaussian: share of the standard deviation that is exponential.
        apart: bimodal: distance of the two work methods, in standard deviations of one.
    """
    if noise == "gamma":
        shape = 1.0 / scatter**2
        return rng.gamma(shape, 1.0 / shape, size)
    if noise == "lognormal":
        width = np.sqrt(np.log1p(scatter**2))
        return np.exp(rng.normal(0.0, width, size))
    z = rng.normal(size=size)
    if noise == "ex_gaussian":
        z = np.sqrt(1.0 - tail**2) * z + tail * (rng.exponential(size=size) - 1.0)
    elif noise == "skewed":
        lean = 0.8
        z = lean * np.abs(z) + np.sqrt(1.0 - lean**2) * rng.normal(size=size)
        z = (z - lean * np.sqrt(2.0 / np.pi)) / np.sqrt(1.0 - 2.0 * lean**2 / np.pi)
    elif noise == "bimodal":
        z = z + apart * (rng.random(size) < 0.3)
    return np.maximum(1.0 + scatter * z, 0.3)


def draw_problems(
    problems: Problems, line: Line, product: Ints, first: Bools, rng: np.random.Generator
) -> tuple[Floats, Ints, Ints]:
    """Draw the line's problems: delay (s), number of the problem, and kind of every (unit, station)."""
    units, stations = len(product), len(line.station_ids)
    delay_s = np.zeros((units, stations))
    number = np.full((units, stations), -1, dtype=np.int64)
    kinds = np.full((units, stations), -1, dtype=np.int64)
    if problems.share[1] <= 0.0:
        return delay_s, number, kinds
    since_change = np.arange(units) - np.maximum.accumulate(np.where(first, np.arange(units), 0))
    total = 0
    for station in range(stations):
        rate = float(line.problem_rate[station]) / (1.0 + problems.run_on * 2.5)
        kind = _kinds_of(problems, rate, product, since_change, rng)
        at = np.flatnonzero(kind >= 0)
        length = np.ones(len(at), dtype=np.int64)
        runs = (rng.random(len(at)) < problems.run_on) & (kind[at] != KINDS.index("breakdown"))
        length[runs] = rng.integers(problems.run_on_cycles[0], problems.run_on_cycles[1] + 1, int(runs.sum()))
        touched = np.repeat(at, length) + _within(length)
        owner = np.repeat(np.arange(len(at)), length)
        inside = touched < units
        touched, owner = touched[inside], owner[inside]
        touched, kept = np.unique(touched, return_index=True)  # the earlier problem keeps the cycle
        owner = owner[kept]
        median = np.where(
            kind[at] == KINDS.index("breakdown"), problems.breakdown_median_s, line.minor_median_s[station]
        )
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
    kind[plain] = np.where(
        rng.random(int(plain.sum())) < problems.breakdowns,
        KINDS.index("breakdown"),
        KINDS.index("minor_stop"),
    )
    if rng.random() < problems.every_kth:
        every = int(rng.integers(20, 60))
        hit = (np.arange(units) % every == int(rng.integers(0, every))) & (rng.random(units) < 0.6)
        kind[hit] = KINDS.index("every_kth")
    if rng.random() < problems.by_product:
        bad = int(rng.integers(0, int(product.max(initial=0)) + 1))
        kind[(product == bad) & (rng.random(units) < 3.0 * rate)] = KINDS.index("by_product")
    if rng.random() < problems.after_changeover:
        kind[(since_change < 5) & (since_change > 0) & (rng.random(units) < 0.3)] = KINDS.index(
            "after_changeover"
        )
    if rng.random() < problems.bursts:
        for start in rng.integers(0, max(units, 1), max(1, units // 1500)):
            stretch = np.arange(start, min(start + int(rng.integers(15, 40)), units))
            kind[stretch[rng.random(len(stretch)) < 0.2]] = KINDS.index("burst")
    return kind


def _within(length: Ints) -> Ints:
    """Return 0, 1 … length-1 for each length, one after the other."""
    ends = np.cumsum(length)
    return np.arange(int(length.sum())) - np.repeat(ends - length, length)


def _batches(mix: Mix, products: int, units: int, rng: np.random.Generator) -> tuple[Ints, Ints, Bools]:
    """Return product and batch of every unit, and which units are the first after a change of product."""
    product = np.empty(units, dtype=np.int64)
    batch = np.empty(units, dtype=np.int64)
    first = np.zeros(units, dtype=np.bool_)
    at, number, last = 0, 0, -1
    while at < units:
        size = int(np.exp(rng.uniform(np.log(mix.batch[0]), np.log(mix.batch[1]))))
        choice = int(rng.integers(0, products))
        if choice == last and products > 1:
            choice = (choice + 1) % products
        product[at : at + size] = choice
        batch[at : at + size] = number
        first[at] = at > 0 and choice != last
        at, number, last = at + size, number + 1, choice
    return product, batch, first
