"""A short form of the benchmark: memory does not grow with the file, and the progress moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.big_export import write_export
from tests.benchmarks.ingest import benchmark, told
from tests.benchmarks.measure import measured


def test_the_export_has_the_size_that_is_asked_for_and_no_record_twice(tmp_path: Path) -> None:
    path = tmp_path / "cycles.csv"
    records = write_export(path, 12)
    lines = path.read_bytes().splitlines()
    assert 11.8e6 < path.stat().st_size <= 12e6
    assert len(lines) == records + 1
    assert len(set(lines)) == len(lines)


@pytest.mark.slow
def test_an_ingest_costs_a_bounded_multiple_of_reading_the_file(tmp_path: Path) -> None:
    costs = benchmark(60, tmp_path)
    print(told(costs))
    assert costs["ingest"].cpu_s < 20 * costs["scan"].cpu_s
    assert costs["ingest"].steps > 10


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks = []
    for megabytes in (70, 210):
        write_export(tmp_path / "cycles.csv", megabytes)
        peaks.append(measured("ingest", tmp_path / "cycles.csv").peak_mb)
    assert peaks[1] < 1.25 * peaks[0]
