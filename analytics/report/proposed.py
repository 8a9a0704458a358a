"""What a proposed target is called, and where a team begins to look.

The first step leads to the station and to the cause, never to a person: it asks what to watch, not whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NAMES = {
    "every_k": "every k-th unit",
    "by_product": "with one product",
    "after_changeover": "after a changeover",
    "at_hour": "at an hour of the day",
    "burst": "in bursts",
    "standard_not_held": "standard not held",
    "target_condition": "target condition",
}
FIRST_STEPS = {
    "every_k": "Find what comes round as often at this station (a fixture, a pallet, a refill), mark it, and "
    "follow it for one round.",
    "by_product": "Watch ten cycles of this product and ten of another: which step differs in parts, tool, "
    "program or work instruction?",
    "after_changeover": "Watch the next changeover until the time is as usual again: what is still searched "
    "for, set or adjusted?",
    "at_hour": "Be at the station at that hour: what comes then (material, relief, cleaning, warming up)?",
    "burst": "Go there at the second slow cycle in a row: what has changed since the last good one "
    "(batch, tool, setting)?",
    "standard_not_held": "Time the steps of ten cycles with the standard in hand: which step takes longer, "
    "or does the standard no longer describe the work?",
    "target_condition": "Name the one obstacle between today's cycle and the target condition, try one "
    "change, and look at the same figure a week later.",
}


def name(target: Mapping[str, Any]) -> str:
    """Say which pattern a target is.

    Example:
        >>> name({"pattern": "burst"}), name({"pattern": "of_a_later_version"})
        ('in bursts', 'of a later version')
    """
    pattern = str(target["pattern"])
    return NAMES.get(pattern, pattern.replace("_", " "))


def first_step(target: Mapping[str, Any]) -> str:
    """Say what to do first about a target; nothing for a pattern of a later version."""
    return FIRST_STEPS.get(str(target["pattern"]), "")


def first_steps(targets: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the first step of each pattern among targets, in their order, each once."""
    steps = {name(target): first_step(target) for target in targets}
    return [(pattern, step) for pattern, step in steps.items() if step]
