"""Text to points in time: every way plants write a time stamp, wall-clock time kept apart from instants.

ISO order is understood first; dates with dots are day first; with slashes or dashes the order is told, found
in the values, or asked. Stamps that end in Z or an offset are instants; all others are wall-clock time.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

MOMENT = pl.Datetime("us")

# Formats that whole files are usually written in; tried on a sample, then on the whole column at once.
_ISO = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")
_INSTANTS = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
_DOTTED = ("%d.%m.%Y %H:%M:%S%.f", "%d.%m.%Y %H:%M")
_ANY_FRACTION = "%.f"
_FRACTIONS = ("", ".%3f", ".%6f")
_DAY_FIRST = ("%d/%m/%Y %H:%M:%S%.f", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M:%S%.f", "%d-%m-%Y %H:%M")
_MONTH_FIRST = ("%m/%d/%Y %H:%M:%S%.f", "%m/%d/%Y %H:%M", "%m-%d-%Y %H:%M:%S%.f", "%m-%d-%Y %H:%M")

_CLOCK = (
    r"(?:[T ,;]\s*(?P<hour>\d{1,2})[:.](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?)?\s*(?P<zone>Z|z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
_YEAR_FIRST = r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _CLOCK
_YEAR_LAST = r"^(?P<one>\d{1,2})(?P<mark>[./-])(?P<two>\d{1,2})[./-](?P<year>\d{4}|\d{2})" + _CLOCK
_NAMED = (
    r"^(?P<day>\d{1,2})[-/. ]\s?(?P<name>[A-Za-zäÄ]{3})[A-Za-zäÄ]*[-/. ]\s?(?P<year>\d{4}|\d{2})" + _CLOCK
)
_COMPACT = (
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})[T ]?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})"
    r"(?:[.,](?P<fraction>\d{1,9}))?(?P<half>[AaPp][Mm])?(?P<zone>Z|[+-]\d{2}:?\d{2})?$"
)
_AMBIGUOUS = r"^(?P<one>\d{1,2})[/-](?P<two>\d{1,2})[/-](?:\d{4}|\d{2})(?:\D|$)"

_MONTHS = {
    **{name: number for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)},
    "mär": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12,
    "ene": 1, "abr": 4, "ago": 8, "set": 9, "dic": 12,
}  # fmt: skip

_EXCEL_EPOCH_US = -2_209_161_600_000_000  # 1899-12-30, day 0 of Excel's calendar
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """Parsed time stamps.

    Attributes:
        value: shape (n,), Datetime[us] without zone: UTC where ``instant``, else wall clock; null where the
            text is no time stamp.
        instant: shape (n,), Boolean: the text states its offset.
    """

    value: pl.Series
    instant: pl.Series


def parse_stamps(text: pl.Series, *, dayfirst: bool | None) -> Stamps:
    """Parse time stamps.

    Args:
        text: shape (n,), cleaned text, null where nothing is given.
        dayfirst: the order in dates with slashes or dashes; None is day first.
    """
    n = len(text)
    value = pl.Series("value", [None], dtype=MOMENT).new_from_index(0, n)
    instant = pl.Series("instant", [False]).new_from_index(0, n)
    given = text.drop_nulls()
    if given.len() == 0:
        return Stamps(value=value, instant=instant)
    order = dayfirst if dayfirst is not None else True
    sample = given.gather_every(max(1, given.len() // 200))
    usual = (*_ISO, *_INSTANTS, *_DOTTED, *(_DAY_FIRST if order else _MONTH_FIRST))
    for pattern in usual:
        if _with_format(sample, pattern).null_count() < 0.5 * sample.len():
            value = _with_usual(text, sample, pattern).alias("value")
            if pattern in _INSTANTS:
                instant = value.is_not_null().alias("instant")
            break
    left = text.is_not_null() & value.is_null()
    if not left.any():
        return Stamps(value=value, instant=instant)
    rest = _in_general(text.filter(left), dayfirst=order)
    place = left.arg_true()
    value = value.scatter(place, rest.value)
    instant = instant.scatter(place, rest.instant)
    return Stamps(value=value, instant=instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOrder:
    """What dates with slashes or dashes tell about their order.

    Attributes:
        dates: how many there are.
        dayfirst: how many of them can only be day first (31/12).
        monthfirst: how many can only be month first (12/31).
        examples: up to three of them, those that tell something first.
    """

    dates: int = 0
    dayfirst: int = 0
    monthfirst: int = 0
    examples: tuple[str, ...] = ()


def day_order_evidence(text: pl.Series) -> DayOrder:
    """Return what dates with slashes or dashes tell about their order.

    Args:
        text: shape (n,), cleaned text.
    """
    hits = text.filter(text.str.contains(_AMBIGUOUS).fill_null(value=False))
    if hits.len() == 0:
        return DayOrder()
    parts = hits.str.extract_groups(_AMBIGUOUS).struct.unnest().cast(pl.Int32, strict=False)
    day = (parts["one"] > 12) & (parts["two"] <= 12)
    month = (parts["two"] > 12) & (parts["one"] <= 12)
    telling = pl.concat([hits.filter(day).head(1), hits.filter(month).head(1), hits.head(3)])
    return DayOrder(
        dates=hits.len(),
        dayfirst=int(day.sum()),
        monthfirst=int(month.sum()),
        examples=tuple(telling.unique(maintain_order=True).head(3)),
    )


def to_utc(value: pl.Series, zone: str) -> pl.Series:
    """Return wall-clock stamps of a zone as UTC; null where the clock never showed that time.

    In the hour that the clock shows twice in autumn the first showing is taken (see ``double_hour``).

    Args:
        value: shape (n,), Datetime[us] without zone.
        zone: IANA name.
    """
    return (
        value.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        .dt.convert_time_zone("UTC")
        .dt.replace_time_zone(None)
    )


def _with_usual(text: pl.Series, sample: pl.Series, pattern: str) -> pl.Series:
    """Parse a whole column by the pattern that fits its sample.

    A pattern with any fraction of a second takes six times as long as one that says how many digits it has,
    so the one that most of the sample has is tried first.
    """
    if not pattern.endswith(_ANY_FRACTION):
        return _with_format(text, pattern)
    for fraction in _FRACTIONS:
        narrow = pattern.removesuffix(_ANY_FRACTION) + fraction
        if _with_format(sample, narrow).null_count() < 0.5 * sample.len():
            value = _with_format(text, narrow)
            left = text.is_not_null() & value.is_null()
            if left.any():
                value = value.scatter(left.arg_true(), _with_format(text.filter(left), pattern))
            return value
    return _with_format(text, pattern)


def _with_format(text: pl.Series, pattern: str) -> pl.Series:
    parsed = text.str.to_datetime(pattern, strict=False, time_unit="us", cache=False)
    if isinstance(parsed.dtype, pl.Datetime) and parsed.dtype.time_zone is not None:
        parsed = parsed.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    # A year of two digits reads as the first century; the general patterns know better.
    return parsed.set(parsed.dt.year() < 1000, None) if parsed.null_count() < parsed.len() else parsed


def _in_general(text: pl.Series, *, dayfirst: bool) -> Stamps:
    """Parse by patterns; slower, for what the usual formats leave."""
    # Korean writes the half of the day before the clock.
    halves = text.str.replace("오전", "AM").str.replace("오후", "PM")
    frame = pl.DataFrame({"text": halves.str.replace(r"\b([AP]M)\s+(\d.*)$", "${2} ${1}")})
    candidates = [
        _from_parts(frame, _YEAR_FIRST),
        _from_parts(frame, _YEAR_LAST, dayfirst=dayfirst),
        _from_parts(frame, _NAMED),
        _from_parts(frame, _COMPACT),
        _from_number(frame),
    ]
    found = pl.DataFrame(
        {
            "value": pl.select(pl.coalesce(pl.lit(one.value) for one in candidates)).to_series(),
            "instant": pl.select(pl.any_horizontal(pl.lit(one.instant) for one in candidates)).to_series(),
        }
    )
    return Stamps(value=found["value"], instant=found["instant"])


def _from_parts(frame: pl.DataFrame, pattern: str, *, dayfirst: bool = True) -> Stamps:
    parts = frame["text"].str.extract_groups(pattern).struct.unnest()
    if "one" in parts.columns:
        day, month = ("one", "two") if dayfirst else ("two", "one")
        dotted = pl.col("mark") == "."
        parts = parts.with_columns(
            pl.when(dotted).then(pl.col("one")).otherwise(pl.col(day)).alias("day"),
            pl.when(dotted).then(pl.col("two")).otherwise(pl.col(month)).alias("month"),
        )
    if "name" in parts.columns:
        month_number = (
            pl.col("name").str.to_lowercase().replace_strict(_MONTHS, default=None, return_dtype=pl.Int32)
        )
        parts = parts.with_columns(month_number.alias("month"))
    whole = {name: pl.col(name).cast(pl.Int32, strict=False) for name in ("year", "month", "day")}
    clock = {
        name: pl.col(name).cast(pl.Int32, strict=False).fill_null(0) for name in ("hour", "minute", "second")
    }
    micros = (
        (pl.col("fraction").str.pad_end(6, "0").str.slice(0, 6)).cast(pl.Int32, strict=False).fill_null(0)
    )
    half = pl.col("half").str.to_lowercase().str.slice(0, 1)
    hour = (
        pl.when(half == "p").then(clock["hour"] % 12 + 12).when(half == "a").then(clock["hour"] % 12)
        .otherwise(clock["hour"])
    )  # fmt: skip
    year = pl.when(whole["year"] < 100).then(whole["year"] + 2000).otherwise(whole["year"])
    possible = (
        (hour <= 23)
        & (clock["minute"] <= 59)
        & (clock["second"] <= 59)
        & whole["month"].is_between(1, 12)
        & whole["day"].is_between(1, pl.date(year, whole["month"].clip(1, 12), 1).dt.days_in_month())
    )
    offset = pl.col("zone").str.replace(":", "").str.to_uppercase()
    minutes = (
        pl.when(offset.is_in(["Z", "UTC", "GMT"])).then(0)
        .otherwise(
            pl.concat_str(offset.str.slice(0, 1), pl.lit("1")).cast(pl.Int64, strict=False)
            * (offset.str.slice(1, 2).cast(pl.Int64, strict=False) * 60
               + offset.str.slice(3, 2).cast(pl.Int64, strict=False))
        )
    )  # fmt: skip
    safe = {name: pl.when(possible).then(part) for name, part in {**whole, "year": year}.items()}
    moment = pl.datetime(
        safe["year"],
        safe["month"],
        safe["day"],
        pl.when(possible).then(hour),
        pl.when(possible).then(clock["minute"]),
        pl.when(possible).then(clock["second"]),
        pl.when(possible).then(micros),
        time_unit="us",
    )
    found = parts.select(
        (moment - pl.duration(minutes=minutes.fill_null(0))).cast(MOMENT).alias("value"),
        (pl.col("zone").is_not_null() & moment.is_not_null()).fill_null(value=False).alias("instant"),
    )
    return Stamps(value=found["value"], instant=found["instant"])


def _from_number(frame: pl.DataFrame) -> Stamps:
    """Seconds or milliseconds since 1970 (instants), or Excel's day numbers (wall clock)."""
    number = pl.col("text").cast(pl.Float64, strict=False)
    digits = pl.col("text").str.contains(r"^\d+(?:\.\d+)?$")
    serial = digits & number.is_between(20_000, 80_000)
    seconds = digits & number.is_between(5e8, 5e9)
    millis = digits & number.is_between(5e11, 5e12)
    micros = (
        pl.when(serial).then((number * 86_400.0).round(3) * 1e6 + _EXCEL_EPOCH_US)
        .when(seconds).then(number * 1e6)
        .when(millis).then(number * 1e3)
    )  # fmt: skip
    found = frame.select(
        micros.round(0).cast(pl.Int64).cast(MOMENT).alias("value"),
        (seconds | millis).fill_null(value=False).alias("instant"),
    )
    return Stamps(value=found["value"], instant=found["instant"])
