"""Shapes other than one row a cycle: recognised, said why, and turned into canonical tables.

- found: what a recogniser finds, and what a shape comes to
- sample: the first records of a table, looked at as text, numbers and times
- counters: part counters that only grow → completions
- heartbeats: parts per interval → records with quantities
- runs: records of runs, cut at midnight or divided among orders → whole runs
- states, state_words: state logs → cycles, stops and alarms
- matrix, headers: downtime matrices, also with two header rows → detections
- event_log: events of process mining → cycles
- recognise: which of them a table is
- turned: its converted records into canonical ones
"""

from __future__ import annotations

from analytics.ingest.shapes.found import Found
from analytics.ingest.shapes.recognise import NAMES, evidence_of_runs, recognise
from analytics.ingest.shapes.runs import join_runs, may_be_joined
from analytics.ingest.shapes.turned import by_record, turned

__all__ = [
    "NAMES",
    "Found",
    "by_record",
    "evidence_of_runs",
    "join_runs",
    "may_be_joined",
    "recognise",
    "turned",
]
