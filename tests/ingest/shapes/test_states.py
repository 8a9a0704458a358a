"""State logs become cycles, stops and alarms; a stretch of production over many units is no cycle."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.ingest import preview
from analytics.ingest.shapes.state_words import vocabulary
from tests.ingest.conftest import Load, Rows
from tests.ingest.shapes.conftest import MORNING, Report, Table, at

HEAD = "machine,timestamp,state,reason"


def robot_cell(cycles: int = 60, seed: int = 1) -> tuple[list[tuple[str, str, str, str]], list[float]]:
    """Return a log of a cell that runs a unit, is ready for a moment, and now and then has a fault."""
    rng = np.random.default_rng(seed)
    lines, clock, lengths = [], 0, []
    for i in range(cycles):
        begin = clock
        lines.append(("R1", at(clock), "Running", ""))
        clock += int(rng.normal(80, 3))
        if i % 20 == 10:
            lines.append(("R1", at(clock), "Fault", "Gripper"))
            clock += 90
            lines.append(("R1", at(clock), "Running", ""))
            clock += 5
        lines.append(("R1", at(clock), "Ready", ""))
        lengths.append(float(clock - begin))
        clock += 6
    return lines, lengths


def test_a_cycle_runs_from_running_to_ready_with_its_faults_inside(
    table: Table, load: Load, rows: Rows
) -> None:
    lines, lengths = robot_cell()
    outcome = load(table(HEAD, lines))
    assert (outcome.shape, outcome.read, outcome.loaded) == ("state_log", len(lines), len(lines))
    # The first run may have begun before the log did.
    assert outcome.derived == {"cycles": 59, "detections": 3}
    cycles = rows("cycles")
    assert (cycles["ended_at"] - cycles["started_at"]).dt.total_seconds().to_list() == lengths[1:]
    alarms = rows("detections")
    assert alarms["source"].unique().to_list() == ["machine alarm"]
    assert alarms["reason"].unique().to_list() == ["Gripper"]
    assert (alarms["ended_at"] - alarms["detected_at"]).dt.total_seconds().to_list() == [90] * 3


def test_a_log_of_cycles_gives_an_estimate(table: Table, load: Load, report: Report) -> None:
    lines, _ = robot_cell(400)
    load(table(HEAD, lines))
    undetected = report()["demand"]["undetected"]
    assert undetected["count"]["lower"] <= 20 <= undetected["count"]["upper"]
    assert undetected["recorded"]["count"]["value"] == pytest.approx(20, abs=1)


@pytest.mark.parametrize(
    ("run", "ready", "fault", "setup"),
    [
        ("Läuft", "Bereit", "Störung", "Rüsten"),
        ("En marcha", "Listo", "Avería", "Cambio de formato"),
        ("En production", "Prêt", "En panne", "Changement de série"),
        ("Em produção", "Pronta", "Falha", "Troca"),
        ("In marcia", "In attesa", "Guasto", "Attrezzaggio"),
        ("Pracuje", "Gotowy", "Awaria", "Przezbrojenie"),
        ("가동중", "대기", "고장", "준비교체"),
        ("運転中", "待機", "異常", "段取り"),
        ("运行", "待机", "故障", "换型"),
        ("EXECUTE", "IDLE", "ABORTED", "Setup"),
    ],
)
def test_words_of_many_languages_are_known(
    run: str, ready: str, fault: str, setup: str, table: Table, load: Load, rows: Rows
) -> None:
    lines: list[tuple[str, str, str, str]] = [("R1", at(-10), ready, "")]
    for i in range(30):
        lines += [("R1", at(100 * i), run, ""), ("R1", at(100 * i + 90 + i % 4), ready, "")]
    lines += [("R1", at(3000), fault, ""), ("R1", at(3060), ready, ""), ("R1", at(3070), setup, "")]
    lines += [("R1", at(3600), ready, "")]
    assert load(table(HEAD, lines)).derived == {"cycles": 30, "detections": 2}
    assert rows("detections")["planned"].to_list() == [False, True]


def test_packml_numbers_are_states_where_the_column_is_named_so(table: Table, load: Load) -> None:
    lines = [("F1", at(0), 4)]
    for i in range(25):
        lines += [
            ("F1", at(100 * i + 10), 6),
            ("F1", at(100 * i + 80 + i % 3), 16),
            ("F1", at(100 * i + 85), 17),
        ]
    outcome = load(table("machine,timestamp,StateCurrent", lines))
    assert outcome.shape == "state_log"
    assert "PackML" in outcome.evidence[0]
    assert outcome.derived["cycles"] == 25


def test_stretches_of_production_are_no_cycles(table: Table, load: Load, rows: Rows, report: Report) -> None:
    rng = np.random.default_rng(2)
    lines, clock = [], 0
    for i in range(400):
        state, reason = (("Running", ""), ("Down", "Jam"), ("Running", ""), ("Idle", ""), ("Changeover", ""))[
            i % 5
        ]
        end = clock + int(rng.exponential(300)) + 5
        lines.append(("L9", state, at(clock), at(end), reason))
        clock = end
    outcome = load(table("equipment,status,start,end,reason", lines))
    assert (outcome.table, outcome.derived) == ("detections", {"cycles": 0, "detections": 160})
    assert any(c.code == "runs_no_cycles" and "unlike" in c.message for c in outcome.caveats)
    stops = rows("detections")
    assert stops["planned"].sum() == 80
    assert stops.filter(~stops["planned"])["reason"].unique().to_list() == ["Jam"]


def test_mtconnect_states_in_a_table_follow_the_programs(table: Table, load: Load, rows: Rows) -> None:
    lines = [("M1", at(0), "READY", "O1")]
    for i, length in enumerate((50, 300, 900)):  # a job shop: lengths are no evidence
        begin = 2000 * (i + 1)
        lines += [
            ("M1", at(begin), "ACTIVE", f"O{i}"),
            ("M1", at(begin + 20), "FEED_HOLD", f"O{i}"),
            ("M1", at(begin + 25), "ACTIVE", f"O{i}"),
            ("M1", at(begin + length), "READY", f"O{i}"),
        ]
    outcome = load(table("machine,timestamp,execution,program", lines))
    assert outcome.derived == {"cycles": 3, "detections": 0}
    assert rows("cycles")["product_id"].to_list() == ["O0", "O1", "O2"]
    seconds = (rows("cycles")["ended_at"] - rows("cycles")["started_at"]).dt.total_seconds().to_list()
    assert seconds == [50, 300, 900]


def test_a_unit_given_up_is_no_cycle(table: Table, load: Load, rows: Rows) -> None:
    lines = [("F1", at(0), "Idle", "")]
    for i in range(30):
        end = "Aborted" if i == 7 else "Complete"
        lines += [("F1", at(100 * i + 10), "Execute", ""), ("F1", at(100 * i + 80 + i % 3), end, "")]
        lines.append(("F1", at(100 * i + 90), "Idle", ""))
    outcome = load(table(HEAD, lines))
    assert outcome.derived == {"cycles": 29, "detections": 1}
    assert any(c.code == "cycles_cut" and c.message.endswith("1.") for c in outcome.caveats)


def test_waiting_for_a_neighbour_is_no_stop(table: Table, load: Load) -> None:
    lines = [("R1", at(-5), "Ready", "")]
    for i in range(30):
        lines += [("R1", at(100 * i), "Running", ""), ("R1", at(100 * i + 60), "Blocked", "")]
        lines.append(("R1", at(100 * i + 75 + i % 3), "Ready", ""))
    assert load(table(HEAD, lines)).derived == {"cycles": 30, "detections": 0}


def test_a_state_repeated_is_one_stretch(table: Table, load: Load, rows: Rows) -> None:
    lines, _ = robot_cell(40)
    doubled = []
    for line in lines:
        doubled += [line, line]
    outcome = load(table(HEAD, doubled))
    assert (outcome.read, outcome.loaded, outcome.duplicate) == (2 * len(lines), len(lines), len(lines))
    assert rows("detections").height == 2


def test_unknown_states_are_named(table: Table, load: Load) -> None:
    lines, _ = robot_cell(40)
    lines[31] = (*lines[31][:2], "Zustand 17", "")
    outcome = load(table(HEAD, lines))
    assert any(c.code == "states_unknown" and "'Zustand 17'" in c.message for c in outcome.caveats)


def test_time_that_the_log_does_not_tell_of_ends_no_cycle(table: Table, load: Load, rows: Rows) -> None:
    """A log of runs and faults only: between two runs nothing was in work."""
    lines = [("R1", at(100 * i), at(100 * i + 80 + i % 3), "Running") for i in range(40)]
    lines.append(("R1", at(4000), at(4050), "Fault"))
    outcome = load(table("machine,start,end,state", lines))
    assert outcome.derived["cycles"] == 39
    assert rows("cycles")["started_at"][0] == MORNING.replace(minute=1, second=40)


def test_the_evidence_says_what_the_states_were_taken_for(table: Table) -> None:
    lines, _ = robot_cell()
    told = " ".join(preview(table(HEAD, lines)).evidence)
    assert "'state' are states of a machine" in told
    assert "'Fault' = fault" in told


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("station,start,end,status", lambda i: ("S1", at(60 * i), at(60 * i + 50), "OK" if i % 9 else "NOK")),
        ("machine,start,end,reason,state", lambda i: ("S1", at(60 * i), at(60 * i + 9), "Jam", "Down")),
    ],
)
def test_a_column_named_state_is_not_enough(head: str, line: object, table: Table, load: Load) -> None:
    assert load(table(head, [line(i) for i in range(60)]), table=None).shape is None  # type: ignore[operator]


def test_the_vocabulary_that_knows_most_is_taken() -> None:
    assert vocabulary(["ACTIVE", "READY", "STOPPED", "FEED_HOLD"]).name == "mtconnect"
    assert vocabulary(["Execute", "Suspended", "Held", "Idle"]).name == "packml"
    assert vocabulary(["Running", "Down", "Setup"]).name == "words"
    assert vocabulary(["STOPPED", "Execute", "Held"]).meaning["STOPPED"] == "stopped"


def test_signals_of_begin_and_end_are_cycles(table: Table, load: Load, rows: Rows) -> None:
    lines = []
    for i in range(30):
        lines += [("R1", at(100 * i), "Cycle Start"), ("R1", at(100 * i + 80 + i % 3), "Cycle End")]
    assert load(table("station,timestamp,event", lines)).derived == {"cycles": 29, "detections": 0}


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (
            "station,start,end,mode",
            lambda i: ("S1", at(60 * i), at(60 * i + 50), "Auto" if i % 9 else "Manual"),
        ),
        (
            "station,timestamp,state,alarm",
            lambda i: ("S1", at(60 * i), "ACTIVE" if i % 2 else "CLEARED", "Oil"),
        ),
        (
            "machine,order,start,end,quantity,status",
            lambda i: (
                "S1",
                f"O{i}",
                at(60 * i),
                at(60 * i + 50),
                9,
                ("Running", "Completed", "Planned")[i % 3],
            ),
        ),
    ],
    ids=["the mode of each cycle", "alarms that come and go", "orders with their status"],
)
def test_words_that_are_no_states_of_a_machine(head: str, line: object, table: Table) -> None:
    assert preview(table(head, [line(i) for i in range(60)])).shape != "state_log"  # type: ignore[operator]
