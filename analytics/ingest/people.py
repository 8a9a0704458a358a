"""Names of persons in free text: what a record's own operator columns say is taken out of its notes too.

"Anna Schmidt called" beside an operator column that reads "Schmidt, Anna" becomes "[name] called". Each
record is read by itself, so that the same record of another export reads the same. Who is named in a note
only cannot be told from any other word; ``walkaway doctor`` counts the notes that are kept.
"""

from __future__ import annotations

import re

import polars as pl

from analytics.contracts import contract
from analytics.ingest.mapping import Mapping

NAME = "[name]"

_WORD = re.compile(r"\w+")
_SEVERAL = re.compile(rf"{re.escape(NAME)}(?:[\s,.]+{re.escape(NAME)})+")
_SHORTEST, _SHORTEST_NUMBER = 3, 4


def without_names(frame: pl.DataFrame, mapping: Mapping, *, also_unmapped: bool = False) -> pl.DataFrame:
    """Return source records whose free text no longer holds what their operator columns say.

    Args:
        frame: source records, their personal columns among them.
        mapping: which columns name persons, and which hold free text.
        also_unmapped: look through columns that are not loaded, too (they stand in quarantined records).
    """
    people = [name for name in mapping.personal if name in frame.columns]
    texts = [name for name in _texts(frame, mapping, also_unmapped=also_unmapped) if name not in people]
    if not people or not texts or not frame.height:
        return frame
    words = [_words(row) for row in frame.select(pl.col(people).cast(pl.String, strict=False)).iter_rows()]
    return frame.with_columns(
        pl.Series(
            name,
            [
                None if text is None else _taken_out(text, named) if named else text
                for text, named in zip(frame.get_column(name), words, strict=True)
            ],
            dtype=pl.String,
        )
        for name in texts
    )


def _texts(frame: pl.DataFrame, mapping: Mapping, *, also_unmapped: bool) -> list[str]:
    rules = contract(mapping.table)
    canonical = {source: name for name, source in mapping.columns.items()}
    return [
        name
        for name, kind in frame.schema.items()
        if kind == pl.String
        and (rules.field(canonical[name]).free_text if name in canonical else also_unmapped)
    ]


def _words(persons: tuple[str | None, ...]) -> frozenset[str]:
    """Return the words of names; short ones and short numbers stand for too much else."""
    found = (word for person in persons if person for word in _WORD.findall(person.casefold()))
    return frozenset(
        word for word in found if len(word) >= (_SHORTEST_NUMBER if word.isdecimal() else _SHORTEST)
    )


def _taken_out(text: str, named: frozenset[str]) -> str:
    left = _WORD.sub(lambda word: NAME if word[0].casefold() in named else word[0], text)
    return _SEVERAL.sub(NAME, left)
