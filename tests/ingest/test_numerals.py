"""Decimal points and commas, clock notation, units."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.ingest.numerals import _grouped_numbers, decimal_sign, parse_lengths, parse_numbers


@pytest.mark.parametrize(
    ("text", "decimal", "meant"),
    [
        ("1.5", ".", 1.5),
        ("1,234.5", ".", 1234.5),
        ("1,234", ".", 1234.0),
        ("1'234.5", ".", 1234.5),
        ("1,5", ".", None),
        ("1e5", ".", 100000.0),
        ("-3", ".", -3.0),
        ("inf", ".", None),
        ("nan", ".", None),
        ("E", ".", None),
        ("50, 20", ".", None),
        ("1,5", ",", 1.5),
        ("1.234,5", ",", 1234.5),
        ("1.234", ",", 1234.0),
        ("59.5", ",", 59.5),
        ("1 234,5", ",", 1234.5),
    ],
)
def test_numbers(text: str, decimal: str, meant: float | None) -> None:
    assert parse_numbers(pl.Series([text]), decimal=decimal).to_list() == [meant]


@pytest.mark.parametrize(
    ("values", "delimiter", "sign"),
    [
        (["1,5", "2,25"], ";", ","),
        (["1.5", "2.25"], ";", "."),
        (["1", "2"], ";", "."),
        (["1,234", "5,678"], ";", ","),
        (["1,234", "5,678"], ",", "."),
        (["0,123", "0,456"], ",", ","),
        (["1,234.5"], ";", "."),
    ],
)
def test_the_decimal_sign_is_found_in_the_values(values: list[str], delimiter: str, sign: str) -> None:
    assert decimal_sign([pl.Series(values)], delimiter=delimiter) == sign


@pytest.mark.parametrize(
    ("text", "unit_s", "meant"),
    [
        ("1.5", 60.0, 90.0),
        ("00:01:02", 60.0, 62.0),
        ("100:00:00", 1.0, 360000.0),
        ("0:01:02.5", 1.0, 62.5),
        ("PT1M2S", 1.0, 62.0),
        ("PT", 1.0, None),
        ("006:19", 1.0, None),
        ("1899-12-31 00:01:02", 1.0, 62.0),
    ],
)
def test_lengths_of_time(text: str, unit_s: float, meant: float | None) -> None:
    assert parse_lengths(pl.Series([text]), decimal=".", seconds_per_unit=unit_s).to_list() == [meant]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text("0123456789.,-+ e'", max_size=9), min_size=1, max_size=20), st.sampled_from([".", ","])
)
def test_the_quick_way_reads_what_the_thorough_one_reads(texts: list[str], decimal: str) -> None:
    text = pl.Series([one.strip() or None for one in texts], dtype=pl.String)
    thorough = _grouped_numbers(text, decimal=decimal)
    thorough = thorough.set(~thorough.is_finite(), None)
    assert parse_numbers(text, decimal=decimal).to_list() == thorough.to_list()
