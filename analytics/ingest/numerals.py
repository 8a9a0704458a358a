"""Text to numbers and lengths of time: decimal points and commas, clock notation, units."""

from __future__ import annotations

import polars as pl

_COMMA_DECIMALS = (
    r"^[-+]?(?:\d{1,3}(?:[.\s]\d{3})+|\d+),(?:\d{1,2}|\d{4,})$|^[-+]?0,\d+$|^[-+]?\d{1,3}(?:\.\d{3})+,\d+$"
)
_POINT_DECIMALS = r"^[-+]?\d*\.(?:\d{1,2}|\d{4,})$|^[-+]?\d{1,3}(?:,\d{3})+\.\d+$"
_THOUSANDS_POINTS = r"^[-+]?\d{1,3}(?:\.\d{3})+(?:,\d*)?$"
_THOUSANDS_COMMAS = r"^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_CLOCK = r"^(?P<hours>\d+):(?P<minutes>[0-5]?\d):(?P<seconds>[0-5]?\d(?:[.,]\d+)?)$"
_ISO_LENGTH = (
    r"^PT(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?$"
)
_DAY_ZERO = r"^18(?:99-12-3[01]|99-12-30)[ T]"


def decimal_sign(columns: list[pl.Series], *, delimiter: str | None) -> str:
    """Return the decimal sign that the values of a file's numeric columns show.

    Args:
        columns: cleaned text of the columns that are to be numbers.
        delimiter: of the text table; a semicolon speaks for the comma where values allow both.
    """
    commas = sum(int(column.str.contains(_COMMA_DECIMALS).sum()) for column in columns)
    points = sum(int(column.str.contains(_POINT_DECIMALS).sum()) for column in columns)
    if commas != points:
        return "," if commas > points else "."
    unclear = any(bool(column.str.contains(_THOUSANDS_COMMAS).any()) for column in columns)
    return "," if unclear and delimiter == ";" else "."


def parse_numbers(text: pl.Series, *, decimal: str) -> pl.Series:
    """Parse numbers; null where the text is none, or not finite.

    Args:
        text: shape (n,), cleaned text.
        decimal: "." or ",".
    """
    # Without a mark of thousands or another blank the value stands there as it is, but for its decimal sign.
    mark = "." if decimal == "," else ","
    marked = text.str.contains(mark, literal=True)
    simple = text.set(marked, None) if marked.any() else text
    if decimal == ",":
        simple = simple.str.replace(",", ".", literal=True)
    number = simple.cast(pl.Float64, strict=False)
    left = text.is_not_null() & number.is_null()
    if left.any():
        number = number.scatter(left.arg_true(), _grouped_numbers(text.filter(left), decimal=decimal))
    return number.set(~number.is_finite(), None)


def _grouped_numbers(text: pl.Series, *, decimal: str) -> pl.Series:
    """Parse numbers that may have marks of thousands; null where the text is none."""
    plain = text
    if bool(text.str.contains(r"[,\s'’]").any()) or decimal == ",":
        thousands = _THOUSANDS_POINTS if decimal == "," else _THOUSANDS_COMMAS
        mark = "." if decimal == "," else ","
        frame = pl.DataFrame({"text": text.str.replace_all(r"(\d)[\s'’](\d{3})", "${1}${2}")})
        grouped = pl.col("text").str.contains(thousands)
        bare = (
            pl.when(grouped)
            .then(pl.col("text").str.replace_all(mark, "", literal=True))
            .otherwise(pl.col("text"))
        )
        if decimal == ",":
            bare = bare.str.replace(",", ".", literal=True)
        plain = frame.select(bare.alias("text"))["text"]
    return plain.cast(pl.Float64, strict=False)


def parse_lengths(text: pl.Series, *, decimal: str, seconds_per_unit: float) -> pl.Series:
    """Parse lengths of time into seconds: numbers in the column's unit, H:MM:SS, or ISO 8601 (PT1M2S).

    ``HH:MM`` is not understood: it may as well be minutes and seconds.

    Args:
        text: shape (n,), cleaned text.
        decimal: "." or ",".
        seconds_per_unit: seconds in one of the column's units.
    """
    seconds = parse_numbers(text, decimal=decimal) * seconds_per_unit
    left = text.is_not_null() & seconds.is_null()
    if not left.any():
        return seconds
    rest = text.filter(left).str.replace(_DAY_ZERO, "")
    for pattern in (_CLOCK, _ISO_LENGTH):
        hit = rest.str.contains(pattern) & (rest.str.len_chars() > 2)
        if not hit.any():
            continue
        parts = rest.str.extract_groups(pattern).struct.unnest()
        parts = parts.with_columns(
            pl.all().str.replace(",", ".", literal=True).cast(pl.Float64, strict=False).fill_null(0.0)
        )
        total = parts.select(
            (pl.col("hours") * 3600.0 + pl.col("minutes") * 60.0 + pl.col("seconds")).alias("total")
        )["total"]
        seconds = seconds.scatter(left.arg_true().filter(hit), total.filter(hit))
    return seconds
