"""Plants with known truth: what a plant would export, and what really happened.

spec            what kinds of plant there are: ranges in dataclasses
scenarios       the named kinds
hours           shifts, breaks, working pieces of time
structure       a serial plant's lines and stations
noise           how in-control work scatters
draw            what each station would do with each unit: work, chance, problems
serial          a serial line with finite buffers: when it happens
flow_structure  the second family: steps, machines, branches
flow_draw       … what each machine would do: work, chance, problems
flow            the second family, event by event: travel, room, merges
happened        what is true of each cycle, whichever family
calls           andon calls and team leaders
records         cycles, calls and truth as frames
surroundings    downtime log, stations, standards, calendar, teams; what is left out
plant           all of it together: tables and truth
write           exports as files, truth beside them
"""

from __future__ import annotations

from dataclasses import replace

from analytics.errors import UsageError
from analytics.simulate.plant import SimulatedPlant, draw_plant
from analytics.simulate.scenarios import NOTHING_WRONG, SCENARIOS, changed
from analytics.simulate.spec import Scenario
from analytics.simulate.write import write_plant

__all__ = ["SCENARIOS", "Scenario", "SimulatedPlant", "simulate", "write_plant"]


def simulate(
    scenario: str, seed: int, cycles: int | None = None, *, nothing_wrong: bool = False
) -> SimulatedPlant:
    """Draw a plant with known truth.

    Args:
        scenario: a name in ``SCENARIOS``.
        seed: equal seeds give equal plants.
        cycles: about how many cycles, by the number of working days; default: the scenario's own.
        nothing_wrong: the plant's twin on which no cycle is abnormal.

    Raises:
        UsageError: there is no such scenario.
    """
    if scenario not in SCENARIOS:
        raise UsageError(f"There is no scenario {scenario!r}.", hint=f"Choose from {', '.join(SCENARIOS)}.")
    spec = SCENARIOS[scenario].spec
    if cycles is not None:
        if cycles < 1:
            raise UsageError(
                f"A plant needs at least one cycle, got {cycles}.", hint="Give a positive number."
            )
        spec = replace(spec, cycles=cycles, days=None)
    if nothing_wrong:
        spec = changed(spec, NOTHING_WRONG)
    return draw_plant(scenario, spec, seed)
