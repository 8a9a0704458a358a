"""One plant: the share that walked away because help was busy, against the truth.

Truth: of the slow cycles at or above their own reported floor that ran without a call, those that would have
been called with no other call to be seen, by the draw that decided about the call.
"""

from __future__ import annotations

from typing import Any

from analytics.simulate import SimulatedPlant
from tests.accuracy.judge import Truth


def queue_share(plant: SimulatedPlant, truth: Truth, report: dict[str, Any]) -> dict[str, Any]:
    """Compare the published share with the truth: a flat record, "withheld" where there is none.

    Args:
        plant: the plant.
        truth: the truth at the reported floor.
        report: the report contract.
    """
    silent = truth.undetected
    walked = plant.truth["walked_away"].to_numpy() & silent
    true = float(walked.sum() / silent.sum()) if silent.any() else 0.0
    section = report["walk_away"]
    said = section if "unavailable" in section else section["attributable"]["share"]
    if "unavailable" in said:
        return {"truth": true, "withheld": said["unavailable"]}
    return {
        "truth": true,
        "value": said["value"],
        "lower": said["lower"],
        "upper": said["upper"],
        "error": said["value"] - true,
        "covers": bool(said["lower"] <= true <= said["upper"]),
        "unadjusted": section["unadjusted_share"].get("value"),
    }
