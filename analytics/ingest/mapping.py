"""Which canonical table does a file hold, and which of its columns is which?

In this order: columns told on a page; ``--mapping`` (a preset's name or a JSON file); a mapping saved in the
workspace or shipped whose columns all stand in the header; the names of the columns. Where two tables fit
equally well nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from analytics.config import resources
from analytics.contracts import SHAPES, TABLES, contract
from analytics.errors import MappingError, UsageError
from analytics.ingest.names import (
    SECONDS,
    direction,
    is_generic,
    is_personal,
    matches,
    normalise,
    source_named,
    speaks_of,
    split_unit,
)
from analytics.ingest.outcome import IngestOptions

Profiles = dict[str, dict[str, Any]]

# Tables that a place and general words for times are enough for; others need a word of their own.
_EVENTS = ("cycles", "andon_calls", "detections", "calendar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How a source table becomes a canonical one.

    Attributes:
        table: the canonical table.
        columns: canonical column → source column.
        scale: canonical column → seconds per unit, where the source counts in another unit.
        constants: canonical column → value, where the source has no such column.
        personal: source columns that name a person.
        profile: the preset used, None where the names were recognised.
        timezone: zone that the preset states.
        dayfirst: order that the preset states.
        decimal: decimal sign that the preset states.
    """

    table: str
    columns: dict[str, str]
    scale: dict[str, float] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    profile: str | None = None
    timezone: str | None = None
    dayfirst: bool | None = None
    decimal: str | None = None


def find_mapping(
    columns: Sequence[str], file_name: str, options: IngestOptions, saved: Profiles | None = None
) -> Mapping:
    """Return how a table with these columns is loaded.

    Args:
        columns: the source's column names.
        file_name: the file's name (and sheet), for hints.
        options: what the user told.
        saved: the workspace's own mappings by name.

    Raises:
        MappingError: no table fits, two fit equally well, or a mapping names a column that is not there.
        UsageError: there is no such preset or canonical table.
    """
    if options.table is not None and options.table not in (*TABLES, *SHAPES):
        raise UsageError(f"There is no table {options.table!r}.", hint=f"Use one of: {', '.join(TABLES)}.")
    known = {**presets(), **(saved or {})}
    if options.columns is not None:
        profile: dict[str, Any] = {"name": "chosen columns", "columns": options.columns}
        return _from_profile(profile, columns, file_name, options.table)
    if options.mapping is not None:
        return _from_profile(_told(options.mapping, known), columns, file_name, options.table)
    if fitting := fitting_profiles(columns, options, known):
        best = max(fitting, key=lambda profile: len(profile["columns"]))
        return _from_profile(best, columns, file_name, options.table)
    return _recognise(columns, file_name, options.table)


def fitting_profiles(columns: Sequence[str], options: IngestOptions, known: Profiles) -> list[dict[str, Any]]:
    """Return the mappings whose columns all stand in a header."""
    present = {normalise(name) for name in columns}
    return [
        profile
        for profile in known.values()
        if profile.get("columns")  # a preset of logs has none
        and {normalise(name) for name in profile["columns"]} <= present
        and options.table in {None, profile.get("table")}
    ]


def scores(columns: Sequence[str], file_name: str) -> dict[str, float]:
    """Return how well the columns fit each canonical table that they are complete for, best first."""
    answer: dict[str, float] = {}
    for table in TABLES:
        found = columns_by_name(columns, table)
        telling = any(name in contract(table).distinctive and not is_generic(found[name]) for name in found)
        if contract(table).lacking(set(found)) or not (telling or table in _EVENTS):
            continue
        score = 0.75 if speaks_of(file_name, table) else 0.0
        for canonical, source in found.items():
            score += 1.0
            match = matches(table, source)
            if match is None or is_generic(source):
                continue
            score += float(match.rank == 0) + float(canonical in contract(table).distinctive)
        # Between equals, the table whose own names the columns bear.
        score += 0.01 * sum(normalise(source) == normalise(canonical) for canonical, source in found.items())
        answer[table] = score
    return dict(sorted(answer.items(), key=lambda item: (-item[1], item[0])))


@cache
def presets() -> Profiles:
    """Return the shipped mapping presets by name."""
    folder = resources() / "data" / "profiles" / "presets"
    given = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return {profile["name"]: profile for profile in given}


def _told(mapping: str | Path, known: Profiles) -> dict[str, Any]:
    """Return the preset of that name, else what the JSON file says."""
    if str(mapping) in known:
        return known[str(mapping)]
    path = Path(mapping)
    if not path.is_file():
        raise UsageError(
            f"There is no mapping {str(mapping)!r}, neither a file nor a preset.",
            hint=f"Presets: {', '.join(sorted(known))}.",
        )
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The mapping {path} is not valid JSON: {error}.", hint="See data/profiles."
        ) from error
    if not isinstance(given, dict) or not isinstance(given.get("columns"), dict):
        raise UsageError(
            f'The mapping {path} has no "columns".',
            hint='It looks like {"table": "cycles", "columns": {"Your column": "station_id", …}}.',
        )
    return {"name": path.name, **given}


def _from_profile(
    profile: dict[str, Any], columns: Sequence[str], file_name: str, told_table: str | None
) -> Mapping:
    if "columns" not in profile:
        raise MappingError(
            f"The mapping {profile['name']!r} is for {profile.get('format')} logs, which {file_name} is not.",
            hint="Leave --mapping out, or name another one.",
        )
    by_name = {normalise(name): name for name in reversed(columns)}
    by_name.update({name: name for name in columns})
    wanted: dict[str, str] = profile["columns"]
    lost = [source for source in wanted if source not in by_name and normalise(source) not in by_name]
    if lost:
        raise MappingError(
            f"The mapping {profile['name']!r} names {_listed(lost)}, which {file_name} does not have.",
            hint=f"It has: {_listed(columns)}. {direction(columns, wanted, lost, columns)}",
        )
    pairs = {
        canonical: by_name.get(source) or by_name[normalise(source)]
        for source, canonical in wanted.items()
        if canonical
    }
    constants = {name: str(value) for name, value in profile.get("constants", {}).items()}
    table = told_table or profile.get("table") or _table_of(set(pairs) | set(constants), file_name)
    if table not in (*TABLES, *SHAPES):
        raise UsageError(
            f"The mapping {profile['name']!r} names the table {table!r}.",
            hint=f"Use one of: {', '.join(TABLES)}.",
        )
    rules = contract(table)
    foreign = [name for name in (*pairs, *constants) if not rules.has(name)]
    if foreign:
        fields = [known.name for known in rules.fields]
        raise UsageError(
            f"The mapping {profile['name']!r} names {_listed(foreign)}: no field of {table}.",
            hint=f"{table} has: {', '.join(fields)}. {direction(columns, wanted, foreign, fields)}",
        )
    _require(table, set(pairs) | set(constants), columns, file_name)
    told_units: dict[str, str] = profile.get("units", {})
    return Mapping(
        table=table,
        columns=pairs,
        scale=_scales(table, pairs, told_units),
        constants=_with_defaults(table, pairs, constants, file_name),
        personal=tuple(name for name in columns if is_personal(name) or name == pairs.get("operator_id")),
        profile=profile["name"],
        timezone=profile.get("timezone"),
        dayfirst=profile.get("dayfirst"),
        decimal=profile.get("decimal"),
    )


def _recognise(columns: Sequence[str], file_name: str, told_table: str | None) -> Mapping:
    if told_table is None:
        ranked = list(scores(columns, file_name).items())
        if not ranked:
            raise MappingError(
                f"No table can be recognised in {file_name}: {_closest(columns)}",
                hint=f"Its columns: {_listed(columns)}. Say which is which: --mapping FILE or --as TABLE.",
            )
        if len(ranked) > 1 and ranked[1][1] >= ranked[0][1]:
            tied = [table for table, score in ranked if score >= ranked[0][1]]
            raise MappingError(
                f"{file_name} could be {' or '.join(tied)}: its columns ({_listed(columns)}) fit both.",
                hint=f"Say which: --as {tied[0]} or --as {tied[1]}.",
            )
        table = ranked[0][0]
    else:
        table = told_table
    found = columns_by_name(columns, table)
    _require(table, set(found), columns, file_name)
    return Mapping(
        table=table,
        columns=found,
        scale=_scales(table, found, {}),
        constants=_with_defaults(table, found, {}, file_name),
        personal=tuple(name for name in columns if is_personal(name)),
    )


def columns_by_name(columns: Sequence[str], table: str) -> dict[str, str]:
    """Return canonical → source by name; of two sources for one column the better synonym is taken."""
    best: dict[str, tuple[int, str]] = {}
    for source in columns:
        match = matches(table, source)
        if match is not None and (match.canonical not in best or match.rank < best[match.canonical][0]):
            best[match.canonical] = (match.rank, source)
    found = {canonical: source for canonical, (_, source) in best.items()}
    if table == "cycles" and "ended_at" in found and best.get("completed_at", (0, ""))[0] > 0:
        del found["completed_at"]  # an end is the better known completion than some time stamp
    return found


def _table_of(canonical: set[str], file_name: str) -> str:
    fitting = [table for table in TABLES if all(contract(table).has(name) for name in canonical)]
    complete = [table for table in fitting if not contract(table).lacking(canonical)]
    hinted = [table for table in complete if speaks_of(file_name, table)] or complete
    if len(hinted) != 1:
        raise MappingError(
            f"The mapping for {file_name} does not say which table it is for.",
            hint=f'Add "table": one of {", ".join(hinted or TABLES)}, or give --as TABLE.',
        )
    return hinted[0]


def _require(table: str, present: set[str], columns: Sequence[str], file_name: str) -> None:
    lacking = contract(table).lacking(present)
    if lacking:
        raise MappingError(
            f"{file_name} lacks {_listed(lacking)} to be loaded as {table}.",
            hint=f"Its columns: {_listed(columns)}. Say which is which with --mapping FILE.",
        )


def _closest(columns: Sequence[str]) -> str:
    """Say what lacks for the table that comes closest."""
    found = {table: columns_by_name(columns, table) for table in TABLES}
    table = max(TABLES, key=lambda name: (len(found[name]), name == "cycles"))
    if not found[table]:
        return "none of its columns is known."
    return f"it comes closest to {table}, but lacks {_listed(contract(table).lacking(set(found[table])))}."


def _scales(table: str, pairs: dict[str, str], told: dict[str, str]) -> dict[str, float]:
    answer: dict[str, float] = {}
    for canonical, source in pairs.items():
        if contract(table).field(canonical).duration:
            unit = told.get(canonical) or split_unit(source)[1]
            if unit is not None and unit not in SECONDS:
                raise UsageError(
                    f"The unit {unit!r} of {canonical} is not known.",
                    hint=f"Use one of: {', '.join(SECONDS)}.",
                )
            if unit not in {None, "s"}:
                answer[canonical] = SECONDS[str(unit)]
    return answer


def _with_defaults(
    table: str, pairs: dict[str, str], constants: dict[str, str], file_name: str
) -> dict[str, str]:
    answer = dict(constants)
    for known in contract(table).fields:
        if known.default is not None and known.name not in pairs and known.name not in answer:
            answer[known.name] = source_named(file_name) or known.default
    return answer


def _listed(names: Sequence[str]) -> str:
    shown = [repr(name) for name in list(names)[:40]]
    return ", ".join(shown) + (" …" if len(names) > 40 else "")
