"""Whatever stands in a table, looking at its shape ends in an answer; and counts always add up."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.config import Workspace
from analytics.ingest import IngestOptions, ingest_files, preview
from tests.ingest.shapes.conftest import at

NAMES = (
    "Station",
    "machine",
    "Date",
    "Shift",
    "timestamp",
    "start",
    "end",
    "state",
    "status",
    "event",
    "reason",
    "part_count",
    "parts",
    "quantity",
    "case id",
    "activity",
    "lifecycle:transition",
    "org:resource",
    "serial",
    "Jam (min)",
    "Material (min)",
    "Setup (min)",
    "Total (min)",
    "Cleaning",
    "duration",
    "order",
    "x",
    "",
)
VALUES = (
    "",
    "0",
    "1",
    "17",
    "-3",
    "2.5",
    "1e9",
    "n/a",
    "S1",
    "M 2",
    "Running",
    "Idle",
    "Fault",
    "6",
    "start",
    "complete",
    "2025-03-03 06:00:00",
    "2025-03-03",
    "03/04/2025 06:00",
    "2025-03-03T06:00:00Z",
    "0:06:00",
    "23:59:59",
    "\u00e4",
    "Running ",
    "1,5",
    "=1+1",
)


@st.composite
def tables(draw: st.DrawFn) -> str:
    width = draw(st.integers(1, 7))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=width, max_size=width))
    # Some columns hold one kind of value, as columns do; others anything.
    kinds = [draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=3)) for _ in names]
    rows = draw(st.integers(0, 40))
    lines = [[draw(st.sampled_from(kind)) for kind in kinds] for _ in range(rows)]
    counting = draw(st.integers(0, width))
    if counting < width:
        for number, line in enumerate(lines):
            line[counting] = str(number)
    return "\n".join(";".join(line) for line in [names, *lines]) + "\n"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(
    tables(),
    st.sampled_from([None, "state_log", "part_counter", "part_counts", "event_log", "downtime_matrix"]),
)
def test_any_table_ends_in_an_answer(text: str, told: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        path.write_text(text, encoding="utf-8")
        options = IngestOptions(table=told, dry_run=True, dayfirst=True)
        preview(path, options)
        for outcome in ingest_files(Workspace(Path(folder) / "plant"), [path], options):
            assert outcome.failed or outcome.loaded + outcome.duplicate + outcome.quarantined == outcome.read


WELL_FORMED = {
    "timestamp;machine;part_count": lambda i: (at(10 * i), f"M{i % 2}", i // 3 % 40),
    "machine;timestamp;parts": lambda i: (f"M{i % 2}", at(300 * (i // 2)), 20 + 7 * i % 13),
    "machine;timestamp;state;reason": lambda i: (
        "R1",
        at(40 * i),
        ("Running", "Ready", "Running", "Fault")[i % 4],
        "x",
    ),
    "machine;state;start;end": lambda i: (
        "R1",
        ("Running", "Down", "Idle")[i % 3],
        at(40 * i),
        at(40 * i + 35),
    ),
    "Station;Date;Shift;Jam (min);Tool (min);Setup (min)": lambda i: (
        "S1",
        f"2025-03-{1 + i % 28:02d}",
        "A",
        i,
        3,
        "",
    ),
    "case id;activity;timestamp;lifecycle:transition;resource": lambda i: (
        f"U{i // 4}",
        f"A{i // 2 % 2}",
        at(30 * i),
        ("start", "complete")[i % 2],
        "Machine 1",
    ),
    "machine;order;start;end;duration_s;quantity": lambda i: (
        "P1",
        f"O{i}",
        at(3600 * (i // 2)),
        at(3600 * (i // 2) + 3600),
        1800,
        30 + i,
    ),
}


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A table of a known shape with some cells replaced, rows out of order, and rows that stand twice."""
    head = draw(st.sampled_from(sorted(WELL_FORMED)))
    rows = draw(st.integers(20, 70))
    lines = [[str(cell) for cell in WELL_FORMED[head](number)] for number in range(rows)]
    for _ in range(draw(st.integers(0, 12))):
        line = draw(st.integers(0, rows - 1))
        lines[line][draw(st.integers(0, len(lines[0]) - 1))] = draw(st.sampled_from(VALUES))
    lines += [lines[draw(st.integers(0, rows - 1))] for _ in range(draw(st.integers(0, 4)))]
    if draw(st.booleans()):
        lines.reverse()
    return "\n".join([head, *(";".join(line) for line in lines)]) + "\n"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(damaged(), st.sampled_from([None, "Europe/Berlin"]))
def test_every_record_of_a_damaged_file_is_accounted_for(text: str, zone: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        path.write_text(text, encoding="utf-8")
        options = IngestOptions(timezone=zone, dayfirst=True, dry_run=True)
        (outcome,) = ingest_files(Workspace(Path(folder) / "plant"), [path], options)
        assert outcome.failed or outcome.loaded + outcome.duplicate + outcome.quarantined == outcome.read
