"""Does a report keep to its contract (``data/contracts/report.schema.json``, JSON Schema draft 2020-12)?"""

from __future__ import annotations

import json
import math
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from analytics.config import REPORT_SCHEMA_VERSION, resources
from analytics.errors import SchemaVersionError


@cache
def report_schema() -> dict[str, Any]:
    """Return the JSON Schema of the report contract."""
    path = resources() / "data" / "contracts" / "report.schema.json"
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def check_report(report: dict[str, Any]) -> None:
    """Refuse a report that breaks the contract.

    Raises:
        SchemaVersionError: a newer version of Walkaway made it.
        ValueError: it breaks the contract; says where and how.
    """
    found = report.get("schema_version")
    if isinstance(found, int) and found > REPORT_SCHEMA_VERSION:
        raise SchemaVersionError(
            f"The report was made by a newer Walkaway (schema {found}; this version reads up to "
            f"{REPORT_SCHEMA_VERSION}).",
            hint="Update Walkaway.",
        )
    broken = sorted(Draft202012Validator(report_schema()).iter_errors(report), key=lambda one: one.json_path)
    if broken:
        listed = "; ".join(f"{one.json_path}: {one.message[:200]}" for one in broken[:5])
        raise ValueError(f"the report breaks its contract in {len(broken)} places: {listed}")
    _check_intervals(report, "$")


def render_json(report: dict[str, Any]) -> str:
    """Return a report as JSON text, checked against the contract.

    Raises:
        ValueError: it breaks the contract.
    """
    check_report(report)
    return json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _check_intervals(part: Any, path: str) -> None:
    """Check what a schema cannot say: numbers are finite and an estimate lies in its interval."""
    if isinstance(part, dict):
        if {"value", "lower", "upper"} <= part.keys():
            slack = 1e-9 * max(1.0, abs(part["value"]))
            if not part["lower"] - slack <= part["value"] <= part["upper"] + slack:
                raise ValueError(f"the report breaks its contract: {path} lies outside its interval: {part}")
        for key, value in part.items():
            _check_intervals(value, f"{path}.{key}")
    elif isinstance(part, list):
        for number, value in enumerate(part):
            _check_intervals(value, f"{path}[{number}]")
    elif isinstance(part, float) and not math.isfinite(part):
        raise ValueError(f"the report breaks its contract: {path} is {part}, not a number")
