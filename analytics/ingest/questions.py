"""What has to be decided before the first record: order of day and month, decimal sign, zone."""

from __future__ import annotations

import zoneinfo
from itertools import islice

import polars as pl

from analytics.contracts import contract
from analytics.errors import OpenQuestionError, UsageError
from analytics.ingest.clock import UNSPECIFIED
from analytics.ingest.fields import Reading, clean
from analytics.ingest.mapping import Mapping
from analytics.ingest.numerals import decimal_sign
from analytics.ingest.outcome import Ask, IngestOptions, Question
from analytics.ingest.stamps import day_order_evidence
from analytics.ingest.tables import SourceTable

MIXED = 0.05
"""Share of dates that contradict the others from which on the order is asked."""


def checked_zone(name: str | None) -> str | None:
    """Return the zone's name, None for "unspecified".

    Raises:
        UsageError: there is no such zone.
    """
    if name is None or name == UNSPECIFIED:
        return None
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"There is no time zone {name!r}.",
            hint="Use an IANA name such as Europe/Berlin or America/Chicago.",
        ) from error
    return name


def decide(
    table: SourceTable,
    mapping: Mapping,
    options: IngestOptions,
    *,
    zone: str | None,
    salt: str | None,
    ask: Ask | None,
) -> Reading:
    """Return how the table is to be read, asking where its values allow two readings.

    Args:
        table: the source table.
        mapping: which column is which.
        options: what the user told.
        zone: the zone of naive stamps, None where it is unspecified.
        salt: for operator tokens, None drops operators.
        ask: answers a question, or returns None.

    Raises:
        OpenQuestionError: nobody was there to answer.
    """
    dayfirst = options.dayfirst if options.dayfirst is not None else mapping.dayfirst
    if dayfirst is None:
        question = day_order(table, mapping)
        if isinstance(question, Question):
            answer = ask(question) if ask is not None else None
            if answer not in question.options:
                raise OpenQuestionError(question.text, hint=f"Say which: {' or '.join(question.flags)}.")
            dayfirst = answer == "dayfirst"
        else:
            dayfirst = question
    return Reading(
        mapping=mapping,
        dayfirst=dayfirst,
        decimal=options.decimal or mapping.decimal or _decimal(table, mapping),
        zone=zone,
        salt=salt,
    )


def day_order(table: SourceTable, mapping: Mapping) -> bool | Question | None:
    """Return whether dates with slashes are day first, None where there are none, or the question."""
    rules = contract(mapping.table)
    sources = [source for name, source in mapping.columns.items() if rules.field(name).type == "datetime"]
    dates = dayfirst = monthfirst = 0
    examples: dict[str, None] = {}
    for batch in table.read():
        for source in sources:
            column = batch.frame.get_column(source)
            if column.dtype != pl.String:
                continue
            found = day_order_evidence(clean(column, rules.missing_values))
            dates += found.dates
            dayfirst, monthfirst = dayfirst + found.dayfirst, monthfirst + found.monthfirst
            examples.update(dict.fromkeys(found.examples))
        if dayfirst or monthfirst or (dates == 0 and batch.frame.height):
            break
    if dates == 0:
        return None
    # A slip of the pen is quarantined; dates that are written in both orders cannot be read in one.
    mixed = min(dayfirst, monthfirst) > MIXED * (dayfirst + monthfirst)
    if (dayfirst or monthfirst) and not mixed:
        return dayfirst > monthfirst
    told = "are written in both orders" if mixed else "can be read day first or month first"
    return Question(
        code="day_order",
        text=f"The dates ({', '.join(list(examples)[:3])}) {told}.",
        options=("dayfirst", "monthfirst"),
        flags=("--dayfirst", "--monthfirst"),
    )


def _decimal(table: SourceTable, mapping: Mapping) -> str:
    rules = contract(mapping.table)
    sources = [
        source for name, source in mapping.columns.items() if rules.field(name).type in {"number", "integer"}
    ]
    columns = [
        clean(batch.frame.get_column(source), rules.missing_values)
        for batch in islice(table.read(), 1)
        for source in sources
    ]
    text = [column for column in columns if column.dtype == pl.String]
    return decimal_sign(text, delimiter=table.delimiter)
