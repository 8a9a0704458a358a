"""OCEL 2.0 event logs in JSON: events that belong to several objects, read as a row an event.

Each object type becomes a column with the event's objects of that type; so does each attribute of the event.
Which type is the unit and which the station is told by the types' names: a machine, resource or workstation
is the station; of the others the unit is the type with most objects that come by several events.

Source: OCEL 2.0 Specification (2023); the older JSON-OCEL 1.0 is read alike.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from analytics.errors import SourceError
from analytics.ingest.detect import Detected, open_bytes
from analytics.ingest.tables import Batch, SourceTable

ROWS = 20_000
ACTIVITY, TIME, CASE, STATION_NAME = "activity", "time", "case id", "station"
_STATION = re.compile(
    r"(?i)machine|station|resource|work ?cent|equipment|maschine|anlage|arbeitsplatz|ressource|m[aá]quina|"
    r"recurso"
)
_PERSON = re.compile(
    r"(?i)employee|worker|operator|person|user|customer|mitarbeiter|werker|bediener|operario|empleado"
)


def read_ocel(path: Path, found: Detected) -> SourceTable:
    """Return the events of a log as a table; values as text.

    Raises:
        SourceError: it is no JSON, or holds no events.
    """
    try:
        with open_bytes(path, gzipped=found.gzipped) as stream:
            given = json.loads(stream.read().decode(found.encoding, errors="replace").lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{path.name} is an event log in JSON that does not end properly: {error}.",
            hint="Export it again.",
        ) from error
    return event_table(path.name, "ocel", *_events_and_types(given))


def event_table(name: str, detail: str, events: list[dict[str, Any]], types: dict[str, str]) -> SourceTable:
    """Return events as a table.

    Args:
        name: the file's name.
        detail: of the format.
        events: each with "activity", "time", "attributes" (name → value) and "objects" (ids).
        types: object → its type.

    Raises:
        SourceError: there are no events.
    """
    if not events:
        raise SourceError(f"{name} is an event log without events.", hint="Export it again.")
    unit, station = _roles(events, types)
    titles = {kind: kind for kind in dict.fromkeys(types.values())}
    if station:
        titles[station] = STATION_NAME
    if unit:
        titles[unit] = CASE
    rows, lines = _rows(events, types, titles, unit)
    columns = tuple(
        dict.fromkeys([ACTIVITY, TIME, *([CASE] if unit else []), *(key for row in rows for key in row)])
    )

    def read() -> Iterator[Batch]:
        for first in range(0, len(rows), ROWS):
            part = rows[first : first + ROWS]
            frame = pl.DataFrame(
                {column: [row.get(column) for row in part] for column in columns},
                schema=dict.fromkeys(columns, pl.String),
            )
            yield Batch(frame=frame, line=pl.Series("line", lines[first : first + ROWS], dtype=pl.Int64))

    shown = f"{detail}, unit {unit!r}, station {station!r}" if station else f"{detail}, unit {unit!r}"
    return SourceTable(
        format="ocel", detail=shown, member=None, columns=columns, read=read, records=len(rows)
    )


def _rows(
    events: list[dict[str, Any]], types: dict[str, str], titles: dict[str, str], unit: str | None
) -> tuple[list[dict[str, str | None]], list[int]]:
    """Return one row per event and unit, and the event's number with each."""
    rows: list[dict[str, str | None]] = []
    lines: list[int] = []
    for number, event in enumerate(events, start=1):
        row: dict[str, str | None] = {ACTIVITY: _text(event["activity"]), TIME: _text(event["time"])}
        by_type: dict[str, list[str]] = defaultdict(list)
        for one in dict.fromkeys(one for one in event["objects"] if one in types):
            by_type[types[one]].append(one)
        for kind, ids in by_type.items():
            if kind != unit and not _PERSON.search(kind):
                row[titles[kind]] = ", ".join(ids)
        for key, value in event["attributes"].items():
            row.setdefault(key, _text(value))
        for one in by_type.get(unit or "") or [None]:  # type: ignore[list-item]
            rows.append(row if one is None else {**row, CASE: one})
            lines.append(number)
    return rows, lines


def _events_and_types(given: Any) -> tuple[list[dict[str, Any]], dict[str, str]]:
    if not isinstance(given, dict):
        return [], {}
    old = isinstance(given.get("ocel:events"), dict)
    if old:
        objects, events = given.get("ocel:objects", {}), given["ocel:events"]
        types = {key: str(one.get("ocel:type", "")) for key, one in objects.items() if isinstance(one, dict)}
        read = [
            {
                "activity": one.get("ocel:activity"),
                "time": one.get("ocel:timestamp"),
                "attributes": one.get("ocel:vmap") or {},
                "objects": [str(key) for key in one.get("ocel:omap") or []],
            }
            for one in events.values()
            if isinstance(one, dict)
        ]
        return read, types
    objects = given.get("objects") or []
    types = {str(one.get("id")): str(one.get("type", "")) for one in objects if isinstance(one, dict)}
    read = [
        {
            "activity": one.get("type"),
            "time": one.get("time"),
            "attributes": {
                str(a.get("name")): a.get("value") for a in one.get("attributes") or [] if isinstance(a, dict)
            },
            "objects": [
                str(r.get("objectId")) for r in one.get("relationships") or [] if isinstance(r, dict)
            ],
        }
        for one in given.get("events") or []
        if isinstance(one, dict)
    ]
    return read, types


def _roles(events: list[dict[str, Any]], types: dict[str, str]) -> tuple[str | None, str | None]:
    """Return the object type that is the unit, and the one that is the station."""
    seen: Counter[str] = Counter()
    objects: dict[str, set[str]] = defaultdict(set)
    for event in events:
        for one in event["objects"]:
            if one in types:
                seen[types[one]] += 1
                objects[types[one]].add(one)
    station = next((kind for kind, _ in seen.most_common() if _STATION.search(kind)), None)
    units = [
        kind for kind in seen if kind != station and not _PERSON.search(kind) and not _STATION.search(kind)
    ]
    several = [kind for kind in units if seen[kind] > len(objects[kind])] or units
    return max(several, key=lambda kind: (len(objects[kind]), kind), default=None), station


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
