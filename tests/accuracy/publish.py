"""The study as it is shipped: ``data/accuracy.json``, and the README's table made from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analytics import accuracy
from analytics.config import resources
from analytics.simulate import SCENARIOS
from tests.accuracy.goals import BY_CLASS, Goal, class_of, family_of, goals_of, judged
from tests.accuracy.judge import TWIN
from tests.accuracy.summary import Record, by_scenario, figures

BEGIN, END = "<!-- accuracy: begin -->", "<!-- accuracy: end -->"
"""What stands between them in the README is made by ``--publish``."""
FAMILIES = ("serial", "flow")
DIGITS = 4
PEERS_SHOWN = ("default", "flow_base")


def study_of(records: list[Record], *, date: str | None = None) -> dict[str, Any]:
    """Return the study's figures and goals as the shipped file holds them."""
    kinds = []
    for name, group in by_scenario(records).items():
        known = SCENARIOS.get(name.removesuffix(TWIN))
        kinds.append(
            {
                "name": name,
                "twin": name.endswith(TWIN),
                "family": family_of(name),
                "class": class_of(name),
                "description": known.description if known else "",
                **_judged(group, goals_of(name)),
            }
        )
    return {
        "schema_version": accuracy.SCHEMA_VERSION,
        "version": version("walkaway"),
        "date": date or f"{datetime.now(tz=UTC):%Y-%m-%d}",
        "first_seed": min((record["seed"] for record in records), default=0),
        "kinds": kinds,
        "twins": _twins(records),
    }


def _twins(records: list[Record]) -> list[dict[str, Any]]:
    """Return per family what all twins say together: of one kind there are too few cycles to tell."""
    twins = [record for record in records if record["scenario"].endswith(TWIN)]
    groups = {family: [one for one in twins if family_of(one["scenario"]) == family] for family in FAMILIES}
    return [
        {"family": family, **_judged(group, BY_CLASS["nothing"])} for family, group in groups.items() if group
    ]


def _judged(group: list[Record], goals: Iterable[Goal]) -> dict[str, Any]:
    """Return the figures of some plants, those that there are, and the goals judged by them."""
    found = figures(group)
    known = {key: value for key, value in found.items() if value not in (None, {}, [])}
    goals_judged = [list(goal) for goal in judged(goals, found)]
    return {"plants": found["plants"], "figures": rounded(known), "goals": goals_judged}


def publish(records: list[Record]) -> list[Path]:
    """Write the shipped file and the README's table; return both paths."""
    file, readme = resources() / "data" / accuracy.FILE, resources() / "README.md"
    study = study_of(records)
    file.write_text(as_lines(study), encoding="utf-8")
    readme.write_text(with_table(readme.read_text(encoding="utf-8"), study), encoding="utf-8")
    return [file, readme]


def as_lines(study: Mapping[str, Any]) -> str:
    """Return the study as JSON, one kind of plant a line."""
    head = {key: value for key, value in study.items() if key != "kinds"}
    kinds = [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in study["kinds"]]
    opening = json.dumps(head, ensure_ascii=False)[:-1]
    return f'{opening}, "kinds": [\n' + ",\n".join(kinds) + "\n]}\n"


def with_table(text: str, study: Mapping[str, Any]) -> str:
    """Return a text whose part between the markers is the study's tables."""
    before, _, rest = text.partition(BEGIN)
    _, marker, after = rest.partition(END)
    if not marker:
        raise ValueError(f"The text has no part between {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{markdown(study)}\n\n{END}{after}"


def markdown(study: Mapping[str, Any]) -> str:
    """Return the study's most telling tables as Markdown."""
    parts = [f"{accuracy.about(study)}.", _table(accuracy.FAMILIES_COLUMNS, accuracy.family_rows(study))]
    if unmet := accuracy.open_rows(study):
        parts += ["Not held yet:", _table(accuracy.OPEN_COLUMNS, unmet)]
    parts += ["Stated chance of single cycles, and what was true:"]
    parts += [_table(accuracy.TRUST_COLUMNS, accuracy.trust_rows(study))]
    if peers := [row for row in accuracy.peer_rows(study) if row["kind"] in PEERS_SHOWN]:
        parts += ["What rules of thumb and detectors say of the same plants, as a multiple of the truth:"]
        parts += [_table(accuracy.PEER_COLUMNS, peers)]
    return "\n\n".join(parts)


def rounded(value: Any) -> Any:
    """Return a value with every float in it cut to four significant digits: a small, stable file."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    return value


def _table(columns: Mapping[str, str], rows: list[accuracy.Row]) -> str:
    lines = [f"| {' | '.join(columns.values())} |", "|" + "---|" * len(columns)]
    lines += [f"| {' | '.join(row[column] for column in columns)} |" for row in rows]
    return "\n".join(lines)
