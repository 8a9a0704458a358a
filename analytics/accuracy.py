"""How accurate the estimate was on plants with known truth: the study's figures as they are shipped.

Question: by how much is the number usually off, and what does it not hold yet? ``python -m tests.accuracy
--publish`` writes ``data/accuracy.json``; the README and the page *Method* show the same rows of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from analytics.config import resources

FILE = "accuracy.json"
SCHEMA_VERSION = 1
NOTHING = "–"

Study = Mapping[str, Any]
Row = dict[str, str]

KINDS_COLUMNS = {
    "kind": "Plants like",
    "plants": "n",
    "count": "Count",
    "minutes": "Minutes",
    "covers": "Interval holds",
    "half_width": "Half-width",
    "stations": "Stations hold",
    "ranking": "Ranking (best possible)",
    "goals": "Goals met",
}
OPEN_COLUMNS = {"kind": "Plants like", "goal": "Goal", "bounds": "Asked", "measured": "Measured"}
PEER_COLUMNS = {
    "kind": "Plants like",
    "rule": "Rule",
    "count": "Count",
    "minutes": "Minutes",
    "ranking": "Ranking",
}
TRUST_COLUMNS = {"stated": "Stated chance", "cycles": "Cycles", "mean": "Mean stated", "true": "True share"}


def load_study() -> Study | None:
    """Return the shipped study, or None where none is shipped."""
    path = resources() / "data" / FILE
    if not path.is_file():
        return None
    study: Study = json.loads(path.read_text(encoding="utf-8"))
    return study if study.get("schema_version") == SCHEMA_VERSION else None


def about(study: Study) -> str:
    """Say what was studied, when, and with which version."""
    plants = sum(one["plants"] for one in study["kinds"])
    return (
        f"{plants:,} simulated plants of {len(study['kinds'])} kinds, version {study['version']}, "
        f"{study['date']}, seeds from {study['first_seed']}"
    )


def kind_rows(study: Study) -> list[Row]:
    """Return one row per kind of plant: errors, coverage, width, ranking, goals met."""
    rows = [_kind_row(one) for one in study["kinds"] if not one["twin"]]
    for family in ("serial", "flow"):
        twins = [one for one in study["kinds"] if one["twin"] and one["family"] == family]
        if twins:
            rows.append(_twins_row(family, twins))
    return rows


def open_rows(study: Study) -> list[Row]:
    """Return one row per goal that is not met."""
    return [
        {"kind": one["name"], "goal": goal["goal"], "bounds": goal["bounds"], "measured": goal["measured"]}
        for one in study["kinds"]
        for goal in one["goals"]
        if not goal["met"]
    ]


def peer_rows(study: Study) -> list[Row]:
    """Return what rules of thumb and detectors say of the same plants, as multiples of the truth."""
    return [
        {
            "kind": one["name"],
            "rule": name,
            "count": _times(peer["count_ratio"]),
            "minutes": _times(peer["minutes_ratio"]),
            "ranking": NOTHING if peer["precision"] is None else f"{peer['precision']:.2f}",
        }
        for one in study["kinds"]
        for name, peer in one["figures"].get("peers", {}).items()
    ]


def trust_rows(study: Study) -> list[Row]:
    """Return per bin of the stated chance what was true, over all kinds on which the number is published."""
    return list(_trust(study))


def _trust(study: Study) -> Iterator[Row]:
    bins = [bin_ for one in study["kinds"] for bin_ in one["figures"].get("calibration", [])]
    lows = sorted({one["low"] for one in bins})
    for low, high in zip(lows, [*lows[1:], 1.0], strict=True):
        parts = [one for one in bins if one["low"] == low]
        cycles = sum(one["cycles"] for one in parts)
        stated, true = (sum(one[key] * one["cycles"] for one in parts) / cycles for key in ("stated", "true"))
        yield {
            "stated": f"{low:.2f} to {high:.2f}",
            "cycles": f"{cycles:,}",
            "mean": f"{stated:.3f}",
            "true": f"{true:.3f}",
        }


def _kind_row(one: Mapping[str, Any]) -> Row:
    found = one["figures"]
    met = sum(goal["met"] for goal in one["goals"])
    row = dict.fromkeys(KINDS_COLUMNS, NOTHING)
    row |= {"kind": one["name"], "plants": str(one["plants"]), "goals": f"{met} of {len(one['goals'])}"}
    if found["withheld"] >= 1.0:
        return row | {"count": "withheld", "minutes": "withheld"}
    if found["count_bias"] is None or one["class"] == "nothing":
        excess = f"at most {max(found['excess'], 0.0):.0f} above 0"
        return row | {"count": excess, "covers": _percent(found["count_coverage"])}
    return row | {
        "count": _error(found, "count"),
        "minutes": _error(found, "minutes"),
        "covers": _pair(found["count_coverage"], found["minutes_coverage"]),
        "half_width": _pair(found["count_half_width"], found["minutes_half_width"], sign="±"),
        "stations": _pair(found["station_count_coverage"], found["station_minutes_coverage"]),
        "ranking": NOTHING
        if found["precision"] is None
        else f"{found['precision']:.2f} ({found['precision_ceiling']:.2f})",
    }


def _twins_row(family: str, twins: list[Mapping[str, Any]]) -> Row:
    """Put every kind's twin on which nothing is wrong into one row; withheld ones reported nothing."""
    told = [one["figures"] for one in twins if one["figures"]["excess"] is not None]
    plants = sum(one["plants"] for one in twins)
    held = [one["count_coverage"] for one in told]
    goals = [goal["met"] for one in twins for goal in one["goals"]]
    return dict.fromkeys(KINDS_COLUMNS, NOTHING) | {
        "kind": f"{'flow_' if family == 'flow' else ''}… the same {len(twins)} kinds, nothing wrong",
        "plants": str(plants),
        "count": f"at most {max((one['excess'] for one in told), default=0.0):.0f} above 0",
        "covers": _percent(sum(held) / len(held) if held else None),
        "goals": f"{sum(goals)} of {len(goals)}",
    }


def _error(found: Mapping[str, Any], what: str) -> str:
    bias, rmse = found[f"{what}_bias"], found[f"{what}_rmse"]
    return "withheld" if bias is None else f"{100 * bias:+.1f} ± {100 * rmse:.1f} %"


def _percent(share: float | None, sign: str = "") -> str:
    return NOTHING if share is None else f"{sign}{100 * share:.0f} %"


def _pair(first: float | None, second: float | None, sign: str = "") -> str:
    return f"{_percent(first, sign)}, {_percent(second, sign)}"


def _times(ratio: float | None) -> str:
    return NOTHING if ratio is None else f"{ratio:.1f} ×"
