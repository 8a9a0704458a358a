"""The named kinds of plant: each is the default with a few things changed.

Question: on which plants must the estimate hold? Each scenario changes one thing from ``default`` (or from
``flow_base``), so that a failure points to its cause.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analytics.simulate.spec import PlantSpec, Scenario

_DEFAULT = PlantSpec()


def _with(base: PlantSpec, **parts: dict[str, Any]) -> PlantSpec:
    """Return the spec with fields of its parts replaced: ``_with(spec, work={"scatter": …})``."""
    changed = {name: replace(getattr(base, name), **fields) for name, fields in parts.items()}
    return replace(base, **changed)


def _scenario(description: str, spec: PlantSpec) -> Scenario:
    return Scenario(description=description, spec=spec)


SCENARIOS: dict[str, Scenario] = {
    "default": _scenario("two or three lines, some 20 stations, ordinary problems, some called", _DEFAULT),
    "nothing_wrong": _scenario("no abnormal cycle at all", _with(_DEFAULT, problems={"share": (0.0, 0.0)})),
    "everything_called": _scenario(
        "every problem is called at once",
        _with(_DEFAULT, calls={"always": True, "late": 0.0, "misplaced": 0.0}),
    ),
    "no_andon": _scenario("a plant without an andon system", _with(_DEFAULT, calls={"andon": False})),
}
