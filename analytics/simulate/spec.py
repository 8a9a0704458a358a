"""What kind of plant to draw: every range and share, in frozen dataclasses.

Question: which plants can the simulator draw? A ``PlantSpec`` holds ranges, not values: each seed draws
another structure (stations, scatter, shares of problems, habits of calling) from them, so that an estimator
cannot be tuned to one plant.

Assumptions: ranges are ``(low, high)``, drawn uniformly unless said otherwise; times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Range = tuple[float, float]
Noise = Literal["lognormal", "gamma", "ex_gaussian", "skewed", "normal", "bimodal"]
Habit = Literal["finish", "pause"]
Flow = Literal["serial", "units"]
Seen = Literal["open", "unanswered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """In-control work: how long a unit takes where nothing goes wrong."""

    takt_s: Range = (42.0, 92.0)
    load: Range = (0.70, 0.86)  # usual cycle ÷ takt, per station
    scatter: Range = (0.02, 0.12)  # standard deviation ÷ usual cycle, per station, log-uniform
    noises: tuple[Noise, ...] = ("lognormal", "gamma", "ex_gaussian", "skewed")
    tail: Range = (0.30, 0.55)  # weight of the exponential part of an ex-Gaussian
    modes_apart: Range = (3.0, 4.0)  # bimodal: distance of the two work methods in standard deviations
    shift_effect: float = 0.025  # standard deviation of a station's shift effect
    crew_effect: float = 0.006  # standard deviation of the effect of a station's shift-day
    product_effect: float = 0.10  # standard deviation of a station's product effect
    warm_up: Range = (0.03, 0.10)  # extra share just after a break
    warm_up_s: Range = (90.0, 240.0)  # its decay time
    drift: Range = (0.0, 0.0)  # growth of a drifting station's cycle over the period, share
    drifting_stations: float = 0.0  # share of stations that drift
    drift_from: Range = (0.0, 0.0)  # where in the period a drift begins, share
    drift_over: Range = (1.0, 1.0)  # share of the rest in which it grows; then it stays
    wear: Range = (0.0, 0.0)  # growth of a cycle over a tool's life, share; then the tool is changed
    tool_life: tuple[int, int] = (300, 900)  # cycles
    quantum_s: float = 0.0  # machine programs: own time is a multiple of this


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Products in batches, and what a changeover costs."""

    products: tuple[int, int] = (3, 6)  # per line, both ends included
    batch: Range = (40.0, 220.0)  # units, log-uniform
    changeover: Range = (0.3, 1.5)  # extra of the first cycle ÷ usual cycle, per station
    changeover_scatter: float = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When people work: shifts, breaks, days."""

    shifts: tuple[tuple[str, float, float], ...] = (("early", 6.0, 14.0), ("late", 14.0, 22.0))  # hours
    breaks: tuple[tuple[float, float], ...] = ((2.5, 15.0), (5.0, 30.0))  # hours into the shift, minutes
    weekly_stop: tuple[float, float] | None = (1.0, 20.0)  # planned stop every fifth day: hours in, minutes
    habits: tuple[Habit, ...] = ("finish", "pause")  # what people do with a unit when a break begins
    patience_s: float = 90.0  # the most work that is finished in the break
    first_day: str = "2025-03-03"
    timezone: str | None = None  # set: stamps of the tables are UTC, exports wall time of this zone
    weekend: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """What goes wrong: shares, delays, patterns."""

    share: Range = (0.009, 0.030)  # abnormal cycles ÷ cycles, plant-wide
    unevenness: float = 0.6  # ln-standard deviation of a station's own rate
    minor_median_s: Range = (25.0, 60.0)  # per station
    minor_spread: Range = (0.5, 0.8)  # ln-standard deviation of a delay
    breakdowns: float = 0.04  # share of problems that last minutes
    breakdown_median_s: float = 280.0
    longest_s: float = 2400.0
    run_on: float = 0.12  # share of problems that run over several cycles
    run_on_cycles: tuple[int, int] = (2, 5)
    every_kth: float = 0.12  # share of stations with this pattern
    by_product: float = 0.12
    after_changeover: float = 0.15
    bursts: float = 0.15
    one_product: bool = False  # all of a line's problems are one product's; the plant-wide share stays


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """When people call, and what the andon log makes of it."""

    andon: bool = True
    always: bool = False  # every problem is called
    level: Range = (-0.9, 0.9)  # logit of calling for a 30 s delay, per line
    by_delay: Range = (0.9, 1.5)  # slope on ln(delay ÷ 30 s)
    by_station: float = 0.5  # standard deviation over stations
    by_shift: float = 0.35  # standard deviation over shifts
    by_queue: Range = (0.3, 0.8)  # drop of the logit per call that is seen to keep help busy on the line
    seen: Seen = "open"  # which calls people see: every open one, or those that nobody has answered yet
    last_shift_level: float = 0.0  # added to the logit in the last shift, for reasons of its own
    last_shift_help: float = 1.0  # answer and repair take so many times as long in the last shift
    leaders: tuple[int, int] = (1, 3)
    answer_median_s: Range = (25.0, 60.0)
    repair_median_s: Range = (20.0, 60.0)
    no_trace_per_1k: Range = (0.5, 2.0)  # quality, safety, material calls per 1,000 cycles
    late: float = 0.02
    misplaced: float = 0.01
    spurious_per_1k: float = 0.15  # calls by mistake per 1,000 cycles
    clock_offset_s: Range = (0.0, 0.0)  # andon clock less cycle clock, size; sign drawn, per line
    clock_scatter_s: float = 0.0
    clock_by_station_s: float = 0.0  # standard deviation of the offset over stations
    clock_drift_s: Range = (0.0, 0.0)  # what the andon clock gains or loses in a day, size; sign drawn
    left_open: float = 0.0  # share of calls that nobody closed in the log


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Other logs, standards, and what the export leaves out."""

    downtime_threshold_s: Range = (60.0, 150.0)  # half of the stops of this length are in the log
    log_slope: float = 2.5  # how sharp that threshold is: slope on ln(delay ÷ threshold)
    log_misses: float = 0.0  # share of the longest stops that the log misses all the same
    dependence: float = 0.5  # logit gain where the problem was called
    tickets_from_s: float = 240.0  # half of the stops of this length get a maintenance ticket
    standards: bool = True
    standard_ratio: Range = (0.98, 1.03)
    standard_not_held: float = 0.15  # share of stations whose standard is not held
    calendar: bool = True
    stations: bool = True
    serials: bool = True
    completion_only: bool = False
    stamp_s: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupling:
    """How stations hold each other up."""

    flow: Flow = "serial"
    buffers: tuple[int, int] = (2, 5)  # units between neighbours, both ends included
    handling_s: Range = (0.5, 2.0)  # between one unit's leaving and the next one's start
    transfer_s: Range = (0.0, 0.0)  # travel between neighbours
    parallel: float = 0.0  # share of steps with two machines
    merge: bool = False  # two branches of two steps join the line


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantSpec:
    """A kind of plant."""

    cycles: int = 200_000  # roughly; decides the number of days
    days: int | None = None  # set: exactly this many days
    lines: tuple[int, int] = (2, 3)
    stations: tuple[int, int] = (6, 8)  # per line, both ends included
    work: Work = field(default_factory=Work)
    mix: Mix = field(default_factory=Mix)
    hours: Hours = field(default_factory=Hours)
    problems: Problems = field(default_factory=Problems)
    calls: Calls = field(default_factory=Calls)
    sources: Sources = field(default_factory=Sources)
    coupling: Coupling = field(default_factory=Coupling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named kind of plant."""

    description: str
    spec: PlantSpec
