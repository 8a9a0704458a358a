"""The canonical tables as contracts: which columns, which types and units, what a record must hold.

Read from ``data/contracts/<table>.json`` (Frictionless Table Schema). What the standard has no word for is
an ``x-`` property: ``x-unit``, ``x-severity`` ("error" rejects the record, "warning" drops the value),
``x-stored`` (false: helps to load, is not kept), ``x-any-of`` (one of these sets of columns has to be there),
``x-order`` (pairs of times that must not run backwards), ``x-derive`` (a time given as another one plus a
duration), ``x-key`` (what makes two records the same event), ``x-ids`` (columns that identify a record in
its source) and ``x-distinctive`` (columns by which a table is recognised).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from analytics.config import resources

FieldType = Literal["string", "datetime", "number", "integer", "boolean"]

TABLES = (
    "cycles",
    "andon_calls",
    "detections",
    "stations",
    "standards",
    "calendar",
    "teams",
    "countermeasures",
    "reviews",
)

SHAPES = ("part_counter", "part_counts", "state_log", "event_log")
"""What is no canonical table, but is turned into some: contracts in ``data/contracts/shapes/``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One canonical column.

    Attributes:
        name: its name.
        type: string, datetime, number, integer or boolean.
        description: what it is.
        unit: "s", "parts" …; None where it has none.
        required: a record without it is rejected.
        minimum: smallest value allowed.
        maximum: largest value allowed.
        enum: the values allowed; empty is any.
        mapped: free text is mapped to ``enum`` by ``data/profiles/kinds.json``.
        rejects: a wrong value rejects the record; otherwise only the value is dropped, and said.
        stored: kept in the warehouse; otherwise it only helps to load.
        personal: names a person.
        free_text: people write into it, and may name each other.
        duration: a length of time, so clock notation and units are understood.
        default: the value where the file has no such column.
    """

    name: str
    type: FieldType
    description: str
    unit: str | None = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[str, ...] = ()
    mapped: bool = False
    rejects: bool = True
    stored: bool = True
    personal: bool = False
    free_text: bool = False
    duration: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """A time that may be given as another one plus a duration."""

    field: str
    start: str
    duration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One canonical table; the attributes are those of the module's docstring."""

    table: str
    title: str
    fields: tuple[Field, ...]
    missing_values: tuple[str, ...]
    any_of: tuple[tuple[str, ...], ...]
    order: tuple[tuple[str, str], ...]
    derive: tuple[Derivation, ...]
    key: tuple[str, ...]
    ids: tuple[str, ...]
    distinctive: tuple[str, ...]

    def field(self, name: str) -> Field:
        """Return the column of that name.

        Raises:
            ValueError: there is none.
        """
        for field in self.fields:
            if field.name == name:
                return field
        raise ValueError(f"{self.table} has no column {name!r}; it has {[f.name for f in self.fields]}")

    def has(self, name: str) -> bool:
        """Tell whether there is a column of that name."""
        return any(field.name == name for field in self.fields)

    def lacking(self, present: set[str]) -> list[str]:
        """Return the required columns that are not among those present, in words."""
        lacking = [
            field.name
            for field in self.fields
            if field.required
            and field.default is None
            and field.name not in present
            and not self._derivable(field.name, present)
        ]
        if self.any_of and not any(set(choice) <= present for choice in self.any_of):
            lacking.append(" or ".join(" + ".join(choice) for choice in self.any_of))
        return lacking

    def _derivable(self, name: str, present: set[str]) -> bool:
        return any(step.field == name and {step.start, step.duration} <= present for step in self.derive)


@cache
def contract(table: str) -> Contract:
    """Return the contract of a canonical table, or of a shape that is turned into some.

    Raises:
        ValueError: there is no such table.
    """
    if table not in (*TABLES, *SHAPES):
        raise ValueError(f"no canonical table {table!r}; there are {list(TABLES)}")
    path = (folder() / "shapes" if table in SHAPES else folder()) / f"{table}.json"
    given = json.loads(path.read_text(encoding="utf-8"))
    return Contract(
        table=given["name"],
        title=given["title"],
        fields=tuple(_field(field) for field in given["fields"]),
        missing_values=tuple(given["missingValues"]),
        any_of=tuple(tuple(choice) for choice in given["x-any-of"]),
        order=tuple((first, second) for first, second in given["x-order"]),
        derive=tuple(
            Derivation(field=step["field"], start=step["from"], duration=step["plus"])
            for step in given["x-derive"]
        ),
        key=tuple(given["x-key"]),
        ids=tuple(given["x-ids"]),
        distinctive=tuple(given["x-distinctive"]),
    )


def folder() -> Path:
    """Return the folder of the contract files."""
    return resources() / "data" / "contracts"


def _field(given: dict[str, Any]) -> Field:
    constraints = given.get("constraints", {})
    return Field(
        name=given["name"],
        type=given["type"],
        description=given["description"],
        unit=given.get("x-unit"),
        required=constraints.get("required", False),
        minimum=constraints.get("minimum"),
        maximum=constraints.get("maximum"),
        enum=tuple(constraints.get("enum", ())),
        mapped=given.get("x-mapped", False),
        rejects=given.get("x-severity", "error") == "error",
        stored=given.get("x-stored", True),
        personal=given.get("x-personal", False),
        free_text=given.get("x-free-text", False),
        duration=given.get("x-duration", False),
        default=given.get("x-default"),
    )
