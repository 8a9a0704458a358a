"""The only reader of ``sql/``: every statement by name, with the header that describes it.

A header is the block of comments at the top of the file::

    -- purpose: one sentence
    -- parameters: $from_at timestamp, $to_at timestamp   (or: none)
    -- grain: one row per …                               (or: none)
    -- columns:
    --   station_id varchar    what it is, with its unit
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from analytics.config import resources

_FIELD = re.compile(r"^(purpose|parameters|grain|columns):\s*(.*)$")
_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)\s+([a-z0-9_\[\]]+)")


@dataclass(frozen=True, slots=True)
class Query:
    """One SQL statement and what its header promises."""

    name: str
    text: str
    purpose: str
    grain: str
    parameters: dict[str, str]
    columns: dict[str, str]


@cache
def query(name: str) -> Query:
    """Return the statement ``sql/<name>.sql``.

    Args:
        name: path below ``sql/`` without its ending, such as ``"estimate/cycles"``.

    Raises:
        ValueError: no such file, or a header that lacks a field.
    """
    path = resources() / "sql" / f"{name}.sql"
    if not path.is_file():
        known = sorted(p.stem for p in path.parent.glob("*.sql"))
        raise ValueError(f"no statement {name!r} in {path.parent}; there are {known}")
    text = path.read_text(encoding="utf-8")
    fields: dict[str, str] = {}
    columns: dict[str, str] = {}
    inside = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        body = line[2:].strip()
        if match := _FIELD.match(body):
            inside = match[1]
            fields[inside] = match[2]
        elif inside == "columns" and len(words := body.split()) >= 2:
            columns[words[0]] = words[1]
        elif inside:
            fields[inside] += f" {body}"
    missing = {"purpose", "parameters", "grain", "columns"} - fields.keys()
    if missing:
        raise ValueError(f"the header of sql/{name}.sql lacks {sorted(missing)}")
    return Query(
        name=name,
        text=text,
        purpose=fields["purpose"],
        grain=fields["grain"],
        parameters=dict(_PARAMETER.findall(fields["parameters"])),
        columns=columns,
    )


def names(folder: str) -> list[str]:
    """Return the names of all statements in ``sql/<folder>/``, sorted."""
    return sorted(f"{folder}/{path.stem}" for path in (resources() / "sql" / folder).glob("*.sql"))
