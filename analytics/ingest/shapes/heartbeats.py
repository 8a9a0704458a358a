"""Heartbeats of a counter: so many parts in each interval of fixed length (a minute, 5 minutes, an hour).

They say how much came out and when, and nothing of a single cycle: a stop of two minutes and twenty slow
cycles look alike. Every interval becomes one record with its quantity, also those in which nothing was made.
"""

from __future__ import annotations

import polars as pl

from analytics.ingest.outcome import IngestOptions
from analytics.ingest.shapes.counters import CARRIED, counts_only
from analytics.ingest.shapes.found import STATION, Found, Turned, note, present, without_repeats
from analytics.ingest.shapes.sample import Sample, share

FEWEST_ROWS = 10
ON_GRID = 0.9
GRID_S = 60
"""Heartbeats come in whole minutes, on the minute; cycles drift off any grid."""
_SECOND_US = 1_000_000


def recognise(sample: Sample, options: IngestOptions) -> Found | None:
    """Return how a table is read as parts per interval; None where it is none."""
    own, cycles = sample.named("part_counts"), sample.named("cycles")
    at = next((own[name] for name in ("starts_at", "ends_at", "read_at") if name in own), None)
    if at is None or "parts" not in own or {"cycle_s", "serial"} & set(cycles):
        return None
    stamps = sample.stamps(at)
    station = (
        sample.text(own["station_id"])
        if "station_id" in own
        else stamps.cast(pl.String).set(stamps.is_not_null(), "")
    )
    parts = sample.numbers(own["parts"])
    frame = pl.DataFrame({"station": station, "at": stamps, "parts": parts}).drop_nulls()
    if frame.height < max(FEWEST_ROWS, 0.8 * sample.height) or parts.n_unique() < 3:
        return None
    step = _interval_s(frame, ["station"], "at")
    if step is None or ("ends_at" in own and at != own["ends_at"] and not _lasting(sample, own, step)):
        return None
    on_grid = share(
        frame["at"].cast(pl.Int64) % (step * _SECOND_US)
        == frame["at"].cast(pl.Int64).mode()[0] % (step * _SECOND_US)
    )
    if on_grid < ON_GRID:
        return None
    middle = float(parts.median() or 0.0)  # type: ignore[arg-type]
    mapping = sample.mapping(options, "part_counts", {source: name for name, source in own.items()})
    if mapping is None:
        return None
    return Found(
        shape="part_counts",
        table=sample.table,
        mapping=mapping,
        evidence=(
            f"{on_grid:.0%} of the stamps in {at!r} lie on a grid of {length(step)}",
            f"column {own['parts']!r} holds how many parts came out in each (median {middle:,.0f})",
            f"parts per {length(step)}: no single cycle can be seen in them",
        ),
    )


def _interval_s(frame: pl.DataFrame, keys: list[str], at: str) -> int | None:
    """Return the interval that most neighbouring stamps of a station are apart, None where there is none."""
    gaps = (
        frame.select(*keys, at).unique().sort(*keys, at)
        .select((pl.col(at).diff().over(keys).dt.total_microseconds() / 1e6).alias("gap"))["gap"]
        .drop_nulls()
    )  # fmt: skip
    gaps = gaps.filter(gaps > 0)
    if not gaps.len():
        return None
    usual = float(gaps.median() or 0.0)  # type: ignore[arg-type]
    steady = share((gaps / usual % 1.0).is_in([0.0])) >= ON_GRID
    return int(usual) if steady and usual >= GRID_S and usual % GRID_S == 0 else None


def _lasting(sample: Sample, own: dict[str, str], step_s: int) -> bool:
    """Tell whether the records last as long as they are apart."""
    lasts = (sample.stamps(own["ends_at"]) - sample.stamps(own["starts_at"])).dt.total_seconds()
    return share((lasts - step_s).abs() <= 1) >= ON_GRID


def length(seconds: float) -> str:
    """Return an interval in words: 300 → "5 minutes"."""
    if seconds >= 3600 and seconds % 3600 == 0:
        return "an hour" if seconds == 3600 else f"{seconds / 3600:.0f} hours"
    return "a minute" if seconds == 60 else f"{seconds / 60:.0f} minutes"


def turn(rows: pl.DataFrame, file: str) -> Turned:
    """Turn parts per interval into records with begin, end and quantity.

    Args:
        rows: "line", the place, "parts", and "starts_at", "ends_at" or "read_at".
        file: its name, for the caveats.
    """
    rows, repeated = without_repeats(rows)
    keys = present(rows, STATION)
    known = present(rows, ("starts_at", "ends_at", "read_at"))
    at = known[0]
    step = _interval_s(rows, keys, at) or GRID_S
    span = pl.duration(seconds=step)
    starts, ends = pl.col(at), pl.col(at) + span
    if at == "ends_at":
        starts, ends = pl.col(at) - span, pl.col(at)
    elif "ends_at" in known:
        ends = pl.coalesce("ends_at", ends)
    scrap = present(rows, ("scrap_quantity",))
    cycles = rows.select(
        "line", *present(rows, CARRIED), *scrap, starts.alias("started_at"), ends.alias("ended_at"),
        pl.col("parts").alias("quantity"),
    )  # fmt: skip
    caveats = [counts_only(file, f"{length(step)} each")]
    if at == "read_at":
        caveats.append(
            note(
                "interval_begin",
                f"A stamp in {file} is taken as the begin of its interval of {length(step)}: "
                "the file does not say whether it is begin or end.",
                affects="times",
            )
        )
    return Turned(rows={"cycles": cycles}, caveats=tuple(caveats), repeated=repeated)
