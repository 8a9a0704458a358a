"""How figures are written for people: 1,234; 12.3 h; 38 % (35–41 %).

One place, so that a number reads the same on a chart, in a table and in a sentence.
"""

from __future__ import annotations

import math
from datetime import date

from analytics.results import Quantity, Unavailable

CALLED = "called"
RECORDED = "recorded, not called"
MISSED = "ran without a call"

_HOURS_FROM_MINUTES = 180.0


def number(value: float, whole_from: float = 10.0) -> str:
    """Write a number: whole from ``whole_from`` upwards, one decimal below it where there is a fraction.

    Example:
        >>> number(1234.4), number(12.34), number(2.34), number(2.0), number(0.04)
        ('1,234', '12', '2.3', '2', '0')
    """
    if abs(value) >= whole_from or math.isclose(value, round(value), abs_tol=0.05):
        return f"{round(value):,}"
    return f"{value:,.1f}"


def share(value: float) -> str:
    """Write a share in [0, 1] as a percentage.

    Example:
        >>> share(0.3849), share(0.004)
        ('38 %', '0.4 %')
    """
    percent = 100 * value
    return f"{percent:.1f} %" if 0 < percent < 1 else f"{percent:.0f} %"


def minutes(value: float) -> str:
    """Write minutes, as hours from three hours upwards.

    Example:
        >>> minutes(42.3), minutes(738.0)
        ('42 min', '12.3 h')
    """
    if abs(value) >= _HOURS_FROM_MINUTES:
        return f"{number(value / 60, 100)} h"
    return f"{number(value)} min"


def seconds(value: float) -> str:
    """Write a duration in seconds: s, min or h, whichever reads best.

    Example:
        >>> seconds(4.26), seconds(95), seconds(5400)
        ('4.3 s', '95 s', '90 min')
    """
    if abs(value) >= 600:
        return minutes(value / 60)
    return f"{number(value, 100)} s"


def size(octets: float) -> str:
    """Write the size of a file.

    Example:
        >>> size(900), size(1_540_000)
        ('1 kB', '1.5 MB')
    """
    if octets < 1e6:
        return f"{max(1, round(octets / 1e3)):,} kB"
    return f"{number(octets / 1e6)} MB"


def every(value_min: float) -> str:
    """Write a mean distance between events in minutes: one every so many minutes.

    Example:
        >>> every(2.44), every(0.5), every(300), every(4000)
        ('2.4 minutes', '30 seconds', '5 hours', '2.8 days')
    """
    if value_min < 1:
        return f"{value_min * 60:.0f} seconds"
    if value_min < 120:
        return f"{number(value_min, 100)} minutes"
    if value_min < 2880:
        return f"{number(value_min / 60, 100)} hours"
    return f"{number(value_min / 1440, 100)} days"


def of_unit(value: float, unit: str) -> str:
    """Write a value in the way its unit asks for."""
    if unit.startswith("share"):
        return share(value)
    if "minute" in unit:
        return minutes(value)
    return number(value)


def value(quantity: Quantity) -> str:
    """Write the value of an estimate, or that there is none."""
    if isinstance(quantity, Unavailable):
        return "not estimable"
    return of_unit(quantity.value, quantity.unit)


def interval(quantity: Quantity) -> str:
    """Write the interval of an estimate: "1,100–1,370", with one unit, or the reason why there is none."""
    if isinstance(quantity, Unavailable):
        return quantity.reason
    low, high = of_unit(quantity.lower, quantity.unit), of_unit(quantity.upper, quantity.unit)
    low_words, high_words = low.split(), high.split()
    if len(low_words) == 2 and low_words[1:] == high_words[1:]:
        low = low_words[0]
    return f"{low}–{high}"


def with_interval(quantity: Quantity) -> str:
    """Write an estimate and its interval: "1,234 (1,100–1,370)"."""
    if isinstance(quantity, Unavailable):
        return f"not estimable: {quantity.reason}"
    return f"{value(quantity)} ({interval(quantity)})"


def span(low: float, high: float) -> str:
    """Write a range of seconds: "4–15 s", or "4 s" where both ends read the same.

    Example:
        >>> span(4, 15.2), span(4, 4)
        ('4–15.2 s', '4 s')
    """
    first, last = number(low, 100), number(high, 100)
    return f"{first} s" if first == last else f"{first}–{last} s"


def day(given: date) -> str:
    """Write a day: "Mon 2 Mar"."""
    return f"{given:%a} {given.day} {given:%b}"


def short(name: str, width: int = 18) -> str:
    """Shorten a long name in its middle, where names differ least.

    Example:
        >>> short("Welding cell 20 robot left", 16)
        'Welding…bot left'
    """
    if len(name) <= width:
        return name
    left = (width - 1) // 2
    right = width - 1 - left
    return f"{name[:left]}…{name[-right:]}"


def cut(text: str, width: int) -> str:
    """Cut a sentence off at a word, with an ellipsis.

    Example:
        >>> cut("too little usable data at every station", 20)
        'too little usable…'
    """
    if len(text) <= width:
        return text
    return f"{text[: width - 1].rsplit(' ', 1)[0]}…"


def shortened(given: list[str], width: int = 18) -> list[str]:
    """Shorten names and keep them distinct: names that would read the same show where they differ.

    Example:
        >>> shortened(["W10 robot cell, left member", "W10 robot cell, right member", "A10"], 16)
        ['W10 r…left memb…', 'W10 r…right mem…', 'A10']
        >>> shortened(["Cell 20 left-hand side", "Cell 20 right-hand side"], 14)
        ['Cell …left-ha…', 'Cell …right-h…']
    """
    out = [short(name, width) for name in given]
    for same in {name for name in out if out.count(name) > 1}:
        alike = [number for number, name in enumerate(out) if name == same]
        letters = zip(*(given[number] for number in alike), strict=False)
        start = next((place for place, column in enumerate(letters) if len(set(column)) > 1), 0)
        head = min(5, start)
        for number in alike:
            rest = given[number][start:]
            room = width - head - 2
            out[number] = f"{given[number][:head]}…{rest[:room]}…" if rest else short(given[number], width)
    seen: dict[str, int] = {}
    for number, name in enumerate(out):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            out[number] = f"{name} #{seen[name]}"
    return out


def wrapped(text: str, width: int = 50) -> str:
    """Break a text into lines of at most ``width`` characters with ``<br>`` (Plotly does not wrap)."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "<br>".join(lines)
