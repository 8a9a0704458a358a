"""What commands print: numbers, what became of each file, tables of loads. Text in, lines out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analytics.ingest import FileOutcome

_COUNTED = ("slow cycles", "slow cycles called", "problems")
_SAID_TWICE = ("not estimable: ", "not estimated: ")
_WIDTH = 110
REFUSED = "not estimable: "


def quantity(given: dict[str, Any], unit: str = "", *, percent: bool = False) -> str:
    """Return an estimate with its interval, or why there is none."""
    if "unavailable" in given:
        needed = f" (needed: {given['needed']})" if given.get("needed") else ""
        reason = str(given["unavailable"])
        for said in _SAID_TWICE:
            reason = reason.removeprefix(said)
        return f"{REFUSED}{reason}{needed}"
    unit = "%" if percent else unit or given["unit"]
    counts = not percent and unit in _COUNTED
    value, lower, upper = (
        f"{100 * given[key]:.0f}" if percent else figures(given[key], whole_from=1.0 if counts else 10.0)
        for key in ("value", "lower", "upper")
    )
    return f"{value} {_singular(unit) if counts and value == '1' else unit} ({lower}–{upper})"


def outcomes(results: Sequence[FileOutcome]) -> list[str]:
    """Return what became of each file: the counts, the reasons of rejected rows, and what is to be done."""
    from analytics.ingest.changes import in_lines
    from analytics.ingest.rules import in_words

    lines: list[str] = []
    for result in results:
        name = f"{result.file} [{result.member}]" if result.member else result.file
        if result.question is not None:
            lines += [f"{name}: not loaded. {result.question.text}"]
            lines += [f"    give {' or '.join(result.question.flags)}"]
        elif result.error is not None:
            lines += [f"{name}: not loaded. {result.error}"]
            lines += [f"    {result.hint}"] if result.hint else []
        else:
            lines += [_loaded(name, result), *(f"    {why}" for why in _read_as(result))]
        lines += [
            f"    {figures(count)} × {in_words(rule)} ({rule}){_at(result.where.get(rule))}"
            for rule, count in sorted(result.rules.items())
        ]
        lines += [f"    {line}" for line in in_lines([one.to_json() for one in result.changes])]
    return [*lines, *_notes(results)]


def _read_as(result: FileOutcome) -> list[str]:
    """Say what rows that change shape were read as, and why."""
    if result.shape is None:
        return list(result.evidence)
    return [f"read as {result.shape.replace('_', ' ')}: {'; '.join(result.evidence)}"]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return rows under a head, each column as wide as its widest cell."""
    cells = [list(map(str, head)), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def wrapped(line: str, indent: int) -> list[str]:
    """Break a long line between words, its continuation under its text."""
    return textwrap.wrap(line, _WIDTH, subsequent_indent=" " * indent) or [line]


def figures(number: float, whole_from: float = 10.0) -> str:
    """Write a number, with one decimal where it is small."""
    rounded = round(float(number), 1)
    return f"{number:,.0f}" if abs(rounded) >= whole_from or rounded.is_integer() else f"{rounded:.1f}"


def _singular(unit: str) -> str:
    """Return the singular of a unit: "slow cycles called" → "slow cycle called"."""
    return unit.replace("cycles", "cycle").replace("problems", "problem")


def number_of(count: int, what: str) -> str:
    """Write how many there are of something."""
    return f"{figures(count)} {what.removesuffix('s') if count == 1 else what}"


def _notes(results: Sequence[FileOutcome]) -> list[str]:
    """Return each kind of caveat once, with how many files it concerns."""
    codes = [caveat.code for result in results for caveat in result.caveats]
    notes = {
        caveat.code: caveat.message for result in reversed(results) for caveat in reversed(result.caveats)
    }
    return [
        f"note: {message}" + (f" ({codes.count(code) - 1} more like this)" if codes.count(code) > 1 else "")
        for code, message in reversed(notes.items())
    ]


def _at(where: str | None) -> str:
    return f": {where}" if where else ""


def _loaded(name: str, result: FileOutcome) -> str:
    counts = ", ".join(
        f"{figures(getattr(result, key))} {key}" for key in ("read", "loaded", "duplicate", "quarantined")
    )
    more = f", {figures(result.skipped)} lines skipped" if result.skipped else ""
    derived = "".join(
        f"; {figures(count)} records of {what} made of them" for what, count in result.derived.items()
    )
    again = " (already loaded)" if result.already_loaded else ""
    return f"{name} → {result.table}: {counts}{more}{derived}{again}"
