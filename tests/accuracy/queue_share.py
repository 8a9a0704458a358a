"""One plant: the share that walked away because help was busy, against the truth.

Truth: of the slow cycles at or above their own reported floor that ran without a call, those that would have
been called with no other call to be seen, by the draw that decided about the call.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.simulate import SimulatedPlant


def queue_share(
    plant: SimulatedPlant, undetected: npt.NDArray[np.bool_], report: dict[str, Any]
) -> dict[str, Any]:
    """Compare the published share with the truth: a flat record, "withheld" where there is none.

    Args:
        plant: the plant.
        undetected: slow at the reported floor, not called, not covered, per row of the plant's truth.
        report: the report contract.
    """
    walked = plant.truth["walked_away"].to_numpy() & undetected
    true = float(walked.sum() / undetected.sum()) if undetected.any() else 0.0
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
