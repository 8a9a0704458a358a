"""Which calls and records name a station that the cycles do not, and which names do several sites share?

Names stay as they were exported: what looks alike is pointed out, never merged.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from analytics.estimate.plant import Plant
from analytics.results import Caveat, Severity

_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A station's name without any cycles.

    Attributes:
        name: as it was exported.
        records: how many records bear it.
        alike: the one station of the cycles that is spelled nearly so, or None.
    """

    name: str
    records: int
    alike: str | None


def strangers(records: pl.DataFrame, stations: Sequence[str]) -> list[Stranger]:
    """Return the names of stations that no cycle bears, the most frequent first.

    Args:
        records: with "station_id", null where only the line is told.
        stations: the names that cycles bear.
    """
    plain: dict[str, set[str]] = {}
    for name in stations:
        plain.setdefault(_plain(name), set()).add(name)
    unknown = records.select("station_id").drop_nulls().filter(~pl.col("station_id").is_in(list(stations)))
    counted = unknown.group_by("station_id").len().sort(["len", "station_id"], descending=[True, False])
    return [
        Stranger(name=name, records=count, alike=next(iter(alike)) if len(alike) == 1 else None)
        for name, count in counted.rows()
        for alike in [plain.get(_plain(name), set())]
    ]


def in_words(found: Sequence[Stranger]) -> str:
    """Name the first strangers, and whom they look like."""
    told = [
        f"{one.name!r}" + (f" (is it {one.alike!r}?)" if one.alike is not None else "")
        for one in sorted(found, key=lambda one: one.alike is None)[:_MOST_NAMED]
    ]
    left = len(found) - len(told)
    return ", ".join(told) + (f" and {left} more" if left else "")


def misspelled(plant: Plant) -> Iterator[Caveat]:
    """Point at stations that calls and downtime records spell otherwise than the cycles."""
    for code, what, records, affects in (
        ("station_of_calls", "andon calls", plant.calls, "demand.detected, demand.undetected"),
        ("station_of_records", "downtime records", plant.detections, "demand.undetected"),
    ):
        found = strangers(records, plant.stations["station_id"].to_list())
        if not any(one.alike for one in found):  # stations whose cycles were not loaded: nothing to mend
            continue
        count = sum(one.records for one in found)
        message = (
            f"{count:,} of {records.height:,} {what} stand at stations without cycles: {in_words(found)}. "
            "Spell them as in the cycles and load the file with --on-overlap replace, or everything into a "
            "new workspace."
        )
        severity: Severity = "serious" if count > 0.5 * records.height else "warning"
        yield Caveat(code=code, severity=severity, message=message, affects=affects)


def shared_names(plant: Plant) -> Iterator[Caveat]:
    """Say that pages, which know a station by line and name, cannot tell two sites apart."""
    sites = plant.stations.group_by("line_id", "station_id").agg(pl.col("site_id").n_unique())
    shared = sites.filter(pl.col("site_id") > 1).height
    if shared:
        yield Caveat(
            code="names_at_several_sites",
            severity="warning",
            message=(
                f"Several sites use the same names of line and station ({shared:,} in all): the report keeps "
                "the sites apart, the pages and walkaway audit load add them up. Give each site's lines "
                "names of their own."
            ),
            affects="by",
        )


def _plain(name: str) -> str:
    """Return what is left of a name without case, accents and what stands between its letters and digits.

    Example:
        >>> _plain("FRÄSEN-10"), _plain("Fraesen_10"), _plain("Peça 4")
        ('fraesen10', 'fraesen10', 'peca4')
    """
    written = unicodedata.normalize("NFC", name).casefold().translate(_WRITTEN_OUT)
    return "".join(letter for letter in unicodedata.normalize("NFKD", written) if letter.isalnum())
