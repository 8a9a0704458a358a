"""The named kinds of plant: each is the default with a few things changed.

Question: on which plants must the estimate hold? Each scenario changes one thing from ``default`` (or from
``flow_base``), so that a failure points to its cause.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analytics.simulate.spec import PlantSpec, Scenario

_DEFAULT = PlantSpec()
_HALF = replace(_DEFAULT, cycles=100_000)


def _with(base: PlantSpec, **parts: dict[str, Any]) -> PlantSpec:
    """Return the spec with fields of its parts replaced: ``_with(spec, work={"scatter": …})``."""
    changed = {name: replace(getattr(base, name), **fields) for name, fields in parts.items()}
    return replace(base, **changed)


def _scenario(description: str, base: PlantSpec, **parts: dict[str, Any]) -> Scenario:
    return Scenario(description=description, spec=_with(base, **parts))


_FLOW = _with(
    _HALF,
    coupling={"flow": "units", "buffers": (1, 4), "handling_s": (0.0, 0.0)},
    sources={"stamp_s": 1.0},
    work={"load": (0.68, 0.84)},
)
_THREE_SHIFTS = (("night", -2.0, 5.75), ("early", 6.0, 13.75), ("late", 14.0, 21.75))

SCENARIOS: dict[str, Scenario] = {
    "default": _scenario("two or three lines, some 20 stations, ordinary problems, some called", _DEFAULT),
    "nothing_wrong": _scenario("no abnormal cycle at all", _DEFAULT, problems={"share": (0.0, 0.0)}),
    "everything_called": _scenario(
        "every problem is called at once",
        _DEFAULT,
        calls={"always": True, "late": 0.0, "misplaced": 0.0},
    ),
    "no_andon": _scenario("a plant without an andon system", _DEFAULT, calls={"andon": False}),
    "noisy": _scenario("manual work with much scatter", _HALF, work={"scatter": (0.10, 0.18)}),
    "tiny_delays": _scenario(
        "delays of some ten seconds, hardly longer than the scatter",
        _HALF,
        problems={"minor_median_s": (8.0, 14.0), "breakdowns": 0.01},
        work={"scatter": (0.03, 0.08)},
    ),
    "dense": _scenario("about every tenth cycle is abnormal", _HALF, problems={"share": (0.07, 0.12)}),
    "dirty_clock": _scenario(
        "an andon clock that is off, late and misplaced calls",
        _HALF,
        calls={
            "clock_offset_s": (20.0, 120.0),
            "clock_scatter_s": 3.0,
            "late": 0.15,
            "misplaced": 0.06,
            "spurious_per_1k": 0.6,
        },
    ),
    "coupled": _scenario(
        "hardly any buffer: stations hold each other up",
        _HALF,
        work={"load": (0.74, 0.88)},
        coupling={"buffers": (0, 1)},
    ),
    "completion_only": _scenario(
        "a part counter: completions with serials, no starts", _HALF, sources={"completion_only": True}
    ),
    "no_calendar": _scenario("nobody exported shifts and breaks", _HALF, sources={"calendar": False}),
    "no_standards": _scenario("no standard, target or takt", _HALF, sources={"standards": False}),
    "no_layout": _scenario(
        "no table of stations: their order must be found", _HALF, sources={"stations": False}
    ),
    "short_period": _scenario("two days", replace(_DEFAULT, days=2)),
    "whole_second_machine": _scenario(
        "machines that repeat to half a percent, stamps of whole seconds",
        _HALF,
        work={"scatter": (0.003, 0.007), "crew_effect": 0.0, "shift_effect": 0.0, "warm_up": (0.0, 0.01)},
        sources={"stamp_s": 1.0},
    ),
    "one_minute_stamps": _scenario("stamps of whole minutes", _HALF, sources={"stamp_s": 60.0}),
    "job_shop": _scenario(
        "many products in small batches",
        _HALF,
        mix={"products": (60, 120), "batch": (2.0, 12.0)},
        work={"product_effect": 0.3},
    ),
    "bimodal": _scenario("two legitimate work methods", _HALF, work={"noises": ("bimodal",)}),
    "episodes": _scenario(
        "problems that run over several cycles",
        _HALF,
        problems={"run_on": 0.6, "run_on_cycles": (2, 6)},
    ),
    "slow_drift": _scenario(
        "some stations grow steadily slower",
        _HALF,
        work={"drift": (0.06, 0.12), "drifting_stations": 0.4, "load": (0.66, 0.80)},
    ),
    "wear": _scenario(
        "cycles grow with the tool's wear and fall back when it is changed",
        _HALF,
        work={"wear": (0.02, 0.06), "load": (0.66, 0.80)},
    ),
    "learning": _scenario(
        "some stations grow steadily faster",
        _HALF,
        work={"drift": (-0.12, -0.06), "drifting_stations": 0.5},
    ),
    "no_balking": _scenario(
        "busy help that keeps nobody from calling",
        _HALF,
        problems={"share": (0.03, 0.05)},
        calls={"by_queue": (0.0, 0.0), "leaders": (1, 2)},
    ),
    "balking": _scenario(
        "one team leader a line, and people who look whether help is free before they call",
        _HALF,
        problems={"share": (0.03, 0.05)},
        calls={"by_queue": (0.7, 1.3), "leaders": (1, 1)},
    ),
    "late_shift_busy": _scenario(
        "help takes longer on the late shift, which also calls less for reasons of its own",
        _HALF,
        problems={"share": (0.03, 0.05)},
        calls={"last_shift_level": -1.8, "last_shift_help": 4.0, "by_station": 1.0, "leaders": (1, 1)},
    ),
    "late_shift_calls": _scenario(
        "help takes longer on the late shift, which calls more: what busy help prevents is hidden",
        _HALF,
        problems={"share": (0.03, 0.05)},
        calls={"last_shift_level": 1.8, "last_shift_help": 4.0, "by_station": 1.0, "leaders": (1, 1)},
    ),
    "small": _scenario(
        "one line of four stations, five single shifts: a first look",
        replace(_DEFAULT, days=5, lines=(1, 1), stations=(4, 4)),
        work={"takt_s": (190.0, 210.0)},
        problems={"share": (0.03, 0.04)},
        hours={"shifts": (("day", 6.0, 14.0),)},
        mix={"products": (2, 2), "batch": (30.0, 80.0)},
        calls={"leaders": (1, 1)},
    ),
    "flow_base": _scenario("the second family: units flow from step to step, stamps of 1 s", _FLOW),
    "flow_nothing_wrong": _scenario(
        "the second family without an abnormal cycle", _FLOW, problems={"share": (0.0, 0.0)}
    ),
    "flow_transfer": _scenario(
        "units travel between stations: blocking shows as an offset",
        _FLOW,
        coupling={"transfer_s": (3.0, 14.0), "buffers": (0, 2)},
        work={"load": (0.55, 0.70)},
    ),
    "flow_merge": _scenario(
        "two branches merge, some steps have two machines",
        _FLOW,
        coupling={"merge": True, "parallel": 0.3},
    ),
    "flow_balking": _scenario(
        "the second family with people who look whether help is free before they call",
        _FLOW,
        problems={"share": (0.03, 0.05)},
        calls={"by_queue": (0.7, 1.3), "leaders": (1, 1)},
    ),
    "flow_handover": _scenario(
        "three shifts with a quarter of an hour between, seven days, a change of the clock",
        _FLOW,
        hours={
            "shifts": _THREE_SHIFTS,
            "first_day": "2025-03-27",
            "timezone": "Europe/Berlin",
            "weekend": False,
        },
    ),
}
