"""The study's tables on a terminal."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table

from analytics import accuracy
from tests.accuracy.publish import study_of
from tests.accuracy.summary import Record

PARTS = {
    "stratum_coverage": ("station × shift-day holds", "{:.1%}"),
    "stratum_rmse": ("its RMSE", "{:.2f}"),
    "problems_bias": ("problems", "{:+.1%}"),
    "problem_call_rate_bias": ("their call rate", "{:+.1%}"),
    "detection_rate_rmse": ("detection rate RMSE", "{:.1%}"),
    "detection_rate_coverage": ("holds", "{:.0%}"),
    "queue_share_bias": ("queue's share", "{:+.1%}"),
    "calibration_worst": ("worst bin", "{:+.3f}"),
    "calibration_surely": ("beyond chance", "{:+.3f}"),
    "above_floor": ("above the floor", "{:.0%}"),
    "floor_sigma": ("floor (σ)", "{:.2f}"),
    "right_calls": ("calls placed", "{:.0%}"),
    "excess_worst": ("most above 0 per 200,000", "{:.0f}"),
    "withheld": ("withheld", "{:.0%}"),
    "cpu_s_per_million": ("CPU s per million", "{:.0f}"),
}


def tables(records: list[Record]) -> Group:
    """Show errors per kind, its parts, the goals that are not met, calibration, and the peers."""
    study = study_of(records)
    return Group(
        _table(
            "Estimate less truth at the reported floor", accuracy.KINDS_COLUMNS, accuracy.kind_rows(study)
        ),
        _parts(study),
        _table("Goals", accuracy.GOAL_COLUMNS, accuracy.goal_rows(study)),
        _table("Stated chance of single cycles", accuracy.TRUST_COLUMNS, accuracy.trust_rows(study)),
        _table("What a user would do otherwise", accuracy.PEER_COLUMNS, accuracy.peer_rows(study)),
    )


def _parts(study: accuracy.Study) -> Table:
    table = Table(title="Parts, rates and floors")
    table.add_column("kind")
    for heading, _ in PARTS.values():
        table.add_column(heading, justify="right")
    for one in study["kinds"]:
        found = one["figures"]
        table.add_row(
            one["name"],
            *(form.format(found[key]) if key in found else "–" for key, (_, form) in PARTS.items()),
        )
    return table


def _table(title: str, columns: dict[str, str], rows: list[accuracy.Row]) -> Table:
    table = Table(title=title)
    for number, heading in enumerate(columns.values()):
        table.add_column(heading, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*(row[column] for column in columns))
    return table
