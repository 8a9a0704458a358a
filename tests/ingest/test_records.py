"""What a record has to hold, how its times are read, and what happens to names of persons."""
# ruff: noqa: DTZ001 - the warehouse keeps times without a zone

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from analytics.config import Workspace
from analytics.ingest import IngestOptions, Question, ingest_files, read_quarantine
from analytics.journal import Journal
from tests.ingest.conftest import CYCLES, Load, Rows

Written = Callable[..., Path]

GOOD = "S1,2025-03-03 06:00:00,2025-03-03 06:01:00,60\n" * 3

BROKEN = {
    "missing_value": ",2025-03-03 06:00:00,2025-03-03 06:01:00,60",
    "not_a_time_stamp": "S1,2025-03-03 06:00:00,6 o'clock,60",
    "impossible_time_stamp": "S1,1899-12-31 06:00:00,2025-03-03 06:01:00,60",
    "ends_before_start": "S1,2025-03-03 06:00:00,2025-03-03 05:01:00,60",
    "negative_duration": "S1,2025-03-03 06:00:00,2025-03-03 06:01:00,-60",
    "not_a_length_of_time": "S1,2025-03-03 06:00:00,2025-03-03 06:01:00,fast",
    "above_maximum": "S1,2025-03-03 06:00:00,2025-03-03 06:01:00,99999999",
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_record_that_breaks_a_rule_is_kept_with_its_reason(
    rule: str, written: Written, load: Load, workspace: Workspace
) -> None:
    outcome = load(written("station_id,started_at,ended_at,cycle_s\n" + GOOD + BROKEN[rule] + "\n"))
    assert (outcome.loaded, outcome.rules) == (3, {rule: 1})
    kept = read_quarantine(workspace).row(0, named=True)
    assert (kept["line"], kept["rule"]) == (5, rule)
    assert json.loads(kept["raw"])["ended_at"] == BROKEN[rule].split(",")[2]


def test_a_record_without_any_time_is_rejected(written: Written, load: Load) -> None:
    outcome = load(
        written(
            "station_id,started_at,ended_at\n" + "S1,,2025-03-03 06:01:00\n" * 2 + "S1,2025-03-03 06:00:00,\n"
        )
    )
    assert (outcome.loaded, outcome.rules) == (2, {"missing_value": 1})


def test_a_wrong_quantity_is_dropped_and_said_the_record_stays(
    written: Written, load: Load, rows: Rows
) -> None:
    outcome = load(written("station_id,ended_at,quantity\nS1,2025-03-03 06:00,E\nS1,2025-03-03 06:01,30.6\n"))
    assert (outcome.loaded, outcome.rules) == (2, {})
    assert "values_dropped" in [caveat.code for caveat in outcome.caveats]
    assert rows("cycles")["quantity"].to_list() == [None, 30.6]


def test_an_end_may_be_given_as_a_duration(written: Written, load: Load, rows: Rows) -> None:
    load(written("station,start,cycle time (min)\nS1,2025-03-03 06:00:00,1.5\n"))
    assert rows("cycles")["ended_at"].to_list() == [datetime(2025, 3, 3, 6, 1, 30)]
    load(
        written(
            "Maschine;Beginn;Dauer [min];Störgrund\nS1;03.03.2025 06:00;12,5;Werkzeug\n",
            name="stillstand.csv",
        )
    )
    assert rows("detections")["ended_at"].to_list() == [datetime(2025, 3, 3, 6, 12, 30)]


def test_words_for_nothing_are_nothing(written: Written, load: Load, rows: Rows) -> None:
    load(
        written(
            "station_id,ended_at,serial,product_id\nS1,2025-03-03 06:00,n/a,-\n"
            "S1,2025-03-03 06:01, U1 ,NULL\n"
        )
    )
    assert rows("cycles").sort("ended_at").select("serial", "product_id").rows() == [
        (None, None),
        ("U1", None),
    ]


def test_kinds_are_mapped_from_the_plants_own_words(written: Written, load: Load, rows: Rows) -> None:
    words = ["Teilemangel", "Qualität: Kratzer", "avería eléctrica", "Safety", "Hilfe", "xyz", ""]
    text = "".join(f"{n},S1,2025-03-03 06:0{n}:00,{word}\n" for n, word in enumerate(words))
    load(written("call_id,station_id,raised_at,category\n" + text))
    assert rows("andon_calls")["kind"].to_list() == [
        "material",
        "quality",
        "maintenance",
        "safety",
        "process",
        "process",
        "process",
    ]
    assert rows("andon_calls")["category"].to_list()[:2] == words[:2]


def test_an_unknown_kind_of_calendar_entry_is_rejected(written: Written, load: Load, rows: Rows) -> None:
    text = (
        "starts_at,ends_at,kind\n"
        "2025-03-03 09:00,2025-03-03 09:15,Frühstückspause\n"
        "2025-03-03 06:00,2025-03-03 14:00,Frühschicht\n"
        "2025-03-03 10:00,2025-03-03 11:00,zzz\n"
    )
    outcome = load(written(text))
    assert outcome.rules == {"unknown_kind": 1}
    assert rows("calendar")["kind"].to_list() == ["break", "shift"]


AMBIGUOUS = "station,ended_at,serial\nS1,03/04/2025 06:00,U1\nS1,03/05/2025 06:00,U2\n"


def test_dates_that_allow_both_orders_are_asked(
    written: Written, load: Load, workspace: Workspace, rows: Rows
) -> None:
    path = written(AMBIGUOUS)
    outcome = load(path)
    assert outcome.failed
    assert "--dayfirst or --monthfirst" in outcome.to_json()["question"]
    assert "03/04/2025 06:00" in outcome.to_json()["question"]
    asked: list[Question] = []

    def ask(question: Question) -> str:
        asked.append(question)
        return "monthfirst"

    answered = ingest_files(workspace, [path], IngestOptions(), ask)[0]
    assert (answered.loaded, len(asked), asked[0].options) == (2, 1, ("dayfirst", "monthfirst"))
    assert rows("cycles")["ended_at"].dt.month().to_list() == [3, 3]


@pytest.mark.parametrize(("dayfirst", "month"), [(True, 4), (False, 3)])
def test_the_order_can_be_told(dayfirst: bool, month: int, written: Written, load: Load, rows: Rows) -> None:
    assert load(written(AMBIGUOUS), dayfirst=dayfirst).loaded == 2
    assert rows("cycles")["ended_at"].dt.month()[0] == month


def test_the_order_is_found_in_a_later_value(written: Written, load: Load, rows: Rows) -> None:
    assert load(written(AMBIGUOUS + "S1,03/25/2025 06:00,U3\n")).loaded == 3
    assert rows("cycles")["ended_at"].dt.month().to_list() == [3, 3, 3]


def test_dates_in_both_orders_are_asked_and_a_slip_is_set_aside(written: Written, load: Load) -> None:
    both = AMBIGUOUS + "S1,03/25/2025 06:00,U3\nS1,25/03/2025 06:00,U4\n"
    question = load(written(both)).question
    assert question is not None
    assert "03/25/2025 06:00" in question.text
    assert "25/03/2025 06:00" in question.text
    assert "written in both orders" in question.text
    assert load(written(both), dayfirst=True).rules == {"not_a_time_stamp": 1}
    many = (
        AMBIGUOUS
        + "".join(f"S1,03/25/2025 06:{n:02d},V{n}\n" for n in range(40))
        + "S1,25/03/2025 06:00,U4\n"
    )
    assert load(written(many, name="many.csv")).rules == {"not_a_time_stamp": 1}


def test_the_zone_is_remembered_and_times_are_kept_in_utc(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    load(written(CYCLES), timezone="Europe/Berlin")
    assert rows("cycles")["started_at"][0] == datetime(2025, 3, 3, 5, 0)
    later = load(written("station_id,ended_at\nS9,2025-07-01 12:00:00\n", name="b.csv"))
    assert not [caveat for caveat in later.caveats if caveat.code == "zone_unspecified"]
    assert rows("cycles")["ended_at"].to_list()[-1] == datetime(2025, 7, 1, 10, 0)
    with Journal(workspace) as journal:
        assert journal.get("timezone") == "Europe/Berlin"


def test_without_a_zone_times_stay_as_the_wall_showed_them(written: Written, load: Load, rows: Rows) -> None:
    outcome = load(written(CYCLES))
    assert "zone_unspecified" in [caveat.code for caveat in outcome.caveats]
    assert rows("cycles")["started_at"][0] == datetime(2025, 3, 3, 6, 0)
    mixed = load(written(CYCLES, name="b.csv"), timezone="Europe/Berlin")
    assert "unspecified zone" in str(mixed.error)


def test_instants_are_utc_whatever_the_zone(written: Written, load: Load, rows: Rows) -> None:
    load(
        written("station_id,ended_at\nS1,2025-03-03T06:00:00Z\nS1,2025-03-03T09:00:00+02:00\n"),
        timezone="Asia/Tokyo",
    )
    assert rows("cycles")["ended_at"].to_list() == [datetime(2025, 3, 3, 6), datetime(2025, 3, 3, 7)]


def test_times_that_the_clock_never_showed_are_rejected(written: Written, load: Load) -> None:
    text = "station_id,ended_at\nS1,2025-03-30 02:30:00\nS1,2025-03-30 03:30:00\n"
    assert load(written(text), timezone="Europe/Berlin").rules == {"no_such_time_in_zone": 1}


def test_a_cycle_through_the_double_hour_ends_after_its_start(
    written: Written, load: Load, rows: Rows
) -> None:
    text = "station_id,started_at,ended_at\nS1,2025-10-26 02:59:30,2025-10-26 02:00:30\n"
    assert load(written(text), timezone="Europe/Berlin").loaded == 1
    cycle = rows("cycles").row(0, named=True)
    assert (cycle["ended_at"] - cycle["started_at"]).total_seconds() == 60


PEOPLE = """station_id,ended_at,Bediener,Personalnummer
S1,2025-03-03 06:00,Maier,17
S1,2025-03-03 06:01,Maier,17
S1,never,Huber,18
"""


def test_names_of_persons_are_dropped_everywhere(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    load(written(PEOPLE))
    assert rows("cycles")["operator_id"].to_list() == [None, None]
    kept = read_quarantine(workspace)
    assert kept.height == 1
    assert "Huber" not in str(kept.rows())
    for path in workspace.root.rglob("*"):
        if path.is_file():
            assert b"Maier" not in path.read_bytes(), path


NOTES = """station_id,raised_at,Werker,Quittiert von,note,Kommentar
S1,2025-03-03 06:00:00,"Schmidt, Anna",Huber,"Anna Schmidt called, Huber came: jam at 6",x
S1,2025-03-03 07:00:00,Ida,,nobody free,x
S1,never,Ida,Huber,Ida was here,asked Huber
"""


def test_an_operators_name_is_taken_out_of_notes_and_quarantine_too(
    written: Written, load: Load, rows: Rows, workspace: Workspace
) -> None:
    load(written(NOTES, name="andon.csv"))
    assert rows("andon_calls")["note"].to_list() == ["[name] called, [name] came: jam at 6", "nobody free"]
    (kept,) = read_quarantine(workspace)["raw"]
    assert '"note":"[name] was here"' in kept
    assert '"Kommentar":"asked [name]"' in kept
    for path in workspace.root.rglob("*"):
        if path.is_file():
            assert not re.search(rb"Schmidt|Huber|Ida", path.read_bytes()), path


def test_kept_operators_are_tokens_that_stay_the_same(written: Written, load: Load, rows: Rows) -> None:
    load(written(PEOPLE), keep_operators=True)
    tokens = rows("cycles")["operator_id"].to_list()
    assert tokens[0] == tokens[1]
    assert tokens[0] not in {None, "Maier"}


def test_a_cut_record_of_a_file_with_persons_keeps_no_text(
    written: Written, load: Load, workspace: Workspace
) -> None:
    load(written(PEOPLE.replace("S1,never,Huber,18", "S1,Huber")))
    assert read_quarantine(workspace).select("value", "raw").rows() == [(None, None)]


def test_yes_and_no_in_three_languages(written: Written, load: Load, rows: Rows) -> None:
    words = ["Sí", "no", "JA", "Nein", "TRUE", "0", ""]
    text = "".join(f"S1,2025-03-03 06:0{n}:00,stop,{word}\n" for n, word in enumerate(words))
    load(written("station,detected at,reason,planned\n" + text))
    assert rows("detections")["planned"].to_list() == [True, False, True, False, True, False, None]
