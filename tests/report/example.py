"""A report by contract, made by hand, with everything in it that a page has to cope with."""

from __future__ import annotations

import copy
from typing import Any

WITHHELD = {"unavailable": "the noise has two modes", "needed": "an audit"}
NOT_YET = {"unavailable": "not computed by this version", "needed": None}


def estimate(value: float, unit: str = "slow cycles", half: float = 0.1) -> dict[str, Any]:
    """Return an estimate as the contract writes it."""
    return {
        "value": value,
        "lower": value * (1 - half),
        "upper": value * (1 + half),
        "level": 0.95,
        "unit": unit,
        "method": "by hand",
    }


def both(count: float, minutes: float) -> dict[str, Any]:
    """Return a count and its minutes."""
    return {"count": estimate(count), "minutes": estimate(minutes, "station-minutes")}


def group(key: dict[str, Any], silent: float, called: float = 40.0) -> dict[str, Any]:
    """Return one row by station, line, shift, product or day."""
    return {
        **key,
        "cycles": 4000,
        "detected": estimate(called),
        "undetected": both(silent, 0.7 * silent),
        "detection_rate": estimate(0.38, "share of slow cycles"),
        "floor_s": {"min": 4.2, "median": 12.0, "max": 30.4},
    }


def level(
    open_calls: int, slow: float, rate: float, shift_days: int = 12, stations: int = 3
) -> dict[str, Any]:
    """Return one point of the curve of call rates."""
    return {
        "open_calls": open_calls,
        "slow_cycles": estimate(slow),
        "call_rate": estimate(rate, "share of slow cycles"),
        "shift_days": shift_days,
        "stations": stations,
    }


def walk_away(share: float = 0.1) -> dict[str, Any]:
    """Return what busy help does: a curve that falls, its last point of one station, and the parts."""
    unit = "share of slow cycles without a call"
    return {
        "curve": [
            level(0, 210, 0.61),
            level(1, 80, 0.44),
            level(2, 20, 0.33),
            level(3, 12, 0.11, stations=1),
        ],
        "attributable": {"count": estimate(200 * share, half=0.4), "share": estimate(share, unit, half=0.4)},
        "remaining": {"count": estimate(200 * (1 - share)), "share": estimate(1 - share, unit, half=0.05)},
        "unadjusted_share": estimate(0.8 * share, unit),
        "being_served": estimate(31),
    }


def example() -> dict[str, Any]:
    """Return the report of an ordinary plant: two lines, three stations, two shifts, six days."""
    rows = [("L1", "S1", 60.0), ("L1", "S2", 30.0), ("L2", "S1", 110.0)]
    report = {
        "schema_version": 1,
        "run": {
            "id": "20260302-080000-ab12",
            "created_at": "2026-03-02T08:00:00+00:00",
            "data_fingerprint": "f00d",
            "parameters": {"version": "0.1.0", "seed": 0},
        },
        "period": {"from": "2026-03-02", "to": "2026-03-07", "timezone": "Europe/Berlin"},
        "exposure": {
            "cycles": 12000,
            "stations": 3,
            "lines": 2,
            "planned_hours": 160.0,
            "excluded": {"blocked": 120},
        },
        "demand": {
            "calls": {"count": 130, "without_time_trace": {"quality": 4, "safety": 6}},
            "detected": both(120, 110),
            "undetected": {
                **both(200, 140),
                "problems": estimate(160, "problems"),
                "floor_s": {"min": 4.2, "median": 12.0, "max": 30.4},
                "recorded": both(30, 20),
                "visible_only": both(170, 120),
            },
            "total": {"count": estimate(320)},
            "detection_rate": estimate(0.375, "share of slow cycles"),
            "common_floor_s": 30.4,
            "seen_by_no_source": {"count": {"unavailable": "not estimable: overlap of 3", "needed": "10"}},
        },
        "chronic": {
            "standard_not_held": {"minutes": estimate(420, "station-minutes")},
            "target_condition": {
                "minutes": {"unavailable": "no target condition declared", "needed": "target"}
            },
        },
        "by": {
            "station": [group({"line_id": line, "station_id": name}, silent) for line, name, silent in rows],
            "line": [group({"line_id": "L1"}, 90), group({"line_id": "L2"}, 110)],
            "shift": [group({"shift": "early"}, 120), group({"shift": "late"}, 80)],
            "product": [group({"product_id": "A"}, 150), group({"product_id": None}, 50)],
            "day": [group({"day": f"2026-03-0{day}"}, 30.0 + day, 20) for day in range(2, 8)],
        },
        "walk_away": walk_away(),
        "response": {
            "acknowledged_s": {"median": 52.0, "p90": 108.0},
            "resolved_s": {"unavailable": "no call with a time of resolution", "needed": "the column"},
            "within_cycle_rate": 0.41,
        },
        "types": {
            "type_1": {**both(280, 250), "count": estimate(280, "problems")},
            "type_2": both(3, 180),
            "type_3": {"count": NOT_YET, "minutes": NOT_YET},
            "type_4": {"unavailable": "never inferred from data", "needed": None},
        },
        "targets": [
            {
                "rank": 1,
                "id": "t-0123456789",
                "type": "type_2",
                "line_id": "L2",
                "station_id": "S1",
                "product_id": None,
                "pattern": "every_k",
                "evidence": "Every 6th unit: 40 of 60 slow cycles fall on the same unit in 6.",
                "minutes_per_week": estimate(35, "station-minutes a week"),
                "call_rate": estimate(0.2, "share"),
            }
        ],
        "capacity": NOT_YET,
        "audit": {"unavailable": "no audit was loaded", "needed": "walkaway audit draw"},
        "sources": [
            {
                "file": "mes.csv",
                "table": "cycles",
                "read": 12010,
                "loaded": 12000,
                "duplicate": 8,
                "quarantined": 2,
            }
        ],
        "caveats": [
            {"code": "no_teams", "severity": "info", "message": "No teams loaded.", "affects": "capacity"},
            {
                "code": "coarse_stamps",
                "severity": "serious",
                "message": "Stamps are whole minutes at 2 stations.",
                "affects": "floor",
            },
        ],
    }
    return copy.deepcopy(report)


def withheld() -> dict[str, Any]:
    """Return the report of a plant whose numbers may not be said."""
    report = example()
    for section in ("count", "minutes", "problems"):
        report["demand"]["undetected"][section] = WITHHELD
    for section in ("recorded", "visible_only"):
        report["demand"]["undetected"][section] = {"count": WITHHELD, "minutes": WITHHELD}
    report["demand"]["detected"] = {"count": WITHHELD, "minutes": WITHHELD}
    report["demand"]["total"] = {"count": WITHHELD}
    report["demand"]["detection_rate"] = WITHHELD
    report["demand"]["common_floor_s"] = None
    report["chronic"]["standard_not_held"]["minutes"] = {
        "unavailable": "no standards loaded",
        "needed": "standards",
    }
    for rows in report["by"].values():
        for row in rows:
            row["undetected"] = {"count": WITHHELD, "minutes": WITHHELD}
            row["detected"] = row["detection_rate"] = WITHHELD
            row["floor_s"] = {"min": None, "median": None, "max": None}
    report["types"]["type_1"] = {"count": WITHHELD, "minutes": WITHHELD}
    report["targets"] = []
    report["response"] = NOT_YET
    return report


def audited(*, rescued: bool = False) -> dict[str, Any]:
    """Return the report of a plant at which people looked; rescued: the model's own number is withheld."""
    report = withheld() if rescued else example()
    model = {"count": WITHHELD, "minutes": WITHHELD} if rescued else both(200, 140)
    number = both(260, 190)
    report["audit"] = {
        "mode": "records",
        "draws": ["A-12ab34"],
        "drawn": 200,
        "reviewed": 190,
        "positive": 61,
        "left_out": 2,
        "observers": 2,
        "watched_hours": 0.0,
        "kappa": estimate(0.86, "kappa"),
        "sensitivity": {"unavailable": "observers were told to be always right", "needed": None},
        "specificity": {"unavailable": "observers were told to be always right", "needed": None},
        **number,
        "model": model,
        "reasons": {"fixed_alone": 20, "nobody_free": 4},
        "rests_on": "2 people looked at 190 cycles and saw 61 slow ones",
    }
    report["demand"]["undetected"] |= number
    return report


def nothing_wrong() -> dict[str, Any]:
    """Return the report of a plant on which nothing stands out from noise."""
    report = example()
    for part in (report["demand"]["undetected"], report["demand"]["undetected"]["visible_only"]):
        part["count"] |= {"value": 2.4, "lower": 0.0, "upper": 14.0}
        part["minutes"] |= {"value": 0.6, "lower": 0.0, "upper": 5.0}
    report["demand"]["calls"] = {"count": 0, "without_time_trace": {}}
    report["demand"]["detection_rate"] = {"unavailable": "no andon calls were loaded", "needed": "the export"}
    report["targets"], report["caveats"], report["sources"] = [], [], []
    return report


def grown_slower() -> dict[str, Any]:
    """Return ``chronic.drift`` of a plant with two stations that grew slower and one that came back."""
    before = {
        "line_id": "L1",
        "station_id": "S2",
        "onset_at": "2026-03-03T09:12:00",
        "onset_day": "2026-03-03",
        "since_start": False,
        "level_before_s": 50.0,
        "level_after_s": 54.0,
        "minutes": estimate(120, "station-minutes"),
        "in_standard_not_held": estimate(90, "station-minutes"),
    }
    always = before | {
        "line_id": None,
        "station_id": "S3",
        "since_start": True,
        "in_standard_not_held": estimate(0, "station-minutes"),
    }
    return {
        "minutes": estimate(150, "station-minutes"),
        "judged": 5,
        "stations": [before, always],
        "came_back": [{"line_id": "L1", "station_id": "S7", "slowest_day": "2026-03-05", "by": 0.08}],
    }


def range_of_unseen() -> dict[str, Any]:
    """Return ``demand.seen_by_no_source`` of a plant whose downtime log is independent of its calls."""
    refused = {"unavailable": "not estimable: overlap 2", "needed": "10"}
    return {
        "count": estimate(210) | {"lower": 120.0, "upper": 330.0},
        "evidence": {
            "first": "andon calls",
            "second": "downtime log",
            "threshold_s": 63.0,
            "stations": 3,
            "overlap": 240.2,
            "odds_ratio": estimate(1.02, "odds ratio") | {"lower": 0.81, "upper": 1.28},
            "chapman": estimate(190),
            "huggins_alho": estimate(210),
            "chao": estimate(230),
            "visible_in_cycle_time": estimate(170),
            "beyond_cycle_time": estimate(40) | {"lower": 0.0, "upper": 177.0},
            "sources": [
                {
                    "source": "downtime log",
                    "held": 400.0,
                    "overlap": 240.2,
                    "odds_ratio": estimate(1.02, "odds ratio"),
                    "threshold_s": 63.0,
                },
                {
                    "source": "tickets",
                    "held": 9.0,
                    "overlap": 2.0,
                    "odds_ratio": refused,
                    "threshold_s": 240.0,
                },
            ],
        },
    }
