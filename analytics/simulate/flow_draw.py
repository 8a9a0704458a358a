"""What each machine of the second family will meet, cycle by cycle of its own, before anything flows.

Question: how long is the work, and what goes wrong? Chance is Weibull-like or a sum of triangular elements,
or two ways of working; delays are gamma, problems start with the machine's own cycles. A delay may come about
under a condition that is known only when the cycle begins: with one product, or soon after a change of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.simulate.draw import spread
from analytics.simulate.flow_structure import TWO_WAYS, FlowLine
from analytics.simulate.happened import KINDS
from analytics.simulate.spec import PlantSpec, Problems
from analytics.simulate.structure import drift_progress

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


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


def draw_machine_work(
    spec: PlantSpec, line: FlowLine, cycles: int, rng: np.random.Generator
) -> list[MachineWork]:
    """Draw what every machine of a line will meet in so many cycles of its own."""
    work: list[MachineWork] = []
    total, own = 0, rng.spawn(1)[0]
    progress = drift_progress(line.drift_from, line.drift_over, cycles)
    for station in range(len(line.layout.station_ids)):
        apart = float(line.modes_apart[station])
        deviation = _standard_noise(int(line.shape[station]), cycles, rng, apart=apart)
        noise = np.maximum(1.0 + float(line.scatter[station]) * deviation, 0.4)
        life = int(line.tool_life[station])
        worn = line.wear[station] * (np.arange(cycles) % life) / life
        pace = 1.0 + line.drift[station] * progress[:, station] + worn
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
