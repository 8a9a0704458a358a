"""MTConnect adapter logs: states into cycles, conditions and emergency stops into detections.

A cycle runs from the first ACTIVE to the next READY or STOPPED; interruptions, feed holds and program stops
lie inside it; its product is the program at its start. What the adapter did not see is not made up: a cycle
whose first ACTIVE or whose end fell into a time without connection, or with an outage of more than five
minutes inside, is left out and counted. Snapshot lines at the head of a day file, stamped days or weeks
before, tell no state of that day.

Source of the states: MTConnect Standard, part 2 (Execution, Condition). Item names in
``data/profiles/presets/mtconnect.json``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from analytics.errors import SourceError
from analytics.ingest.clock import Stamped
from analytics.ingest.detect import Detected, open_bytes
from analytics.ingest.fields import REJECTS_SCHEMA
from analytics.ingest.mapping import presets
from analytics.ingest.outcome import FileOutcome
from analytics.ingest.records import Piece
from analytics.ingest.stamps import MOMENT, parse_stamps, to_utc
from analytics.results import Caveat

_STATION = re.compile(r"^(.+?)[-_](\d{8})[-_]\d{8}")
_HEAD_LINES = 1000
_HEAD_STAMPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """Cycles, and how many were left out because the connection was lost."""

    rows: pl.DataFrame
    left_out: int


def read_mtconnect(path: Path, found: Detected, *, zone: str | None) -> Piece:
    """Return the cycles and machine alarms in a log.

    Args:
        path: the log; the station is named by its day file's name, or by its own.
        found: what was detected.
        zone: of stamps that state none.

    Raises:
        SourceError: there are neither states nor conditions in it.
    """
    rules = presets()["mtconnect"]
    lines, skipped = _lines(path, found)
    events, rejects, stamped = _events(lines, path, zone)
    once = events.unique(["station", "at", "item", "value"], keep="first", maintain_order=True)
    once = once.sort("station", "at", "line")
    known = {name for names in rules["items"].values() for name in names}
    if once.filter(pl.col("item").is_in(known) | pl.col("level").is_not_null()).height == 0:
        raise SourceError(
            f"{path.name} is an MTConnect log without execution, program, emergency stop or conditions.",
            hint="Cycles are found from the data item 'execution'; export it too.",
        )
    cut = _cycles(once, rules)
    detections = _detections(once, rules)
    caveats = []
    if cut.left_out:
        caveats.append(
            Caveat(
                code="cycles_cut",
                severity="info",
                message=f"Cycles in {path.name} left out because the connection was lost while they began, "
                f"ran or ended: {cut.left_out:,}.",
                affects="cycles",
            )
        )
    return Piece(
        outcome=FileOutcome(
            file=str(path),
            table="cycles",
            read=lines.height,
            skipped=skipped,
            caveats=tuple(caveats),
        ),
        rows={"cycles": cut.rows, "detections": detections},
        rejects=rejects,
        repeated=events.height - once.height,
        derives=True,
        stamped=(stamped,),
        reading={"table": "cycles", "profile": "mtconnect", "timezone": zone},
    )


def _lines(path: Path, found: Detected) -> tuple[pl.DataFrame, int]:
    """Return every line that is not blank, with its number, and how many were blank."""
    with open_bytes(path, gzipped=found.gzipped) as stream:
        text = stream.read().decode(found.encoding, errors="replace")
    lines = pl.DataFrame({"text": pl.Series(text.split("\n"), dtype=pl.String).str.strip_chars_end("\r")})
    if lines["text"][-1] == "":
        lines = lines.head(-1)
    lines = lines.with_row_index("line", offset=1).with_columns(pl.col("line").cast(pl.Int64))
    filled = lines.filter(pl.col("text").str.strip_chars() != "")
    return filled, lines.height - filled.height


def _events(lines: pl.DataFrame, path: Path, zone: str | None) -> tuple[pl.DataFrame, pl.DataFrame, Stamped]:
    """Split lines into station, time, item and value; what cannot be split is rejected."""
    prefixed = bool(
        lines.head(200)["text"].str.contains(r"^\d{4}-\d\d-\d\dT").sum() < 0.5 * min(200, lines.height)
    )
    names = ["day_file", "stamp", "item", "value"] if prefixed else ["stamp", "item", "value"]
    parts = lines.select(
        "line", "text", pl.col("text").str.splitn("|", len(names)).struct.rename_fields(names).alias("part")
    ).unnest("part")
    if not prefixed:
        parts = parts.with_columns(pl.lit(path.name).alias("day_file"))
    stamps = parse_stamps(parts["stamp"].str.strip_chars(), dayfirst=None)
    at = stamps.value
    walls = 0 if zone is not None else int((at.is_not_null() & ~stamps.instant).sum())
    stamped = Stamped(table="cycles", utc=at.len() - at.null_count() - walls, wall=walls)
    if zone is not None and not stamps.instant.all():
        at = at.zip_with(stamps.instant, to_utc(at, zone))
    fields = pl.col("value").str.split("|")
    level = fields.list.get(0).str.to_uppercase()
    condition = (fields.list.len() >= 4) & level.is_in(["NORMAL", "WARNING", "FAULT", "UNAVAILABLE"])
    parts = parts.with_columns(
        at.alias("at"),
        pl.when(condition).then(level).alias("level"),
        pl.when(condition).then(fields.list.get(1, null_on_oob=True)).alias("code"),
        pl.when(condition).then(fields.list.get(-1)).alias("reason"),
        pl.when(condition)
        .then(pl.col("value"))
        .otherwise(fields.list.get(0).str.strip_chars())
        .alias("value"),
    )
    wrong = pl.col("at").is_null() | pl.col("item").is_null() | pl.col("value").is_null()
    bad = parts.filter(wrong)
    rejects = pl.DataFrame(
        {
            "line": bad["line"],
            "column": ["timestamp"] * bad.height,
            "value": bad["stamp"],
            "rule": ["not_an_event"] * bad.height,
            "raw": bad["text"],
        },
        schema=REJECTS_SCHEMA,
    )
    good = parts.filter(~wrong).drop("text", "stamp")
    return good.with_columns(_places(good)).with_columns(_stale(good)), rejects, stamped


def _places(events: pl.DataFrame) -> pl.Series:
    """Return the station of each event: the day file's name without its days and ending."""
    named = {name: station_of(name) for name in events["day_file"].unique().to_list()}
    return events["day_file"].replace_strict(named, return_dtype=pl.String).alias("station")


def station_of(file_name: str) -> str:
    """Return the station that a log's name begins with.

    Example:
        >>> station_of("Mazak01-20161006-20161007.txt"), station_of("Mazak01_events_only.psv.gz")
        ('Mazak01', 'Mazak01')
    """
    if found := _STATION.match(file_name):
        return found[1]
    stem = file_name.split(".", maxsplit=1)[0]
    return re.split(r"[-_]", stem)[0] or stem


def _stale(events: pl.DataFrame) -> pl.Series:
    """Tell which lines repeat, at the head of a day file, what was stamped before that day.

    The day is the first one in the day file's name. A log without it begins with a snapshot if its first
    lines hold a handful of stamps, half a day or more before all others.
    """
    days: dict[str, str | None] = {}
    for name in events["day_file"].unique().to_list():
        found = _STATION.match(name)
        days[name] = found[2] if found else None
    begin = (
        events["day_file"]
        .replace_strict(days, return_dtype=pl.String)
        .str.to_datetime("%Y%m%d", strict=False)
    )
    begin = begin.cast(MOMENT).dt.offset_by("-12h")
    stale = (events["at"] < begin).fill_null(value=False)
    if begin.null_count() == events.height and events.height:
        head = events["at"].head(_HEAD_LINES)
        gaps = head.diff().dt.total_seconds().fill_null(0)
        last = (gaps > 12 * 3600).arg_true()
        if len(last) and head.head(int(last[-1])).n_unique() <= _HEAD_STAMPS:
            place = pl.int_range(events.height, eager=True)
            stale = place < int(last[-1])
    return stale.alias("stale")


def _cycles(events: pl.DataFrame, rules: dict[str, Any]) -> _Cut:
    """Return one row per cycle."""
    states = events.filter(pl.col("item").is_in(rules["items"]["execution"])).with_columns(
        pl.when(pl.col("stale"))
        .then(pl.lit("UNAVAILABLE"))
        .otherwise(pl.col("value").str.to_uppercase())
        .alias("value")
    )
    lost = pl.col("value") == "UNAVAILABLE"
    # Each known state, with how long the connection had been lost before it (0 if it had not).
    known = (
        states.with_columns(
            pl.when(lost & ~lost.shift(1, fill_value=False).over("station"))
            .then(pl.col("at"))
            .alias("lost_at"),
            lost.shift(1, fill_value=False).over("station").alias("after_loss"),
        )
        .with_columns(pl.col("lost_at").forward_fill().over("station"))
        .filter(~lost)
        .with_columns(
            pl.when(pl.col("after_loss"))
            .then((pl.col("at") - pl.col("lost_at")).dt.total_microseconds() / 1e6)
            .otherwise(0.0)
            .alias("outage_s"),
            pl.col("value").is_in(rules["ends"]).alias("end"),
        )
        .with_columns(
            pl.col("end").cast(pl.Int64).cum_sum().shift(1, fill_value=0).over("station").alias("run")
        )
    )
    begins = (
        known.filter(pl.col("value").is_in(rules["running"]))
        .group_by("station", "run", maintain_order=True)
        .agg(pl.col("line").first(), pl.col("at").first().alias("started_at"), pl.col("after_loss").first())
    )
    inside = known.join(begins.select("station", "run", "started_at"), on=["station", "run"]).filter(
        pl.col("at") >= pl.col("started_at")
    )
    spans = inside.group_by("station", "run").agg(
        pl.col("at").filter(pl.col("end")).last().alias("ended_at"),
        pl.col("after_loss").filter(pl.col("end")).last().alias("end_unseen"),
        pl.col("outage_s").filter(pl.col("at") > pl.col("started_at")).max().fill_null(0.0).alias("outage_s"),
    )
    whole = begins.join(spans, on=["station", "run"]).filter(pl.col("ended_at").is_not_null())
    unseen = pl.col("after_loss") | pl.col("end_unseen") | (pl.col("outage_s") > rules["longest_outage_s"])
    kept = whole.filter(~unseen).sort("station", "started_at")
    programs = (
        events.filter(pl.col("item").is_in(rules["items"]["program"]) & (pl.col("value") != "UNAVAILABLE"))
        .select("station", "at", pl.col("value").alias("product_id"))
        .sort("at")
    )
    rows = (
        kept.sort("started_at")
        .join_asof(programs, left_on="started_at", right_on="at", by="station", check_sortedness=False)
        .sort("station", "started_at")
    )
    product = pl.when(pl.col("product_id").str.strip_chars() != "").then(pl.col("product_id"))
    return _Cut(
        rows=rows.select("line", pl.col("station").alias("station_id"), product, "started_at", "ended_at"),
        left_out=whole.height - kept.height,
    )


def _detections(events: pl.DataFrame, rules: dict[str, Any]) -> pl.DataFrame:
    """Return one row per alarm: a condition's warning or fault, or an emergency stop."""
    fresh = events.filter(~pl.col("stale"))
    stops = fresh.filter(pl.col("item").is_in(rules["items"]["emergency_stop"]))
    stop_level = (
        pl.when(pl.col("value") == "TRIGGERED").then(pl.lit("FAULT"))
        .when(pl.col("value") == "UNAVAILABLE").then(pl.lit("UNAVAILABLE"))
        .otherwise(pl.lit("NORMAL"))
    )  # fmt: skip
    columns = ["line", "station", "at", "item", "level", "code", "reason"]
    alarms = pl.concat(
        [
            fresh.filter(pl.col("level").is_not_null()).select(columns),
            stops.with_columns(stop_level.alias("level"), pl.lit("emergency stop").alias("reason")).select(
                columns
            ),
        ]
    ).sort("station", "item", "at", "line")
    each = ["station", "item"]
    # An alarm lasts until its item is normal again; where the connection is lost first, its end is unknown.
    over = pl.when(pl.col("level").is_in(["NORMAL", "UNAVAILABLE"])).then(pl.col("at"))
    seen = pl.when(pl.col("level").is_in(["NORMAL", "UNAVAILABLE"])).then(pl.col("level") == "NORMAL")
    same = pl.struct("level", "code", "reason")
    alarms = alarms.with_columns(
        over.backward_fill().over(each).alias("ended_at"),
        seen.backward_fill().over(each).alias("end_seen"),
        (same == same.shift(1).over(each)).fill_null(value=False).alias("again"),
    ).filter(pl.col("level").is_in(rules["levels"]) & ~pl.col("again"))
    text = pl.concat_str(
        pl.col("item"),
        pl.when(pl.col("code").str.len_chars() > 0).then(pl.col("code")),
        pl.when(pl.col("reason").str.strip_chars().str.len_chars() > 0).then(
            pl.col("reason").str.strip_chars()
        ),
        separator=" ",
        ignore_nulls=True,
    )
    return alarms.sort("station", "at", "line").select(
        "line",
        pl.lit(rules["source"]).alias("source"),
        pl.col("station").alias("station_id"),
        pl.col("at").alias("detected_at"),
        pl.when(pl.col("end_seen")).then(pl.col("ended_at")).alias("ended_at"),
        text.alias("reason"),
    )
