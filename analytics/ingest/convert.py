"""Source values to canonical, typed records; what breaks a rule is set aside with line, column and value.

Every record either comes out typed or is rejected for the first rule it breaks, in the order of the
contract's columns. A wrong value in a column that only informs (``x-severity: warning``) is dropped and
counted instead.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from analytics.contracts import Contract, contract
from analytics.ingest.double_hour import shown_twice
from analytics.ingest.fields import REJECTS_SCHEMA, Counts, Reading, Verdict, clean, typed_column
from analytics.ingest.kinds import map_kinds
from analytics.ingest.mapping import Mapping
from analytics.ingest.people import without_names
from analytics.ingest.stamps import MOMENT
from analytics.ingest.tables import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """One batch, converted.

    Attributes:
        rows: the accepted records: "line" and the contract's columns that the source has.
        rejects: the rejected ones, see ``REJECTS_SCHEMA``.
        dropped: column → values that were dropped without rejecting the record.
        instants: stamps that stated their offset.
        walls: stamps that did not.
    """

    rows: pl.DataFrame
    rejects: pl.DataFrame
    dropped: Counter[str] = field(default_factory=Counter)
    instants: int = 0
    walls: int = 0


def convert(batch: Batch, reading: Reading) -> Converted:
    """Convert a batch of source records.

    Args:
        batch: records as a reader gives them.
        reading: how to read them.
    """
    rules = contract(reading.mapping.table)
    frame = without_names(batch.frame, reading.mapping)
    verdict = Verdict(frame.height)
    counts = Counts()
    typed: dict[str, pl.Series] = {}
    cleaned: dict[str, pl.Series] = {}
    for known in rules.fields:
        source = reading.mapping.columns.get(known.name)
        if source is None or (known.personal and reading.salt is None):
            continue
        raw = frame.get_column(source)
        text = clean(raw, rules.missing_values)
        cleaned[known.name] = text
        typed[known.name] = typed_column(known, text, reading, verdict, counts).alias(known.name)
    for name, value in reading.mapping.constants.items():
        known = rules.field(name)
        text = pl.Series(name, [value]).new_from_index(0, frame.height)
        cleaned[name] = text
        typed[name] = typed_column(known, text, reading, verdict, counts).alias(name)
    _map_kinds(rules, typed, verdict)
    _derive(rules, typed)
    _check(rules, typed, cleaned, verdict, reading)
    rows = pl.DataFrame({"line": batch.line.cast(pl.Int64), **typed})
    bad = verdict.rule.is_not_null()
    if not bad.any() and not batch.broken:
        return Converted(
            rows=rows, rejects=pl.DataFrame(schema=REJECTS_SCHEMA), dropped=counts.dropped,
            instants=counts.instants, walls=counts.walls,
        )  # fmt: skip
    rejects = pl.DataFrame(
        {
            "line": batch.line.cast(pl.Int64).filter(bad),
            "column": verdict.column.filter(bad).replace(reading.mapping.columns),
            "value": verdict.value.filter(bad),
            "rule": verdict.rule.filter(bad),
            "raw": _raw(frame.filter(bad), reading.mapping),
        }
    )
    return Converted(
        rows=rows.filter(~bad), rejects=pl.concat([rejects, _broken(batch, reading.mapping)]),
        dropped=counts.dropped, instants=counts.instants, walls=counts.walls,
    )  # fmt: skip


def _map_kinds(rules: Contract, typed: dict[str, pl.Series], verdict: Verdict) -> None:
    for known in rules.fields:
        if not known.mapped:
            continue
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, verdict.rule.len())
        text = typed.get(known.name, nothing)
        if "category" in typed:
            text = text.zip_with(text.is_not_null(), typed["category"])
        value = map_kinds(f"{rules.table}.{known.name}", text).alias(known.name)
        verdict.broken(text.is_not_null() & value.is_null(), "unknown_kind", known.name, text)
        typed[known.name] = value


def _derive(rules: Contract, typed: dict[str, pl.Series]) -> None:
    """Fill in times that are given as another time plus a duration."""
    for step in rules.derive:
        if step.start not in typed or step.duration not in typed:
            continue
        length = (typed[step.duration] * 1e6).round(0).cast(pl.Int64).cast(pl.Duration("us"))
        given = typed.get(step.field)
        if given is None:
            typed[step.field] = (typed[step.start] + length).cast(MOMENT).alias(step.field)
        elif given.null_count():
            end = (typed[step.start] + length).cast(MOMENT)
            typed[step.field] = given.zip_with(given.is_not_null(), end).alias(step.field)


def _check(
    rules: Contract,
    typed: dict[str, pl.Series],
    cleaned: dict[str, pl.Series],
    verdict: Verdict,
    reading: Reading,
) -> None:
    """Hold every record to the contract: what has to be there, and what must not run backwards."""
    height = verdict.rule.len()
    nothing = pl.Series([True]).new_from_index(0, height)
    for known in rules.fields:
        if known.required:
            missing = typed[known.name].is_null() if known.name in typed else nothing
            verdict.broken(missing, "missing_value", known.name, cleaned.get(known.name))
    if rules.any_of:
        lacking = nothing
        for choice in rules.any_of:
            enough = nothing
            for name in choice:
                enough = enough & (typed[name].is_not_null() if name in typed else ~nothing)
            lacking = lacking & ~enough
        verdict.broken(
            lacking, "missing_value", " or ".join(" + ".join(choice) for choice in rules.any_of), None
        )
    for first, second in rules.order:
        if first not in typed or second not in typed:
            continue
        backwards = (typed[second] < typed[first]).fill_null(value=False)
        if not backwards.any():
            continue
        if reading.zone is not None and second in cleaned:
            # In the hour that the clock shows twice in autumn, an end before its start is the second showing.
            later = typed[second].dt.offset_by("1h")
            again = backwards & shown_twice(typed[second], reading.zone)
            typed[second] = later.zip_with(again, typed[second]).alias(second)
            backwards = backwards & (typed[second] < typed[first])
        verdict.broken(backwards, "ends_before_start", second, cleaned.get(second, typed[second]))


def _raw(frame: pl.DataFrame, mapping: Mapping) -> pl.Series:
    """Return records as JSON text, without what names a person."""
    kept = without_names(frame, mapping, also_unmapped=True).drop(
        [name for name in mapping.personal if name in frame.columns]
    )
    if kept.height == 0 or kept.width == 0:
        return pl.Series("raw", [], dtype=pl.String)
    odd = [
        name
        for name, kind in kept.schema.items()
        if kind not in {pl.String, pl.Boolean} and not kind.is_numeric()
    ]
    kept = kept.with_columns(pl.col(odd).cast(pl.String, strict=False))
    return kept.select(pl.struct(pl.all()).struct.json_encode().alias("raw"))["raw"]


def _broken(batch: Batch, mapping: Mapping) -> pl.DataFrame:
    personal = bool(mapping.personal)
    return pl.DataFrame(
        {
            "line": [record.line for record in batch.broken],
            "column": [None for _ in batch.broken],
            "value": [None if personal else record.text[:500] for record in batch.broken],
            "rule": [record.rule for record in batch.broken],
            "raw": [None if personal else record.text for record in batch.broken],
        },
        schema=REJECTS_SCHEMA,
    )
