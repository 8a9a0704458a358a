"""Frames as a run holds them, with problems put in on purpose."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

FLOOR_S = 12.0
EXPECTED_S = 60.0
SCALE_S = 3.0
FIRST_DAY = datetime.fromisoformat("2026-03-02T00:00:00")
BLUR = 5.0
"""How far, in sigmas, slow cycles stand out where their probabilities are blurred."""


def run_cycles(
    rng: np.random.Generator,
    slow: NDArray[np.bool_],
    *,
    days: int,
    called: NDArray[np.bool_] | None = None,
    station_id: str = "S1",
    line_id: str | None = "L1",
    site_id: str | None = None,
    products: NDArray[np.str_] | None = None,
    expected_s: NDArray[np.float64] | float = EXPECTED_S,
    blurred: bool = False,
) -> pl.DataFrame:
    """Return one station's cycles as ``sql/run/cycles.sql`` has them: ``slow`` says which are truly slow.

    The cycles are cut into ``days`` shift-days of equal length (which must divide their number). Where they
    are ``blurred``, a cycle's probability is what a noisy look leaves, calibrated as an estimate's would be.
    """
    count = len(slow)
    per_day = count // days
    assert per_day * days == count
    day = np.repeat(np.arange(days), per_day)
    place = np.tile(np.arange(per_day), days)
    ended = [
        FIRST_DAY + timedelta(hours=6, days=int(d), seconds=EXPECTED_S * (int(p) + 1))
        for d, p in zip(day, place, strict=True)
    ]
    delay = np.where(slow, FLOOR_S + rng.exponential(30.0, count), 0.0)
    probability = slow.astype(float)
    if blurred:
        rate = max(slow.mean(), 1e-6)
        seen = rng.standard_normal(count) + BLUR * slow
        odds = rate / (1 - rate) * np.exp(BLUR * seen - BLUR**2 / 2)
        probability = odds / (1 + odds)
    hit = np.zeros(count, dtype=bool) if called is None else called & slow
    expected = np.broadcast_to(np.asarray(expected_s, dtype=float), count)
    net = expected + SCALE_S * rng.standard_normal(count) + delay
    return pl.DataFrame(
        {
            "cycle_id": np.arange(count),
            "site_id": [site_id] * count,
            "line_id": [line_id] * count,
            "station_id": [station_id] * count,
            "product_id": ["A"] * count if products is None else products.tolist(),
            "shift": ["early"] * count,
            "shift_day": [FIRST_DAY.date() + timedelta(days=int(d)) for d in day],
            "serial": [f"u{number}" for number in range(count)],
            "started_at": [end - timedelta(seconds=EXPECTED_S) for end in ended],
            "ended_at": ended,
            "cycle_s": net,
            "net_s": net,
            "expected_s": expected,
            "scale_s": np.full(count, SCALE_S),
            "excess_s": net - expected,
            "deviation": (net - expected) / SCALE_S,
            "floor_s": np.full(count, FLOOR_S),
            "slow_probability": probability,
            "undetected_probability": np.where(hit, 0.0, probability),
            "delay_s": delay * probability,
            "called": hit,
            "call_id": [f"c{number}" if called_here else None for number, called_here in enumerate(hit)],
            "recorded_by": [None] * count,
            "state": ["normal"] * count,
        },
        schema_overrides={
            "site_id": pl.String,
            "line_id": pl.String,
            "call_id": pl.String,
            "recorded_by": pl.String,
            "started_at": pl.Datetime("us"),
            "ended_at": pl.Datetime("us"),
        },
    )
