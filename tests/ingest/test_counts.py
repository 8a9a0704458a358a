"""Whatever the file holds: loaded + duplicate + quarantined = read, and loading again loads nothing."""

from __future__ import annotations

import csv
import io
import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.config import Workspace
from analytics.ingest import FileOutcome, ingest_files, read_quarantine
from analytics.warehouse import open_warehouse

STATIONS = st.sampled_from(["S1", "S2", "Maß 3", " S4 ", "", "n/a", 'q"uote', "a,b", "two\nlines", "5"])
STAMPS = st.one_of(
    st.sampled_from(
        [
            "2025-03-03 06:00:00",
            "2025-03-03T06:00:01Z",
            "03.03.2025 06:00",
            "never",
            "",
            "0",
            "1899-01-01",
            "20250303T060000",
            "45659.5",
            "2025-02-30 00:00:00",
        ]
    ),
    st.datetimes().map(str),
)
NUMBERS = st.sampled_from(["60", "59,5", "59.5", "-1", "", "E", "1e9", "00:01:00", "1.234,5", "∞"])
RECORDS = st.lists(
    st.tuples(STATIONS, STAMPS, STAMPS, NUMBERS, st.sampled_from(["", "U1", "U2"])), max_size=25
)


def counted(outcome: FileOutcome) -> None:
    assert outcome.loaded + outcome.duplicate + outcome.quarantined == outcome.read
    assert sum(outcome.rules.values()) == outcome.quarantined
    assert min(outcome.loaded, outcome.duplicate, outcome.quarantined, outcome.skipped) >= 0


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    records=RECORDS, delimiter=st.sampled_from([",", ";", "\t"]), cut=st.booleans(), seed=st.integers(0, 9)
)
def test_every_record_is_loaded_duplicate_or_quarantined(
    records: list[tuple[str, ...]], delimiter: str, cut: bool, seed: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        writer.writerow(["station_id", "started_at", "ended_at", "cycle_s", "serial"])
        writer.writerows(records)
        content = text.getvalue()
        path = Path(folder) / "cycles.csv"
        path.write_text(content[: -random.Random(seed).randint(1, 20)] if cut and records else content)
        workspace = Workspace(Path(folder) / "plant")
        first = ingest_files(workspace, [path])[0]
        counted(first)
        again = ingest_files(workspace, [path])[0]
        counted(again)
        if first.failed:
            assert not workspace.warehouse.exists()
            return
        if not cut:
            assert first.read == len(records)
        assert again.loaded == 0
        assert again.read == first.read
        assert read_quarantine(workspace).height == first.quarantined
        with open_warehouse(workspace, read_only=True) as con:
            assert con.sql("select count(*) from cycles").fetchall()[0][0] == first.loaded
