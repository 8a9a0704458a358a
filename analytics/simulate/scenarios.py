"""The named kinds of plant: a base with a few things changed, most of them in both families.

Question: on which plants must the estimate hold? Each scenario changes one thing from ``default`` (draws per
station) or from ``flow_base`` (unit by unit), so that a failure points to its cause. ``KINDS`` holds the
changes as data, by name; ``flow_NAME`` is the same change in the second family.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analytics.simulate.spec import PlantSpec, Scenario

Change = Mapping[str, Mapping[str, Any]]
"""Part of the spec → fields → values: ``{"work": {"scatter": (0.10, 0.18)}}``."""

_DEFAULT = PlantSpec()
_HALF = replace(_DEFAULT, cycles=100_000)


def changed(base: PlantSpec, change: Change) -> PlantSpec:
    """Return the spec with fields of its parts replaced; ``plant`` names fields of the spec itself."""
    parts = {
        part: replace(getattr(base, part), **fields) for part, fields in change.items() if part != "plant"
    }
    return replace(base, **change.get("plant", {}), **parts)


_FLOW = changed(
    _HALF,
    {
        "coupling": {"flow": "units", "buffers": (1, 4), "handling_s": (0.0, 0.0)},
        "sources": {"stamp_s": 1.0},
        "work": {"load": (0.68, 0.84), "crew_effect": 0.0},
        "problems": {"every_kth": 0.0, "by_product": 0.0, "after_changeover": 0.0, "bursts": 0.0},
    },
)
NOTHING_WRONG: Change = {"problems": {"share": (0.0, 0.0)}}
_NO_PATTERN = {"every_kth": 0.0, "by_product": 0.0, "after_changeover": 0.0, "bursts": 0.0}
_MANY_CALLS: Change = {"problems": {"share": (0.02, 0.035)}, "calls": {"level": (-0.4, 0.6)}}
_SHARP_LOG = {"downtime_threshold_s": (20.0, 45.0), "log_slope": 12.0, "log_misses": 0.4}
_ROUND_THE_CLOCK = {
    "shifts": (("night", -2.0, 5.75), ("early", 6.0, 13.75), ("late", 14.0, 21.75)),
    "timezone": "Europe/Berlin",
    "weekend": False,
}

KINDS: dict[str, tuple[str, Change]] = {
    "nothing_wrong": ("no abnormal cycle at all", NOTHING_WRONG),
    "everything_called": (
        "every problem is called at once",
        {"calls": {"always": True, "late": 0.0, "misplaced": 0.0}},
    ),
    "no_andon": ("a plant without an andon system", {"calls": {"andon": False}}),
    "noisy": ("manual work with much scatter", {"work": {"scatter": (0.10, 0.18)}}),
    "tiny_delays": (
        "delays of some ten seconds, hardly longer than the scatter",
        {
            "problems": {"minor_median_s": (8.0, 14.0), "breakdowns": 0.01},
            "work": {"scatter": (0.03, 0.08)},
        },
    ),
    "dense": ("about every tenth cycle is abnormal", {"problems": {"share": (0.07, 0.12)}}),
    "dirty_clock": (
        "an andon clock that is off, late and misplaced calls",
        {
            "calls": {
                "clock_offset_s": (20.0, 120.0),
                "clock_scatter_s": 3.0,
                "late": 0.15,
                "misplaced": 0.06,
                "spurious_per_1k": 0.6,
            }
        },
    ),
    "drifting_clock": (
        "an andon clock that gains or loses seconds every day, each station's off by its own",
        {
            "calls": {
                "clock_drift_s": (2.0, 8.0),
                "clock_by_station_s": 25.0,
                "clock_scatter_s": 2.0,
                "late": 0.05,
                "misplaced": 0.03,
            }
        },
    ),
    "late_calls": (
        "a good clock, but every fifth call is late and every twelfth at the wrong station",
        {"calls": {"late": 0.20, "misplaced": 0.08}},
    ),
    "left_open": ("a fifth of the calls is never closed in the log", {"calls": {"left_open": 0.2}}),
    "coupled": (
        "hardly any buffer: stations hold each other up",
        {"work": {"load": (0.74, 0.88)}, "coupling": {"buffers": (0, 1)}},
    ),
    "transfer": (
        "units travel between stations: blocking shows as an offset",
        {
            "coupling": {"transfer_s": (3.0, 14.0), "buffers": (0, 2)},
            "work": {"load": (0.55, 0.70)},
        },
    ),
    "parallel": ("half of the steps have two machines", {"coupling": {"parallel": 0.5}}),
    "merge": (
        "two branches merge, some steps have two machines",
        {"coupling": {"merge": True, "parallel": 0.3}},
    ),
    "completion_only": (
        "a part counter: completions with serials, no starts",
        {"sources": {"completion_only": True}},
    ),
    "no_serials": (
        "a part counter that knows no units: completions only",
        {"sources": {"completion_only": True, "serials": False}},
    ),
    "no_calendar": ("nobody exported shifts and breaks", {"sources": {"calendar": False}}),
    "no_standards": ("no standard, target or takt", {"sources": {"standards": False}}),
    "no_layout": ("no table of stations: their order must be found", {"sources": {"stations": False}}),
    "independent_log": (
        "a downtime log with a sharp threshold that knows nothing of the calls",
        {**_MANY_CALLS, "sources": {**_SHARP_LOG, "dependence": 0.0}},
    ),
    "dependent_log": (
        "a downtime log in which called stops are noted rather than others",
        {**_MANY_CALLS, "sources": {**_SHARP_LOG, "dependence": 0.7}},
    ),
    "short_period": ("two days", {"plant": {"days": 2}}),
    "handover": (
        "three shifts with a quarter of an hour between, the night on which clocks go forward",
        {"hours": {**_ROUND_THE_CLOCK, "first_day": "2025-03-29"}},
    ),
    "handover_autumn": (
        "three shifts with a quarter of an hour between, the night on which clocks go back",
        {"hours": {**_ROUND_THE_CLOCK, "first_day": "2025-10-25"}},
    ),
    "whole_second_machine": (
        "machines that repeat to half a percent, stamps of whole seconds",
        {
            "work": {
                "scatter": (0.003, 0.007),
                "crew_effect": 0.0,
                "shift_effect": 0.0,
                "warm_up": (0.0, 0.01),
            },
            "sources": {"stamp_s": 1.0},
        },
    ),
    "one_product": ("every problem of a line is one product's", {"problems": {"one_product": True}}),
    "one_minute_stamps": ("stamps of whole minutes", {"sources": {"stamp_s": 60.0}}),
    "episodes": (
        "problems that run over one to five cycles",
        {"problems": {**_NO_PATTERN, "run_on": 1.0, "run_on_cycles": (1, 5)}},
    ),
    "independent": (
        "every slow cycle is a problem of its own",
        {"problems": {**_NO_PATTERN, "run_on": 0.0}},
    ),
    "patterns": (
        "recurring problems: every k-th unit, one product, after a changeover, in bursts",
        {"problems": dict.fromkeys(_NO_PATTERN, 0.4)},
    ),
    "job_shop": (
        "many products in small batches",
        {
            "mix": {"products": (60, 120), "batch": (2.0, 12.0)},
            "work": {"product_effect": 0.3},
        },
    ),
    "bimodal": ("two legitimate work methods", {"work": {"noises": ("bimodal",)}}),
    "crews": ("crews work at a pace of their own", {"work": {"crew_effect": 0.02, "shift_effect": 0.04}}),
    "slow_drift": (
        "some stations grow steadily slower",
        {"work": {"drift": (0.06, 0.12), "drifting_stations": 0.4, "load": (0.66, 0.80)}},
    ),
    "late_drift": (
        "some stations grow slower from some day on: at once, or bit by bit",
        {
            "work": {
                "drift": (0.06, 0.12),
                "drifting_stations": 0.4,
                "load": (0.66, 0.80),
                "drift_from": (0.25, 0.65),
                "drift_over": (0.0, 0.99),
            }
        },
    ),
    "wear": (
        "cycles grow with the tool's wear and fall back when it is changed",
        {"work": {"wear": (0.02, 0.06), "load": (0.66, 0.80)}},
    ),
    "learning": (
        "some stations grow steadily faster",
        {"work": {"drift": (-0.12, -0.06), "drifting_stations": 0.5}},
    ),
    "busy_help": (
        "one team leader, slow help: people see the open calls and walk away",
        {
            "calls": {
                "by_queue": (0.8, 1.5),
                "leaders": (1, 1),
                "answer_median_s": (60.0, 120.0),
                "repair_median_s": (60.0, 120.0),
            }
        },
    ),
    "busy_help_confounded": (
        "the same, where shifts and stations differ much in how readily they call",
        {
            "calls": {
                "by_queue": (0.8, 1.5),
                "leaders": (1, 1),
                "answer_median_s": (60.0, 120.0),
                "repair_median_s": (60.0, 120.0),
                "by_shift": 0.9,
                "by_station": 0.9,
            }
        },
    ),
    "no_balking": (
        "busy help that keeps nobody from calling",
        {"problems": {"share": (0.03, 0.05)}, "calls": {"by_queue": (0.0, 0.0), "leaders": (1, 2)}},
    ),
    "late_shift_busy": (
        "help takes longer on the late shift, which also calls less for reasons of its own",
        {
            "problems": {"share": (0.03, 0.05)},
            "calls": {
                "last_shift_level": -1.8,
                "last_shift_help": 4.0,
                "by_station": 1.0,
                "leaders": (1, 1),
            },
        },
    ),
    "late_shift_calls": (
        "help takes longer on the late shift, which calls more: what busy help prevents is hidden",
        {
            "problems": {"share": (0.03, 0.05)},
            "calls": {
                "last_shift_level": 1.8,
                "last_shift_help": 4.0,
                "by_station": 1.0,
                "leaders": (1, 1),
            },
        },
    ),
}
_FULL_SIZE = {"nothing_wrong", "everything_called", "no_andon", "independent_log", "dependent_log"}
"""As large as ``default``: what is reported there is told per 200,000 cycles, or takes many of them."""

_FLOW_ONLY: dict[str, Change] = {
    # Every change of product costs a machine of this family time: room for that.
    "job_shop": {"work": {"product_effect": 0.3, "load": (0.45, 0.60)}},
}


def _named() -> dict[str, Scenario]:
    found = {
        "default": Scenario(
            description="two or three lines, some 20 stations, ordinary problems, some called", spec=_DEFAULT
        )
    }
    for name, (description, change) in KINDS.items():
        base = _DEFAULT if name in _FULL_SIZE else _HALF
        found[name] = Scenario(description=description, spec=changed(base, change))
    found["small"] = Scenario(
        description="one line of four stations, five single shifts: a first look",
        spec=changed(
            _DEFAULT,
            {
                "plant": {"days": 5, "lines": (1, 1), "stations": (4, 4)},
                "work": {"takt_s": (190.0, 210.0)},
                "problems": {"share": (0.03, 0.04)},
                "hours": {"shifts": (("day", 6.0, 14.0),)},
                "mix": {"products": (2, 2), "batch": (30.0, 80.0)},
                "calls": {"leaders": (1, 1)},
            },
        ),
    )
    found["flow_base"] = Scenario(
        description="the second family: units flow from step to step, stamps of 1 s", spec=_FLOW
    )
    for name, (description, change) in KINDS.items():
        spec = changed(_FLOW, {**change, **_FLOW_ONLY.get(name, {})})
        found[f"flow_{name}"] = Scenario(description=f"the second family: {description}", spec=spec)
    return found


SCENARIOS: dict[str, Scenario] = _named()
"""Every kind of plant by name."""
