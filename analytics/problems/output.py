"""How much came out, and how does the rate stand against the standard? What any record answers, also of runs.

Hours are those that the records cover, less planned time inside them; records of completions cover the time
since the one before. *Effectiveness* is the planned run time of the parts made ÷ those hours (ISO 22400-2):
counted, not estimated, so it has no interval. It holds stops, slow cycles and waiting alike, and says nothing
of how many there were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from analytics.problems.sequence import STATION
from analytics.problems.standards import BELIEVABLE, DAY, WHERE, with_standards
from analytics.results import Caveat, Unavailable

NO_STANDARD = Unavailable(
    reason="no standard for what was made", needed="standards with standard_cycle_s per station (and product)"
)
ODD = Unavailable(
    reason=f"the standard differs from the mean cycle time by more than a factor of {BELIEVABLE:g}",
    needed="standard_cycle_s in seconds per item",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StationOutput:
    """What one station put out.

    Attributes:
        line_id, station_id: where.
        records: how many records tell it.
        parts: what they hold.
        hours: what they cover.
        effectiveness: planned run time of the parts with a standard ÷ the hours they took.
    """

    line_id: str | None
    station_id: str
    records: int
    parts: float
    hours: float
    effectiveness: float | Unavailable

    def to_json(self) -> dict[str, Any]:
        """Return the row of ``output.station`` of the report contract."""
        share = self.effectiveness
        return {
            "line_id": self.line_id,
            "station_id": self.station_id,
            "records": self.records,
            "parts": round(self.parts, 6),
            "hours": round(self.hours, 6),
            "parts_per_hour": round(self.parts / self.hours, 6) if self.hours > 0 else None,
            "effectiveness": share.to_json() if isinstance(share, Unavailable) else round(share, 6),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What came out of the plant, station by station.

    Attributes:
        stations: in the order of line and station.
        several: records that hold several parts, so that no single cycle can be seen in them.
    """

    stations: tuple[StationOutput, ...]
    several: int

    @property
    def caveats(self) -> tuple[Caveat, ...]:
        """Say that records hold several parts each, where any does."""
        if not self.several:
            return ()
        every = sum(one.records for one in self.stations)
        told = Caveat(
            code="several_parts",
            severity="serious",
            message=f"{self.several:,} of {every:,} records hold several parts each (runs with a quantity, "
            "or parts per interval): no single cycle can be seen in them. What came out, and the rate "
            "against the standard, can be told.",
            affects="demand",
        )
        return (told,)

    def to_json(self) -> dict[str, Any]:
        """Return the section ``output`` of the report contract."""
        return {
            "parts": round(sum(one.parts for one in self.stations), 6),
            "records_of_several_parts": self.several,
            "station": [one.to_json() for one in self.stations],
        }


def output(records: pl.DataFrame, standards: pl.DataFrame) -> Output:
    """Add up parts and hours, and hold them against the standards.

    Args:
        records: one row a record: site_id, line_id, station_id, product_id, shift, shift_day, started_at,
            ended_at, parts, seconds (null where unknown), several (holds several parts).
        standards: as for the chronic gap (see ``chronic.chronic_gap``).
    """
    days = (
        records.sort([*STATION, "ended_at"], nulls_last=True)
        .group_by([*WHERE, *DAY], maintain_order=True)
        .agg(
            pl.coalesce("started_at", "ended_at").min().alias("at"),
            pl.col("parts").sum(),
            pl.col("parts").filter(pl.col("seconds").is_not_null()).sum().alias("timed_parts"),
            pl.col("seconds").sum(),
            pl.len().alias("records"),
        )
    )
    told = with_standards(days, standards) if standards.height else days.clear()
    shares = _shares(told) if told.height else {}
    stations = [
        StationOutput(
            line_id=row["line_id"],
            station_id=row["station_id"],
            records=row["records"],
            parts=float(row["parts"]),
            hours=float(row["seconds"]) / 3600.0,
            effectiveness=shares.get((row["site_id"], row["line_id"], row["station_id"]), NO_STANDARD),
        )
        for row in days.group_by(STATION, maintain_order=True)
        .agg(pl.col("records").sum(), pl.col("parts").sum(), pl.col("seconds").sum())
        .iter_rows(named=True)
    ]
    return Output(stations=tuple(stations), several=int(records["several"].sum()))


def _shares(days: pl.DataFrame) -> dict[tuple[str | None, str | None, str], float | Unavailable]:
    """Return effectiveness by station, over the shift-days and products that have a standard."""
    sums = days.group_by(STATION, maintain_order=True).agg(
        (pl.col("timed_parts") * pl.col("standard_cycle_s")).sum().alias("planned_s"), pl.col("seconds").sum()
    )
    found: dict[tuple[str | None, str | None, str], float | Unavailable] = {}
    for row in sums.iter_rows(named=True):
        share = row["planned_s"] / row["seconds"] if row["seconds"] > 0 else 0.0
        key = (row["site_id"], row["line_id"], row["station_id"])
        found[key] = share if 1 / BELIEVABLE <= share <= BELIEVABLE else ODD
    return found
