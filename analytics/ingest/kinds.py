"""Which kind of problem does a plant's own text mean? Keywords in ``data/profiles/kinds.json``."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from typing import Any

import polars as pl

from analytics.config import resources


def map_kinds(column: str, text: pl.Series) -> pl.Series:
    """Map free text to our kinds.

    Args:
        column: which list of kinds: "andon_calls.kind" or "calendar.kind".
        text: shape (n,), the source's text, null where it has none.

    Returns:
        Shape (n,), the kind; the list's default where no keyword is known, null where it has no default.
    """
    words = text.drop_nulls().unique().to_list()
    known = {word: kind_of(column, word) for word in words}
    default = _kinds()[column]["default"]
    return text.replace_strict(known, default=default, return_dtype=pl.String)


def kind_of(column: str, text: str) -> str | None:
    """Return the kind that one text means: the kind itself, else the first kind with a word in the text."""
    rules = _kinds()[column]
    plain = _plain(text)
    if plain.strip().replace(" ", "_") in rules["kinds"]:
        return plain.strip().replace(" ", "_")
    for kind, pattern in _patterns(column):
        if pattern.search(plain):
            return kind
    default: str | None = rules["default"]
    return default


def truth_words() -> dict[str, bool]:
    """Return the words for yes and no → their meaning."""
    words = _kinds()["words"]
    return {
        _plain(word): meaning for name, meaning in (("true", True), ("false", False)) for word in words[name]
    }


def truth_of(text: pl.Series) -> pl.Series:
    """Return what words for yes and no mean, shape (n,), null where a word is neither."""
    words = text.drop_nulls().unique().to_list()
    known = truth_words()
    return text.replace_strict(
        {word: known.get(_plain(word)) for word in words}, default=None, return_dtype=pl.Boolean
    )


def _plain(text: str) -> str:
    lowered = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    return "".join(letter for letter in lowered if not unicodedata.combining(letter))


@cache
def _patterns(column: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """A short keyword has to be a whole word; a longer one may begin one (or, in German, end one)."""
    answer = []
    for kind, words in _kinds()[column]["kinds"].items():
        parts = [
            rf"\b{re.escape(_plain(word))}\b" if len(word) <= 3 else rf"\b{re.escape(_plain(word))}"
            for word in words
        ]
        answer.append((kind, re.compile("|".join(parts))))
    return tuple(answer)


@cache
def _kinds() -> dict[str, Any]:
    path = resources() / "data" / "profiles" / "kinds.json"
    given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return given
