"""Which canonical column does a source column's name mean, in English, German or Spanish?

Names are compared without case, accents, blanks, underscores and units. The words are in
``data/profiles/synonyms.json``; earlier in a list is the better match.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from analytics.config import resources
from analytics.contracts import TABLES, contract

SECONDS = {"s": 1.0, "ms": 0.001, "min": 60.0, "h": 3600.0, "d": 86400.0}

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_BRACKETS = re.compile(r"^(.*?)[\s_]*[\[(]([^\])]*)[\])]\s*$")
_LAST_WORD = re.compile(r"^(.+?)(?:[\s_.\-/]+|\s+in\s+)([A-Za-zÄÖÜäöüßíá]+)$")
_PERSON = (
    "bearbeiter",
    "operator",
    "bediener",
    "werker",
    "mitarbeiter",
    "operario",
    "empleado",
    "employee",
    "personalnummer",
    "firstname",
    "lastname",
    "surname",
    "username",
    "nachname",
    "vorname",
)
_BY = re.compile(r"(?:ed|seen)by$|(?:ge\w+t|iert|igt|en)von$|[ai]dopor$")
"""Raised by, closed by, quittiert von, gemeldet von, cerrado por …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMatch:
    """A canonical column that a name may mean.

    Attributes:
        canonical: the column.
        rank: 0 is the canonical name itself, then the place in the list of synonyms.
        unit: the unit that the name states, None if it states none.
    """

    canonical: str
    rank: int
    unit: str | None = None


def normalise(name: str) -> str:
    """Return a name without case, accents, blanks and punctuation.

    Example:
        >>> normalise(" Störgrund_Nr. "), normalise("TimeStamp"), normalise("ID línea")
        ('stoergrundnr', 'timestamp', 'idlinea')
    """
    lowered = unicodedata.normalize("NFC", name).casefold().translate(_UMLAUTS)
    plain = unicodedata.normalize("NFKD", lowered)
    return "".join(letter for letter in plain if letter.isalnum())


def split_unit(name: str) -> tuple[str, str | None]:
    """Split a unit of time off a column's name.

    Example:
        >>> split_unit("Zykluszeit [min]"), split_unit("cycle_time_s"), split_unit("Station")
        (('Zykluszeit', 'min'), ('cycle_time', 's'), ('Station', None))
    """
    for pattern in (_BRACKETS, _LAST_WORD):
        if (found := pattern.match(name.strip())) and (unit := _units().get(normalise(found[2]))):
            return found[1], unit
    return name, None


def matches(table: str, name: str) -> NameMatch | None:
    """Return what a column's name means in a canonical table, None where it means nothing there."""
    words = _words(table)
    if (found := words.get(normalise(name))) is not None:
        canonical, rank = found
        _, unit = split_unit(name)
        return NameMatch(
            canonical=canonical, rank=rank, unit=unit if _is_duration(table, canonical) else None
        )
    bare, unit = split_unit(name)
    if unit is not None and (found := words.get(normalise(bare))) is not None:
        canonical, rank = found
        if _is_duration(table, canonical):
            return NameMatch(canonical=canonical, rank=rank, unit=unit)
    without_brackets = _BRACKETS.match(name.strip())
    if without_brackets and (found := words.get(normalise(without_brackets[1]))) is not None:
        return NameMatch(canonical=found[0], rank=found[1])
    return None


def is_generic(name: str) -> bool:
    """Tell whether a name (start, end, time …) says nothing about which table it stands in."""
    return normalise(name) in _generic()


def is_personal(name: str) -> bool:
    """Tell whether a column names a person: it is dropped at ingest, in quarantine too."""
    plain = normalise(name)
    if plain in {normalise(word) for word in synonyms()["shared"]["operator_id"]}:
        return True
    return any(word in plain for word in _PERSON) or bool(_BY.search(plain))


def known_anywhere(name: str) -> bool:
    """Tell whether a name means something in any canonical table (to find the header row)."""
    return is_personal(name) or any(matches(table, name) for table in TABLES)


def source_named(file_name: str) -> str | None:
    """Return which source of detections a file's name speaks of, None if of none."""
    plain = normalise(file_name)
    for source, words in synonyms()["sources"].items():
        if any(normalise(word) in plain for word in words):
            return str(source)
    return None


def speaks_of(file_name: str, table: str) -> bool:
    """Tell whether a file's name speaks of a canonical table."""
    plain = normalise(file_name)
    return any(normalise(word) in plain for word in synonyms()["file_names"][table])


@cache
def synonyms() -> dict[str, Any]:
    """Return ``data/profiles/synonyms.json``."""
    path = resources() / "data" / "profiles" / "synonyms.json"
    given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return given


@cache
def shape_words() -> dict[str, dict[str, list[str]]]:
    """Return the column names of ``data/profiles/shapes.json``: shape → column → names."""
    path = resources() / "data" / "profiles" / "shapes.json"
    given: dict[str, dict[str, list[str]]] = json.loads(path.read_text(encoding="utf-8"))["tables"]
    return given


def _is_duration(table: str, canonical: str) -> bool:
    return contract(table).field(canonical).duration


@cache
def _units() -> dict[str, str]:
    return {normalise(word): unit for unit, words in synonyms()["units"].items() for word in words}


@cache
def _generic() -> frozenset[str]:
    return frozenset(normalise(word) for word in synonyms()["generic"])


@cache
def _words(table: str) -> dict[str, tuple[str, int]]:
    """Return normalised name → (canonical column, rank) for one table; the better rank wins."""
    rules = contract(table)
    lists = {**synonyms()["shared"], **(synonyms()["tables"].get(table) or shape_words()[table])}
    answer: dict[str, tuple[str, int]] = {}
    for canonical, listed in lists.items():
        if not rules.has(canonical):
            continue
        for rank, word in enumerate([canonical, *listed]):
            plain = normalise(word)
            if plain not in answer or rank < answer[plain][1]:
                answer[plain] = (canonical, rank)
    for field in rules.fields:
        answer[normalise(field.name)] = (field.name, 0)
    return answer


def direction(
    columns: Sequence[str], wanted: dict[str, str], wrong: Sequence[str], known: Sequence[str]
) -> str:
    """Say what a mapping's wrong names may have meant; else which side of a mapping is which."""
    meant = [(name, get_close_matches(name, known, n=1)) for name in wrong]
    if all(close for _, close in meant):
        return "Did you mean " + ", ".join(f"{close[0]!r} for {name!r}" for name, close in meant) + "?"
    canonical = next((name for name in wanted.values() if any(contract(t).has(name) for t in TABLES)), None)
    return (
        "A mapping says file column, then field: "
        f'"columns": {{{json.dumps(columns[0], ensure_ascii=False)}: "{canonical or "station_id"}"}}.'
    )
