"""How figures are written for people: 1,234; 12.3 h; 38 % (35–41 %).

One place, so that a number reads the same on a chart, in a table and in a sentence.
"""

from __future__ import annotations

import math
from datetime import date
from html import escape

from analytics.results import Quantity, Unavailable

CALLED = "called"
RECORDED = "recorded, not called"
MISSED = "ran without a call"
VISIBLE_ONLY = "in cycle time only"
"""What ran without a call and no other source recorded."""

_HOURS_FROM_MINUTES = 180.0
_GAP = "\u00a0"
"""Between a number and its unit: a line never breaks there."""


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
    r"""Write a share in [0, 1] as a percentage.

    Example:
        >>> share(0.3849), share(0.004)
        ('38\xa0%', '0.4\xa0%')
    """
    percent = 100 * value
    return f"{percent:.1f}{_GAP}%" if 0 < percent < 1 else f"{percent:.0f}{_GAP}%"


def minutes(value: float, scale: float | None = None) -> str:
    r"""Write minutes, as hours from three hours upwards (both ends of an interval by the scale of its value).

    Example:
        >>> minutes(42.3), minutes(738.0), minutes(168.0, scale=190.0)
        ('42\xa0min', '12.3\xa0h', '2.8\xa0h')
    """
    if abs(value if scale is None else scale) >= _HOURS_FROM_MINUTES:
        return f"{number(value / 60, 100)}{_GAP}h"
    return f"{number(value)}{_GAP}min"


def seconds(value: float) -> str:
    r"""Write a duration in seconds: s, min or h, whichever reads best.

    Example:
        >>> seconds(4.26), seconds(95), seconds(5400)
        ('4.3\xa0s', '95\xa0s', '90\xa0min')
    """
    if abs(value) >= 600:
        return minutes(value / 60)
    return f"{number(value)}{_GAP}s"


def size(octets: float) -> str:
    r"""Write the size of a file.

    Example:
        >>> size(900), size(1_540_000)
        ('1\xa0kB', '1.5\xa0MB')
    """
    if octets < 1e6:
        return f"{max(1, round(octets / 1e3)):,}{_GAP}kB"
    return f"{number(octets / 1e6)}{_GAP}MB"


def every(value_min: float, scale_min: float | None = None) -> str:
    r"""Write a mean distance between events in minutes: one every so many minutes.

    Example:
        >>> every(2.44), every(0.5), every(300), every(4000)
        ('2.4\xa0minutes', '30\xa0seconds', '5\xa0hours', '2.8\xa0days')
    """
    scale = value_min if scale_min is None else scale_min
    for most, unit_min, unit in ((1, 1 / 60, "seconds"), (120, 1, "minutes"), (2880, 60, "hours")):
        if scale < most:
            return f"{number(value_min / unit_min, 100)}{_GAP}{unit}"
    return f"{number(value_min / 1440, 100)}{_GAP}days"


def of_unit(value: float, unit: str, scale: float | None = None) -> str:
    """Write a value in the way its unit asks for."""
    if unit.startswith("share"):
        return share(value)
    if "minute" in unit:
        return minutes(value, scale)
    if "per 1,000" in unit:
        return number(value, 100)
    return seconds(value) if unit == "s" else number(value)


def value(quantity: Quantity) -> str:
    """Write the value of an estimate, or that there is none."""
    if isinstance(quantity, Unavailable):
        return "not estimable"
    return of_unit(quantity.value, quantity.unit)


def reason(refused: Unavailable) -> str:
    """Return why there is no number, without saying twice that there is none."""
    return refused.reason.removeprefix("not estimable: ")


def counted(number_of: float, thing: str) -> str:
    """Write how many of a thing there are: "1 station", "19 stations".

    Example:
        >>> counted(1, "station"), counted(1234, "cycle")
        ('1 station', '1,234 cycles')
    """
    return f"{number(number_of)} {thing}{'' if number_of == 1 else 's'}"


def interval(quantity: Quantity) -> str:
    """Write the interval of an estimate: "1,100–1,370", with one unit, or the reason why there is none."""
    if isinstance(quantity, Unavailable):
        return reason(quantity)
    low = of_unit(quantity.lower, quantity.unit, quantity.value)
    high = of_unit(quantity.upper, quantity.unit, quantity.value)
    low_words, high_words = low.split(_GAP), high.split(_GAP)
    if len(low_words) == 2 and low_words[1:] == high_words[1:]:
        low = low_words[0]
    return high if low == high.split(_GAP)[0] else f"{low}–{high}"


def certainty(quantity: Quantity) -> str:
    """Say how sure a value is: its level and interval, or that it was counted."""
    if isinstance(quantity, Unavailable):
        return reason(quantity)
    if quantity.lower == quantity.upper:
        return "counted"
    return f"{share(quantity.level)} interval {interval(quantity)}"


def with_interval(quantity: Quantity) -> str:
    """Write an estimate and its interval: "1,234 (1,100–1,370)"."""
    if isinstance(quantity, Unavailable):
        return f"not estimable: {reason(quantity)}"
    told, between = value(quantity), interval(quantity)
    return told if told == between else f"{told} ({between})"


def span(low: float, high: float) -> str:
    r"""Write a range of seconds: "4–15 s", or "4 s" where both ends read the same.

    Example:
        >>> span(4, 15.2), span(4, 4)
        ('4–15\xa0s', '4\xa0s')
    """
    first, last = number(low), number(high)
    return f"{first}{_GAP}s" if first == last else f"{first}–{last}{_GAP}s"


def literal(text: str) -> str:
    """Return a text from the data for a chart, where Plotly would take ``<`` and ``&`` for markup.

    Example:
        >>> literal('<a href="x">S1</a> & S2')
        '&lt;a href="x"&gt;S1&lt;/a&gt; &amp; S2'
    """
    return escape(text, quote=False)


def day(given: date) -> str:
    """Write a day: "Mon 2 Mar"."""
    return f"{given:%a} {given.day} {given:%b}"


def named(kind: str, name: str | None) -> str:
    """Say what a name is the name of, where it does not say so itself.

    Example:
        >>> named("line", "L1"), named("line", "Line 2"), named("shift", None)
        ('Line L1', 'Line 2', 'Shift unknown')
    """
    told = name or "unknown"
    return told if kind in told.lower() else f"{kind.capitalize()} {told}"


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

    Names come from the data: on a chart each still has to be made ``literal``.

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
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "<br>".join(lines)
