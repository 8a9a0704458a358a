"""The tables around the cycles: other logs, stations, standards, calendar, teams; and what is left out.

Question: what else would the plant export? Nothing here changes what happened.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from analytics.simulate.hours import Schedule
from analytics.simulate.spec import PlantSpec, Sources
from analytics.simulate.structure import Andon, Layout

Lines = list[tuple[Layout, Andon]]


def surroundings(
    spec: PlantSpec,
    lines: Lines,
    hours: Schedule,
    cycles: pl.DataFrame,
    truth: pl.DataFrame,
    *,
    rng: np.random.Generator,
) -> dict[str, pl.DataFrame]:
    """Return every canonical table but the cycles and the calls."""
    return {
        "detections": _detections(spec, cycles, truth, rng),
        "stations": _stations(lines),
        "standards": _standards(spec, lines, rng),
        "calendar": _calendar(lines, hours),
        "teams": _teams(lines, hours),
    }


def leave_out(sources: Sources, tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the tables without what this plant does not export."""
    kept = dict(tables)
    for table, exported in (
        ("standards", sources.standards),
        ("calendar", sources.calendar),
        ("stations", sources.stations),
    ):
        if not exported:
            del kept[table]
    if not sources.serials:
        kept["cycles"] = kept["cycles"].drop("serial")
    if sources.completion_only:
        kept["cycles"] = kept["cycles"].drop("started_at").rename({"ended_at": "completed_at"})
    return kept


def _detections(
    spec: PlantSpec, cycles: pl.DataFrame, truth: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    """Draw the downtime log and the maintenance tickets: long stops are there more often, called ones too."""
    slow = truth.filter(pl.col("own_delay_s") > 0.0)
    delay = slow["own_delay_s"].to_numpy()
    helped = spec.sources.dependence * slow["called"].to_numpy()
    threshold = rng.uniform(*spec.sources.downtime_threshold_s)
    logged = rng.random(delay.size) < _logistic(_log_logit(spec.sources, delay, threshold) + helped)
    ticket = 3.0 * np.log(delay / spec.sources.tickets_from_s) + helped + spec.sources.dependence * logged
    parts = [
        _detected("downtime log", logged, cycles, slow, rng),
        _detected("maintenance ticket", rng.random(delay.size) < _logistic(ticket), cycles, slow, rng),
    ]
    return pl.concat(parts).sort("detected_at", "station_id", "source")


def _detected(
    source: str,
    seen: npt.NDArray[np.bool_],
    cycles: pl.DataFrame,
    slow: pl.DataFrame,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Return the detections of one source; a ticket knows no end."""
    found = slow.filter(pl.Series(seen))
    stopped = cycles[found["row"].to_numpy()]
    delay = found["own_delay_s"].to_numpy()
    into = np.round(rng.uniform(0.1, 0.9, delay.size) * found["in_control_s"].to_numpy())
    began = stopped["started_at"] + _duration(into)
    log = source == "downtime log"
    reason = np.where(delay > 240.0, "breakdown", "short stop")
    return pl.DataFrame(
        {
            "source": pl.repeat(source, stopped.height, dtype=pl.String, eager=True),
            "line_id": stopped["line_id"],
            "station_id": stopped["station_id"],
            "detected_at": began.dt.round("1s") if log else (began + _duration(0.5 * delay)).dt.round("1m"),
            "ended_at": (began + _duration(delay)).dt.round("1s") if log else began.clear(stopped.height),
            "reason": pl.Series(reason.tolist(), dtype=pl.String),
            "planned": pl.Series([False] * stopped.height, dtype=pl.Boolean),
        }
    )


def _log_logit(
    sources: Sources, delay_s: npt.NDArray[np.float64], threshold_s: float
) -> npt.NDArray[np.float64]:
    """Return the logit of a stop's being in the downtime log, apart from any call about it."""
    over = sources.log_slope * np.log(delay_s / threshold_s)
    if sources.log_misses <= 0.0:
        return over
    chance = (1.0 - sources.log_misses) * _logistic(over)
    return np.asarray(np.log(chance) - np.log1p(-chance))


def _logistic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(1.0 / (1.0 + np.exp(-x)))


def _duration(seconds: npt.NDArray[np.float64]) -> pl.Series:
    return pl.Series(np.round(seconds * 1e6).astype(np.int64)).cast(pl.Duration("us"))


def _stations(lines: Lines) -> pl.DataFrame:
    """Return the stations in their order."""
    rows = [
        {
            "line_id": layout.line_id,
            "station_id": station,
            "position": layout.positions[index],
            "next_station_id": layout.following[index],
            "parallel_group": layout.parallel[index],
        }
        for layout, _ in lines
        for index, station in enumerate(layout.station_ids)
    ]
    types = {
        "line_id": pl.String,
        "station_id": pl.String,
        "position": pl.Int32,
        "next_station_id": pl.String,
        "parallel_group": pl.String,
    }
    return pl.DataFrame(rows, schema=types)


def _standards(spec: PlantSpec, lines: Lines, rng: np.random.Generator) -> pl.DataFrame:
    """Return standard, target and takt per station and product; some standards are not held."""
    rows = []
    for layout, _ in lines:
        for index, station in enumerate(layout.station_ids):
            ratio = float(rng.uniform(*spec.sources.standard_ratio))
            if rng.random() < spec.sources.standard_not_held:
                ratio *= float(rng.uniform(0.86, 0.93))
            for product, name in enumerate(layout.product_ids):
                standard_s = float(layout.usual_s[index, product]) * ratio
                rows.append(
                    {
                        "line_id": layout.line_id,
                        "station_id": station,
                        "product_id": name,
                        "standard_cycle_s": round(standard_s, 1),
                        "target_cycle_s": round(standard_s * 0.95, 1),
                        "takt_s": round(layout.takt_s, 1),
                    }
                )
    return pl.DataFrame(rows)


def _calendar(lines: Lines, hours: Schedule) -> pl.DataFrame:
    """Return shifts and breaks of every line."""
    spans = [(begin, end, "shift", hours.names[index]) for begin, end, index in hours.shifts]
    spans += [(begin, end, kind, kind.replace("_", " ")) for begin, end, kind in hours.breaks]
    rows = [
        {
            "line_id": layout.line_id,
            "starts_at": hours.origin + timedelta(seconds=begin),
            "ends_at": hours.origin + timedelta(seconds=end),
            "kind": kind,
            "name": name,
        }
        for layout, _ in lines
        for begin, end, kind, name in sorted(spans)
    ]
    return pl.DataFrame(rows).with_columns(pl.col("starts_at", "ends_at").cast(pl.Datetime("us")))


def _teams(lines: Lines, hours: Schedule) -> pl.DataFrame:
    """Return who is there to help."""
    rows = [
        {
            "line_id": layout.line_id,
            "shift": shift,
            "team_leaders": andon.leaders,
            "team_members": len(layout.station_ids),
        }
        for layout, andon in lines
        for shift in hours.names
    ]
    types = {"line_id": pl.String, "shift": pl.String, "team_leaders": pl.Int32, "team_members": pl.Int32}
    return pl.DataFrame(rows, schema=types)
