"""A small, plausible run file for the tests of the pages, without the estimator: the same every time.

Two lines with seven stations, two shifts, two products, a fortnight of working days. Names are long on one
line; one station is masked, one stands apart. The variants are what pages must survive: a withheld estimate,
no andon calls at all.
"""

# ruff: noqa: DTZ001  (a run holds naive times by design)
from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl

from analytics import warehouse
from analytics.config import Workspace

Variant = Literal["demo", "withheld", "no_andons"]

RUN_ID = "20260316T080000-test"
ASSEMBLY, WELDING = "Assembly", "Welding and finishing line 2"
STATIONS: list[tuple[str, str, float, float]] = [
    (ASSEMBLY, "A10", 48.0, 1.2),
    (ASSEMBLY, "A20", 52.0, 1.5),
    (ASSEMBLY, "A30", 50.0, 2.4),
    (ASSEMBLY, "A40", 46.0, 5.5),
    (WELDING, "W10 robot cell, left-hand side member", 55.0, 1.1),
    (WELDING, "W10 robot cell, right-hand side member", 54.0, 1.3),
    (WELDING, "W20", 60.0, 1.4),
]
MASKED, APART = "W20", "A40"
FIRST_DAY, DAYS, PER_SHIFT = date(2026, 3, 2), 12, 24
SHIFTS = {"early": 6, "late": 14}
COMMON_FLOOR_S = 9.6
WITHHELD = "Two work methods seem to be in use at three stations: their ordinary cycles look like delays."
NEEDED = "An audit of 40 cycles at these stations (walkaway audit draw)."


def make_run(
    workspace: Workspace, variant: Variant = "demo", run_id: str = RUN_ID, **sections: Any
) -> dict[str, Any]:
    """Publish a run file in the workspace and return its report; ``sections`` are added to it."""
    rng = np.random.default_rng(7)
    cycles = _cycles(rng, called=variant != "no_andons")
    calls = _calls(cycles)
    cells = _cells(cycles)
    stations = _stations(cycles)
    report = _report(cells, calls, stations, variant, run_id) | sections
    workspace.create()
    path = workspace.runs / f"{run_id}.duckdb"
    with warehouse.create_run(path) as con:
        for table, frame in {
            "cycles": cycles,
            "calls": calls,
            "cells": cells,
            "stations": stations,
            "breaks": _breaks(),
            "gaps": _gaps(),
            "pairs": _pairs(),
            "patterns": _patterns(),
            "station_fit": _fit(),
            "report": pl.DataFrame(
                {
                    "run_id": [run_id],
                    "created_at": [datetime(2026, 3, 16, 8, 0)],
                    "report": [json.dumps(report)],
                }
            ),
        }.items():
            warehouse.insert_frame(con, table, frame)
    return report


def _cycles(rng: np.random.Generator, *, called: bool) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for line, station, usual, scatter in STATIONS:
        for day in _days():
            for shift, hour in SHIFTS.items():
                at = datetime(day.year, day.month, day.day, hour)
                for number in range(PER_SHIFT):
                    slow = rng.random() < 0.06
                    delay = float(rng.exponential(35.0) + 10.0) if slow else 0.0
                    net = usual + scatter * float(rng.normal()) + delay
                    floor = 4 * scatter
                    has_call = called and slow and rng.random() < 0.4
                    covered = called and slow and not has_call and rng.random() < 0.1
                    masked = station == MASKED
                    chance = float(np.clip((net - usual) / floor - 0.5, 0.0, 1.0)) if slow else 0.0
                    chance = max(chance, 0.01)
                    quiet = has_call or covered
                    rows.append(
                        {
                            "cycle_id": len(rows),
                            "line_id": line,
                            "station_id": station,
                            "product_id": "P-100" if number < PER_SHIFT // 2 else "P-200 (export variant)",
                            "shift": shift,
                            "shift_day": day,
                            "serial": f"{station[:3]}-{len(rows)}",
                            "started_at": at,
                            "ended_at": at + timedelta(seconds=net),
                            "cycle_s": net,
                            "net_s": net,
                            "expected_s": None if masked else usual,
                            "scale_s": None if masked else scatter,
                            "excess_s": None if masked else net - usual,
                            "deviation": None if masked else (net - usual) / scatter,
                            "floor_s": None if masked else floor,
                            "slow_probability": None if masked else chance,
                            "undetected_probability": None if masked else (0.0 if quiet else chance),
                            "delay_s": None if masked else chance * max(net - usual, 0.0),
                            "common_probability": None if masked else chance * 0.9,
                            "called": has_call,
                            "call_id": f"call-{len(rows)}" if has_call else None,
                            "recorded_by": "downtime log" if slow and not quiet and number % 5 == 0 else None,
                            "state": "masked" if masked else "covered" if covered else "normal",
                        }
                    )
                    at += timedelta(seconds=net + 600)
    return pl.DataFrame(rows, infer_schema_length=None)


def _calls(cycles: pl.DataFrame) -> pl.DataFrame:
    called = cycles.filter(pl.col("called"))
    return called.select(
        "call_id",
        "line_id",
        "station_id",
        (pl.col("ended_at") - pl.duration(seconds=20)).alias("raised_at"),
        (pl.col("ended_at") + pl.duration(seconds=40)).alias("acknowledged_at"),
        (pl.col("ended_at") + pl.duration(seconds=240)).alias("resolved_at"),
        pl.when(pl.col("cycle_id") % 4 == 0)
        .then(pl.lit("quality"))
        .otherwise(pl.lit("process"))
        .alias("kind"),
        pl.when(pl.col("cycle_id") % 3 == 0)
        .then(pl.lit("Feeder jam at the magazine"))
        .otherwise(pl.lit("Part missing"))
        .alias("category"),
        "cycle_id",
        (pl.col("cycle_id") % 4 != 0).alias("time_trace"),
        pl.lit(value=False).alias("ambiguous"),
        "shift",
        "shift_day",
    )


def _cells(cycles: pl.DataFrame) -> pl.DataFrame:
    quiet = pl.col("called") | (pl.col("state") == "covered")
    p, slow = pl.col("undetected_probability"), pl.col("slow_probability")
    recorded = pl.col("recorded_by").is_not_null()
    return cycles.group_by(
        "line_id", "station_id", "product_id", "shift", "shift_day", maintain_order=True
    ).agg(
        pl.len().alias("cycles").cast(pl.Int64),
        (pl.col("state") != "masked").sum().alias("usable_cycles").cast(pl.Int64),
        slow.filter(quiet).sum().alias("detected_n"),
        p.sum().alias("undetected_n"),
        (p * (1 - p)).sum().alias("undetected_variance"),
        (slow * (1 - slow)).filter(quiet).sum().alias("detected_variance"),
        p.filter(recorded).sum().alias("recorded_n"),
        pl.col("delay_s").filter(quiet).sum().alias("detected_s"),
        pl.col("delay_s").filter(~quiet).sum().alias("undetected_s"),
        (pl.col("delay_s").filter(~quiet) ** 2).sum().mul(0.05).alias("undetected_s_variance"),
        pl.col("delay_s").filter(~quiet & recorded).sum().alias("recorded_s"),
        pl.col("common_probability").filter(quiet).sum().alias("detected_common_n"),
        pl.col("common_probability").filter(~quiet).sum().alias("undetected_common_n"),
    )


def _stations(cycles: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for position, (line, station, usual, scatter) in enumerate(STATIONS, start=1):
        n = cycles.filter(pl.col("station_id") == station).height
        masked = station == MASKED
        rows.append(
            {
                "line_id": line,
                "station_id": station,
                "position": position,
                "cycles": n,
                "usable_cycles": 0 if masked else n,
                "expected_s": None if masked else usual,
                "scale_s": None if masked else scatter,
                "floor_s": None if masked else 4 * scatter,
                "null_location": 0.02,
                "null_scale": 1.01,
                "null_skew": 0.1,
                "count_error": 0.1,
                "minutes_error": 0.1,
                "noise_n": 1.0,
                "blocked_share": 0.04,
                "clock_offset_s": 12.0 if line == ASSEMBLY else None,
                "standard_cycle_s": 45.0 if station == "A10" else None,
                "takt_s": 62.0,
                "masked": masked,
                "reason": "12 usable cycles, at least 100 are needed" if masked else None,
                "common": station not in {MASKED, APART},
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _days() -> list[date]:
    return [day for n in range(DAYS) if (day := FIRST_DAY + timedelta(days=n)).weekday() < 5]


def _breaks() -> pl.DataFrame:
    rows = [
        {
            "line_id": line,
            "starts_at": datetime(day.year, day.month, day.day, hour),
            "ends_at": datetime(day.year, day.month, day.day, hour, 30),
            "kind": "break",
            "name": "lunch",
            "found": line == WELDING,
        }
        for line in (ASSEMBLY, WELDING)
        for day in _days()
        for hour in (10, 18)
    ]
    return pl.DataFrame(rows)


def _gaps() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "line_id": [ASSEMBLY],
            "station_id": ["A20"],
            "started_at": [datetime(2026, 3, 3, 9, 0)],
            "ended_at": [datetime(2026, 3, 3, 9, 40)],
            "gap_s": [2400.0],
            "kind": ["idle"],
        }
    )


def _pairs() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "line_id": [ASSEMBLY, ASSEMBLY],
            "station_id": ["A10", "A20"],
            "next_station_id": ["A20", "A30"],
            "offset_s": [0.0, 4.2],
            "contrast": [18.3, 2.1],
            "blocked_share": [0.05, 0.0],
        }
    )


def _patterns() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "rank": [1, 2],
            "pattern_id": ["t2-every-5-a10", "t2-standard-a10"],
            "type": ["type_2", "type_2"],
            "line_id": [ASSEMBLY, ASSEMBLY],
            "station_id": ["A10", "A10"],
            "product_id": [None, "P-100"],
            "pattern": ["every_k", "standard_not_held"],
            "evidence": [
                "every 5th unit is slow: 31 of 48, where 9.6 would be chance",
                "51.2 s against 45 s",
            ],
            "p_value": [0.001, None],
            "slow_cycles": [31.0, None],
            "minutes": [22.0, 95.0],
            "minutes_lower": [15.0, 80.0],
            "minutes_upper": [31.0, 110.0],
            "minutes_per_week": [11.0, 47.5],
            "calls": [4, None],
        },
        schema_overrides={"rank": pl.Int32, "calls": pl.Int64},
    )


def _fit() -> pl.DataFrame:
    edges = np.arange(-6, 12, 0.125)
    noise = 120 * np.exp(-0.5 * edges**2) * 0.125
    delays = 1.5 * np.exp(-0.5 * ((edges - 6) / 2.5) ** 2) * (edges > 1)
    frames = [
        pl.DataFrame(
            {
                "line_id": [line] * len(edges),
                "station_id": [station] * len(edges),
                "deviation": edges,
                "observed": np.round(noise + delays),
                "noise": noise,
                "fitted": noise + delays,
            }
        )
        for line, station, _, _ in STATIONS
        if station != MASKED
    ]
    return pl.concat(frames)


def _estimate(value: float, unit: str, error: float = 0.12) -> dict[str, Any]:
    return {
        "value": value,
        "lower": value * (1 - error),
        "upper": value * (1 + error),
        "level": 0.95,
        "unit": unit,
        "method": "made for a test",
    }


def _refused(reason: str, needed: str | None = None) -> dict[str, Any]:
    return {"unavailable": reason, "needed": needed}


def _walk_away() -> dict[str, Any]:
    """Two points that may be shown, and one that pools a single station."""
    share = "share of slow cycles without a call"
    return {
        "curve": [
            {
                "open_calls": number,
                "slow_cycles": _estimate(slow, "slow cycles"),
                "call_rate": _estimate(rate, "share of slow cycles"),
                "shift_days": 24,
                "stations": stations,
            }
            for number, slow, rate, stations in ((0, 120.0, 0.55, 7), (1, 40.0, 0.35, 6), (2, 11.0, 0.2, 1))
        ],
        "attributable": {"count": _estimate(9.0, "slow cycles", 0.5), "share": _estimate(0.08, share, 0.5)},
        "remaining": {"count": _estimate(103.0, "slow cycles"), "share": _estimate(0.92, share, 0.04)},
        "unadjusted_share": _estimate(0.06, share, 0.5),
        "being_served": _estimate(14.0, "slow cycles"),
    }


def _rate(frame: pl.DataFrame) -> dict[str, Any]:
    called, missed = frame["detected_common_n"].sum(), frame["undetected_common_n"].sum()
    if called <= 0:
        return _refused("no andon calls were loaded", "the export of the andon system")
    return _estimate(called / (called + missed), "share", 0.08)


def _by(cells: pl.DataFrame, key: str, withheld: bool) -> list[dict[str, Any]]:
    keys = ["line_id", "station_id"] if key == "station_id" else [key]
    rows = []
    for values, frame in cells.group_by(keys, maintain_order=True):
        row: dict[str, Any] = {
            name: str(value) for name, value in zip(keys, values, strict=True) if value is not None
        }
        hidden = _refused(WITHHELD, NEEDED)
        row |= {
            "cycles": frame["cycles"].sum(),
            "detected": _estimate(frame["detected_n"].sum(), "slow cycles", 0.05),
            "undetected": {
                "count": hidden if withheld else _estimate(frame["undetected_n"].sum(), "slow cycles"),
                "minutes": hidden
                if withheld
                else _estimate(frame["undetected_s"].sum() / 60, "station-minutes"),
            },
            "detection_rate": hidden if withheld else _rate(frame),
            "floor_s": {"min": 4.4, "median": 5.6, "max": 22.0},
        }
        rows.append(row)
    return rows


def _report(
    cells: pl.DataFrame, calls: pl.DataFrame, stations: pl.DataFrame, variant: Variant, run_id: str
) -> dict[str, Any]:
    withheld = variant == "withheld"
    hidden = _refused(WITHHELD, NEEDED)
    detected, missed = cells["detected_n"].sum(), cells["undetected_n"].sum()
    missed_min, recorded_min = cells["undetected_s"].sum() / 60, cells["recorded_s"].sum() / 60
    recorded = cells["recorded_n"].sum()

    def shown(value: float, unit: str) -> dict[str, Any]:
        return hidden if withheld else _estimate(value, unit)

    return {
        "schema_version": 1,
        "run": {
            "id": run_id,
            "created_at": datetime(2026, 3, 16, 8, 0, tzinfo=UTC).isoformat(),
            "data_fingerprint": "0f3a",
            "parameters": {"seed": 1, "floor_sigmas": 4.0, "shared_error": 0.05},
        },
        "period": {"from": "2026-03-02", "to": "2026-03-14", "timezone": "Europe/Berlin"},
        "exposure": {
            "cycles": int(cells["cycles"].sum()),
            "stations": stations.height,
            "lines": 2,
            "planned_hours": 288.0,
            "excluded": {"masked": 480, "planned": 12},
        },
        "demand": {
            "calls": {"count": calls.height, "without_time_trace": {"quality": 3} if calls.height else {}},
            "detected": {
                "count": _estimate(detected, "slow cycles", 0.05),
                "minutes": _estimate(cells["detected_s"].sum() / 60, "station-minutes", 0.05),
            },
            "undetected": {
                "count": shown(missed, "slow cycles"),
                "minutes": shown(missed_min, "station-minutes"),
                "problems": shown(missed * 0.9, "problems"),
                "floor_s": {"min": 4.4, "median": 5.6, "max": 22.0},
                "recorded": {
                    "count": shown(recorded, "slow cycles"),
                    "minutes": shown(recorded_min, "station-minutes"),
                },
                "visible_only": {
                    "count": shown(missed - recorded, "slow cycles"),
                    "minutes": shown(missed_min - recorded_min, "station-minutes"),
                },
            },
            "total": {"count": shown(missed + detected, "slow cycles")},
            "detection_rate": hidden if withheld else _rate(cells),
            "common_floor_s": COMMON_FLOOR_S,
            "seen_by_no_source": {"count": _refused("Two sources overlap in 4 cycles; 10 are needed.")},
        },
        "chronic": {
            "standard_not_held": {"minutes": _estimate(95.0, "station-minutes")},
            "target_condition": {"minutes": _refused("No target condition was declared.", "targets")},
            "drift": {
                "minutes": _estimate(60.0, "station-minutes"),
                "judged": 6,
                "stations": [
                    {
                        "line_id": ASSEMBLY,
                        "station_id": "A30",
                        "onset_at": "2026-03-09T08:30:00",
                        "onset_day": "2026-03-09",
                        "since_start": False,
                        "level_before_s": 50.0,
                        "level_after_s": 53.5,
                        "minutes": _estimate(60.0, "station-minutes"),
                        "in_standard_not_held": _estimate(0.0, "station-minutes"),
                    }
                ],
                "came_back": [],
            },
        },
        "by": {
            name: _by(cells, key, withheld)
            for name, key in {
                "station": "station_id",
                "line": "line_id",
                "shift": "shift",
                "product": "product_id",
                "day": "shift_day",
            }.items()
        },
        "walk_away": _walk_away() if calls.height and not withheld else _refused("No queue is known."),
        "response": {
            "acknowledged_s": {"median": 60.0, "p90": 60.0},
            "resolved_s": {"median": 260.0, "p90": 260.0},
            "within_cycle_rate": 0.1,
        }
        if calls.height
        else _refused("No andon calls were loaded."),
        "types": {
            "type_1": {
                "count": shown(missed + detected, "problems"),
                "minutes": shown(300.0, "station-minutes"),
            },
            "type_2": {
                "count": _estimate(2, "patterns"),
                "minutes": _estimate(117.0, "station-minutes"),
            },
            "type_3": _refused("No target condition was declared.", "target_cycle_s in the standards table"),
            "type_4": _refused("Open-ended problems come from a vision, never from data."),
        },
        "targets": [
            {
                "rank": 1,
                "id": "t2-standard-a10",
                "type": "type_2",
                "line_id": ASSEMBLY,
                "station_id": "A10",
                "product_id": "P-100",
                "pattern": "standard_not_held",
                "evidence": "51.2 s against 45 s",
                "minutes_per_week": _estimate(47.5, "station-minutes a week"),
                "call_rate": _refused("too few slow cycles"),
            },
            {
                "rank": 2,
                "id": "t2-every-5-a10",
                "type": "type_2",
                "line_id": ASSEMBLY,
                "station_id": "A10",
                "product_id": None,
                "pattern": "every_k",
                "evidence": "every 5th unit is slow: 31 of 48, where 9.6 would be chance",
                "minutes_per_week": _estimate(11.0, "station-minutes a week", 0.3),
                "call_rate": _estimate(0.13, "share", 0.3),
            },
        ],
        "capacity": _refused("No teams were loaded.", "teams: line_id, shift, team_leaders"),
        "audit": _refused("No audit was loaded."),
        "sources": [
            {
                "file": "cycles_line_assembly_and_welding_2026.csv",
                "table": "cycles",
                "read": 4032,
                "loaded": 4032,
                "duplicate": 0,
                "quarantined": 0,
            },
        ],
        "caveats": [
            {
                "code": "high_mix",
                "severity": "warning",
                "message": "Few cycles per station and product: intervals are wide.",
                "affects": "undetected",
            },
            {
                "code": "no_calendar",
                "severity": "info",
                "message": "No calendar was loaded; breaks were found in the data.",
                "affects": "minutes",
            },
        ]
        + (
            [{"code": "bimodal", "severity": "serious", "message": WITHHELD, "affects": "undetected"}]
            if withheld
            else []
        ),
    }
