"""Event logs: XES, OCEL and tables of case, activity and time become cycles of serials at stations."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics.config import Workspace
from analytics.ingest import FileOutcome, IngestOptions, ingest_files, preview
from tests.ingest.conftest import Load, Rows
from tests.ingest.shapes.conftest import Report, Table, at

Written = Callable[..., Path]
Event = tuple[str, str, str, str, float]  # case, activity, resource, transition, seconds


def line_of_two(units: int = 150, seed: int = 3, slow: float = 0.0) -> list[Event]:
    rng = np.random.default_rng(seed)
    events: list[Event] = []
    free = [0.0, 0.0]
    for unit in range(units):
        clock = 100.0 * unit
        for station, (activity, machine) in enumerate((("Turning", "Machine 4"), ("Milling", "Machine 7"))):
            begin = max(clock, free[station])
            end = begin + round(rng.normal(70, 2) + (60 if rng.random() < slow else 0))
            events += [
                (f"U{unit}", activity, machine, "start", begin),
                (f"U{unit}", activity, machine, "complete", end),
            ]
            clock = free[station] = end
    return events


def xes(events: list[Event], head: str = "") -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', head, '<log xes.version="1.0">']
    lines.append('<string key="concept:name" value="the log"/>')
    for case in dict.fromkeys(event[0] for event in events):
        lines.append(f'<trace><string key="concept:name" value="{case}"/><string key="product" value="P"/>')
        for _, activity, resource, transition, seconds in (event for event in events if event[0] == case):
            lines += [
                "<event>",
                f'<string key="concept:name" value="{activity}"><int key="deep" value="1"/></string>',
                f'<string key="org:resource" value="{resource}"/>',
                f'<string key="lifecycle:transition" value="{transition}"/>',
                f'<date key="time:timestamp" value="{at(seconds).replace(" ", "T")}.000+01:00"/>',
                "</event>",
            ]
        lines.append("</trace>")
    return "\n".join([*lines, "</log>"])


def ocel(events: list[Event]) -> dict[str, Any]:
    objects = (
        {event[0]: "Unit" for event in events} | {event[2]: "Machine" for event in events} | {"Ann": "Worker"}
    )
    return {
        "objectTypes": [{"name": name, "attributes": []} for name in ("Unit", "Machine", "Worker")],
        "eventTypes": [{"name": name, "attributes": []} for name in ("Turning", "Milling")],
        "objects": [{"id": key, "type": kind, "attributes": []} for key, kind in objects.items()],
        "events": [
            {
                "id": f"e{number}",
                "type": activity,
                "time": at(seconds).replace(" ", "T") + "Z",
                "attributes": [],
                "relationships": [{"objectId": one, "qualifier": "q"} for one in (case, machine, "Ann")],
            }
            for number, (case, activity, machine, transition, seconds) in enumerate(events)
            if transition == "complete"
        ],
    }


def test_xes_starts_and_completions_are_cycles(written: Written, load: Load, rows: Rows) -> None:
    events = line_of_two()
    outcome = load(written(xes(events), "log.xes"))
    assert (outcome.shape, outcome.read, outcome.loaded) == ("event_log", 600, 600)
    assert outcome.derived == {"cycles": 300}
    cycles = rows("cycles")
    assert cycles["station_id"].unique().sort().to_list() == ["Machine 4", "Machine 7"]
    assert (cycles["serial"].n_unique(), cycles["product_id"].unique().to_list()) == (150, ["P"])
    begins = {(e[0], e[2]): e[4] for e in events if e[3] == "start"}
    ends = {(e[0], e[2]): e[4] for e in events if e[3] == "complete"}
    for row in cycles.iter_rows(named=True):
        key = (row["serial"], row["station_id"])
        assert (row["ended_at"] - row["started_at"]).total_seconds() == ends[key] - begins[key]
    assert cycles["started_at"].min().hour == 5  # 06:00+01:00 is an instant


def test_xes_is_known_by_its_content_also_compressed(tmp_path: Path, load: Load) -> None:
    path = tmp_path / "export"
    path.write_bytes(gzip.compress(xes(line_of_two(40)).encode()))
    assert load(path).derived == {"cycles": 80}


def test_an_event_log_gives_an_estimate(written: Written, load: Load, report: Report) -> None:
    load(written(xes(line_of_two(500, seed=9, slow=0.04)), "log.xes"))
    count = report()["demand"]["undetected"]["count"]
    rng = np.random.default_rng(9)
    truth = sum((rng.normal(70, 2), rng.random() < 0.04)[1] for _ in range(1000))
    assert count["lower"] <= truth <= count["upper"]


def test_resources_that_read_like_people_are_no_stations(written: Written, load: Load, rows: Rows) -> None:
    events = [
        (case, activity, f"Employee {case[-1]}", move, t) for case, activity, _, move, t in line_of_two(40)
    ]
    outcome = load(written(xes(events), "log.xes"))
    assert rows("cycles")["station_id"].unique().sort().to_list() == ["Milling", "Turning"]
    assert any("may name persons and is dropped" in why for why in outcome.evidence)
    assert "Employee" not in json.dumps(outcome.to_json())


def test_a_mapping_makes_the_resource_the_station(
    written: Written, load: Load, rows: Rows, tmp_path: Path
) -> None:
    mapping = tmp_path / "ours.json"
    columns = {"case:concept:name": "serial", "concept:name": "activity", "org:resource": "station_id"}
    columns |= {"time:timestamp": "at", "lifecycle:transition": "transition"}
    mapping.write_text(json.dumps({"table": "event_log", "columns": columns}))
    events = [(case, activity, "K 12", move, t) for case, activity, _, move, t in line_of_two(40)]
    load(written(xes(events), "log.xes"), mapping=mapping)
    assert rows("cycles")["station_id"].unique().to_list() == ["K 12"]


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE log [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE log SYSTEM "file:///etc/passwd">',
    ],
)
def test_xml_that_can_do_harm_is_refused(head: str, written: Written, workspace: Workspace) -> None:
    (outcome,) = ingest_files(workspace, [written(xes(line_of_two(5), head), "log.xes")], IngestOptions())
    assert "document type declaration" in str(outcome.error)


@pytest.mark.parametrize("cut", [200, -40])
def test_xml_that_is_cut_off_is_refused(cut: int, written: Written, workspace: Workspace) -> None:
    (outcome,) = ingest_files(workspace, [written(xes(line_of_two(5))[:cut], "log.xes")], IngestOptions())
    assert "well-formed" in str(outcome.error)
    assert outcome.read == 0


def test_xml_nested_without_end_is_refused(written: Written, workspace: Workspace) -> None:
    text = '<log xes.version="1.0">' + "<trace>" * 5000
    (outcome,) = ingest_files(workspace, [written(text, "log.xes")], IngestOptions())
    assert "nested deeper" in str(outcome.error)


def test_ocel_objects_are_serials_and_stations(written: Written, load: Load, rows: Rows) -> None:
    outcome = load(written(json.dumps(ocel(line_of_two(40)), indent=1), "log.json"))
    assert (outcome.shape, outcome.read, outcome.derived) == ("event_log", 80, {"cycles": 80})
    cycles = rows("cycles")
    assert cycles["station_id"].unique().sort().to_list() == ["Machine 4", "Machine 7"]
    assert cycles["serial"].n_unique() == 40
    assert "Ann" not in str(cycles.rows())


def test_the_older_ocel_is_read_alike(written: Written, load: Load, rows: Rows) -> None:
    new = ocel(line_of_two(20))
    old = {
        "ocel:global-log": {"ocel:version": "1.0"},
        "ocel:objects": {one["id"]: {"ocel:type": one["type"], "ocel:ovmap": {}} for one in new["objects"]},
        "ocel:events": {
            one["id"]: {
                "ocel:activity": one["type"],
                "ocel:timestamp": one["time"],
                "ocel:omap": [r["objectId"] for r in one["relationships"]],
                "ocel:vmap": {},
            }
            for one in new["events"]
        },
    }
    assert load(written(json.dumps(old), "log.jsonocel")).derived == {"cycles": 40}
    assert rows("cycles")["station_id"].n_unique() == 2


def test_an_event_on_several_units_is_one_of_each(written: Written, load: Load, rows: Rows) -> None:
    log = ocel(line_of_two(20))
    log["events"][0]["relationships"].append({"objectId": "U7", "qualifier": "q"})
    assert load(written(json.dumps(log), "log.json")).read == 41


@pytest.mark.parametrize("text", ['{"objectTypes": [], "eventTypes": [], "objects": [], "events": []}',
                                  '{"objectTypes": [], "events": [{"id"'])  # fmt: skip
def test_an_ocel_log_without_events_or_cut_off_is_refused(
    text: str, written: Written, workspace: Workspace
) -> None:
    (outcome,) = ingest_files(workspace, [written(text, "log.json")], IngestOptions())
    assert outcome.failed
    assert "event log" in str(outcome.error)


HEAD = "case id,activity,timestamp,lifecycle:transition,resource"


def told(table: Table, load: Load, events: list[Event]) -> FileOutcome:
    return load(table(HEAD, [(case, act, at(t), move, machine) for case, act, machine, move, t in events]))


def test_a_table_of_events_is_an_event_log(table: Table, load: Load, rows: Rows) -> None:
    assert told(table, load, line_of_two(30)).derived == {"cycles": 60}
    assert rows("cycles")["started_at"].null_count() == 0


def test_starts_and_completions_are_paired_in_order(table: Table, load: Load, rows: Rows) -> None:
    events: list[Event] = [
        ("U1", "Weld", "Robot 1", "complete", 5),  # begun before the log
        ("U1", "Weld", "Robot 1", "start", 10),
        ("U1", "Weld", "Robot 1", "suspend", 20),
        ("U1", "Weld", "Robot 1", "resume", 30),
        ("U1", "Weld", "Robot 1", "complete", 70),  # rework of the same unit follows
        ("U1", "Weld", "Robot 1", "start", 100),
        ("U1", "Weld", "Robot 1", "complete", 150),
        ("U2", "Weld", "Robot 1", "start", 200),  # not finished in the log
    ]
    outcome = told(table, load, events)
    assert outcome.read == 8
    cycles = rows("cycles").sort("ended_at")
    spans = [
        None if begin is None else (end - begin).total_seconds()
        for begin, end in cycles.select("started_at", "ended_at").rows()
    ]
    assert spans == [None, 60, 50]
    assert {c.code for c in outcome.caveats} >= {"events_unpaired", "events_silent"}


def test_a_station_with_serials_and_times_is_no_event_log(table: Table) -> None:
    seen = preview(
        table("station,serial,operation,timestamp", [("S1", f"U{i}", "Weld", at(60 * i)) for i in range(30)])
    )
    assert (seen.table, seen.shape) == ("cycles", None)


def test_scans_of_units_at_stations_with_start_and_end_are_cycles(
    table: Table, load: Load, rows: Rows
) -> None:
    events = line_of_two(30)
    lines = [(c, m, {"start": "START", "complete": "END"}[move], at(t)) for c, _, m, move, t in events]
    outcome = load(table("serial,station,event,timestamp", lines))
    assert (outcome.shape, outcome.derived) == ("event_log", {"cycles": 60})
    assert rows("cycles")["started_at"].null_count() == 0
    assert rows("cycles")["station_id"].n_unique() == 2
