"""Caveats name what they touch in words that a reader of the report knows."""

from __future__ import annotations

import ast
from pathlib import Path

import analytics
from analytics.report.wording import _AFFECTS, affects

PACKAGE = Path(analytics.__file__).parent
IN_WORDS = {"the records concerned"}
"""Said as it stands, of a file that is being loaded."""


def _places() -> dict[str, str]:
    """Return every place that a caveat in the package says it affects, with the module."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            told = [word.value for word in node.keywords if word.arg == "affects"]
            if isinstance(node.func, ast.Name) and node.func.id == "_caveat":
                told += node.args[3:4]
            for one in told:
                if isinstance(one, ast.Constant):
                    found |= {place.strip(): path.name for place in str(one.value).split(",")}
    return found


def test_every_place_that_a_caveat_affects_has_words() -> None:
    places = _places()
    assert {"everything", "by.shift", "walk_away", "chronic", "audit", "times"} <= set(places)
    assert set(places) - set(_AFFECTS) == IN_WORDS, {place: places[place] for place in places}
    for place in set(places) - IN_WORDS:
        assert "_" not in affects(place)
        assert "." not in affects(place)
