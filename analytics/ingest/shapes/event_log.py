"""Event logs of process mining: case, activity, time, and whether it began or was completed.

A case is a unit that passes through: its id is the serial. The station is the resource where the log's
resources are machines, else the activity (what is done where); a resource that reads like a person is dropped
like any operator. A start and the next completion of the same case, activity and resource are one cycle; a
completion without a start is a completion; a start without one was not finished in the log, and is left out.
Pauses (suspend, resume) lie inside the cycle; other transitions (schedule, assign …) say nothing of it.

Source: IEEE 1849 (XES), its lifecycle extension; OCEL 2.0.
"""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from analytics.ingest.names import is_personal, normalise
from analytics.ingest.outcome import IngestOptions
from analytics.ingest.shapes.found import PLACE, Found, Turned, note, present, without_repeats
from analytics.ingest.shapes.sample import Sample, share

FORMATS = ("xes", "ocel")
BEGINS = ("start", "started", "begin", "beginn", "inicio", "manualstart", "autostart")
COMPLETES = ("complete", "completed", "end", "ended", "finish", "finished", "ende", "fin")
NAMES_MACHINE = 0.8
_RESOURCES = ("orgresource", "resource", "ressource", "recurso")
_MACHINE = re.compile(
    r"(?i)machine|maschine|m[aá]quina|macchina|maszyna|station|press|robot|cell|zelle|line\b|linie|oven|ofen|"
    r"lathe|mill|cnc|weld|drill|saw|conveyor|anlage|equip|work ?cent|arbeitsplatz|puesto|설비|機|机"
)
_CARRIED = (*PLACE, "product_id", "order_id", "shift")


def recognise(sample: Sample, options: IngestOptions) -> Found | None:
    """Return how a table is read as an event log; None where it is none."""
    own = _named(sample)
    if "transition" not in own and "activity" in own and _tells_moves(sample, own["activity"]):
        own["transition"] = own.pop("activity")  # a column "event" that says START and END
    if not {"serial", "at"} <= set(own) or not {"activity", "station_id"} & set(own):
        return None
    certain = sample.table.format in FORMATS
    moves = sample.text(own["transition"]).str.to_lowercase() if "transition" in own else None
    paired = moves is not None and share(moves.is_in(BEGINS)) > 0.0
    if not certain and not paired and "station_id" in own:
        return None  # a station, a serial and a time are plain completions
    where = own.get("activity", own.get("station_id"))
    evidence = [f"columns {own['serial']!r}, {where!r} and {own['at']!r} are case, place and time of events"]
    evidence += _station(sample, own)
    if paired:
        evidence.append(
            f"column {own['transition']!r} tells start and completion: a cycle runs between the two"
        )
    elif "started_at" in own:
        evidence.append(f"each row has its begin in {own['started_at']!r}")
    else:
        evidence.append("only completions are logged: no cycle knows its start")
    told = {source: canonical for canonical, source in own.items()}
    mapping = sample.mapping(options, "event_log", told)
    if mapping is None:
        return None
    people = tuple(
        name
        for name in sample.table.columns
        if name not in told and (is_personal(name) or normalise(name).startswith("org"))
    )
    return Found(
        shape="event_log",
        table=sample.table,
        mapping=replace(mapping, personal=tuple(dict.fromkeys((*mapping.personal, *people)))),
        evidence=tuple(evidence),
    )


def _tells_moves(sample: Sample, column: str) -> bool:
    """Tell whether a column says when something began and when it was completed."""
    told = sample.text(column).drop_nulls().str.to_lowercase()
    return share(told.is_in([*BEGINS, *COMPLETES])) >= NAMES_MACHINE and share(told.is_in(BEGINS)) > 0.0


def _named(sample: Sample) -> dict[str, str]:
    """Return canonical → source column; attributes of the case count as the event's."""
    own = sample.named("event_log")
    bare = [name.removeprefix("case:") for name in sample.table.columns]
    for name, plain in zip(sample.table.columns, bare, strict=True):
        if name != plain and plain not in sample.table.columns:
            for canonical, source in sample.named_as("event_log", plain).items():
                own.setdefault(canonical, name if source == plain else source)
    return own


def _station(sample: Sample, own: dict[str, str]) -> list[str]:
    """Choose the station: the resource if the resources are machines, else the activity; say why."""
    resource = next((name for name in sample.table.columns if normalise(name) in _RESOURCES), None)
    if resource is None or "activity" not in own:
        return [] if "station_id" in own else [f"the station is the activity ({own['activity']!r})"]
    values = sample.text(resource).drop_nulls().unique()
    if share(values.str.contains(_MACHINE.pattern)) >= NAMES_MACHINE:
        own["station_id"] = resource
        first = values.sort()[0]
        return [f"the station is the resource ({resource!r}): its values name machines, such as {first!r}"]
    if own.get("station_id") == resource:
        del own["station_id"]
    return [
        f"the station is the activity ({own['activity']!r})",
        f"{resource!r} may name persons and is dropped; if it names machines, a mapping says so (station_id)",
    ]


def turn(rows: pl.DataFrame, file: str) -> Turned:
    """Turn events into cycles.

    Args:
        rows: "line", "serial", "activity", "at", and what else is known of each event.
        file: its name, for the caveats.
    """
    rows, repeated = without_repeats(rows)
    station = pl.coalesce(present(rows, ("station_id", "activity")))
    move = pl.lit("complete")
    if "transition" in rows.columns:
        plain = pl.col("transition").str.to_lowercase().str.strip_chars()
        move = (
            pl.when(plain.is_in(BEGINS)).then(pl.lit("start"))
            .when(plain.is_null() | plain.is_in(COMPLETES)).then(pl.lit("complete"))
            .otherwise(pl.lit("other"))
        )  # fmt: skip
    rows = rows.with_columns(station.alias("station_id"), move.alias("move"))
    silent = rows.filter(pl.col("move") == "other").height
    paired, open_ = _pairs(rows.filter(pl.col("move") != "other"))
    begun = pl.coalesce("started_at", "begun_at") if "started_at" in paired.columns else pl.col("begun_at")
    cycles = paired.select(
        "line",
        *present(paired, _CARRIED),
        "serial",
        begun.alias("started_at"),
        pl.col("at").alias("ended_at"),
    ).sort("line")
    caveats = []
    if open_:
        caveats.append(
            note("events_unpaired", f"{open_:,} starts in {file} have no completion in the log: left out.")
        )
    if silent:
        caveats.append(
            note(
                "events_silent",
                f"{silent:,} events in {file} neither start nor complete an activity (such as schedule, "
                "suspend, resume): they make no cycle.",
            )
        )
    return Turned(rows={"cycles": cycles}, caveats=tuple(caveats), repeated=repeated)


def _pairs(events: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Give each completion its start: the first of its case and station that is not taken yet.

    Returns:
        The completions with "begun_at", and how many starts found no completion.
    """
    keys = [*present(events, ("site_id", "line_id", "activity")), "station_id", "serial"]
    first = pl.col("move") == "start"
    order = events.sort("at", pl.when(first).then(0).otherwise(1), "line").with_columns(
        first.cast(pl.Int64).cum_sum().over(keys).alias("starts"),
        (~first).cast(pl.Int64).cum_sum().over(keys).alias("ends"),
    )
    starts = order.filter(first).select(*keys, pl.col("starts").alias("turn"), pl.col("at").alias("begun_at"))
    # A completion before any start of its own has none: it does not use up a later one.
    ends = order.filter(~first)
    ends = ends.with_columns(
        (pl.col("ends") - pl.col("starts")).cum_max().clip(lower_bound=0).over(keys).alias("spare")
    )
    spent = pl.col("spare") > pl.col("spare").shift(1, fill_value=0).over(keys)
    ends = ends.with_columns(pl.when(~spent).then(pl.col("ends") - pl.col("spare")).alias("turn"))
    paired = ends.join(starts, on=[*keys, "turn"], how="left", nulls_equal=True, maintain_order="left")
    return paired, starts.height - int(paired["begun_at"].count())
