"""Write a simulated plant as files: exports as a plant would give them, and the truth beside them.

Question: what would the plant hand over? Naive wall-clock stamps, one file a table, no table that is empty.
The truth is in ``truth/``, apart, so that nobody ingests it by mistake.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import polars as pl

from analytics.simulate.plant import SimulatedPlant

Format = Literal["csv", "parquet"]
_STAMP_FORMAT = "%Y-%m-%d %H:%M:%S%.3f"


def write_plant(plant: SimulatedPlant, folder: Path, format: Format = "csv") -> list[Path]:  # noqa: A002
    """Write the exports of a plant into a folder, and ``truth/`` beside them.

    Args:
        plant: the plant.
        folder: made where it is missing; files of the same names are replaced.
        format: of the cycles and the andon calls; the small tables are always CSV.

    Returns:
        The files that can be ingested (without the truth), cycles first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, frame in plant.tables.items():
        if frame.is_empty():
            continue
        exported = wall_time(frame, plant.timezone)
        if format == "parquet" and name in {"cycles", "andon_calls"}:
            path = folder / f"{name}.parquet"
            exported.write_parquet(path)
        else:
            path = folder / f"{name}.csv"
            exported.write_csv(path, datetime_format=_STAMP_FORMAT)
        written.append(path)
    beside = folder / "truth"
    beside.mkdir(exist_ok=True)
    plant.truth.write_parquet(beside / "cycles.parquet")
    plant.true_calls.write_parquet(beside / "calls.parquet")
    summary = json.dumps(summarize(plant), indent=2)
    (beside / "summary.json").write_text(summary + "\n", encoding="utf-8")
    return written


def wall_time(frame: pl.DataFrame, timezone: str | None) -> pl.DataFrame:
    """Turn UTC stamps into naive wall time of a zone; without a zone they are wall time already."""
    if timezone is None:
        return frame
    return frame.with_columns(
        pl.col(pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone(timezone)
        .dt.replace_time_zone(None)
    )


def summarize(plant: SimulatedPlant) -> dict[str, object]:
    """Return the truth in a few figures: slow cycles, of them called and covered, minutes."""
    slow = plant.truth.filter(pl.col("own_delay_s") > 0.0)
    uncalled = slow.filter(~pl.col("called") & ~pl.col("covered"))
    return {
        "scenario": plant.scenario,
        "seed": plant.seed,
        "timezone": plant.timezone,
        "cycles": plant.truth.height,
        "delayed_cycles": slow.height,
        "called": int(slow["called"].sum()),
        "covered": int(slow["covered"].sum()),
        "without_a_call": uncalled.height,
        "walked_away": int(uncalled["walked_away"].sum()),
        "problems": slow["problem_id"].n_unique(),
        "delay_minutes": float(slow["own_delay_s"].sum()) / 60.0,
        "delay_minutes_without_a_call": float(uncalled["own_delay_s"].sum()) / 60.0,
        "blocked_cycles": int((plant.truth["blocked_s"] > 0.0).sum()),
    }
