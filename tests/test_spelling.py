"""Stations that calls name and cycles do not: what is pointed out, and what is not said of calling."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.spelling import in_words, strangers


def at(*names: str | None) -> pl.DataFrame:
    return pl.DataFrame({"station_id": pl.Series(names, dtype=pl.String)})


@pytest.mark.parametrize(
    "spelled", ["FRÄSEN-10", "Fraesen 10", "fräsen_10", "Fra\u0308sen10", "  Fräsen / 10"]
)
def test_what_looks_alike_is_pointed_out(spelled: str) -> None:
    (found,) = strangers(at(spelled, spelled), ["Fräsen 10", "Fräsen 100"])
    assert (found.name, found.records, found.alike) == (spelled, 2, "Fräsen 10")


def test_names_of_the_cycles_and_bare_lines_are_no_strangers() -> None:
    assert strangers(at("S1", None), ["S1"]) == []


def test_nothing_is_guessed_where_two_stations_look_alike_or_none_does() -> None:
    found = strangers(at("s-1", "X", "X"), ["S 1", "S.1"])
    assert [(one.name, one.alike) for one in found] == [("X", None), ("s-1", None)]


def test_those_with_a_likely_station_are_named_first() -> None:
    told = in_words(strangers(at("X", "X", "s1", "Y", "Z"), ["S1"]))
    assert told == "'s1' (is it 'S1'?), 'X', 'Y' and 1 more"
