"""How people write yes, no, seconds, a time and a reason: forgiving of spelling, strict about meaning."""

from __future__ import annotations

import re
from datetime import time

YES = frozenset(
    ["yes", "y", "ja", "j", "si", "sí", "s", "oui", "x", "✓", "1", "true", "wahr", "verdadero", "t"]
)
NO = frozenset(["no", "n", "nein", "non", "0", "false", "falsch", "falso", "f", "-", "–"])
REASONS = {
    "not_noticed": ("not noticed", "nicht bemerkt", "unnoticed", "no visto"),
    "fixed_alone": ("fixed alone", "solved alone", "myself", "himself", "herself", "selbst", "allein"),
    "nobody_free": ("nobody free", "niemand frei", "no help", "keiner da", "nadie libre"),
    "seen_as_normal": ("seen as normal", "normal", "üblich", "immer so", "always so"),
    "standard_unclear": ("standard unclear", "unclear", "unklar", "kein standard"),
}
"""Why no call came, each with ways to write it; the first is the one the sheet names."""
OTHER = "other"

_UNITS = {"": 1.0, "s": 1.0, "sec": 1.0, "sek": 1.0, "second": 1.0, "seconds": 1.0, "m": 60.0, "min": 60.0}
_NUMBER = re.compile(r"^(\d+(?:[.,]\d+)?)\s*([a-z]*)\.?$")
_CLOCK = re.compile(r"^(\d{1,3}):([0-5]\d(?:[.,]\d+)?)$")
_TIME = re.compile(r"^(?:.*[ T])?(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?$")


MARKS = frozenset(["x", "✓"])
"""Yes as a mark: read as yes, but told, since some people cross out what is not so."""


class UnreadableError(ValueError):
    """A cell that cannot be understood; the message says what stands there and what could."""

    def __init__(self, message: str, column: str) -> None:
        super().__init__(message)
        self.column = column


def clean(cell: object) -> str:
    """Return a cell as text without surrounding blanks and without a spreadsheet's apostrophe."""
    text = "" if cell is None else str(cell).strip()
    return text.removeprefix("'").strip()


def yes_or_no(text: str, column: str) -> bool | None:
    """Read an answer; blank is None.

    Raises:
        UnreadableError: it is neither.

    Example:
        >>> yes_or_no("Ja", "called"), yes_or_no("0.0", "called"), yes_or_no(" ", "called")
        (True, False, None)
    """
    said = text.strip().casefold().rstrip(".!")
    said = said.removesuffix(".0").removesuffix(",0")
    if not text.strip():
        return None
    if said in YES:
        return True
    if said in NO:
        return False
    allowed = "write yes or no (ja, nein, 1, 0, true, false or a mark x for yes), or leave it blank"
    raise UnreadableError(f"{column} says {text!r}: {allowed}", column)


def is_mark(text: str) -> bool:
    """Tell whether a cell holds a mark in the place of a word."""
    return text.strip().casefold() in MARKS


def seconds(text: str, column: str) -> float | None:
    """Read a length of time: 95, 95,5, 95 s, 2 min, 1:35; blank is None.

    Raises:
        UnreadableError: it is none, or has three parts: a spreadsheet turns 1:35 into 01:35:00.
    """
    said = text.strip().casefold().replace("\N{NO-BREAK SPACE}", " ")
    if not said:
        return None
    if (number := _NUMBER.match(said)) and number[2] in _UNITS:
        return float(number[1].replace(",", ".")) * _UNITS[number[2]]
    if clock := _CLOCK.match(said):
        return 60.0 * float(clock[1]) + float(clock[2].replace(",", "."))
    allowed = "write seconds as a number, like 95, or 2 min, or 1:35"
    raise UnreadableError(f"{column} says {text!r}: {allowed}", column)


def clock_time(text: str, column: str) -> time | None:
    """Read a time of day: 9:05, 09:05:30, 2026-03-02 09:05; blank is None.

    Raises:
        UnreadableError: it is none.
    """
    if not text.strip():
        return None
    found = _TIME.match(text.strip())
    try:
        if found:
            return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        pass
    raise UnreadableError(f"{column} says {text!r}: write a time, like 09:05 or 09:05:30", column)


def reason(text: str) -> str | None:
    """Return why no call came, as one of ``REASONS`` or "other"; blank is None."""
    said = text.strip().casefold().replace("_", " ")
    if not said:
        return None
    return next((name for name, ways in REASONS.items() if any(_says(said, way) for way in ways)), OTHER)


def _says(said: str, way: str) -> bool:
    """Tell whether something is said in whole words, and not its contrary."""
    return re.search(rf"(?<!not )(?<!nicht )\b{re.escape(way)}\b", said) is not None
