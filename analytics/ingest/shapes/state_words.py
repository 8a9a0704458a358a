"""What a machine's state means for its cycle: the words of PackML, MTConnect and of plants in many languages.

Source: ANSI/ISA-TR88.00.02 (PackML, with the numbers of its tag StateCurrent), MTConnect Standard part 2
(Execution); the words are in ``data/profiles/states.json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from analytics.config import resources
from analytics.ingest.names import normalise

VOCABULARIES = ("mtconnect", "packml", "words")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Whose words a log's states are.

    Attributes:
        name: "mtconnect", "packml" or "words".
        meaning: value → what it means for the cycle; unknown values are absent.
        unknown: values that mean nothing here.
    """

    name: str
    meaning: dict[str, str]
    unknown: tuple[str, ...]


def vocabulary(values: list[str]) -> Vocabulary:
    """Return whose words some states are: the vocabulary that knows most (plain words and PackML mix)."""
    known = {
        name: {value: found for value in values if (found := _meaning(name, value))} for name in VOCABULARIES
    }
    best = max(VOCABULARIES, key=lambda name: (len(known[name]), -VOCABULARIES.index(name)))
    # MTConnect's words stand alone: an alarm that is ACTIVE, then CLEARED, is no machine that runs.
    meaning = known[best] if best == "mtconnect" else {**known["words"], **known["packml"]}
    meaning = meaning | known["words"] if best == "words" else meaning
    unknown = tuple(sorted(value for value in values if value not in meaning))
    return Vocabulary(name=best, meaning=meaning, unknown=unknown)


def _meaning(name: str, value: str) -> str | None:
    plain = normalise(value)
    if name == "packml":
        plain = normalise(_words()["packml_numbers"].get(plain, plain))
    return _plain(name).get(plain)


@cache
def _plain(name: str) -> dict[str, str]:
    return {normalise(word): meaning for meaning, words in _words()[name].items() for word in words}


@cache
def _words() -> dict[str, Any]:
    path = resources() / "data" / "profiles" / "states.json"
    given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return given
