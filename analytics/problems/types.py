"""The four types of response (Smalley): the same problems seen four ways. Rules propose, people decide.

Type 1  every problem, once: restored now
Type 2  gaps from standard: each recurring pattern and each standard not held, at its cause; these minutes of
slow
        cycles are *of which*, already counted in Type 1; those of a standard not held are not
Type 3  a declared target condition not reached where the standard is held
Type 4  open-ended, triggered by vision: never inferred from data
"""

from __future__ import annotations

import math
from typing import Any

from analytics.problems.chronic import ChronicGap
from analytics.problems.patterns import Patterns
from analytics.results import Estimate, Quantity, Unavailable

NEVER_INFERRED = Unavailable(
    reason="open-ended innovation is triggered by vision and never inferred from data"
)


def types_section(
    *,
    problems: Quantity,
    detected_minutes: Quantity,
    undetected_minutes: Quantity,
    patterns: Patterns | Unavailable,
    chronic: ChronicGap,
) -> dict[str, Any]:
    """Return the section ``types`` of the report contract.

    Args:
        problems: all problems, with and without a call, each once.
        detected_minutes: station-minutes of slow cycles that were called or covered.
        undetected_minutes: station-minutes of slow cycles without a call.
        patterns: the run's recurring patterns, or why the model that they are patterns of is withheld.
        chronic: the run's chronic gap.
    """
    standards = [gap for gap in chronic.gaps if gap.kind == "standard_not_held"]
    targets = [gap for gap in chronic.gaps if gap.kind == "target_condition"]
    recurring, found = _recurring(patterns, undetected_minutes, len(standards))
    held = chronic.standard_not_held
    # Without standards the recurring patterns are all that is known of Type 2, and the minutes say so.
    minutes = add(recurring, held) if isinstance(held, Estimate) else recurring
    return {
        "type_1": {
            "count": problems.to_json(),
            "minutes": add(detected_minutes, undetected_minutes).to_json(),
        },
        "type_2": {
            "count": found.to_json(),
            "minutes": minutes.to_json(),
        },
        "type_3": {
            "count": _gap_count(chronic.target_condition, len(targets)).to_json(),
            "minutes": chronic.target_condition.to_json(),
        },
        "type_4": NEVER_INFERRED.to_json(),
    }


def add(first: Quantity, second: Quantity) -> Quantity:
    """Add two estimates whose errors are taken as independent; without one of them there is no sum."""
    if isinstance(first, Unavailable):
        return first
    if isinstance(second, Unavailable):
        return second
    value = first.value + second.value
    return Estimate(
        value=value,
        lower=max(0.0, value - math.hypot(first.value - first.lower, second.value - second.lower)),
        upper=value + math.hypot(first.upper - first.value, second.upper - second.value),
        level=first.level,
        unit=first.unit,
        method=first.method if first.method == second.method else f"{first.method} + {second.method}",
    )


def _recurring(
    patterns: Patterns | Unavailable, undetected_minutes: Quantity, standards_not_held: int
) -> tuple[Quantity, Quantity]:
    """Return minutes and number of recurring patterns: where slow cycles are not said, neither are these."""
    if isinstance(patterns, Unavailable):
        return patterns, patterns
    if isinstance(undetected_minutes, Unavailable):
        return undetected_minutes, undetected_minutes
    return patterns.minutes(), _pattern_count(patterns, standards_not_held)


def _pattern_count(patterns: Patterns, standards_not_held: int) -> Estimate:
    """Count recurring patterns; the interval runs from those beyond any doubt to those merely likely."""
    certain = sum(one.certain for one in patterns.found)
    return Estimate(
        value=float(len(patterns.found) + standards_not_held),
        lower=float(certain + standards_not_held),
        upper=float(max(patterns.likely, len(patterns.found)) + standards_not_held),
        unit="recurring patterns and standards not held",
        method="permutation within shift-days; false discoveries 5 % (none to 20 %)",
    )


def _gap_count(minutes: Quantity, count: int) -> Quantity:
    if isinstance(minutes, Unavailable):
        return minutes
    number = float(count)
    return Estimate(
        value=number, lower=number, upper=number, unit="target conditions not reached", method="counted"
    )
