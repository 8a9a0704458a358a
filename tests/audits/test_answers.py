"""How people write yes, no, seconds, times and reasons."""

from __future__ import annotations

from datetime import time

import pytest

from analytics.audits.answers import OTHER, UnreadableError, clean, clock_time, reason, seconds, yes_or_no


@pytest.mark.parametrize("text", ["yes", "Ja", "J", "x", "X", "1", "1.0", "TRUE", "wahr", "sí", " y ", "✓"])
def test_yes(text: str) -> None:
    assert yes_or_no(text, "called") is True


@pytest.mark.parametrize("text", ["no", "Nein", "n", "0", "0.0", "FALSE", "falsch", "-", "–"])
def test_no(text: str) -> None:
    assert yes_or_no(text, "called") is False


@pytest.mark.parametrize("text", ["maybe", "?", "2", "yes and no", "jain"])
def test_neither_is_refused_with_what_stands_there(text: str) -> None:
    with pytest.raises(UnreadableError, match="called says"):
        yes_or_no(text, "called")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("95", 95.0),
        ("95.5", 95.5),
        ("95,5", 95.5),
        ("95 s", 95.0),
        ("95 sec.", 95.0),
        ("2 min", 120.0),
        ("1,5 min", 90.0),
        ("1:35", 95.0),
        ("0", 0.0),
    ],
)
def test_seconds(text: str, expected: float) -> None:
    assert seconds(text, "delay_s") == expected


@pytest.mark.parametrize("text", ["-5", "soon", "1:75", "01:35:00", "1.234,5", "nan", "12 h"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="write seconds as a number"):
        seconds(text, "delay_s")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9:05", time(9, 5)),
        ("09:05:30", time(9, 5, 30)),
        ("9.05", time(9, 5)),
        ("1899-12-31 09:05:00", time(9, 5)),
        ("2026-03-02T09:05:00", time(9, 5)),
    ],
)
def test_times(text: str, expected: time) -> None:
    assert clock_time(text, "started") == expected


@pytest.mark.parametrize("text", ["25:00", "9", "morning"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="write a time"):
        clock_time(text, "started")


def test_blank_is_no_answer() -> None:
    assert (yes_or_no(" ", "x"), seconds("", "x"), clock_time("  ", "x"), reason("")) == (None,) * 4


def test_reasons_are_told_apart_whatever_the_spelling() -> None:
    assert reason("Nobody free!") == "nobody_free"
    assert reason("fixed_alone") == "fixed_alone"
    assert reason("wurde selbst behoben") == "fixed_alone"
    assert reason("lunch") == OTHER
    for other in ("abnormal noise", "not normal at all", "the machine itself stopped", "nadie lo vio"):
        assert reason(other) == OTHER, other


def test_a_spreadsheets_apostrophe_is_not_part_of_the_answer() -> None:
    assert clean("'=A1 ") == "=A1"
    assert clean(None) == ""
