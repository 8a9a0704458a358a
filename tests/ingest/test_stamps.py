"""Every way plants write a time stamp; what is none stays none."""
# ruff: noqa: DTZ001 - the warehouse keeps times without a zone

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.ingest import stamps
from analytics.ingest.stamps import DayOrder, day_order_evidence, parse_stamps, to_utc

WALL = {
    "2025-03-02 06:07:08": datetime(2025, 3, 2, 6, 7, 8),
    "2025-03-02T06:07:08": datetime(2025, 3, 2, 6, 7, 8),
    "2025-03-02 06:07": datetime(2025, 3, 2, 6, 7),
    "2025-03-02": datetime(2025, 3, 2),
    "2025/03/02 06:07:08": datetime(2025, 3, 2, 6, 7, 8),
    "2025-03-02 06:07:08.123": datetime(2025, 3, 2, 6, 7, 8, 123000),
    "2025-03-02 06:07:08.123456": datetime(2025, 3, 2, 6, 7, 8, 123456),
    "2025-03-02 06:07:08.1234567": datetime(2025, 3, 2, 6, 7, 8, 123456),
    "2025-03-02 06:07:08,123": datetime(2025, 3, 2, 6, 7, 8, 123000),
    "02.03.2025 06:07:08": datetime(2025, 3, 2, 6, 7, 8),
    "2.3.25 6:07": datetime(2025, 3, 2, 6, 7),
    "02/03/2025,07:32:38": datetime(2025, 3, 2, 7, 32, 38),
    "02-03-2025 06:07": datetime(2025, 3, 2, 6, 7),
    "2/3/2025 1:02:03 PM": datetime(2025, 3, 2, 13, 2, 3),
    "2/3/2025 12:02:03 a. m.": datetime(2025, 3, 2, 0, 2, 3),
    "20250302T060708": datetime(2025, 3, 2, 6, 7, 8),
    "20250302060708": datetime(2025, 3, 2, 6, 7, 8),
    "02-Mar-2025 06:07": datetime(2025, 3, 2, 6, 7),
    "02. März 2025 06:07": datetime(2025, 3, 2, 6, 7),
    "2025-03-02 오전 12:07:08": datetime(2025, 3, 2, 0, 7, 8),
    "2025-03-02 오후 1:07:08": datetime(2025, 3, 2, 13, 7, 8),
    "45659.25272": datetime(2025, 1, 2, 6, 3, 55, 8000),
}

INSTANTS = {
    "2025-03-02T06:07:08Z": datetime(2025, 3, 2, 6, 7, 8),
    "2025-03-02T06:07:08.5+01:00": datetime(2025, 3, 2, 5, 7, 8, 500000),
    "2025-03-02 06:07:08-0500": datetime(2025, 3, 2, 11, 7, 8),
    "1740895628": datetime(2025, 3, 2, 6, 7, 8),
    "1740895628123": datetime(2025, 3, 2, 6, 7, 8, 123000),
}

WRITTEN = [
    "%Y-%m-%d %H:%M:%S.%f",
    "%d.%m.%Y %H:%M:%S,%f",
    "%d/%m/%Y %H:%M:%S.%f",
    "%Y%m%dT%H%M%S.%f",
    "%Y-%m-%dT%H:%M:%S.%fZ",
]

NEITHER = [
    "never",
    "31/02/2025 00:00",
    "2025-13-01 00:00",
    "2025-03-02 24:00:00",
    "2025-03-02 06:61",
    "12",
    "7:30",
]


@pytest.mark.parametrize(("text", "meant"), WALL.items())
def test_wall_clock_times(text: str, meant: datetime) -> None:
    found = parse_stamps(pl.Series([text]), dayfirst=True)
    assert found.value.to_list() == [meant]
    assert found.instant.to_list() == [False]


@pytest.mark.parametrize(("text", "meant"), INSTANTS.items())
def test_instants(text: str, meant: datetime) -> None:
    found = parse_stamps(pl.Series([text]), dayfirst=None)
    assert found.value.to_list() == [meant]
    assert found.instant.to_list() == [True]


@pytest.mark.parametrize("text", NEITHER)
def test_what_is_no_time_stamp_stays_none(text: str) -> None:
    assert parse_stamps(pl.Series([text]), dayfirst=True).value.to_list() == [None]


def test_a_mixed_column_reads_each_value_for_itself() -> None:
    text = [*WALL, *INSTANTS, *NEITHER, None]
    found = parse_stamps(pl.Series(text, dtype=pl.String), dayfirst=True)
    assert found.value.to_list() == [*WALL.values(), *INSTANTS.values(), *[None] * len(NEITHER), None]
    assert found.instant.sum() == len(INSTANTS)


def test_the_told_order_goes_for_slashes_and_dashes_but_not_for_dots() -> None:
    text = pl.Series(["02/03/2025 06:00", "02-03-2025 06:00", "02.03.2025 06:00"])
    months = parse_stamps(text, dayfirst=False).value.dt.month().to_list()
    assert months == [2, 2, 3]


@settings(deadline=None, max_examples=50)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), st.sampled_from(WRITTEN))
def test_what_is_written_is_read(moment: datetime, pattern: str) -> None:
    assert parse_stamps(pl.Series([moment.strftime(pattern)]), dayfirst=True).value.to_list() == [moment]


def test_evidence_for_the_order() -> None:
    found = day_order_evidence(
        pl.Series(["03/02/2025", "13/02/2025", "2025-01-01", "02-25-2025", "99/99/2025"])
    )
    assert (found.dates, found.dayfirst, found.monthfirst) == (4, 1, 1)
    assert found.examples[:2] == ("13/02/2025", "02-25-2025")
    assert day_order_evidence(pl.Series(["2025-01-01 06:00", "01.02.2025"])) == DayOrder()


def test_the_missing_hour_is_none_and_the_double_hour_is_its_first_showing() -> None:
    text = pl.Series([datetime(2025, 3, 30, 2, 30), datetime(2025, 10, 26, 2, 30)])
    first = to_utc(text, "Europe/Berlin").to_list()
    assert first == [None, datetime(2025, 10, 26, 0, 30)]


DIGITS = st.integers(0, 9).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 33), st.integers(0, 13), st.integers(0, 25), st.integers(0, 61), DIGITS),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["{d:02d}.{m:02d}.2025 {h:02d}:{s:02d}:{s:02d}",
                     "2025-{m:02d}-{d:02d}T{h:02d}:{s:02d}:{s:02d}",
                     "{d}/{m}/2025 {h}:{s:02d}:{s:02d}"]),
    st.booleans(),
)  # fmt: skip
def test_the_quick_way_reads_what_the_thorough_one_reads(
    parts: list[tuple[int, int, int, int, str]], form: str, always: bool
) -> None:
    """Stamps with no, three, six or any digits of a fraction, beside each other or all alike."""
    text = pl.Series(
        [
            form.format(d=d, m=m, h=h, s=s) + ("" if not digits and not always else f".{digits or '0'}")
            for d, m, h, s, digits in parts
        ]
    )
    quick = parse_stamps(text, dayfirst=True).value
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stamps, "_FRACTIONS", ())
        thorough = parse_stamps(text, dayfirst=True).value
    assert quick.to_list() == thorough.to_list()
