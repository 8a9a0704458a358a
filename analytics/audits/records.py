"""Record review: past cycles, drawn by stratum, to be checked against video, shift books or other records."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from analytics.audits.population import Population
from analytics.errors import WalkawayError
from analytics.estimate.audit import expected_half_width
from analytics.estimate.audit_strata import STRATA, allocate
from analytics.estimate.observers import unknown_accuracy
from analytics.estimate.plant import STATION_KEY, Floats, Ints

SIZE = 200
SMALLEST = 2 * STRATA
_LARGEST = 5000


def size_for(found: Population, half_width: float, share: Floats) -> int:
    """Return how many cycles a review needs for a promised relative half-width of the count.

    Raises:
        WalkawayError: not even a review of all, or of 5,000, is expected to keep it.
    """
    most = min(int(found.strata.size.sum()), _LARGEST)
    if _promised(found, most, share) > half_width:
        raise WalkawayError(
            f"Not even {most:,} reviewed cycles are expected to give ±{half_width:.0%} here "
            f"(±{_promised(found, most, share):.0%}).",
            hint="Ask for a wider --half-width, or load a longer period.",
        )
    low, high = 0, most
    while high - low > max(1, high // 50):
        middle = (low + high) // 2
        low, high = (low, middle) if _promised(found, middle, share) <= half_width else (middle, high)
    return high


def promised(found: Population, drawn: Ints, share: Floats) -> float:
    """Return the relative half-width of the count that reviewing these many a stratum should give."""
    return expected_half_width(found.strata, drawn.astype(np.float64), share, unknown_accuracy())


def draw(found: Population, size: int, share: Floats, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Draw cycles without a call, at least four a stratum, the rest where most is uncertain.

    Args:
        found: the run's cycles.
        size: how many.
        share: expected share of slow cycles per stratum, shape (STRATA,).
        rng: draws them.

    Returns:
        Items in the order of station and time, so that the sheet tells nothing of the strata.

    Raises:
        WalkawayError: there is no cycle to draw.
    """
    wanted = allocate(found.strata.size, share, size)
    if not wanted.sum():
        raise WalkawayError(
            "There is no cycle to review: no judged cycle without a call ran slower than usual.",
            hint="Masked stations cannot be audited: load finer time stamps or a longer period.",
        )
    silent = found.cycles.filter("silent")
    stratum = silent["stratum"].to_numpy()
    picked = np.concatenate(
        [
            rng.choice(np.flatnonzero(stratum == number), wanted[number], replace=False)
            for number in range(STRATA)
            if wanted[number]
        ]
    )
    weight = found.strata.size / np.maximum(wanted, 1)
    rows = silent[np.sort(picked)].sort(*STATION_KEY, "ended_at", "cycle_id", nulls_last=True)
    return [
        {
            **{key: row[key] for key in STATION_KEY},
            "product_id": row["product_id"],
            "serial": row["serial"],
            "started_at": row["started_at"].isoformat() if row["started_at"] else None,
            "ended_at": row["ended_at"].isoformat(),
            "net_s": row["net_s"],
            "expected_s": row["expected_s"],
            "floor_s": row["floor_s"],
            "stratum": row["stratum"],
            "weight": float(weight[row["stratum"]]),
        }
        for row in rows.iter_rows(named=True)
    ]


def reviewed_cycles(items: list[dict[str, Any]], found: Population) -> Ints:
    """Find the drawn cycles again in a run: their rows in ``found.cycles``, -1 where they are not there.

    A cycle is known by site (where the draw tells it), line, station, end and serial, so that it is found in
    every later run of its data.
    """
    named = [key for key in (*STATION_KEY, "serial") if all(key in item for item in items)]
    keys = [*named, "ended_at"]
    kinds = dict.fromkeys(named, pl.String)
    asked = pl.DataFrame(
        {key: [item[key] for item in items] for key in keys}, schema_overrides=kinds
    ).with_columns(pl.col("ended_at").str.to_datetime(time_unit="us", strict=False))
    sited = list(dict.fromkeys(["site_id", *keys]))
    known = found.cycles.select(sited).with_row_index("row").unique(subset=sited, keep="first")
    known = known.unique(subset=keys, keep="none")  # of two sites' cycles an old draw does not tell which
    rows = asked.join(known, on=keys, how="left", nulls_equal=True, maintain_order="left")["row"]
    return rows.cast(pl.Int64).fill_null(-1).to_numpy()


def _promised(found: Population, size: int, share: Floats) -> float:
    return promised(found, allocate(found.strata.size, share, size), share)
