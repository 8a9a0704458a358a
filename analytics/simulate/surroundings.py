"""The tables around the cycles: other logs, stations, standards, calendar, teams.

Question: what else would the plant export? Nothing here changes what happened.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from analytics.simulate.hours import Schedule
from analytics.simulate.spec import PlantSpec
from analytics.simulate.structure import Line


def detections(
    spec: PlantSpec, cycles: pl.DataFrame, truth: pl.DataFrame, rng: np.random.Generator
) -> pl.DataFrame:
    """Draw the downtime log: long stops are in it more often, called ones more often still."""
    slow = truth.filter(pl.col("own_delay_s") > 0.0)
    rows = slow["row"].to_numpy()
    delay = slow["own_delay_s"].to_numpy()
    threshold = rng.uniform(*spec.sources.downtime_threshold_s)
    logit = 2.5 * np.log(delay / threshold) + spec.sources.dependence * slow["called"].to_numpy()
    seen = rng.random(len(delay)) < 1.0 / (1.0 + np.exp(-logit))
    stopped = cycles[rows[seen]]
    work = slow["in_control_s"].to_numpy()[seen]
    into = np.round(rng.uniform(0.1, 0.9, len(work)) * work, 0)
    began = stopped["started_at"] + pl.Series((into * 1e6).astype(np.int64)).cast(pl.Duration("us"))
    length = pl.Series(np.round(delay[seen] * 1e6).astype(np.int64)).cast(pl.Duration("us"))
    return pl.DataFrame(
        {
            "source": pl.repeat("downtime log", len(work), dtype=pl.String, eager=True),
            "line_id": stopped["line_id"],
            "station_id": stopped["station_id"],
            "detected_at": began.dt.round("1s"),
            "ended_at": (began + length).dt.round("1s"),
            "reason": pl.Series(np.where(delay[seen] > 240.0, "breakdown", "short stop"), dtype=pl.String),
            "planned": pl.repeat(value=False, n=len(work), dtype=pl.Boolean, eager=True),
        }
    )


def stations(lines: list[Line]) -> pl.DataFrame:
    """Return the stations in their order."""
    rows = [
        {
            "line_id": line.line_id,
            "station_id": station,
            "position": place + 1,
            "next_station_id": following,
        }
        for line in lines
        for place, (station, following) in enumerate(
            zip(line.station_ids, [*line.station_ids[1:], None], strict=True)
        )
    ]
    return pl.DataFrame(
        rows,
        schema={
            "line_id": pl.String,
            "station_id": pl.String,
            "position": pl.Int32,
            "next_station_id": pl.String,
        },
    )


def standards(spec: PlantSpec, lines: list[Line], rng: np.random.Generator) -> pl.DataFrame:
    """Return standard, target and takt per station and product; some standards are not held."""
    rows = []
    for line in lines:
        for place, station in enumerate(line.station_ids):
            ratio = float(rng.uniform(*spec.sources.standard_ratio))
            if rng.random() < spec.sources.standard_not_held:
                ratio *= float(rng.uniform(0.86, 0.93))
            for number, product in enumerate(line.product_ids):
                usual = float(line.usual_s[place] * line.product_factor[place, number])
                rows.append(
                    {
                        "line_id": line.line_id,
                        "station_id": station,
                        "product_id": product,
                        "standard_cycle_s": round(usual * ratio, 1),
                        "target_cycle_s": round(usual * ratio * 0.95, 1),
                        "takt_s": round(line.takt_s, 1),
                    }
                )
    return pl.DataFrame(rows)


def calendar(lines: list[Line], hours: Schedule) -> pl.DataFrame:
    """Return shifts and breaks of every line."""
    origin = datetime(hours.first_day.year, hours.first_day.month, hours.first_day.day)  # noqa: DTZ001
    spans = [(begin, end, "shift", hours.names[index]) for begin, end, index in hours.shifts]
    spans += [(begin, end, "break", "break") for begin, end in hours.breaks]
    rows = [
        {
            "line_id": line.line_id,
            "starts_at": origin + timedelta(seconds=begin),
            "ends_at": origin + timedelta(seconds=end),
            "kind": kind,
            "name": name,
        }
        for line in lines
        for begin, end, kind, name in sorted(spans)
    ]
    return pl.DataFrame(rows).with_columns(pl.col("starts_at", "ends_at").cast(pl.Datetime("us")))


def teams(lines: list[Line], hours: Schedule) -> pl.DataFrame:
    """Return who is there to help."""
    rows = [
        {
            "line_id": line.line_id,
            "shift": shift,
            "team_leaders": line.leaders,
            "team_members": len(line.station_ids),
        }
        for line in lines
        for shift in hours.names
    ]
    types = {"line_id": pl.String, "shift": pl.String, "team_leaders": pl.Int32, "team_members": pl.Int32}
    return pl.DataFrame(rows, schema=types)
