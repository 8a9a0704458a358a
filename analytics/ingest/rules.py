"""The rules that a record can break, in the words of a plant."""

from __future__ import annotations

import polars as pl

WORDS = {
    "above_maximum": "is larger than it can be",
    "ambiguous_station": "stands in more than one line: the file has to name the line",
    "below_minimum": "is smaller than it can be",
    "ends_before_start": "lies before its start",
    "file_stopped": "is in order, but was not loaded with the rest of the file",
    "impossible_time_stamp": "is a time that cannot be right",
    "missing_value": "is empty",
    "negative_duration": "is a length of time below zero",
    "no_such_time_in_zone": "is a time that the clocks of this zone skip in spring",
    "not_a_json_object": "is not a JSON object",
    "not_a_length_of_time": "is not a length of time",
    "not_a_number": "is not a number",
    "not_a_time_stamp": "is not a time",
    "not_a_whole_number": "is not a whole number",
    "not_an_event": "is not an event of the log",
    "not_yes_or_no": "is neither yes nor no",
    "unknown_kind": "is of no known kind",
    "wrong_number_of_fields": "has more or fewer fields than the header",
}
MOST_NAMED = 3


def in_words(rule: str) -> str:
    """Return what a broken rule means; a rule without words stays its code.

    Example:
        >>> in_words("not_a_time_stamp")
        'is not a time'
    """
    return WORDS.get(rule, rule.replace("_", " "))


def evidence(rejects: pl.DataFrame) -> str:
    """Say what is wrong with rejected records, the most frequent first, each with its first value.

    Args:
        rejects: at least one record, see ``REJECTS_SCHEMA``.

    Returns:
        Such as "column Ende: 'n/a' is not a time (1,998 rows, the first in line 2)".
    """
    kinds = (
        rejects.sort("line")
        .group_by("column", "rule", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.first("value"), pl.first("line"))
        .sort("rows", descending=True, maintain_order=True)
    )
    told = [_told(**row) for row in kinds.head(MOST_NAMED).iter_rows(named=True)]
    left = kinds.height - MOST_NAMED
    return "; ".join(told) + (f"; and {left} more kinds" if left > 0 else "")


def _told(*, column: str | None, rule: str, rows: int, value: str | None, line: int | None) -> str:
    place = "" if line is None else f", the first in line {line}" if rows > 1 else f", line {line}"
    count = f"({rows:,} {'row' if rows == 1 else 'rows'}{place})"
    if rule == "missing_value":
        return f"column {column} is empty {count}"
    shown = "the record" if value is None else repr(value[:60])
    return f"{f'column {column}: ' if column else ''}{shown} {in_words(rule)} {count}"


def where(rejects: pl.DataFrame) -> dict[str, str]:
    """Return, for every broken rule, the columns in which it is broken and the first line.

    Args:
        rejects: see ``REJECTS_SCHEMA``.

    Returns:
        Such as {"not_a_time_stamp": "Beginn, Ende; first in line 31"}.
    """
    kinds = (
        rejects.sort("line")
        .group_by("rule", maintain_order=True)
        .agg(pl.col("column").drop_nulls().unique(maintain_order=True), pl.first("line"))
    )
    return {
        rule: "; ".join(filter(None, [", ".join(columns), "" if line is None else f"first in line {line:,}"]))
        for rule, columns, line in kinds.iter_rows()
    }
