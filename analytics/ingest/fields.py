"""One source column to its canonical type; what cannot be read as such is noted record by record."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from analytics.contracts import Field
from analytics.ingest.kinds import truth_of
from analytics.ingest.mapping import Mapping
from analytics.ingest.numerals import parse_lengths, parse_numbers
from analytics.ingest.stamps import MOMENT, parse_stamps, to_utc

FIRST_YEAR = 1990

_LOOKED_AT = 1000
"""So many values tell whether a column's values recur."""

TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "string": pl.String(),
    "datetime": MOMENT,
    "number": pl.Float64(),
    "integer": pl.Int32(),
    "boolean": pl.Boolean(),
}

REJECTS_SCHEMA = {
    "line": pl.Int64,
    "column": pl.String,  # as the source names it; ours where the source has none
    "value": pl.String,
    "rule": pl.String,
    "raw": pl.String,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything that had to be decided before the first record could be converted.

    Attributes:
        mapping: which column is which.
        dayfirst: order in dates with slashes or dashes.
        decimal: "." or ",".
        zone: IANA name, or None where the zone is unspecified.
        salt: for operator tokens; None drops operators.
    """

    mapping: Mapping
    dayfirst: bool | None
    decimal: str
    zone: str | None
    salt: str | None

    def to_json(self) -> dict[str, Any]:
        """Return how the file was read, as a mapping file says it; who worked there is not in it."""
        mapping = self.mapping
        told: dict[str, Any] = {
            "table": mapping.table,
            "columns": {
                source: name for name, source in mapping.columns.items() if source not in mapping.personal
            },
            "scale": mapping.scale,
            "constants": mapping.constants,
            "profile": mapping.profile,
            "timezone": self.zone,
            "dayfirst": self.dayfirst,
            "decimal": self.decimal,
        }
        return {name: value for name, value in told.items() if value not in (None, {})}


class Verdict:
    """The first broken rule of every record; kept sparse, since nearly all records break none."""

    def __init__(self, height: int) -> None:
        self.rule = pl.Series("rule", [None], dtype=pl.String).new_from_index(0, height)
        self.column = self.rule.alias("column")
        self.value = self.rule.alias("value")

    def broken(self, mask: pl.Series, rule: str, column: str, value: pl.Series | None) -> None:
        """Note the rule for records that broke none before."""
        fresh = mask.fill_null(value=False) & self.rule.is_null()
        if not fresh.any():
            return
        place = fresh.arg_true()
        self.rule = self.rule.scatter(place, rule)
        self.column = self.column.scatter(place, column)
        if value is not None:
            self.value = self.value.scatter(place, value.filter(fresh).cast(pl.String))


def clean(raw: pl.Series, missing: tuple[str, ...]) -> pl.Series:
    """Return text without surrounding blanks, null where nothing is meant; typed values stay as they are."""
    if raw.dtype == pl.Categorical or isinstance(raw.dtype, pl.Enum):
        raw = raw.cast(pl.String)
    if raw.dtype != pl.String:
        return raw.fill_nan(None) if raw.dtype.is_float() else raw
    if raw.head(_LOOKED_AT).n_unique() < _LOOKED_AT / 4:
        # Stations and products recur: where none of their spellings has to be cleaned, no record has.
        spellings = raw.unique()
        if spellings.eq_missing(_cleaned(spellings, missing)).all():
            return raw
    return _cleaned(raw, missing)


def _cleaned(text: pl.Series, missing: tuple[str, ...]) -> pl.Series:
    stripped = text.str.strip_chars(" \t\r\n\u00a0\ufeff")
    nothing = stripped.is_in(list(missing))
    return stripped.set(nothing, None) if nothing.any() else stripped


class Counts:
    """What was dropped, and how many stamps stated their offset."""

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        self.instants = 0
        self.walls = 0


def typed_column(
    known: Field, text: pl.Series, reading: Reading, verdict: Verdict, counts: Counts
) -> pl.Series:
    """Return one column in its canonical type, noting what cannot be read as such."""
    if known.type == "datetime":
        return _moments(known, text, reading, verdict, counts)
    if known.type == "string":
        value = text.cast(pl.String) if text.dtype != pl.String else text
        if text.dtype.is_float():  # an id that a format keeps as a number: 12.0 is 12, whatever else is there
            whole = (text % 1 == 0).fill_null(value=False)
            value = text.cast(pl.Int64, strict=False).cast(pl.String).zip_with(whole, value)
        return _tokens(value, reading.salt) if known.personal and reading.salt else value
    if known.type == "boolean":
        value = text if text.dtype == pl.Boolean else truth_of(text.cast(pl.String))
        return _kept(
            known, text, value, text.is_not_null() & value.is_null(), "not_yes_or_no", verdict, counts
        )
    value = _number(known, text, reading)
    wrong = text.is_not_null() & value.is_null()
    value = _kept(
        known,
        text,
        value,
        wrong,
        "not_a_length_of_time" if known.duration else "not_a_number",
        verdict,
        counts,
    )
    if known.type == "integer":
        value = _kept(known, text, value, (value % 1) != 0, "not_a_whole_number", verdict, counts)
    if known.minimum is not None:
        rule = "negative_duration" if known.duration else "below_minimum"
        value = _kept(known, text, value, value < known.minimum, rule, verdict, counts)
    if known.maximum is not None:
        value = _kept(known, text, value, value > known.maximum, "above_maximum", verdict, counts)
    return value.cast(TYPES[known.type], strict=False)


def _kept(
    known: Field,
    text: pl.Series,
    value: pl.Series,
    wrong: pl.Series,
    rule: str,
    verdict: Verdict,
    counts: Counts,
) -> pl.Series:
    """Note wrong values: the record is rejected, or only the value is dropped."""
    wrong = wrong.fill_null(value=False)
    if not wrong.any():
        return value
    if known.rejects:
        verdict.broken(wrong, rule, known.name, text)
        return value
    counts.dropped[known.name] += int(wrong.sum())
    return value.set(wrong, None)


def _number(known: Field, text: pl.Series, reading: Reading) -> pl.Series:
    scale = reading.mapping.scale.get(known.name, 1.0)
    if text.dtype == pl.String:
        if known.duration:
            return parse_lengths(text, decimal=reading.decimal, seconds_per_unit=scale)
        return parse_numbers(text, decimal=reading.decimal)
    if isinstance(text.dtype, pl.Duration):
        return text.dt.total_microseconds() / 1e6
    if isinstance(text.dtype, pl.Time):
        return text.cast(pl.Duration("us")).dt.total_microseconds() / 1e6
    value = text.cast(pl.Float64, strict=False)
    value = value.set(~value.is_finite(), None)
    return value * scale if known.duration else value


def _moments(known: Field, text: pl.Series, reading: Reading, verdict: Verdict, counts: Counts) -> pl.Series:
    """Return stamps in the workspace's clock: UTC where the zone is known, else as the wall shows them."""
    if isinstance(text.dtype, pl.Datetime) and text.dtype.time_zone is not None:
        counts.instants += text.len() - text.null_count()
        value = text.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(MOMENT)
        return _plausible(known, text, value, verdict)
    if text.dtype in {pl.Date, pl.Datetime}:
        value = text.cast(MOMENT)
        instant = pl.Series([False]).new_from_index(0, text.len())
    else:
        stamps = parse_stamps(text.cast(pl.String), dayfirst=reading.dayfirst)
        value, instant = stamps.value, stamps.instant
        verdict.broken(text.is_not_null() & value.is_null(), "not_a_time_stamp", known.name, text)
    instants = int(instant.sum())
    counts.instants += instants
    counts.walls += value.len() - value.null_count() - instants
    value = _plausible(known, text, value, verdict)
    if reading.zone is not None and instants < value.len():
        utc = to_utc(value, reading.zone)
        utc = value.zip_with(instant, utc) if instants else utc
        verdict.broken(value.is_not_null() & utc.is_null(), "no_such_time_in_zone", known.name, text)
        value = utc
    return value


def _plausible(known: Field, text: pl.Series, value: pl.Series, verdict: Verdict) -> pl.Series:
    last_year = datetime.now(tz=UTC).year + 1
    first_year = FIRST_YEAR if known.name != "valid_from" else 1900
    wrong = ~value.dt.year().is_between(first_year, last_year)
    verdict.broken(wrong, "impossible_time_stamp", known.name, text)
    return value


def _tokens(text: pl.Series, salt: str) -> pl.Series:
    """Return a salted token per person: the same person has the same token, and nobody can tell who it is."""
    people = text.drop_nulls().unique().to_list()
    tokens = {one: hashlib.blake2b(f"{salt}{one}".encode(), digest_size=8).hexdigest() for one in people}
    return text.replace_strict(tokens, default=None, return_dtype=pl.String)
