"""How accurate the estimate was on plants with known truth: the study's figures as they are shipped.

Question: by how much is the number usually off, and what does it not hold yet? ``python -m tests.accuracy
--publish`` writes ``data/accuracy.json``; the page *Method* shows all of it, the README what tells most.
A goal is stored as [what, asked, measured, met]; a figure that could not be judged is absent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from analytics.config import resources

FILE = "accuracy.json"
SCHEMA_VERSION = 1
NOTHING = "–"
FLOW = "flow_"
WORST = 4
"""Kinds that are named beside a goal that is not met."""

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
    "seen": "Ranking ÷ best, waits left out (hidden in waits)",
    "goals": "Goals met",
}
FAMILIES_COLUMNS = {
    "kind": "Plants like",
    "count": "Count",
    "minutes": "Minutes",
    "covers": "Interval holds",
    "goals": "Goals met",
    "flow_count": "Unit by unit: count",
    "flow_minutes": "Minutes",
    "flow_covers": "Interval holds",
    "flow_goals": "Goals met",
}
GOAL_COLUMNS = {
    "met": "Met",
    "kind": "Plants like",
    "goal": "Goal",
    "bounds": "Asked",
    "measured": "Measured",
}
OPEN_COLUMNS = {"goal": "Goal not met", "bounds": "Asked", "by": "Worst (measured)"}
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
    kinds = [one for one in study["kinds"] if not one["twin"]]
    twins = [one for one in study["kinds"] if one["twin"]]
    plants, doubles = (sum(one["plants"] for one in some) for some in (kinds, twins))
    beside = f" and {doubles:,} twins of {len(twins)} kinds on which nothing is wrong" if twins else ""
    return (
        f"{plants:,} simulated plants of {len(kinds)} kinds{beside}, version {study['version']}, "
        f"{study['date']}, seeds from {study['first_seed']}"
    )


def kind_rows(study: Study) -> list[Row]:
    """Return one row per kind of plant: errors, coverage, width, ranking, goals met."""
    rows = [_kind_row(one) for one in study["kinds"] if not one["twin"]]
    return rows + [_twins_row(one) for one in study.get("twins", [])]


def family_rows(study: Study) -> list[Row]:
    """Return one row per kind of plant, both families beside each other."""
    rows: dict[str, Row] = {}
    for row in kind_rows(study):
        name = row["kind"]
        flow = name.startswith(FLOW)
        kind = {"flow_base": "default"}.get(name, name.removeprefix(FLOW))
        mine = rows.setdefault(kind, dict.fromkeys(FAMILIES_COLUMNS, NOTHING) | {"kind": kind})
        for column in ("count", "minutes", "covers", "goals"):
            mine[f"{FLOW if flow else ''}{column}"] = row[column]
    return list(rows.values())


def goal_rows(study: Study) -> list[Row]:
    """Return one row per kind and goal, those that are not met first; all twins of a family are one kind."""
    twins = [{"name": f"{one['family']} twins, together", **one} for one in study.get("twins", [])]
    rows = [
        {
            "met": "yes" if met else "no",
            "kind": one["name"],
            "goal": goal,
            "bounds": bounds,
            "measured": measured,
        }
        for one in [*study["kinds"], *twins]
        for goal, bounds, measured, met in one["goals"]
    ]
    return sorted(rows, key=lambda row: row["met"] == "yes")


def open_rows(study: Study) -> list[Row]:
    """Return one row per goal that some kinds do not meet, with the worst of them."""
    by: dict[tuple[str, str], list[Row]] = {}
    for row in goal_rows(study):
        if row["met"] == "no":
            by.setdefault((row["goal"], row["bounds"]), []).append(row)
    rows = []
    for (goal, bounds), missed in sorted(by.items()):
        missed.sort(key=lambda row: _distance(row["measured"]), reverse=not bounds.startswith("≥"))
        worst = ", ".join(f"{row['kind']} ({row['measured']})" for row in missed[:WORST])
        more = f", and {len(missed) - WORST} more" if len(missed) > WORST else ""
        rows.append({"goal": goal, "bounds": bounds, "by": worst + more})
    return rows


def _distance(measured: str) -> float:
    """Return the size of a figure as it is told: ``-4.1 %`` is 4.1."""
    return abs(float(measured.split(maxsplit=1)[0]))


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
    met = sum(goal[-1] for goal in one["goals"])
    row = dict.fromkeys(KINDS_COLUMNS, NOTHING)
    row |= {"kind": one["name"], "plants": str(one["plants"]), "goals": f"{met} of {len(one['goals'])}"}
    if found["withheld"] >= 1.0:
        return row | {"count": "withheld", "minutes": "withheld"}
    if "count_bias" not in found or one["class"] == "nothing":
        return row | {"count": _excess(found), "covers": _percent(found.get("count_coverage"))}
    return row | {
        "count": _error(found, "count"),
        "minutes": _error(found, "minutes"),
        "covers": _pair(found, "count_coverage", "minutes_coverage"),
        "half_width": _pair(found, "count_half_width", "minutes_half_width", sign="±"),
        "stations": _pair(found, "station_count_coverage", "station_minutes_coverage"),
        "ranking": f"{found['precision']:.2f} ({found['precision_ceiling']:.2f})"
        if "precision" in found
        else NOTHING,
        "seen": _seen(found),
    }


def _twins_row(one: Mapping[str, Any]) -> Row:
    """Put the twins of a family, on which nothing is wrong, into one row; withheld ones reported nothing."""
    met = sum(goal[-1] for goal in one["goals"])
    return dict.fromkeys(KINDS_COLUMNS, NOTHING) | {
        "kind": f"{FLOW if one['family'] == 'flow' else ''}… any of these, nothing wrong",
        "plants": str(one["plants"]),
        "count": _excess(one["figures"]),
        "covers": _percent(one["figures"].get("count_coverage")),
        "goals": f"{met} of {len(one['goals'])}",
    }


def _excess(found: Mapping[str, Any]) -> str:
    """Say what was reported above a truth of nothing, per 200,000 cycles: the mean and its sampling error."""
    if "excess" not in found:
        return NOTHING
    error = f" ± {found['excess_error']:.0f}" if "excess_error" in found else ""
    return f"{found['excess']:.0f}{error} above 0"


def _error(found: Mapping[str, Any], what: str) -> str:
    bias = found.get(f"{what}_bias")
    return "withheld" if bias is None else f"{100 * bias:+.1f} ± {100 * found[f'{what}_rmse']:.1f} %"


def _seen(found: Mapping[str, Any]) -> str:
    """Say how good the ranking is without the delays that a wait for room hides, and how many it hides."""
    if "precision_seen_share" not in found:
        return NOTHING
    return f"{_percent(found['precision_seen_share'])} ({_percent(found.get('hidden_in_waits'))})"


def _percent(share: float | None, sign: str = "") -> str:
    return NOTHING if share is None else f"{sign}{100 * share:.0f} %"


def _pair(found: Mapping[str, Any], first: str, second: str, sign: str = "") -> str:
    if first not in found and second not in found:
        return NOTHING
    return f"{_percent(found.get(first), sign)}, {_percent(found.get(second), sign)}"


def _times(ratio: float | None) -> str:
    return NOTHING if ratio is None else f"{ratio:.1f} ×"
